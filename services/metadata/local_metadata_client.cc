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
#include "services/metadata/garbage.h"
#include "services/metadata/possession.h"
#include "services/metadata/possession_tables.h"
#include "services/metadata/route.h"
#include "services/metadata/supply.h"
#include "services/metadata/supply_tables.h"
#include "services/metadata/tables.h"
#include "services/metadata/transactions.h"
#include "services/metadata/upstream_secrets.h"
#include "services/metadata/upstream_wire.h"

namespace cvr {
namespace {

// More than each denial adds, so that what is over does not pile up.
constexpr int kSweptPerDenial = 16;

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
  const ContentRef& content = record.content;
  if (content.is_addressed_by_digest() &&
      content.reference.digest() != record.target.digest) {
    return errors::FieldInvalid("target.digest", "is not the one of the path");
  }
  return absl::OkStatus();
}

// What was recorded of a path that the upstream has denied.
absl::Status DropDenied(WriteTransaction& transaction, int64_t upstream_id,
                        const ContentRef& content, Denial denial) {
  ASSIGN_OR_RETURN(
      const auto entry,
      tables::FindCacheEntry(transaction, upstream_id, content.RelativePath()));
  if (entry) {
    tables::DeleteCacheEntry(transaction, *entry);
    RETURN_IF_ERROR(
        possession::Release(transaction, upstream_id, entry->digest()));
  }
  if (denial == Denial::kAbsent) {
    return supply::NoteAbsent(transaction, upstream_id, content);
  }
  std::optional<Digest> target;
  if (entry) {
    ASSIGN_OR_RETURN(target, Digest::Parse(entry->digest()));
  }
  return supply::Revoke(transaction, upstream_id, content,
                        target ? &*target : nullptr);
}

// What nobody has asked the upstream about may have been purged meanwhile.
absl::StatusOr<bool> IsBelieved(const ReadTransaction& transaction,
                                const CacheRecord& record) {
  if (record.confirmed) return true;
  return supply::Has(transaction, record.upstream_id, record.content.repository,
                     record.target.digest);
}

// Nobody asks for a list by its digest, so an old one serves no purpose.
bool IsOutdatedList(const CacheRecord& record,
                    const std::string& digest_before) {
  const ContentKind kind = record.content.kind;
  return (kind == ContentKind::kTags || kind == ContentKind::kReferrers) &&
         !digest_before.empty() &&
         digest_before != record.target.digest.ToString();
}

// What the record proves of bytes, and what it no longer holds on to.
absl::Status NotePossession(WriteTransaction& transaction,
                            const stored::Upstream& upstream,
                            const CacheRecord& record,
                            const std::string& digest_before) {
  if (!digest_before.empty() &&
      digest_before != record.target.digest.ToString()) {
    RETURN_IF_ERROR(
        possession::Release(transaction, record.upstream_id, digest_before));
  }
  return possession::Note(transaction, upstream, record.target.digest,
                          record.delivered_to);
}

absl::StatusOr<bool> PossessedBy(const ReadTransaction& transaction,
                                 int64_t upstream_id, const Digest& digest) {
  ASSIGN_OR_RETURN(const auto upstream,
                   tables::FindUpstream(transaction, upstream_id));
  if (!upstream) return true;
  return possession::Has(transaction, digest, upstream->identity(),
                         upstream->public_identity());
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
  UpstreamAccess access = ToAccess(upstream);
  access.identity = row->identity();
  return access;
}

absl::StatusOr<std::vector<int64_t>> LocalMetadataClient::FindPossessing(
    const Digest& digest, absl::Span<const int64_t> identities) {
  if (identities.size() > limits::kIdentitiesAskedMax) {
    return errors::FieldInvalid("identities", "are too many");
  }
  std::vector<int64_t> found;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    for (const int64_t identity : identities) {
      ASSIGN_OR_RETURN(const bool has,
                       tables::HasPossession(transaction, digest, identity));
      if (has) found.push_back(identity);
    }
    return absl::OkStatus();
  }));
  return found;
}

