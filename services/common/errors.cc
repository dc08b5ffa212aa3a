#include "services/common/errors.h"

#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/duration.pb.h"
#include "google/rpc/error_details.pb.h"
#include "services/common/time_wire.h"

namespace cvr {
namespace {

constexpr absl::string_view kSizeKey = "size";
constexpr absl::string_view kLimitKey = "limit";
constexpr absl::string_view kHiddenKey = "hidden";
constexpr absl::string_view kResourceKey = "resource";

// Details travel as a header, of which clients take 8 KiB.
constexpr size_t kResourceNameBytesMax = 512;
constexpr size_t kViolationsBytesMax = 4096;

constexpr absl::string_view kErrorInfoUrl =
    "type.googleapis.com/google.rpc.ErrorInfo";
constexpr absl::string_view kRetryInfoUrl =
    "type.googleapis.com/google.rpc.RetryInfo";
constexpr absl::string_view kBadRequestUrl =
    "type.googleapis.com/google.rpc.BadRequest";
constexpr absl::string_view kResourceInfoUrl =
    "type.googleapis.com/google.rpc.ResourceInfo";
constexpr absl::string_view kPreconditionFailureUrl =
    "type.googleapis.com/google.rpc.PreconditionFailure";
constexpr absl::string_view kQuotaFailureUrl =
    "type.googleapis.com/google.rpc.QuotaFailure";

template <typename Message>
std::optional<Message> Attached(const absl::Status& status,
                                absl::string_view url) {
  const auto payload = status.GetPayload(url);
  Message message;
  if (!payload || !message.ParseFromString(std::string(*payload))) return {};
  return message;
}

template <typename Message>
void Attach(absl::Status& status, absl::string_view url,
            const Message& message) {
  status.SetPayload(url, absl::Cord(message.SerializeAsString()));
}

// What ErrorInfo's metadata says under `key`.
template <typename Number>
std::optional<Number> NumberAt(const absl::Status& status,
                               absl::string_view key) {
  const auto info = Attached<google::rpc::ErrorInfo>(status, kErrorInfoUrl);
  if (!info) return std::nullopt;
  const auto it = info->metadata().find(std::string(key));
  Number number = 0;
  if (it == info->metadata().end() || !absl::SimpleAtoi(it->second, &number)) {
    return std::nullopt;
  }
  return number;
}

google::rpc::ErrorInfo InfoOf(Reason reason) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(ReasonName(reason)));
  info.set_domain(std::string(kErrorDomain));
  return info;
}

// With one pair of ErrorInfo's metadata.
absl::Status MakeWith(absl::StatusCode code, Reason reason,
                      absl::string_view message, absl::string_view key,
                      absl::string_view value) {
  absl::Status status(code, message);
  google::rpc::ErrorInfo info = InfoOf(reason);
  (*info.mutable_metadata())[std::string(key)] = std::string(value);
  Attach(status, kErrorInfoUrl, info);
  return status;
}

absl::Status Make(absl::StatusCode code, Reason reason,
                  absl::string_view message) {
  return WithReason(absl::Status(code, message), reason);
}

// An attachment is a "registry upstream" to people.
std::string TypeOf(absl::string_view what) {
  if (what == "registry upstream") return "attachment";
  return absl::StrReplaceAll(what.substr(0, what.find(" of ")), {{" ", "_"}});
}

void AttachPrecondition(absl::Status& status, Reason reason,
                        absl::string_view subject) {
  google::rpc::PreconditionFailure failure;
  auto* const violation = failure.add_violations();
  violation->set_type(std::string(ReasonName(reason)));
  violation->set_subject(std::string(subject));
  violation->set_description(std::string(status.message()));
  Attach(status, kPreconditionFailureUrl, failure);
}

}  // namespace

absl::string_view ReasonName(Reason reason) {
  if (reason == Reason::kNone) return "";
  return v1::ErrorReason_Name(static_cast<v1::ErrorReason>(reason));
}

Reason ReasonOf(const absl::Status& status) {
  const auto info = Attached<google::rpc::ErrorInfo>(status, kErrorInfoUrl);
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  if (!info || info->domain() != kErrorDomain ||
      !v1::ErrorReason_Parse(info->reason(), &reason)) {
    return Reason::kNone;
  }
  return static_cast<Reason>(reason);
}

absl::Status WithReason(absl::Status status, Reason reason) {
  Attach(status, kErrorInfoUrl, InfoOf(reason));
  return status;
}

