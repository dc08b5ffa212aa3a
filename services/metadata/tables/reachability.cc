#include "services/metadata/tables/reachability.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/tables/purge_mark.h"
#include "services/metadata/tables/reachability_tables.h"
#include "services/metadata/tables/tables.h"

namespace cvr::reachability {
namespace {

using Names = google::protobuf::RepeatedPtrField<std::string>;
using tables::ContentKey;

// Of tags and of manifests that lead to one digest: the youngest.
constexpr int kNamesMax = 64;

// Digests that Unlink() takes apart at once. One costs a dozen rows when it
// goes with its entries.
constexpr int kUnlinkedPerTransaction = 40;

// Rows that DeletePurged() visits at once; each has up to kNamesMax links.
constexpr int kVisitedPerTransaction = 100;

bool Contains(const Names& names, absl::string_view name) {
  return absl::c_find(names, name) != names.end();
}

// Adds a name that is not there; the oldest goes when there are too many, and
// is returned.
std::optional<std::string> Add(Names& names, const std::string& name) {
  std::optional<std::string> oldest;
  if (names.size() >= kNamesMax) {
    oldest = names.Get(0);
    names.DeleteSubrange(0, 1);
  }
  *names.Add() = name;
  return oldest;
}

// Returns whether it was there.
bool Remove(Names& names, absl::string_view name) {
  const auto it = absl::c_find(names, name);
  if (it == names.end()) return false;
  names.erase(it);
  return true;
}

bool IsOrphan(const stored::Reachability& row) {
  return row.tags().empty() && row.manifests().empty() && !row.direct();
}

// The rows of one repository of one upstream, to be read.
class Reader {
 public:
  Reader(const ReadTransaction& transaction, int64_t upstream_id,
         int64_t purge_mark, const Repository& repository)
      : transaction_(transaction),
        upstream_id_(upstream_id),
        purge_mark_(purge_mark),
        repository_(repository) {}

  // The row, if it is there and is not purged.
  absl::StatusOr<std::optional<stored::Reachability>> Find(
      const Digest& digest) const {
    ASSIGN_OR_RETURN(auto found, Look(digest));
    return std::move(found.row);
  }

  struct Looked {
    bool is_stored = false;  // There is a row, purged or not.
    std::optional<stored::Reachability> row;
  };
  absl::StatusOr<Looked> Look(const Digest& digest) const {
    Looked found;
    ASSIGN_OR_RETURN(found.row,
                     tables::FindReachability(transaction_, upstream_id_,
                                              repository_, digest));
    found.is_stored = found.row.has_value();
    if (found.row && purges::IsPurged(*found.row, purge_mark_)) {
      found.row.reset();
    }
    return found;
  }

  ContentKey At(const Digest& digest) const {
    return {upstream_id_, repository_, digest};
  }

  // Walks up from `digest`, over links that count, until `is_enough` says so of
  // a row; whether it did. `row` is null where a manifest was only named.
  absl::StatusOr<bool> WalkUp(
      const Digest& digest,
      absl::FunctionRef<bool(const stored::Reachability* row)> is_enough)
      const {
    ASSIGN_OR_RETURN(
        const bool has_unlinks,
        tables::HasUnlinks(transaction_, upstream_id_, repository_));
    std::vector<Digest> left = {digest};
    absl::flat_hash_set<Digest> seen = {digest};
    while (!left.empty()) {
      const Digest next = left.back();
      left.pop_back();
      ASSIGN_OR_RETURN(const auto row, Find(next));
      if (is_enough(row ? &*row : nullptr)) return true;
      if (!row) continue;
      for (const std::string& name : row->manifests()) {
        const auto manifest = Digest::Parse(name);
        if (!manifest.ok() || !seen.insert(*manifest).second) continue;
        if (seen.size() > limits::kReachVisitedMax) return false;
        if (has_unlinks) {
          ASSIGN_OR_RETURN(const bool is_void,
                           tables::IsUnlinked(transaction_, At(*manifest)));
          if (is_void) continue;
        }
        left.push_back(*manifest);
      }
    }
    return false;
  }

