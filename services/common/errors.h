#ifndef SERVICES_COMMON_ERRORS_H_
#define SERVICES_COMMON_ERRORS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cvr/v1/error_reason.pb.h"

// All errors that cross the boundary of a process or a package, so that each is
// named once. An error has an absl code, a sentence for people, and a reason
// that programs act on (google.rpc.ErrorInfo, domain kErrorDomain).
// rpc_status.h sends errors over gRPC unchanged, with a reason by their code
// where they have none; gateway/registry/http_error.h maps them to HTTP.
namespace cvr {

// ErrorInfo.domain of every error of ours.
inline constexpr absl::string_view kErrorDomain =
    "container-virtual-registry.dev";

// The values of v1::ErrorReason, which says when each is given and what comes
// with it.
enum class Reason {
  // No reason attached: a plain absl::Status.
  kNone = v1::ERROR_REASON_UNSPECIFIED,
  kFieldInvalid = v1::FIELD_INVALID,
  kNameInvalid = v1::NAME_INVALID,
  kDigestInvalid = v1::DIGEST_INVALID,
  kRangeNotSatisfiable = v1::RANGE_NOT_SATISFIABLE,
  kUnsupported = v1::UNSUPPORTED,
  kRequestInvalid = v1::REQUEST_INVALID,
  kMethodNotServed = v1::METHOD_NOT_SERVED,
  kRequestIdReused = v1::REQUEST_ID_REUSED,
  kUnauthenticated = v1::UNAUTHENTICATED,
  kDenied = v1::DENIED,
  kPermissionDenied = v1::PERMISSION_DENIED,
  kResourceNotFound = v1::RESOURCE_NOT_FOUND,
  kResourceExists = v1::RESOURCE_EXISTS,
  kEtagMismatch = v1::ETAG_MISMATCH,
  kGroupNotEmpty = v1::GROUP_NOT_EMPTY,
  kGroupPermanent = v1::GROUP_PERMANENT,
  kCrossGroup = v1::CROSS_GROUP,
  kLimitReached = v1::LIMIT_REACHED,
  kPreconditionFailed = v1::PRECONDITION_FAILED,
  kConcurrentChange = v1::CONCURRENT_CHANGE,
  kNameUnknown = v1::NAME_UNKNOWN,
  kManifestUnknown = v1::MANIFEST_UNKNOWN,
  kBlobUnknown = v1::BLOB_UNKNOWN,
  kManifestInvalid = v1::MANIFEST_INVALID,
  kContentTooLarge = v1::CONTENT_TOO_LARGE,
  kUpstreamUnavailable = v1::UPSTREAM_UNAVAILABLE,
  kUpstreamRateLimited = v1::UPSTREAM_RATE_LIMITED,
  kUpstreamRefused = v1::UPSTREAM_REFUSED,
  kUpstreamInvalid = v1::UPSTREAM_INVALID,
  kContentMismatch = v1::CONTENT_MISMATCH,
  kContentDamaged = v1::CONTENT_DAMAGED,
  kDataLoss = v1::DATA_LOSS,
  kStoreFull = v1::STORE_FULL,
  kOverloaded = v1::OVERLOADED,
  kShuttingDown = v1::SHUTTING_DOWN,
  kServiceUnavailable = v1::SERVICE_UNAVAILABLE,
  kDeadlineExceeded = v1::DEADLINE_EXCEEDED,
  kCancelled = v1::CANCELLED,
  kInternal = v1::INTERNAL,
};

// `MANIFEST_UNKNOWN` and so on; empty for kNone. Lives for ever.
absl::string_view ReasonName(Reason reason);

// The reason of an error that nobody has given one: it says no more than the
// code. kNone for OK alone.
Reason DefaultReason(absl::StatusCode code);

// The reason that `status` carries.
Reason ReasonOf(const absl::Status& status);

// `status` with the reason attached; code and message stay. OK stays OK.
absl::Status WithReason(absl::Status status, Reason reason);

// `status`, if it has a reason; otherwise with the default reason of its code.
// FAILED_PRECONDITION gets a PreconditionFailure, too.
absl::Status WithSomeReason(absl::Status status);

// What the error is about (google.rpc.ResourceInfo). `type` is `registry`,
// `cache_entry` and so on, `name` its id, or its name if it has no id. A name
// that is too long to be one is left out.
struct ErrorResource {
  std::string type;
  std::string name;
};
absl::Status WithResource(absl::Status status, const ErrorResource& resource);
std::optional<ErrorResource> ResourceOf(const absl::Status& status);

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
  // Unspecified where it has no name.
  v1::FieldReason reason = v1::FIELD_REASON_UNSPECIFIED;
};
std::vector<FieldViolation> FieldViolationsOf(const absl::Status& status);

// One thing that stands in the way of FAILED_PRECONDITION's call.
struct PreconditionViolation {
  std::string subject;  // `registry/7`
  std::string description;
};
std::vector<PreconditionViolation> PreconditionViolationsOf(
    const absl::Status& status);

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
absl::Status FieldInvalid(
    absl::string_view field, absl::string_view description,
    v1::FieldReason reason = v1::FIELD_REASON_UNSPECIFIED);

// NOT_FOUND
absl::Status RegistryUnknown(absl::string_view registry);
// For a path `<group>/<name>/<repository>`. The error has the whole path and
// does not reveal which part of it names a registry.
absl::Status RegistryPathUnknown(absl::string_view path);
absl::Status RepositoryUnknown(absl::string_view repository);
absl::Status ManifestUnknown(absl::string_view repository,
                             absl::string_view reference);
absl::Status BlobUnknown(absl::string_view digest);
// For administration: "registry 7 does not exist". RESOURCE_NOT_FOUND about
// the resource `key`, whose type `what` says up to " of ": "cleanup policy of
// group" is `cleanup_policy`, "registry upstream" an `attachment`.
absl::Status NoSuch(absl::string_view what, absl::string_view key);
// The same in other words.
absl::Status NotFound(const ErrorResource& missing, absl::string_view message);

// ALREADY_EXISTS: RESOURCE_EXISTS about the resource that is in the way.
absl::Status Exists(const ErrorResource& existing, absl::string_view message);

// ABORTED: ETAG_MISMATCH. Does not tell the current etag, so that nobody
// overwrites what he has not read.
absl::Status EtagMismatch(const ErrorResource& resource);

// FAILED_PRECONDITION with a google.rpc.PreconditionFailure of the type
// ReasonName(reason) about `subject`, such as "groups/acme".
absl::Status PreconditionFailed(Reason reason, absl::string_view subject,
                                absl::string_view message);

// The same about several things, each of which is a violation. What does not
// fit into the details of an error is left out; at least one is in them.
absl::Status PreconditionsFailed(
    Reason reason, absl::string_view message,
    const std::vector<PreconditionViolation>& violations);

// UNAVAILABLE: SHUTTING_DOWN. `what` is stopping, such as "the blob service".
absl::Status ShuttingDown(absl::string_view what);

// RESOURCE_EXHAUSTED: STORE_FULL.
absl::Status StoreFull(absl::string_view message);

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
// `things`, the maximum. With a google.rpc.QuotaFailure about `what`.
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
absl::Status UpstreamRefused(absl::string_view host, absl::string_view detail);
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
