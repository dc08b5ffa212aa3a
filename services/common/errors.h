#ifndef SERVICES_COMMON_ERRORS_H_
#define SERVICES_COMMON_ERRORS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// Every error that crosses a boundary, named once. Each carries a reason that
// programs act on (google.rpc.ErrorInfo, domain "cvr") beside the absl code and
// a sentence for people. rpc_status.h carries them over gRPC unchanged;
// gateway/registry/http_error.h turns them into HTTP.
namespace cvr {

enum class Reason {
  kNone,  // No reason attached: a plain absl::Status.
  kNameInvalid,
  kNameUnknown,
  kDigestInvalid,
  kManifestUnknown,
  kManifestInvalid,
  kBlobUnknown,
  kRangeNotSatisfiable,
  kUnsupported,
  kDenied,
  kUpstreamUnavailable,  // Connect, DNS, TLS, timeout, 5xx, broken body.
  kUpstreamRateLimited,  // 429.
  kUpstreamDenied,       // 401 or 403 for the credentials we hold.
  kUpstreamInvalid,      // It answered with something no registry may send.
  kContentMismatch,      // Its bytes do not hash to the digest.
  kContentDamaged,       // Our stored bytes do not hash to the digest.
  kFieldInvalid,         // google.rpc.BadRequest is attached.
  kUnauthenticated,      // Nothing was shown, or what is not good.
  kLimitReached,         // As many as an operator allows are there.
};

// `MANIFEST_UNKNOWN` and so on; empty for kNone.
absl::string_view ReasonName(Reason reason);

// The reason that `status` carries.
Reason ReasonOf(const absl::Status& status);

// `status` with the reason attached; code and message stay.
absl::Status WithReason(absl::Status status, Reason reason);

// What else an error may carry.
std::optional<absl::Duration> RetryAfterOf(const absl::Status& status);
absl::Status WithRetryAfter(absl::Status status, absl::Duration delay);
// The size of the content that a range did not fit, in bytes.
std::optional<uint64_t> ContentSizeOf(const absl::Status& status);
// How many there may be, of what reached its limit.
std::optional<int64_t> LimitOf(const absl::Status& status);

// Of NOT_FOUND from an upstream that answered 401 or 403 to whom it had granted
// a token, or refuses anonymous callers one: it has nothing there for us, which
// says nothing of what it has for others. `status` with that attached; its code
// and message stay. It needs a reason.
absl::Status AsHidden(const absl::Status& status);
bool IsHidden(const absl::Status& status);

struct FieldViolation {
  std::string field;
  std::string description;
};
std::vector<FieldViolation> FieldViolationsOf(const absl::Status& status);

// `status` with another code and message, keeping its attachments. Neither is
// OK.
absl::Status Restated(const absl::Status& status, absl::StatusCode code,
                      absl::string_view message);

// `context: message`, keeping code and attachments. OK stays OK.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

namespace errors {

// INVALID_ARGUMENT
absl::Status NameInvalid(absl::string_view name);
absl::Status DigestInvalid(absl::string_view digest);
absl::Status FieldsInvalid(std::vector<FieldViolation> violations);
absl::Status FieldInvalid(absl::string_view field,
                          absl::string_view description);

// NOT_FOUND
absl::Status RegistryUnknown(absl::string_view registry);
// Of a path `<group>/<name>/<repository>`, whole: which part of it would be the
// registry is not told.
absl::Status RegistryPathUnknown(absl::string_view path);
absl::Status RepositoryUnknown(absl::string_view repository);
absl::Status ManifestUnknown(absl::string_view repository,
                             absl::string_view reference);
absl::Status BlobUnknown(absl::string_view digest);
// Of administration: "registry 7 does not exist".
absl::Status NoSuch(absl::string_view what, absl::string_view key);

// UNAUTHENTICATED
absl::Status Unauthenticated(
    absl::string_view detail =
        "authentication required: log in with an access token");

// PERMISSION_DENIED
absl::Status Denied(absl::string_view detail);

// OUT_OF_RANGE
absl::Status RangeNotSatisfiable(uint64_t size_bytes);

// UNIMPLEMENTED
absl::Status Unsupported(absl::string_view what);

// RESOURCE_EXHAUSTED: `what`, such as "registry 7", has `limit` of `things`.
absl::Status LimitReached(absl::string_view what, absl::string_view things,
                          int64_t limit);

// Of upstreams; `host` is the host that failed, `detail` what it did.
// UNAVAILABLE
absl::Status UpstreamUnavailable(absl::string_view host,
                                 absl::string_view detail);
// RESOURCE_EXHAUSTED
absl::Status UpstreamRateLimited(absl::string_view host,
                                 std::optional<absl::Duration> retry_after);
// PERMISSION_DENIED
absl::Status UpstreamDenied(absl::string_view host, absl::string_view detail);
// UNAVAILABLE
absl::Status UpstreamInvalid(absl::string_view host, absl::string_view detail);
// UNAVAILABLE
absl::Status ContentMismatch(absl::string_view host, absl::string_view wanted,
                             absl::string_view got);

// DATA_LOSS
absl::Status ContentDamaged(absl::string_view digest, absl::string_view detail);

}  // namespace errors
}  // namespace cvr

#endif  // SERVICES_COMMON_ERRORS_H_
