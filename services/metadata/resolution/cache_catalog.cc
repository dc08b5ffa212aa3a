#include "services/metadata/resolution/cache_catalog.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/common/content.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/conversion/upstream_conversion.h"
#include "services/metadata/resolution/upstream_route.h"
#include "services/metadata/resources/upstream_url.h"
#include "services/metadata/resources/upstream_wire.h"
#include "services/metadata/secrets/upstream_secrets.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/garbage.h"
#include "services/metadata/tables/link_tables.h"
#include "services/metadata/tables/possession.h"
#include "services/metadata/tables/possession_tables.h"
#include "services/metadata/tables/reachability.h"
#include "services/metadata/tables/reachability_tables.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/tables/upstream_epoch.h"
#include "services/policy/docker_hub.h"

namespace cvr {
namespace {

// More than each negative answer adds, so that what is over does not pile up.
constexpr int kSweptPerAnswer = 16;

// Transactions: an image has up to 127 layers.
constexpr int kSweptPerRefusal = 8;

// Between two of them somebody has refused the same again.
constexpr int kAttemptsMax = 8;

// Of so many entries the oldest goes when there is no room.
constexpr int kEvictedOf = 16;

// An entry has three rows, one counts it, and others tell whose the bytes were.
constexpr int kEntriesPerTransaction = limits::kRowsPerTransaction / 10;
// So has a digest that is garbage no more.
constexpr int kGarbagePerTransaction = limits::kRowsPerTransaction / 5;

bool IsPrintable(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isprint(c)) return false;
  }
  return true;
}

// The name that everything about `content` is recorded under at that upstream.
ContentRef CanonicalAt(const stored::Upstream& upstream, ContentRef content) {
  if (docker_hub::IsHost(UpstreamHost(upstream.upstream().url()))) {
    content.repository = docker_hub::CanonicalName(content.repository);
  }
  return content;
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
    return errors::FieldInvalid("target.digest", "must equal that of the path");
  }
  return absl::OkStatus();
}

// What was recorded of a path that the upstream has denied.
absl::Status DropDenied(WriteTransaction& transaction, int64_t upstream_id,
                        const ContentRef& content, NegativeAnswer answer) {
  ASSIGN_OR_RETURN(
      const auto entry,
      tables::FindCacheEntry(transaction, upstream_id, content.RelativePath()));
  if (entry) RETURN_IF_ERROR(tables::DeleteCacheEntry(transaction, *entry));
  if (answer == NegativeAnswer::kAbsent) {
    return reachability::NoteAbsent(transaction, upstream_id, content);
  }
  std::optional<Digest> target;
  if (entry) {
    ASSIGN_OR_RETURN(target, Digest::Parse(entry->digest()));
  }
  return reachability::Revoke(transaction, upstream_id, content,
                              target ? &*target : nullptr);
}

// What nobody has asked the upstream about may have been purged meanwhile.
absl::StatusOr<bool> IsBelieved(const ReadTransaction& transaction,
                                const CacheRecord& record) {
  if (record.confirmed) return true;
  return reachability::Has(transaction, record.upstream_id,
                           record.content.repository, record.target.digest);
}

// Nobody asks for a list by its digest, so an old one serves no purpose.
bool IsOutdatedList(const CacheRecord& record,
                    const std::string& digest_before) {
  const ContentKind kind = record.content.kind;
  return (kind == ContentKind::kTags || kind == ContentKind::kReferrers) &&
         !digest_before.empty() &&
         digest_before != record.target.digest.ToString();
}

// The bytes of `digest` are stored no more. That is nothing to an upstream that
// has not delivered them: its entry must not tell of others' bytes.
absl::Status Forget(WriteTransaction& transaction,
                    const stored::CacheEntry& entry, const Digest& digest) {
  ASSIGN_OR_RETURN(const auto upstream,
                   tables::FindUpstream(transaction, entry.upstream_id()));
  if (upstream) {
    ASSIGN_OR_RETURN(const bool had_them,
                     possession::Has(transaction, digest, upstream->identity(),
                                     upstream->public_identity()));
    if (!had_them) return absl::OkStatus();
  }
  return tables::DeleteCacheEntry(transaction, entry);
}

absl::Time LastUseOf(const stored::CacheEntry& entry) {
  return std::max(FromWire(entry.create_time()),
                  FromWire(entry.downloaded_at()));
}

bool IsUsedEarlier(const stored::CacheEntry& a, const stored::CacheEntry& b) {
  return LastUseOf(a) < LastUseOf(b);
}