 private:
  const ReadTransaction& transaction_;
  const int64_t upstream_id_;
  const int64_t purge_mark_;
  const Repository& repository_;
};

// The same, to be changed. Finish() ends it.
class Rows : public Reader {
 public:
  Rows(WriteTransaction& transaction, int64_t upstream_id, int64_t purge_mark,
       const Repository& repository, bool confirmed = true)
      : Reader(transaction, upstream_id, purge_mark, repository),
        transaction_(transaction),
        upstream_id_(upstream_id),
        purge_mark_(purge_mark),
        repository_(repository),
        confirmed_(confirmed) {}

  // What was found through a tag, or by asking for it.
  absl::Status Found(const Digest& digest, const Reference& through) {
    ASSIGN_OR_RETURN(const auto found, Look(digest));
    stored::Reachability row = found.row.value_or(stored::Reachability());
    bool changed = !found.row || NotePresent(row);
    if (!through.is_digest()) {
      if (!Contains(row.tags(), through.tag())) {
        Add(*row.mutable_tags(), through.tag());
        changed = true;
      }
    } else if (!row.direct() && IsOrphan(row)) {
      row.set_direct(true);
      changed = true;
    }
    if (changed) Put(digest, row, !found.is_stored);
    return absl::OkStatus();
  }

  absl::Status Named(const Digest& digest, const Digest& manifest) {
    ASSIGN_OR_RETURN(const auto found, Look(digest));
    if (!found.is_stored) {
      ASSIGN_OR_RETURN(const bool has_room, HasRoom());
      if (!has_room) return absl::OkStatus();
    }
    stored::Reachability row = found.row.value_or(stored::Reachability());
    bool changed = NotePresent(row);
    const std::string name = manifest.ToString();
    if (!Contains(row.manifests(), name)) {
      const auto oldest = Add(*row.mutable_manifests(), name);
      if (oldest) DropLink(*oldest, digest);
      tables::PutLink(transaction_, At(manifest), digest);
      changed = true;
    }
    if (changed) Put(digest, row, !found.is_stored);
    return absl::OkStatus();
  }

  void Put(const Digest& digest, stored::Reachability row,
           bool is_new = false) {
    row.set_purge_mark(purge_mark_);
    tables::PutReachability(transaction_, upstream_id_, repository_, digest,
                            row);
    if (is_new) ++added_;
  }

  // The link that a manifest makes to `digest` counts no more.
  absl::Status DropName(const Digest& digest, const std::string& manifest) {
    ASSIGN_OR_RETURN(auto row, Find(digest));
    if (!row || !Remove(*row->mutable_manifests(), manifest)) {
      return absl::OkStatus();
    }
    if (IsOrphan(*row)) return Drop(digest, row);
    Put(digest, *row);
    return absl::OkStatus();
  }

  absl::Status DropTag(const Digest& digest, const std::string& tag) {
    ASSIGN_OR_RETURN(auto row, Find(digest));
    if (!row) return absl::OkStatus();
    Remove(*row->mutable_tags(), tag);
    if (IsOrphan(*row)) return Drop(digest, row);
    Put(digest, *row);
    return absl::OkStatus();
  }

  // Takes out the row, if there is one, with the entries that say the same;
  // what it leads to is left to Unlink().
  absl::Status Drop(const Digest& digest,
                    const std::optional<stored::Reachability>& row) {
    if (row) {
      for (const std::string& name : row->manifests()) DropLink(name, digest);
      tables::DeleteReachability(transaction_, upstream_id_, repository_,
                                 digest);
      --added_;
    }
    for (const auto kind : {ContentKind::kManifest, ContentKind::kBlob}) {
      const ContentRef content = {repository_, Reference(digest), kind};
      ASSIGN_OR_RETURN(const auto entry,
                       tables::FindCacheEntry(transaction_, upstream_id_,
                                              content.RelativePath()));
      if (entry && !purges::IsPurged(*entry, purge_mark_)) {
        RETURN_IF_ERROR(tables::DeleteCacheEntry(transaction_, *entry));
      }
    }
    ASSIGN_OR_RETURN(const auto links,
                     tables::Links(transaction_, At(digest), 1));
    if (!links.empty()) tables::PutUnlink(transaction_, At(digest));
    return absl::OkStatus();
  }

  absl::Status Finish() {
    if (added_ == 0) return absl::OkStatus();
    stored::UpstreamRows added;
    added.set_reachable(added_);
    return tables::CountRows(transaction_, upstream_id_, added);
  }

