#ifndef SERVICES_UPSTREAM_HTTP_ANSWER_OBSERVER_H_
#define SERVICES_UPSTREAM_HTTP_ANSWER_OBSERVER_H_

#include <cstdint>

#include "services/upstream/http/http_transport.h"

namespace cvr {

// Sees what upstreams say beside the content. Thread-safe.
class AnswerObserver {
 public:
  virtual ~AnswerObserver() = default;

  // The upstream itself, not a host that it redirected to, gave the final
  // answer to a request. Called as soon as the head is there; must not block.
  virtual void OnAnswer(int64_t upstream_id, const HttpHead& head) = 0;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_ANSWER_OBSERVER_H_
