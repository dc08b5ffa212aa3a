#include "services/common/content_wire.h"

#include <optional>
#include <utility>

#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

constexpr std::pair<ContentKind, v1::ContentKind> kKinds[] = {
    {ContentKind::kManifest, v1::CONTENT_KIND_MANIFEST},
    {ContentKind::kBlob, v1::CONTENT_KIND_BLOB},
    {ContentKind::kTags, v1::CONTENT_KIND_TAGS},
    {ContentKind::kReferrers, v1::CONTENT_KIND_REFERRERS},
};

std::optional<ContentKind> KindFromWire(v1::ContentKind kind) {
  for (const auto& [ours, theirs] : kKinds) {
    if (theirs == kind) return ours;
  }
  return std::nullopt;
}

v1::ContentKind KindToWire(ContentKind kind) {
  for (const auto& [ours, theirs] : kKinds) {
    if (ours == kind) return theirs;
  }
  return v1::CONTENT_KIND_UNSPECIFIED;
}

}  // namespace

v1::ContentRef ToWire(const ContentRef& content) {
  v1::ContentRef message;
  message.set_repository(content.repository.name());
  message.set_reference(content.reference.ToString());
  message.set_kind(KindToWire(content.kind));
  return message;
}

absl::StatusOr<ContentRef> FromWire(const v1::ContentRef& message) {
  ASSIGN_OR_RETURN(auto repository, Repository::Parse(message.repository()));
  ASSIGN_OR_RETURN(auto reference, Reference::Parse(message.reference()));
  const auto kind = KindFromWire(message.kind());
  if (!kind) return errors::FieldInvalid("content.kind", "must be set");
  const bool needs_digest =
      *kind == ContentKind::kBlob || *kind == ContentKind::kReferrers;
  if (needs_digest && !reference.is_digest()) {
    return errors::DigestInvalid(message.reference());
  }
  return ContentRef{std::move(repository), std::move(reference), *kind};
}

internal::v1::Descriptor ToWire(const Descriptor& target) {
  internal::v1::Descriptor message;
  message.set_media_type(target.media_type);
  message.set_digest(target.digest.ToString());
  message.set_size_bytes(static_cast<int64_t>(target.size_bytes));
  return message;
}

absl::StatusOr<Descriptor> FromWire(const internal::v1::Descriptor& message) {
  ASSIGN_OR_RETURN(const auto digest, Digest::Parse(message.digest()));
  if (message.size_bytes() < 0) {
    return errors::FieldInvalid("target.size_bytes", "must not be negative");
  }
  return Descriptor{message.media_type(), digest,
                    static_cast<uint64_t>(message.size_bytes())};
}

}  // namespace cvr