 private:
  // Returns whether that is new.
  bool NotePresent(stored::Reachability& row) const {
    if (!confirmed_ || !row.absent()) return false;
    row.set_absent(false);
    return true;
  }

  void DropLink(const std::string& manifest, const Digest& to) {
    const auto parsed = Digest::Parse(manifest);
    if (parsed.ok()) tables::DeleteLink(transaction_, At(*parsed), to);
  }

  absl::StatusOr<bool> HasRoom() {
    if (!rows_before_) {
      ASSIGN_OR_RETURN(const auto rows,
                       tables::RowsOf(transaction_, upstream_id_));
      rows_before_ = rows.reachable();
    }
    return *rows_before_ + added_ < limits::kReachablePerUpstreamMax;
  }

  WriteTransaction& transaction_;
  const int64_t upstream_id_;
  const int64_t purge_mark_;
  const Repository& repository_;
  const bool confirmed_;
  int64_t added_ = 0;
  std::optional<int64_t> rows_before_;
};

}  // namespace

absl::StatusOr<bool> Has(const ReadTransaction& transaction,
                         int64_t upstream_id, int64_t purge_mark,
                         const Repository& repository, const Digest& digest) {
  const Reader rows(transaction, upstream_id, purge_mark, repository);
  ASSIGN_OR_RETURN(const auto row, rows.Find(digest));
  if (!row || row->absent()) return false;
  if (row->direct() || !row->tags().empty()) return true;
  ASSIGN_OR_RETURN(const bool has_unlinks,
                   tables::HasUnlinks(transaction, upstream_id, repository));
  if (!has_unlinks) return true;
  // Part of what leads to it is being taken apart.
  return rows.WalkUp(digest, [](const stored::Reachability* above) {
    return above == nullptr || above->direct() || !above->tags().empty();
  });
}

absl::StatusOr<bool> IsReachedByTag(
    const ReadTransaction& transaction, int64_t upstream_id, int64_t purge_mark,
    const Repository& repository, const Digest& digest,
    absl::FunctionRef<bool(absl::string_view tag)> allows) {
  return Reader(transaction, upstream_id, purge_mark, repository)
      .WalkUp(digest, [&](const stored::Reachability* row) {
        return row != nullptr && absl::c_any_of(row->tags(), allows);
      });
}

absl::Status NoteFound(WriteTransaction& transaction, int64_t upstream_id,
                       const ContentRef& content, const Digest& target,
                       bool confirmed) {
  if (content.kind != ContentKind::kManifest &&
      content.kind != ContentKind::kBlob) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const int64_t mark,
                   purges::MarkOf(transaction, upstream_id));
  Rows rows(transaction, upstream_id, mark, content.repository, confirmed);
  RETURN_IF_ERROR(rows.Found(target, content.reference));
  return rows.Finish();
}

Digest NamedBy(const ContentRef& content, const Digest& target) {
  // Referrers are found through their subject, not through the list.
  return content.kind == ContentKind::kReferrers &&
                 content.reference.is_digest()
             ? content.reference.digest()
             : target;
}

absl::Status NoteNamed(WriteTransaction& transaction,
                       const ContentKey& manifest,
                       absl::Span<const Digest> digests, bool confirmed) {
  ASSIGN_OR_RETURN(const int64_t mark,
                   purges::MarkOf(transaction, manifest.upstream_id));
  Rows rows(transaction, manifest.upstream_id, mark, manifest.repository,
            confirmed);
  for (const Digest& digest : digests) {
    RETURN_IF_ERROR(rows.Named(digest, manifest.digest));
  }
  return rows.Finish();
}

absl::Status NoteAbsent(WriteTransaction& transaction, int64_t upstream_id,
                        const ContentRef& content) {
  if (!content.is_addressed_by_digest()) return absl::OkStatus();
  return NoteAbsent(transaction, upstream_id, content.repository,
                    content.reference.digest());
}

