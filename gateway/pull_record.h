#ifndef GATEWAY_PULL_RECORD_H_
#define GATEWAY_PULL_RECORD_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "gateway/access_log.h"
#include "nlohmann/json.hpp"
#include "services/common/caller.h"

namespace cvr {

// Who pulled what. What has become of it is known after the reply.
struct PullRecord {
  Caller caller;
  std::string client;  // Behind proxies that are trusted.
  int64_t registry_id = 0;
  std::string repository;
  std::string kind;       // `manifest` or `blob`.
  std::string reference;  // As asked for: a tag or a digest.
  std::string digest;     // That was answered; empty = none.
};

// A line of the audit log. Pure.
nlohmann::json AuditLineOf(const PullRecord& pull, const AccessRecord& access,
                           absl::Time now);

}  // namespace cvr

#endif  // GATEWAY_PULL_RECORD_H_