// As if it had never been found.
absl::Status EvictEntry(WriteTransaction& transaction,
                        const stored::CacheEntry& entry) {
  ASSIGN_OR_RETURN(const auto content,
                   ParseRelativePath(entry.relative_path()));
  ASSIGN_OR_RETURN(const auto digest, Digest::Parse(entry.digest()));
  RETURN_IF_ERROR(garbage::DropEntry(transaction, entry));
  return reachability::Revoke(transaction, entry.upstream_id(), content,
                              &digest);
}

void CountDownload(stored::CacheEntry& entry,
                   const google::protobuf::Timestamp& now) {
  entry.set_downloads_count(entry.downloads_count() + 1);
  *entry.mutable_downloaded_at() = now;
}

// The row of the path, or a new one with an id of its own.
absl::StatusOr<stored::CacheEntry> FindOrMake(
    WriteTransaction& transaction, const CacheRecord& record,
    const google::protobuf::Timestamp& now) {
  const std::string path = record.content.RelativePath();
  ASSIGN_OR_RETURN(auto found, tables::FindCacheEntry(
                                   transaction, record.upstream_id, path));
  if (found) return *std::move(found);
  stored::CacheEntry entry;
  ASSIGN_OR_RETURN(const int64_t id,
                   tables::NextId(transaction, tables::kCacheEntryIds));
  entry.set_id(id);
  entry.set_upstream_id(record.upstream_id);
  entry.set_relative_path(path);
  *entry.mutable_create_time() = now;
  return entry;
}

void Repoint(stored::CacheEntry& entry, const CacheRecord& record,
             const google::protobuf::Timestamp& now) {
  entry.set_digest(record.target.digest.ToString());
  entry.set_media_type(record.target.media_type.empty()
                           ? kOctetStream
                           : record.target.media_type);
  entry.set_size(static_cast<int64_t>(record.target.size_bytes));
  entry.set_upstream_etag(KeptEtag(record.upstream_etag));
  *entry.mutable_upstream_checked_at() = now;
  entry.set_status(stored::CacheEntry::STATUS_ACTIVE);
  *entry.mutable_update_time() = now;
  if (record.counts_as_download) CountDownload(entry, now);
}

}  // namespace

absl::StatusOr<UpstreamAccess> CacheCatalog::GetUpstreamAccess(
    int64_t upstream_id) {
  ASSIGN_OR_RETURN(const auto row,
                   ReadValue<std::optional<stored::Upstream>>(
                       store_, [&](const ReadTransaction& transaction) {
                         return tables::FindUpstream(transaction, upstream_id);
                       }));
  if (!row) return errors::NoSuch("upstream", absl::StrCat(upstream_id));
  UpstreamAccess access = ToAccess(ToApi(row->upstream()));
  RETURN_IF_ERROR(OpenCredentials(box_, *row, access));
  access.identity = row->identity();
  access.cache_epoch = epochs::CacheEpochOf(*row);
  return access;
}