absl::Status WithSomeReason(absl::Status status) {
  if (status.ok() || ReasonOf(status) != Reason::kNone) return status;
  const Reason reason = DefaultReason(status.code());
  if (absl::IsFailedPrecondition(status) &&
      !status.GetPayload(kPreconditionFailureUrl)) {
    AttachPrecondition(status, reason, /*subject=*/"");
  }
  return WithReason(std::move(status), reason);
}

Reason DefaultReason(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return Reason::kNone;
    case absl::StatusCode::kCancelled:
      return Reason::kCancelled;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return Reason::kRequestInvalid;
    case absl::StatusCode::kDeadlineExceeded:
      return Reason::kDeadlineExceeded;
    case absl::StatusCode::kNotFound:
      return Reason::kResourceNotFound;
    case absl::StatusCode::kAlreadyExists:
      return Reason::kResourceExists;
    case absl::StatusCode::kPermissionDenied:
      return Reason::kPermissionDenied;
    case absl::StatusCode::kUnauthenticated:
      return Reason::kUnauthenticated;
    case absl::StatusCode::kResourceExhausted:
      return Reason::kOverloaded;
    case absl::StatusCode::kFailedPrecondition:
      return Reason::kPreconditionFailed;
    case absl::StatusCode::kAborted:
      return Reason::kConcurrentChange;
    case absl::StatusCode::kUnimplemented:
      return Reason::kMethodNotServed;
    case absl::StatusCode::kUnavailable:
      return Reason::kServiceUnavailable;
    case absl::StatusCode::kDataLoss:
      return Reason::kDataLoss;
    default:
      return Reason::kInternal;
  }
}

absl::Status WithResource(absl::Status status, const ErrorResource& resource) {
  google::rpc::ResourceInfo info;
  info.set_resource_type(resource.type);
  if (resource.name.size() <= kResourceNameBytesMax) {
    info.set_resource_name(resource.name);
  }
  Attach(status, kResourceInfoUrl, info);
  return status;
}

std::optional<ErrorResource> ResourceOf(const absl::Status& status) {
  const auto info =
      Attached<google::rpc::ResourceInfo>(status, kResourceInfoUrl);
  if (!info) return std::nullopt;
  return ErrorResource{info->resource_type(), info->resource_name()};
}

std::optional<absl::Duration> RetryAfterOf(const absl::Status& status) {
  const auto info = Attached<google::rpc::RetryInfo>(status, kRetryInfoUrl);
  if (!info) return std::nullopt;
  return FromWire(info->retry_delay());
}

absl::Status WithRetryAfter(absl::Status status, absl::Duration delay) {
  google::rpc::RetryInfo info;
  *info.mutable_retry_delay() = ToWire(delay);
  Attach(status, kRetryInfoUrl, info);
  return status;
}

std::optional<uint64_t> ContentSizeOf(const absl::Status& status) {
  return NumberAt<uint64_t>(status, kSizeKey);
}

std::optional<int64_t> LimitOf(const absl::Status& status) {
  return NumberAt<int64_t>(status, kLimitKey);
}

absl::Status AsHidden(const absl::Status& status) {
  auto info = Attached<google::rpc::ErrorInfo>(status, kErrorInfoUrl);
  if (!info) return status;
  (*info->mutable_metadata())[std::string(kHiddenKey)] = "1";
  absl::Status hidden = status;
  Attach(hidden, kErrorInfoUrl, *info);
  return hidden;
}

bool IsHidden(const absl::Status& status) {
  return absl::IsNotFound(status) && NumberAt<int>(status, kHiddenKey) == 1;
}

std::vector<FieldViolation> FieldViolationsOf(const absl::Status& status) {
  std::vector<FieldViolation> violations;
  const auto bad = Attached<google::rpc::BadRequest>(status, kBadRequestUrl);
  if (!bad) return violations;
  for (const auto& violation : bad->field_violations()) {
    v1::FieldReason reason = v1::FIELD_REASON_UNSPECIFIED;
    v1::FieldReason_Parse(violation.reason(), &reason);
    violations.push_back({violation.field(), violation.description(), reason});
  }
  return violations;
}

std::vector<PreconditionViolation> PreconditionViolationsOf(
    const absl::Status& status) {
  std::vector<PreconditionViolation> violations;
  const auto failure = Attached<google::rpc::PreconditionFailure>(
      status, kPreconditionFailureUrl);
  if (!failure) return violations;
  for (const auto& violation : failure->violations()) {
    violations.push_back({violation.subject(), violation.description()});
  }
  return violations;
}