absl::Status LocalMetadataClient::Record(const CacheRecord& record) {
  RETURN_IF_ERROR(Check(record));
  const auto now = ToWire(clock_.Now());
  return store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto upstream,
                         tables::FindUpstream(transaction, record.upstream_id));
        if (!upstream) {
          return errors::NoSuch("upstream", absl::StrCat(record.upstream_id));
        }
        ASSIGN_OR_RETURN(const bool believed, IsBelieved(transaction, record));
        if (!believed) return absl::OkStatus();
        ASSIGN_OR_RETURN(auto entry, FindOrMake(transaction, record, now));
        const std::string digest_before = entry.digest();
        Repoint(entry, record, now);
        tables::PutCacheEntry(transaction, digest_before, entry);
        tables::DeleteDenial(transaction, record.upstream_id,
                             entry.relative_path());
        RETURN_IF_ERROR(
            NotePossession(transaction, *upstream, record, digest_before));
        if (IsOutdatedList(record, digest_before)) {
          RETURN_IF_ERROR(garbage::NoteIfUnused(transaction, digest_before));
        }
        return supply::Note(transaction, record.upstream_id, record.content,
                            record.target.digest, record.references,
                            record.confirmed);
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
                                               Denial denial) {
  const absl::Time now = clock_.Now();
  return store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto row,
                         tables::FindUpstream(transaction, upstream_id));
        if (!row) return errors::NoSuch("upstream", absl::StrCat(upstream_id));
        ASSIGN_OR_RETURN(const UpstreamRoute route,
                         UpstreamRoute::To(row->upstream()));
        RETURN_IF_ERROR(DropDenied(transaction, upstream_id, content, denial));
        RETURN_IF_ERROR(Sweep(transaction, now));
        const absl::Duration ttl = denial == Denial::kRefused
                                       ? route.refused_ttl
                                       : route.NotFoundTtlOf(content);
        if (ttl <= absl::ZeroDuration()) return absl::OkStatus();
        stored::Denial remembered;
        remembered.set_refused(denial == Denial::kRefused);
        *remembered.mutable_until() = ToWire(now + ttl);
        *remembered.mutable_upstream_update_time() =
            row->upstream().update_time();
        tables::PutDenial(transaction, upstream_id, content.RelativePath(),
                          remembered);
        return absl::OkStatus();
      },
      Durability::kBuffered);
}

absl::Status LocalMetadataClient::Sweep(WriteTransaction& transaction,
                                        absl::Time now) {
  MutexLock lock(&mutex_);
  return tables::SweepDenials(transaction, now, kSweptPerDenial, sweep_cursor_);
}

absl::StatusOr<std::vector<RefreshDue>> LocalMetadataClient::TakeRefreshDue(
    int max) {
  return refreshes_.Take(max, clock_.Now());
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
            ASSIGN_OR_RETURN(
                const bool had_them,
                PossessedBy(transaction, entry.upstream_id(), digest));
            if (had_them) tables::DeleteCacheEntry(transaction, entry);
          }
          RETURN_IF_ERROR(tables::DeletePossessions(transaction, digest));
        }
        return absl::OkStatus();
      },
      Durability::kBuffered);
}

absl::StatusOr<std::vector<Garbage>> LocalMetadataClient::ListGarbage(
    int64_t start_after, int max) {
  if (max < 1 || max > limits::kPageSizeMax) {
    return errors::FieldInvalid("max", "must be 1 to 1000");
  }
  while (true) {
    std::vector<int64_t> outdated;
    ASSIGN_OR_RETURN(auto found,
                     ReadValue<std::vector<Garbage>>(
                         store_, [&](const ReadTransaction& transaction) {
                           return garbage::List(transaction, start_after, max,
                                                outdated);
                         }));
    if (!outdated.empty()) RETURN_IF_ERROR(RemoveGarbage(outdated));
    if (!found.empty() || outdated.empty()) return found;
  }
}

absl::Status LocalMetadataClient::RemoveGarbage(absl::Span<const int64_t> ids) {
  return store_.Write(
      [&](WriteTransaction& transaction) {
        return garbage::Remove(transaction, ids);
      },
      Durability::kBuffered);
}

}  // namespace cvr
