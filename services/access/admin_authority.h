#ifndef SERVICES_ACCESS_ADMIN_AUTHORITY_H_
#define SERVICES_ACCESS_ADMIN_AUTHORITY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "cvr/v1/audit_event.pb.h"
#include "services/access/access_question.h"
#include "services/access/caller.h"
#include "services/access/request_replays.h"
#include "services/access/resource_keys.h"

namespace cvr {

// The result of Authorize() for a caller who has the permissions.
struct Admission {
  Caller caller;
  // Group of the first question's object; empty if it has none.
  std::string group;
  // Its name, as far as it has one.
  std::string name;
  // Index of the question whose object does not exist or is hidden from the
  // caller.
  std::optional<size_t> missing;
};

// Decides who may administer what, and records changes. Thread-safe. Every
// method returns UNAVAILABLE if the metadata service cannot be reached.
class AdminAuthority {
 public:
  virtual ~AdminAuthority() = default;

  // Checks that the owner of the access token `secret` has all permissions that
  // `questions` (at least one) name. An object that AccessPolicy hides from the
  // owner is reported as `missing`. Errors: UNAUTHENTICATED, also for an empty
  // secret; PERMISSION_DENIED (reason DENIED).
  virtual absl::StatusOr<Admission> Authorize(
      absl::string_view secret, absl::Span<const AccessQuestion> questions) = 0;

  // The id of the resource that has the name in the group; nothing when there
  // is none. The answer is not to be told to a caller before Authorize() was
  // asked about the id.
  virtual absl::StatusOr<std::optional<int64_t>> FindByKey(
      const ResourceKey& key) = 0;

  // Where answers are kept for callers who repeat a request; null = nowhere:
  // then methods see to it themselves, or the service that forwards to this one
  // has.
  virtual RequestReplays* replays() { return nullptr; }

  // Adds an event to the list of AuditService and assigns its id. A failure is
  // only logged.
  virtual void Record(v1::AuditEvent event) = 0;
};

}  // namespace cvr

#endif  // SERVICES_ACCESS_ADMIN_AUTHORITY_H_