absl::Status Restated(const absl::Status& status, absl::StatusCode code,
                      absl::string_view message) {
  absl::Status restated(code, message);
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    restated.SetPayload(url, payload);
  });
  return restated;
}

absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  return Restated(status, status.code(),
                  absl::StrCat(context, ": ", status.message()));
}

namespace errors {

absl::Status NameInvalid(absl::string_view name) {
  return Make(absl::StatusCode::kInvalidArgument, Reason::kNameInvalid,
              absl::StrCat("invalid repository name '", name, "'"));
}

absl::Status DigestInvalid(absl::string_view digest) {
  return Make(
      absl::StatusCode::kInvalidArgument, Reason::kDigestInvalid,
      absl::StrCat(
          "invalid digest '", digest,
          "': expected sha256:<64 hex digits> or sha512:<128 hex digits>"));
}

absl::Status FieldsInvalid(std::vector<FieldViolation> violations) {
  google::rpc::BadRequest bad;
  const std::string message = absl::StrJoin(
      violations, "; ", [](std::string* out, const FieldViolation& violation) {
        absl::StrAppend(out, violation.field, ": ", violation.description);
      });
  for (auto& violation : violations) {
    auto* const added = bad.add_field_violations();
    added->set_field(std::move(violation.field));
    added->set_description(std::move(violation.description));
    if (violation.reason != v1::FIELD_REASON_UNSPECIFIED) {
      added->set_reason(v1::FieldReason_Name(violation.reason));
    }
  }
  absl::Status status =
      Make(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid, message);
  Attach(status, kBadRequestUrl, bad);
  return status;
}

absl::Status FieldInvalid(absl::string_view field,
                          absl::string_view description,
                          v1::FieldReason reason) {
  return FieldsInvalid(
      {{std::string(field), std::string(description), reason}});
}

absl::Status RegistryUnknown(absl::string_view registry) {
  return WithResource(
      Make(absl::StatusCode::kNotFound, Reason::kNameUnknown,
           absl::StrCat("virtual registry '", registry,
                        "' does not exist or has no enabled upstream")),
      {"registry", std::string(registry)});
}

absl::Status RegistryPathUnknown(absl::string_view path) {
  return WithResource(
      Make(absl::StatusCode::kNotFound, Reason::kNameUnknown,
           absl::StrCat("'", path,
                        "' begins with the <group>/<name> of no virtual "
                        "registry, or that serves nothing")),
      {"registry", std::string(path)});
}

absl::Status RepositoryUnknown(absl::string_view repository) {
  return WithResource(
      Make(absl::StatusCode::kNotFound, Reason::kNameUnknown,
           absl::StrCat("repository '", repository, "' not found")),
      {"repository", std::string(repository)});
}

absl::Status ManifestUnknown(absl::string_view repository,
                             absl::string_view reference) {
  return WithResource(
      Make(absl::StatusCode::kNotFound, Reason::kManifestUnknown,
           absl::StrCat("manifest '", reference, "' not found in repository '",
                        repository, "'")),
      {"manifest", std::string(reference)});
}

absl::Status BlobUnknown(absl::string_view digest) {
  return WithResource(Make(absl::StatusCode::kNotFound, Reason::kBlobUnknown,
                           absl::StrCat("blob '", digest, "' not found")),
                      {"blob", std::string(digest)});
}

absl::Status NoSuch(absl::string_view what, absl::string_view key) {
  return NotFound({TypeOf(what), std::string(key)},
                  absl::StrCat(what, " ", key, " does not exist"));
}

absl::Status NotFound(const ErrorResource& missing, absl::string_view message) {
  return WithResource(
      Make(absl::StatusCode::kNotFound, Reason::kResourceNotFound, message),
      missing);
}

absl::Status Exists(const ErrorResource& existing, absl::string_view message) {
  return WithResource(
      Make(absl::StatusCode::kAlreadyExists, Reason::kResourceExists, message),
      existing);
}

absl::Status EtagMismatch(const ErrorResource& resource) {
  return MakeWith(absl::StatusCode::kAborted, Reason::kEtagMismatch,
                  "etag mismatch: the resource was modified since it was read; "
                  "read it again and retry",
                  kResourceKey,
                  absl::StrCat(resource.type, "/", resource.name));
}

absl::Status PreconditionFailed(Reason reason, absl::string_view subject,
                                absl::string_view message) {
  absl::Status status =
      Make(absl::StatusCode::kFailedPrecondition, reason, message);
  AttachPrecondition(status, reason, subject);
  return status;
}

absl::Status PreconditionsFailed(
    Reason reason, absl::string_view message,
    const std::vector<PreconditionViolation>& violations) {
  absl::Status status =
      Make(absl::StatusCode::kFailedPrecondition, reason, message);
  google::rpc::PreconditionFailure failure;
  for (const PreconditionViolation& violation : violations) {
    auto* const added = failure.add_violations();
    added->set_type(std::string(ReasonName(reason)));
    added->set_subject(violation.subject);
    added->set_description(violation.description);
    if (failure.violations_size() > 1 &&
        failure.ByteSizeLong() > kViolationsBytesMax) {
      failure.mutable_violations()->RemoveLast();
      break;
    }
  }
  Attach(status, kPreconditionFailureUrl, failure);
  return status;
}

absl::Status ShuttingDown(absl::string_view what) {
  return Make(absl::StatusCode::kUnavailable, Reason::kShuttingDown,
              absl::StrCat(what, " is shutting down"));
}

absl::Status StoreFull(absl::string_view message) {
  return Make(absl::StatusCode::kResourceExhausted, Reason::kStoreFull,
              message);
}

absl::Status Unauthenticated(absl::string_view detail) {
  return Make(absl::StatusCode::kUnauthenticated, Reason::kUnauthenticated,
              detail);
}

absl::Status Denied(absl::string_view detail) {
  return Make(absl::StatusCode::kPermissionDenied, Reason::kDenied, detail);
}

absl::Status RangeNotSatisfiable(uint64_t size_bytes) {
  return MakeWith(
      absl::StatusCode::kOutOfRange, Reason::kRangeNotSatisfiable,
      absl::StrCat(
          "range not satisfiable: it starts after the end of the content (",
          size_bytes, " bytes)"),
      kSizeKey, absl::StrCat(size_bytes));
}

absl::Status LimitReached(absl::string_view what, absl::string_view things,
                          int64_t limit) {
  absl::Status status = MakeWith(
      absl::StatusCode::kResourceExhausted, Reason::kLimitReached,
      absl::StrCat(what, " already has the maximum of ", limit, " ", things),
      kLimitKey, absl::StrCat(limit));
  google::rpc::QuotaFailure failure;
  auto* const violation = failure.add_violations();
  violation->set_subject(std::string(what));
  violation->set_description(std::string(status.message()));
  violation->set_quota_value(limit);
  Attach(status, kQuotaFailureUrl, failure);
  return status;
}

absl::Status Unsupported(absl::string_view what) {
  return Make(absl::StatusCode::kUnimplemented, Reason::kUnsupported, what);
}

absl::Status UpstreamUnavailable(absl::string_view host,
                                 absl::string_view detail) {
  return Make(absl::StatusCode::kUnavailable, Reason::kUpstreamUnavailable,
              absl::StrCat("upstream ", host, ": ", detail));
}

absl::Status UpstreamRateLimited(absl::string_view host,
                                 std::optional<absl::Duration> retry_after) {
  absl::Status status =
      Make(absl::StatusCode::kResourceExhausted, Reason::kUpstreamRateLimited,
           absl::StrCat("upstream ", host,
                        " answered 429: its rate limit is exceeded; retry "
                        "later, or set credentials with a higher limit"));
  if (retry_after) status = WithRetryAfter(std::move(status), *retry_after);
  return status;
}

absl::Status UpstreamRefused(absl::string_view host, absl::string_view detail) {
  return Make(absl::StatusCode::kPermissionDenied, Reason::kUpstreamRefused,
              absl::StrCat("access denied by upstream ", host, ": ", detail));
}

absl::Status UpstreamInvalid(absl::string_view host, absl::string_view detail) {
  return Make(
      absl::StatusCode::kUnavailable, Reason::kUpstreamInvalid,
      absl::StrCat("invalid response from upstream ", host, ": ", detail));
}

absl::Status ContentMismatch(absl::string_view host, absl::string_view wanted,
                             absl::string_view got) {
  return Make(
      absl::StatusCode::kUnavailable, Reason::kContentMismatch,
      absl::StrCat("digest mismatch: upstream ", host,
                   " sent content with digest ", got, " instead of ", wanted));
}

absl::Status ContentDamaged(absl::string_view digest,
                            absl::string_view detail) {
  return Make(absl::StatusCode::kDataLoss, Reason::kContentDamaged,
              absl::StrCat("corrupt blob ", digest, " in the cache: ", detail));
}

}  // namespace errors
}  // namespace cvr
