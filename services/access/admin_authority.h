#ifndef SERVICES_ACCESS_ADMIN_AUTHORITY_H_
#define SERVICES_ACCESS_ADMIN_AUTHORITY_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "protos/cvr/v1/audit_event.pb.h"
#include "services/access/access_question.h"
#include "services/access/caller.h"

namespace cvr {

// Somebody who may do what was asked about.
struct Admission {
  Caller caller;
  // Of the first question's object; empty when it has none.
  std::string group;
  // The question whose object is not there, or not for the caller to know.
  std::optional<size_t> missing;
};

// Who may administer what, and the record of who did. Thread-safe. Every call
// answers UNAVAILABLE when the metadata service cannot be reached.
class AdminAuthority {
 public:
  virtual ~AdminAuthority() = default;

  // Whether the owner of `secret` may do all that `questions` ask about, of
  // which there is at least one. What AccessPolicy hides from the owner is
  // `missing`. Errors: UNAUTHENTICATED, also for an empty secret;
  // PERMISSION_DENIED (reason DENIED).
  virtual absl::StatusOr<Admission> Authorize(
      absl::string_view secret, absl::Span<const AccessQuestion> questions) = 0;

  // Adds to what AuditService lists; the id is given here. Losing one is
  // logged.
  virtual void Record(v1::AuditEvent event) = 0;
};

}  // namespace cvr

#endif  // SERVICES_ACCESS_ADMIN_AUTHORITY_H_
