#include "services/common/errors.h"

#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/duration.pb.h"
#include "google/rpc/error_details.pb.h"
#include "services/common/time_wire.h"

namespace cvr {
namespace {

constexpr absl::string_view kDomain = "cvr";
constexpr absl::string_view kSizeKey = "size";
constexpr absl::string_view kLimitKey = "limit";
constexpr absl::string_view kHiddenKey = "hidden";

constexpr absl::string_view kErrorInfoUrl =
    "type.googleapis.com/google.rpc.ErrorInfo";
constexpr absl::string_view kRetryInfoUrl =
    "type.googleapis.com/google.rpc.RetryInfo";
constexpr absl::string_view kBadRequestUrl =
    "type.googleapis.com/google.rpc.BadRequest";

constexpr std::pair<Reason, absl::string_view> kNames[] = {
    {Reason::kNameInvalid, "NAME_INVALID"},
    {Reason::kNameUnknown, "NAME_UNKNOWN"},
    {Reason::kDigestInvalid, "DIGEST_INVALID"},
    {Reason::kManifestUnknown, "MANIFEST_UNKNOWN"},
    {Reason::kManifestInvalid, "MANIFEST_INVALID"},
    {Reason::kBlobUnknown, "BLOB_UNKNOWN"},
    {Reason::kRangeNotSatisfiable, "RANGE_NOT_SATISFIABLE"},
    {Reason::kUnsupported, "UNSUPPORTED"},
    {Reason::kDenied, "DENIED"},
    {Reason::kUpstreamUnavailable, "UPSTREAM_UNAVAILABLE"},
    {Reason::kUpstreamRateLimited, "UPSTREAM_RATE_LIMITED"},
    {Reason::kUpstreamDenied, "UPSTREAM_DENIED"},
    {Reason::kUpstreamInvalid, "UPSTREAM_INVALID"},
    {Reason::kContentMismatch, "CONTENT_MISMATCH"},
    {Reason::kContentDamaged, "CONTENT_DAMAGED"},
    {Reason::kFieldInvalid, "FIELD_INVALID"},
    {Reason::kUnauthenticated, "UNAUTHENTICATED"},
    {Reason::kLimitReached, "LIMIT_REACHED"},
};

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

absl::Status MakeWithNumber(absl::StatusCode code, Reason reason,
                            absl::string_view message, absl::string_view key,
                            absl::string_view number) {
  absl::Status status(code, message);
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(ReasonName(reason)));
  info.set_domain(std::string(kDomain));
  (*info.mutable_metadata())[std::string(key)] = std::string(number);
  Attach(status, kErrorInfoUrl, info);
  return status;
}

absl::Status Make(absl::StatusCode code, Reason reason,
                  absl::string_view message) {
  return WithReason(absl::Status(code, message), reason);
}

}  // namespace

absl::string_view ReasonName(Reason reason) {
  for (const auto& [value, name] : kNames) {
    if (value == reason) return name;
  }
  return "";
}

Reason ReasonOf(const absl::Status& status) {
  const auto info = Attached<google::rpc::ErrorInfo>(status, kErrorInfoUrl);
  if (!info || info->domain() != kDomain) return Reason::kNone;
  for (const auto& [value, name] : kNames) {
    if (name == info->reason()) return value;
  }
  return Reason::kNone;
}

absl::Status WithReason(absl::Status status, Reason reason) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(ReasonName(reason)));
  info.set_domain(std::string(kDomain));
  Attach(status, kErrorInfoUrl, info);
  return status;
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
    violations.push_back({violation.field(), violation.description()});
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
  }
  absl::Status status =
      Make(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid, message);
  Attach(status, kBadRequestUrl, bad);
  return status;
}

absl::Status FieldInvalid(absl::string_view field,
                          absl::string_view description) {
  return FieldsInvalid({{std::string(field), std::string(description)}});
}

absl::Status RegistryUnknown(absl::string_view registry) {
  return Make(absl::StatusCode::kNotFound, Reason::kNameUnknown,
              absl::StrCat("virtual registry '", registry,
                           "' does not exist or has no enabled upstream"));
}

absl::Status RegistryPathUnknown(absl::string_view path) {
  return Make(absl::StatusCode::kNotFound, Reason::kNameUnknown,
              absl::StrCat("'", path,
                           "' begins with the <group>/<name> of no virtual "
                           "registry, or that serves nothing"));
}

absl::Status RepositoryUnknown(absl::string_view repository) {
  return Make(absl::StatusCode::kNotFound, Reason::kNameUnknown,
              absl::StrCat("repository '", repository, "' not found"));
}

absl::Status ManifestUnknown(absl::string_view repository,
                             absl::string_view reference) {
  return Make(absl::StatusCode::kNotFound, Reason::kManifestUnknown,
              absl::StrCat("manifest '", reference,
                           "' not found in repository '", repository, "'"));
}

absl::Status BlobUnknown(absl::string_view digest) {
  return Make(absl::StatusCode::kNotFound, Reason::kBlobUnknown,
              absl::StrCat("blob '", digest, "' not found"));
}

absl::Status NoSuch(absl::string_view what, absl::string_view key) {
  return absl::NotFoundError(absl::StrCat(what, " ", key, " does not exist"));
}

absl::Status Unauthenticated(absl::string_view detail) {
  return Make(absl::StatusCode::kUnauthenticated, Reason::kUnauthenticated,
              detail);
}

absl::Status Denied(absl::string_view detail) {
  return Make(absl::StatusCode::kPermissionDenied, Reason::kDenied, detail);
}

absl::Status RangeNotSatisfiable(uint64_t size_bytes) {
  return MakeWithNumber(
      absl::StatusCode::kOutOfRange, Reason::kRangeNotSatisfiable,
      absl::StrCat(
          "range not satisfiable: it starts after the end of the content (",
          size_bytes, " bytes)"),
      kSizeKey, absl::StrCat(size_bytes));
}

absl::Status LimitReached(absl::string_view what, absl::string_view things,
                          int64_t limit) {
  return MakeWithNumber(
      absl::StatusCode::kResourceExhausted, Reason::kLimitReached,
      absl::StrCat(what, " already has the maximum of ", limit, " ", things),
      kLimitKey, absl::StrCat(limit));
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

absl::Status UpstreamDenied(absl::string_view host, absl::string_view detail) {
  return Make(absl::StatusCode::kPermissionDenied, Reason::kUpstreamDenied,
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
