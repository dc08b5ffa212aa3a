#ifndef SERVICES_UPSTREAM_HTTP_ANSWER_STATUS_H_
#define SERVICES_UPSTREAM_HTTP_ANSWER_STATUS_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/upstream/http/http_transport.h"
#include "services/upstream/http/url.h"

namespace cvr {

// What a final answer that is no success means, but for 404:
//   401, 403   PERMISSION_DENIED   (reason UPSTREAM_REFUSED)
//   429        RESOURCE_EXHAUSTED  (UPSTREAM_RATE_LIMITED), with Retry-After
//   408, 5xx   UNAVAILABLE         (UPSTREAM_UNAVAILABLE), with Retry-After
//   others     UNAVAILABLE         (UPSTREAM_INVALID)
absl::Status AnswerStatus(const Url& url, const HttpHead& head, absl::Time now);

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_ANSWER_STATUS_H_