absl::StatusOr<std::vector<int64_t>> CacheCatalog::FindPossessing(
    const Digest& digest, absl::Span<const int64_t> identities) {
  if (identities.size() > limits::kIdentitiesAskedMax) {
    return errors::FieldInvalid("identities", "has too many entries");
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

absl::Status CacheCatalog::Record(const CacheRecord& record) {
  RETURN_IF_ERROR(Check(record));
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    std::optional<tables::ContentKey> unlinking;
    RETURN_IF_ERROR(TryRecord(record, unlinking));
    if (!unlinking) return absl::OkStatus();
    // Links that an earlier refusal cuts must be gone before new ones are made.
    RETURN_IF_ERROR(sweeper_.Unlink(*unlinking));
  }
  return absl::AbortedError("it is refused again and again");
}

// What leads on first, the entry last: a crash in between has linked too much,
// which the next record of the same makes good, and has not missed anything.
absl::Status CacheCatalog::TryRecord(
    const CacheRecord& given, std::optional<tables::ContentKey>& unlinking) {
  auto references = absl::MakeConstSpan(given.references)
                        .subspan(0, limits::kReferencesPerManifestMax);
  bool is_last = false;
  bool has_evicted = false;
  while (!is_last) {
    const auto some = references.subspan(0, reachability::kLinksPerBatch);
    references.remove_prefix(some.size());
    is_last = references.empty();
    RETURN_IF_ERROR(store_.Write(
        [&](WriteTransaction& transaction) -> absl::Status {
          ASSIGN_OR_RETURN(const auto upstream,
                           epochs::Require(transaction, given.epoch()));
          CacheRecord record = given;
          record.content = CanonicalAt(upstream, given.content);
          const tables::ContentKey named_by = {
              record.upstream_id, record.content.repository,
              reachability::NamedBy(record.content, record.target.digest)};
          ASSIGN_OR_RETURN(const bool is_unlinked,
                           tables::IsUnlinked(transaction, named_by));
          ASSIGN_OR_RETURN(const bool believed,
                           IsBelieved(transaction, record));
          if (is_unlinked) unlinking = named_by;
          if (is_unlinked || !believed) {
            is_last = true;
            return absl::OkStatus();
          }
          RETURN_IF_ERROR(reachability::NoteNamed(transaction, named_by, some,
                                                  record.confirmed));
          if (!is_last) return absl::OkStatus();
          ASSIGN_OR_RETURN(has_evicted, PutEntry(transaction, record));
          return absl::OkStatus();
        },
        Durability::kBuffered));
  }
  if (has_evicted) sweeper_.Wake();
  return absl::OkStatus();
}

absl::StatusOr<bool> CacheCatalog::PutEntry(WriteTransaction& transaction,
                                            const CacheRecord& record) {
  const auto now = ToWire(clock_.SteadyNow());
  ASSIGN_OR_RETURN(auto entry, FindOrMake(transaction, record, now));
  const std::string digest_before = entry.digest();
  bool has_evicted = false;
  if (digest_before.empty()) {
    ASSIGN_OR_RETURN(has_evicted, MakeRoom(transaction, record.upstream_id));
  }
  Repoint(entry, record, now);
  RETURN_IF_ERROR(tables::PutCacheEntry(transaction, digest_before, entry));
  RETURN_IF_ERROR(tables::DeleteNegativeEntry(transaction, record.upstream_id,
                                              entry.relative_path()));
  if (IsOutdatedList(record, digest_before)) {
    RETURN_IF_ERROR(garbage::NoteIfUnused(transaction, digest_before));
  }
  RETURN_IF_ERROR(reachability::NoteFound(transaction, record.upstream_id,
                                          record.content, record.target.digest,
                                          record.confirmed));
  RETURN_IF_ERROR(possession::Note(transaction, record.upstream_id,
                                   record.target.digest, record.delivered_to));
  return has_evicted;
}

// Of some entries, always others, the one that was not used for the longest: to
// know the oldest of all would take an index that every pull would change.
absl::StatusOr<bool> CacheCatalog::MakeRoom(WriteTransaction& transaction,
                                            int64_t upstream_id) {
  ASSIGN_OR_RETURN(const auto rows, tables::RowsOf(transaction, upstream_id));
  if (rows.entries() < options_.entries_per_upstream_max) return false;
  MutexLock lock(&mutex_);
  std::string& cursor = evict_cursors_[upstream_id];
  ASSIGN_OR_RETURN(
      auto some,
      tables::NextCacheEntriesOf(transaction, upstream_id, kEvictedOf, cursor));
  if (some.size() < kEvictedOf) cursor.clear();
  const auto oldest = absl::c_min_element(some, IsUsedEarlier);
  if (oldest == some.end()) return false;
  RETURN_IF_ERROR(EvictEntry(transaction, *oldest));
  return true;
}

absl::Status CacheCatalog::Touch(const UpstreamEpoch& upstream,
                                 const ContentRef& content,
                                 const Digest& digest,
                                 bool counts_as_download) {
  const auto now = ToWire(clock_.SteadyNow());
  return store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto row,
                         epochs::Require(transaction, upstream));
        ASSIGN_OR_RETURN(
            auto entry,
            tables::FindCacheEntry(transaction, upstream.upstream_id,
                                   CanonicalAt(row, content).RelativePath()));
        if (!entry || entry->status() != stored::CacheEntry::STATUS_ACTIVE ||
            entry->digest() != digest.ToString()) {
          return absl::OkStatus();
        }
        *entry->mutable_upstream_checked_at() = now;
        if (counts_as_download) CountDownload(*entry, now);
        return tables::PutCacheEntry(transaction, entry->digest(), *entry);
      },
      Durability::kBuffered);
}

