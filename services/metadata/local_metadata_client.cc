#include "services/metadata/local_metadata_client.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/cache_rows.h"
#include "services/metadata/tables.h"
#include "services/metadata/transactions.h"
#include "services/metadata/upstream_secrets.h"
#include "services/metadata/upstream_wire.h"

namespace cvr {
namespace {

bool IsPrintable(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isprint(c)) return false;
  }
  return true;
}

// An upstream may send what it likes; what cannot be kept is left out.
std::string KeptEtag(const std::string& etag) {
  return etag.size() <= limits::kEtagCharsMax && IsPrintable(etag) ? etag : "";
}

absl::Status Check(const CacheRecord& record) {
  const std::string& media_type = record.target.media_type;
  if (media_type.size() > limits::kMediaTypeCharsMax ||
      !IsPrintable(media_type)) {
    return errors::FieldInvalid("media_type", "must be a media type");
  }
  if (record.content.RelativePath().size() > limits::kRelativePathBytesMax) {
    return errors::FieldInvalid("relative_path", "is too long");
  }
  const Reference& reference = record.content.reference;
  if (reference.is_digest() && reference.digest() != record.target.digest) {
    return errors::FieldInvalid("target.digest", "is not the one of the path");
  }
  return absl::OkStatus();
}

void CountDownload(v1::CacheEntry& entry,
                   const google::protobuf::Timestamp& now) {
  entry.set_downloads_count(entry.downloads_count() + 1);
  *entry.mutable_downloaded_at() = now;
}

// The row of the path, or a new one with an id of its own.
absl::StatusOr<v1::CacheEntry> FindOrMake(
    WriteTransaction& transaction, const CacheRecord& record,
    const google::protobuf::Timestamp& now) {
  const std::string path = record.content.RelativePath();
  ASSIGN_OR_RETURN(auto found, tables::FindCacheEntry(
                                   transaction, record.upstream_id, path));
  if (found) return *std::move(found);
  v1::CacheEntry entry;
  ASSIGN_OR_RETURN(const int64_t id,
                   tables::NextId(transaction, tables::kCacheEntryIds));
  entry.set_id(id);
  entry.set_upstream_id(record.upstream_id);
  entry.set_relative_path(path);
  *entry.mutable_create_time() = now;
  return entry;
}

void Repoint(v1::CacheEntry& entry, const CacheRecord& record,
             const google::protobuf::Timestamp& now) {
  entry.set_digest(record.target.digest.ToString());
  entry.set_media_type(record.target.media_type.empty()
                           ? kOctetStream
                           : record.target.media_type);
  entry.set_size(static_cast<int64_t>(record.target.size_bytes));
  entry.set_upstream_etag(KeptEtag(record.upstream_etag));
  *entry.mutable_upstream_checked_at() = now;
  entry.set_status(v1::CacheEntry::ACTIVE);
  *entry.mutable_update_time() = now;
  if (record.counts_as_download) CountDownload(entry, now);
}

}  // namespace

absl::StatusOr<UpstreamAccess> LocalMetadataClient::GetUpstreamAccess(
    int64_t upstream_id) {
  ASSIGN_OR_RETURN(const auto row,
                   ReadValue<std::optional<stored::Upstream>>(
                       store_, [&](const ReadTransaction& transaction) {
                         return tables::FindUpstream(transaction, upstream_id);
                       }));
  if (!row) return errors::NoSuch("upstream", absl::StrCat(upstream_id));
  ASSIGN_OR_RETURN(const auto upstream, OpenUpstream(box_, *row));
  return ToAccess(upstream);
}

absl::Status LocalMetadataClient::Record(const CacheRecord& record) {
  RETURN_IF_ERROR(Check(record));
  const auto now = ToWire(clock_.Now());
  return store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const bool has_upstream,
                         tables::HasUpstream(transaction, record.upstream_id));
        if (!has_upstream) {
          return errors::NoSuch("upstream", absl::StrCat(record.upstream_id));
        }
        ASSIGN_OR_RETURN(auto entry, FindOrMake(transaction, record, now));
        const std::string digest_before = entry.digest();
        Repoint(entry, record, now);
        tables::PutCacheEntry(transaction, digest_before, entry);
        const Repository& repository = record.content.repository;
        tables::PutReachable(transaction, record.upstream_id, repository,
                             record.target.digest);
        for (const Digest& digest : record.references) {
          tables::PutReachable(transaction, record.upstream_id, repository,
                               digest);
        }
        return absl::OkStatus();
      },
      Durability::kBuffered);
}

absl::Status LocalMetadataClient::Touch(int64_t upstream_id,
                                        const ContentRef& content,
                                        const Digest& digest,
                                        bool counts_as_download) {
  const auto now = ToWire(clock_.Now());
  return store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(auto entry,
                         tables::FindCacheEntry(transaction, upstream_id,
                                                content.RelativePath()));
        if (!entry || entry->status() != v1::CacheEntry::ACTIVE ||
            entry->digest() != digest.ToString()) {
          return absl::OkStatus();
        }
        *entry->mutable_upstream_checked_at() = now;
        if (counts_as_download) CountDownload(*entry, now);
        tables::PutCacheEntry(transaction, entry->digest(), *entry);
        return absl::OkStatus();
      },
      Durability::kBuffered);
}

absl::Status LocalMetadataClient::RecordDenial(int64_t upstream_id,
                                               const ContentRef& content,
                                               Denial /*denial*/) {
  if (upstream_id <= 0) return absl::OkStatus();  // No id of ours.
  return store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto entry,
                         tables::FindCacheEntry(transaction, upstream_id,
                                                content.RelativePath()));
        ForgetPath(transaction, upstream_id, content,
                   entry ? &*entry : nullptr);
        return absl::OkStatus();
      },
      Durability::kBuffered);
}

absl::StatusOr<std::vector<RefreshDue>> LocalMetadataClient::TakeRefreshDue(
    int) {
  return std::vector<RefreshDue>();
}

absl::Status LocalMetadataClient::ForgetContent(
    absl::Span<const Digest> digests) {
  if (digests.size() > limits::kForgottenDigestsMax) {
    return errors::FieldInvalid("digests", "are too many");
  }
  return store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        for (const Digest& digest : digests) {
          ASSIGN_OR_RETURN(const auto entries,
                           tables::CacheEntriesOfDigest(transaction, digest));
          for (const auto& entry : entries) {
            tables::DeleteCacheEntry(transaction, entry);
          }
        }
        return absl::OkStatus();
      },
      Durability::kBuffered);
}

}  // namespace cvr
