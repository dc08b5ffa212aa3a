#ifndef SERVICES_ACCESS_ADMIN_AUTHORITY_H_
#define SERVICES_ACCESS_ADMIN_AUTHORITY_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "cvr/v1/audit_event.pb.h"
#include "services/access/access_question.h"
#include "services/access/caller.h"

namespace cvr {

// The result of Authorize() for a caller who has the permissions.
struct Admission {
  Caller caller;
  // Group of the first question's object; empty if it has none.
  std::string group;
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

  // Adds an event to the list of AuditService and assigns its id. A failure is
  // only logged.
  virtual void Record(v1::AuditEvent event) = 0;
};

}  // namespace cvr

#endif  // SERVICES_ACCESS_ADMIN_AUTHORITY_H_