absl::Status CacheCatalog::RecordNegativeAnswer(const UpstreamEpoch& upstream,
                                                const ContentRef& given,
                                                NegativeAnswer answer) {
  const int64_t upstream_id = upstream.upstream_id;
  const absl::Time now = clock_.SteadyNow();
  const absl::Status recorded = store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto row,
                         epochs::Require(transaction, upstream));
        ASSIGN_OR_RETURN(const UpstreamRoute route, UpstreamRoute::To(row));
        const ContentRef content = route.Canonical(given);
        RETURN_IF_ERROR(DropDenied(transaction, upstream_id, content, answer));
        RETURN_IF_ERROR(Sweep(transaction, now));
        const absl::Duration ttl =
            route.NegativeTtlOf(content, answer != NegativeAnswer::kAbsent);
        if (ttl <= absl::ZeroDuration()) return absl::OkStatus();
        stored::NegativeEntry remembered;
        remembered.set_refused(answer == NegativeAnswer::kRefused);
        remembered.set_hidden(answer == NegativeAnswer::kHidden);
        *remembered.mutable_until() = ToWire(now + ttl);
        *remembered.mutable_upstream_update_time() =
            row.upstream().update_time();
        ASSIGN_OR_RETURN(const auto rows,
                         tables::RowsOf(transaction, upstream_id));
        if (rows.negative_entries() >= limits::kNegativeEntriesPerUpstreamMax) {
          return absl::OkStatus();  // It is asked again.
        }
        return tables::PutNegativeEntry(transaction, upstream_id,
                                        content.RelativePath(), remembered);
      },
      Durability::kBuffered);
  if (!recorded.ok() || answer == NegativeAnswer::kAbsent) return recorded;
  // An image's rows go at once. Of what is larger, nothing is served either.
  if (!sweeper_.Sweep(kSweptPerRefusal).ok()) sweeper_.Wake();
  return absl::OkStatus();
}

absl::Status CacheCatalog::Sweep(WriteTransaction& transaction,
                                 absl::Time now) {
  MutexLock lock(&mutex_);
  return tables::SweepExpired(transaction, now, kSweptPerAnswer, sweep_cursor_);
}

absl::StatusOr<std::vector<RefreshDue>> CacheCatalog::TakeRefreshDue(int max) {
  return refreshes_.Take(max, clock_.SteadyNow());
}

absl::Status CacheCatalog::ForgetContent(absl::Span<const Digest> digests) {
  if (digests.size() > limits::kForgottenDigestsMax) {
    return errors::FieldInvalid("digests", "has too many entries");
  }
  auto next = digests.begin();
  std::string cursor;  // Among the entries of that one.
  while (next != digests.end()) {
    RETURN_IF_ERROR(store_.Write(
        [&](WriteTransaction& transaction) -> absl::Status {
          int left = kEntriesPerTransaction;
          while (left > 0 && next != digests.end()) {
            ASSIGN_OR_RETURN(const auto entries,
                             tables::NextCacheEntriesOfDigest(
                                 transaction, *next, left, cursor));
            for (const auto& entry : entries) {
              RETURN_IF_ERROR(Forget(transaction, entry, *next));
            }
            left -= static_cast<int>(entries.size());
            // All of its entries; to look for them is work, too.
            if (left-- <= 0) continue;
            RETURN_IF_ERROR(tables::DeletePossessions(transaction, *next));
            ++next;
            cursor.clear();
          }
          return absl::OkStatus();
        },
        Durability::kBuffered));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<UpstreamEpoch>> CacheCatalog::CheckUpstreams(
    absl::Span<const UpstreamEpoch> upstreams) {
  using Outdated = std::vector<UpstreamEpoch>;
  if (upstreams.size() > limits::kCheckedUpstreamsMax) {
    return errors::FieldInvalid("upstreams", "has too many entries");
  }
  return ReadValue<Outdated>(
      store_,
      [&](const ReadTransaction& transaction) -> absl::StatusOr<Outdated> {
        Outdated outdated;
        for (const UpstreamEpoch& upstream : upstreams) {
          ASSIGN_OR_RETURN(const bool is_withdrawn,
                           epochs::IsWithdrawn(transaction, upstream));
          if (is_withdrawn) outdated.push_back(upstream);
        }
        return outdated;
      });
}

absl::StatusOr<std::vector<Digest>> CacheCatalog::FilterUnreferenced(
    absl::Span<const Digest> digests) {
  using Unreferenced = std::vector<Digest>;
  if (digests.size() > limits::kForgottenDigestsMax) {
    return errors::FieldInvalid("digests", "has too many entries");
  }
  return ReadValue<Unreferenced>(
      store_,
      [&](const ReadTransaction& transaction) -> absl::StatusOr<Unreferenced> {
        Unreferenced found;
        for (const Digest& digest : digests) {
          ASSIGN_OR_RETURN(
              const bool is_used,
              tables::IsDigestUsed(transaction, digest.ToString()));
          if (!is_used) found.push_back(digest);
        }
        return found;
      });
}

absl::StatusOr<std::vector<Garbage>> CacheCatalog::ListGarbage(
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

absl::Status CacheCatalog::RemoveGarbage(absl::Span<const int64_t> ids) {
  while (!ids.empty()) {
    const auto some = ids.subspan(0, kGarbagePerTransaction);
    ids.remove_prefix(some.size());
    RETURN_IF_ERROR(store_.Write(
        [&](WriteTransaction& transaction) {
          return garbage::Remove(transaction, some);
        },
        Durability::kBuffered));
  }
  return absl::OkStatus();
}

}  // namespace cvr
