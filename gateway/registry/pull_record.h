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

// Who asked for what, for the audit log. What has become of it is known after
// the reply.
struct PullRecord {
  // `Pull`, `Head`, `ListTags`, `ListReferrers`, `ListRepositories`; for who
  // was refused also `Login`, and `Request` for what has not come to be read.
  std::string event = "Pull";
  Caller caller;
  std::string client;  // Behind proxies that are trusted.
  // 0 = all registries, or one that was named and is not known: because the
  // caller was refused before, or because there is none. Then `repository` is
  // the whole path, `<group>/<name>/<repository>`.
  int64_t registry_id = 0;
  std::string repository;
  std::string kind;       // `manifest`, `blob`, `tags`, `referrers`, `catalog`.
  std::string reference;  // As asked for: a tag or a digest.
  std::string digest;     // That was answered; empty = none.
};

// What a request of this route asks for; nothing for what is not recorded.
// Pure.
std::optional<PullRecord> RecordOf(const Route& route, bool is_head);

// Whether a reply of this status says that somebody was not let in. Pure.
bool IsRefusal(int status);

// A line of the audit log. Pure.
nlohmann::json AuditLineOf(const PullRecord& pull, const AccessRecord& access,
                           absl::Time now);

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_PULL_RECORD_H_
