#include "services/upstream/manifest_answer.h"

#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/document_limits.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/manifest_facts.h"
#include "services/common/status_macros.h"
#include "services/upstream/http/http_fields.h"
#include "services/upstream/manifest_type.h"

namespace cvr {
namespace {

absl::Status TooLarge(const std::string& host) {
  return errors::UpstreamInvalid(
      host, absl::StrCat("the manifest is larger than ",
                         limits::kManifestBytesMax, " bytes"));
}

// What the upstream says; nothing when it says nothing.
absl::StatusOr<std::optional<Digest>> SaidDigest(const HopAnswer& answer) {
  const absl::string_view said =
      answer.head.fields.First("Docker-Content-Digest");
  if (said.empty()) return std::nullopt;
  const absl::StatusOr<Digest> digest = Digest::Parse(said);
  if (!digest.ok()) {
    return errors::UpstreamInvalid(
        answer.url.host_and_port(),
        "the Docker-Content-Digest header is not a valid digest");
  }
  return *digest;
}

absl::Status Verify(const std::string& host, absl::string_view bytes,
                    const Digest& wanted) {
  const Digest got = Digest::OfBytes(bytes, wanted.algorithm());
  if (got == wanted) return absl::OkStatus();
  return errors::ContentMismatch(host, wanted.ToString(), got.ToString());
}

bool IsSignedSchema1(absl::string_view bytes) {
  return absl::StrContains(bytes, "\"signatures\"") &&
         ReadManifest(bytes).form == ManifestForm::kSchema1;
}

}  // namespace

absl::Status ManifestReceiver::OnHead(const Url& url, const HttpHead& head) {
  host_ = url.host_and_port();
  const auto length = ParseContentLength(head.fields.First("Content-Length"));
  if (length && *length > limits::kManifestBytesMax) return TooLarge(host_);
  // We asked for identity; other bytes than the digest's would be stored.
  const absl::string_view encoding = head.fields.First("Content-Encoding");
  if (!encoding.empty() && !absl::EqualsIgnoreCase(encoding, "identity")) {
    return errors::UpstreamInvalid(
        host_, "the manifest has an unsupported Content-Encoding");
  }
  return TakeRoom(length.value_or(0));
}

// Once: what was said before, or the most that there may be.
absl::Status ManifestReceiver::TakeRoom(uint64_t bytes) {
  if (room_ != nullptr || bytes <= limits::kSmallDocumentBytes) {
    return absl::OkStatus();
  }
  if (memory_ != nullptr) {
    ASSIGN_OR_RETURN(
        room_, memory_->Take(owner_, bytes * limits::kManifestRoomFactor));
  }
  bytes_.reserve(bytes);
  return absl::OkStatus();
}

absl::Status ManifestReceiver::OnBytes(absl::string_view bytes) {
  if (bytes_.size() + bytes.size() > limits::kManifestBytesMax) {
    return TooLarge(host_);
  }
  if (bytes_.size() + bytes.size() > limits::kSmallDocumentBytes) {
    RETURN_IF_ERROR(TakeRoom(limits::kManifestBytesMax));
  }
  absl::StrAppend(&bytes_, bytes);
  return absl::OkStatus();
}

absl::StatusOr<UpstreamManifest> ManifestReceiver::Finish(
    const HopAnswer& answer, const Reference& reference) && {
  ASSIGN_OR_RETURN(const std::optional<Digest> said, SaidDigest(answer));
  if (IsSignedSchema1(bytes_)) {
    return WithReason(
        errors::UpstreamInvalid(
            host_,
            "this is a signed manifest of Docker image schema 1 "
            "(application/vnd.docker.distribution.manifest.v1+prettyjws), "
            "which is not supported: its digest is not that of its bytes"),
        Reason::kManifestInvalid);
  }
  if (reference.is_digest()) {
    RETURN_IF_ERROR(Verify(host_, bytes_, reference.digest()));
  }
  if (said) RETURN_IF_ERROR(Verify(host_, bytes_, *said));
  const absl::StatusOr<std::string> type =
      ManifestType(answer.head.fields.First("Content-Type"), bytes_);
  if (!type.ok()) {
    const absl::Status invalid =
        errors::UpstreamInvalid(host_, type.status().message());
    // A login page, say, is the upstream's fault and no manifest at all.
    return ReadManifest(bytes_).is_object
               ? WithReason(invalid, Reason::kManifestInvalid)
               : invalid;
  }
  const Digest digest = reference.is_digest() ? reference.digest()
                        : said                ? *said
                                              : Digest::OfBytes(bytes_);
  const uint64_t size = bytes_.size();
  return UpstreamManifest{{*type, digest, size},
                          std::move(bytes_),
                          EtagOf(answer.head.fields.First("ETag")),
                          std::move(room_)};
}

absl::StatusOr<Descriptor> ManifestInHead(const HopAnswer& answer,
                                          const Reference& reference) {
  const std::string host = answer.url.host_and_port();
  ASSIGN_OR_RETURN(std::optional<Digest> digest, SaidDigest(answer));
  if (reference.is_digest()) {
    const Digest& wanted = reference.digest();
    if (digest && digest->algorithm() == wanted.algorithm() &&
        *digest != wanted) {
      return errors::ContentMismatch(host, wanted.ToString(),
                                     digest->ToString());
    }
    digest = wanted;
  }
  if (!digest) {
    return errors::UpstreamInvalid(
        host, "the HEAD response has no Docker-Content-Digest header");
  }
  const HttpFields& fields = answer.head.fields;
  return Descriptor{
      MediaTypeOf(fields.First("Content-Type")), *digest,
      ParseContentLength(fields.First("Content-Length")).value_or(0)};
}

}  // namespace cvr