absl::Status NoteAbsent(WriteTransaction& transaction, int64_t upstream_id,
                        const Repository& repository, const Digest& digest) {
  ASSIGN_OR_RETURN(const int64_t mark,
                   purges::MarkOf(transaction, upstream_id));
  Rows rows(transaction, upstream_id, mark, repository);
  ASSIGN_OR_RETURN(auto row, rows.Find(digest));
  if (!row || row->absent()) return absl::OkStatus();
  row->set_absent(true);
  rows.Put(digest, *row);
  return rows.Finish();
}

absl::Status Revoke(WriteTransaction& transaction, int64_t upstream_id,
                    const ContentRef& content, const Digest* target) {
  ASSIGN_OR_RETURN(const int64_t mark,
                   purges::MarkOf(transaction, upstream_id));
  Rows rows(transaction, upstream_id, mark, content.repository);
  if (content.is_addressed_by_digest()) {
    const Digest& digest = content.reference.digest();
    ASSIGN_OR_RETURN(const auto row, rows.Find(digest));
    RETURN_IF_ERROR(rows.Drop(digest, row));
  } else if (content.kind == ContentKind::kManifest && target != nullptr) {
    RETURN_IF_ERROR(rows.DropTag(*target, content.reference.tag()));
  }
  return rows.Finish();
}

absl::StatusOr<bool> Unlink(WriteTransaction& transaction,
                            const ContentKey& manifest) {
  ASSIGN_OR_RETURN(const int64_t mark,
                   purges::MarkOf(transaction, manifest.upstream_id));
  Rows rows(transaction, manifest.upstream_id, mark, manifest.repository);
  ASSIGN_OR_RETURN(const auto links, tables::Links(transaction, manifest,
                                                   kUnlinkedPerTransaction));
  const std::string name = manifest.digest.ToString();
  for (const Digest& digest : links) {
    tables::DeleteLink(transaction, manifest, digest);
    RETURN_IF_ERROR(rows.DropName(digest, name));
  }
  const bool more = static_cast<int>(links.size()) == kUnlinkedPerTransaction;
  if (!more) tables::DeleteUnlink(transaction, manifest);
  RETURN_IF_ERROR(rows.Finish());
  return more;
}

absl::StatusOr<bool> DeletePurged(WriteTransaction& transaction,
                                  int64_t upstream_id, int64_t purge_mark,
                                  std::string& cursor) {
  std::string next = cursor;
  ASSIGN_OR_RETURN(const auto visited,
                   tables::NextReachability(transaction, upstream_id,
                                            kVisitedPerTransaction, next));
  int left = limits::kRowsPerTransaction;
  size_t seen = 0;
  int64_t deleted = 0;
  for (const auto& [row_key, row] : visited) {
    ++seen;
    if (!purges::IsPurged(row, purge_mark)) continue;
    for (const std::string& name : row.manifests()) {
      const auto manifest = Digest::Parse(name);
      if (!manifest.ok()) continue;
      tables::DeleteLink(transaction,
                         {upstream_id, row_key.repository, *manifest},
                         row_key.digest);
      --left;
    }
    tables::DeleteReachability(transaction, upstream_id, row_key.repository,
                               row_key.digest);
    ++deleted;
    if (--left <= 0) break;
  }
  // Where it broke off, the rest is visited again: it is still there.
  if (seen == visited.size()) cursor = next;
  stored::UpstreamRows added;
  added.set_reachable(-deleted);
  if (deleted > 0) {
    RETURN_IF_ERROR(tables::CountRows(transaction, upstream_id, added));
  }
  return seen < visited.size() ||
         static_cast<int>(visited.size()) == kVisitedPerTransaction;
}

absl::StatusOr<bool> DeleteStaleLinks(WriteTransaction& transaction,
                                      int64_t upstream_id,
                                      std::string& cursor) {
  constexpr int kLinksMax = limits::kRowsPerTransaction / 2;
  ASSIGN_OR_RETURN(const auto links, tables::NextLinks(transaction, upstream_id,
                                                       kLinksMax, cursor));
  for (const tables::Link& link : links) {
    ASSIGN_OR_RETURN(const auto row, tables::FindReachability(
                                         transaction, upstream_id,
                                         link.manifest.repository, link.to));
    if (row && Contains(row->manifests(), link.manifest.digest.ToString())) {
      continue;
    }
    tables::DeleteLink(transaction, link.manifest, link.to);
  }
  return static_cast<int>(links.size()) == kLinksMax;
}

}  // namespace cvr::reachability
