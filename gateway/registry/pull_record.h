#ifndef GATEWAY_REGISTRY_PULL_RECORD_H_
#define GATEWAY_REGISTRY_PULL_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "gateway/http/access_log.h"
#include "gateway/registry/route.h"
#include "nlohmann/json.hpp"
#include "services/access/caller.h"

namespace cvr {

// The part of an audit log line about a request's caller and content. The
// outcome is added after the response.
struct PullRecord {
  // `Pull`, `Head`, `ListTags`, `ListReferrers`, `ListRepositories`; for who
  // was refused also `Login`, and `Request` for what has not come to be read.
  std::string event = "Pull";
  Caller caller;
  std::string client;  // Its address, behind trusted proxies.
  // 0 = all registries, or one that was named and is not known: because the
  // caller was refused before, or because there is none. Then `repository` is
  // the whole path, `<group>/<name>/<repository>`.
  int64_t registry_id = 0;
  std::string repository;
  std::string kind;       // `manifest`, `blob`, `tags`, `referrers`, `catalog`.
  std::string reference;  // As asked for: a tag or a digest.
  std::string digest;     // Of the response; empty = none.
};

// The record for a request of this route; nothing if such requests are not
// recorded. Pure.
std::optional<PullRecord> RecordOf(const Route& route, bool is_head);

// Whether a response with this status means that the caller was refused. Pure.
bool IsRefusal(int status);

// A line of the audit log. Pure.
nlohmann::json AuditLineOf(const PullRecord& pull, const AccessRecord& access,
                           absl::Time now);

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_PULL_RECORD_H_
