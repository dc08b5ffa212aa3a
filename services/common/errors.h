#ifndef SERVICES_COMMON_ERRORS_H_
#define SERVICES_COMMON_ERRORS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// All errors that cross the boundary of a process or a package, so that each is
// named once. An error has an absl code, a sentence for people, and a reason
// that programs act on (google.rpc.ErrorInfo, domain "cvr"). rpc_status.h sends
// errors over gRPC unchanged; gateway/registry/http_error.h maps them to HTTP.
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
  kUpstreamInvalid,      // The response violates the registry protocol.
  kContentMismatch,      // The upstream's bytes do not match the digest.
  kContentDamaged,       // Stored bytes do not match the digest.
  kFieldInvalid,         // google.rpc.BadRequest is attached.
  kUnauthenticated,      // No credentials, or invalid ones.
  kLimitReached,         // An operator's limit on a number of objects.
};

// `MANIFEST_UNKNOWN` and so on; empty for kNone.
absl::string_view ReasonName(Reason reason);

// The reason that `status` carries.
Reason ReasonOf(const absl::Status& status);

// `status` with the reason attached; code and message stay.
absl::Status WithReason(absl::Status status, Reason reason);

// When the caller may try again, if the error says it.
std::optional<absl::Duration> RetryAfterOf(const absl::Status& status);
absl::Status WithRetryAfter(absl::Status status, absl::Duration delay);
// The content's size in bytes, for RANGE_NOT_SATISFIABLE.
std::optional<uint64_t> ContentSizeOf(const absl::Status& status);
// The limit that was reached, for LIMIT_REACHED.
std::optional<int64_t> LimitOf(const absl::Status& status);

// Marks a NOT_FOUND as hidden: the upstream answered 401 or 403 although it had
// granted a token, or it grants no token to anonymous callers. Registries
// answer private and missing content alike, so the content may exist for other
// credentials. Returns `status`, which must have a reason, with the mark
// attached; code and message stay the same.
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
// For a path `<group>/<name>/<repository>`. The error has the whole path and
// does not reveal which part of it names a registry.
absl::Status RegistryPathUnknown(absl::string_view path);
absl::Status RepositoryUnknown(absl::string_view repository);
absl::Status ManifestUnknown(absl::string_view repository,
                             absl::string_view reference);
absl::Status BlobUnknown(absl::string_view digest);
// For administration: "registry 7 does not exist".
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

// RESOURCE_EXHAUSTED: `what`, such as "registry 7", already has `limit` of
// `things`, the maximum.
absl::Status LimitReached(absl::string_view what, absl::string_view things,
                          int64_t limit);

// Failures of upstreams. `host` is the host that failed, `detail` the failure.
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
