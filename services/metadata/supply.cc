#include "services/metadata/supply.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "services/common/status_macros.h"
#include "services/metadata/possession.h"
#include "services/metadata/supply_tables.h"
#include "services/metadata/tables.h"

namespace cvr::supply {
namespace {

using Names = google::protobuf::RepeatedPtrField<std::string>;

// Of tags and of manifests that lead to one digest: the youngest.
constexpr int kNamesMax = 64;

bool Contains(const Names& names, absl::string_view name) {
  return absl::c_find(names, name) != names.end();
}

// Returns whether that is new.
bool Add(Names& names, const std::string& name) {
  if (Contains(names, name)) return false;
  if (names.size() >= kNamesMax) names.DeleteSubrange(0, 1);
  *names.Add() = name;
  return true;
}

// Returns whether it was there.
bool Remove(Names& names, absl::string_view name) {
  const auto it = absl::c_find(names, name);
  if (it == names.end()) return false;
  names.erase(it);
  return true;
}

// The rows of one repository of one upstream, to be changed.
class Rows {
 public:
  Rows(WriteTransaction& transaction, int64_t upstream_id,
       const Repository& repository, bool confirmed = true)
      : transaction_(transaction),
        upstream_id_(upstream_id),
        repository_(repository),
        confirmed_(confirmed) {}

  absl::StatusOr<std::optional<stored::Reachability>> Find(
      const Digest& digest) const {
    return tables::FindReachability(transaction_, upstream_id_, repository_,
                                    digest);
  }
  void Put(const Digest& digest, const stored::Reachability& row) {
    tables::PutReachability(transaction_, upstream_id_, repository_, digest,
                            row);
  }

  // What was found through a tag, or by asking for it.
  absl::Status NoteFound(const Digest& digest, const Reference& through) {
    ASSIGN_OR_RETURN(const auto found, Find(digest));
    stored::Reachability row = found.value_or(stored::Reachability());
    bool changed = !found || NotePresent(row);
    if (!through.is_digest()) {
      changed = Add(*row.mutable_tags(), through.tag()) || changed;
    } else if (IsOrphan(row)) {
      row.set_direct(true);
      changed = true;
    }
    if (changed) Put(digest, row);
    return absl::OkStatus();
  }

  absl::Status NoteNamed(const Digest& digest, const std::string& manifest) {
    ASSIGN_OR_RETURN(const auto found, Find(digest));
    stored::Reachability row = found.value_or(stored::Reachability());
    bool changed = Add(*row.mutable_manifests(), manifest);
    changed = NotePresent(row) || changed;
    if (changed) Put(digest, row);
    return absl::OkStatus();
  }

  // Takes out `digest` and what only it names.
  absl::Status Unlink(const Digest& digest) {
    std::vector<Digest> gone = {digest};
    while (!gone.empty()) {
      const Digest next = gone.back();
      gone.pop_back();
      RETURN_IF_ERROR(Delete(next));
      RETURN_IF_ERROR(Orphan(next.ToString(), gone));
    }
    return absl::OkStatus();
  }

  absl::Status UnlinkTag(const std::string& tag, const Digest& target) {
    ASSIGN_OR_RETURN(auto row, Find(target));
    if (!row) return absl::OkStatus();
    Remove(*row->mutable_tags(), tag);
    if (IsOrphan(*row)) return Unlink(target);
    Put(target, *row);
    return absl::OkStatus();
  }

 private:
  // Returns whether that is new.
  bool NotePresent(stored::Reachability& row) const {
    if (!confirmed_ || !row.absent()) return false;
    row.set_absent(false);
    return true;
  }

  static bool IsOrphan(const stored::Reachability& row) {
    return row.tags().empty() && row.manifests().empty() && !row.direct();
  }

  // Of everything that `manifest` names; adds what nothing else leads to.
  absl::Status Orphan(const std::string& manifest, std::vector<Digest>& gone) {
    std::vector<std::pair<Digest, stored::Reachability>> changed;
    RETURN_IF_ERROR(tables::VisitReachability(
        transaction_, upstream_id_, repository_,
        [&](const Digest& digest,
            const stored::Reachability& row) -> absl::StatusOr<bool> {
          if (Contains(row.manifests(), manifest)) {
            changed.emplace_back(digest, row);
          }
          return true;
        }));
    for (auto& [digest, row] : changed) {
      Remove(*row.mutable_manifests(), manifest);
      Put(digest, row);
      if (IsOrphan(row)) gone.push_back(digest);
    }
    return absl::OkStatus();
  }

  // With the entries that say the same.
  absl::Status Delete(const Digest& digest) {
    tables::DeleteReachability(transaction_, upstream_id_, repository_, digest);
    for (const auto kind : {ContentKind::kManifest, ContentKind::kBlob}) {
      const ContentRef content = {repository_, Reference(digest), kind};
      ASSIGN_OR_RETURN(const auto entry,
                       tables::FindCacheEntry(transaction_, upstream_id_,
                                              content.RelativePath()));
      if (!entry) continue;
      tables::DeleteCacheEntry(transaction_, *entry);
      RETURN_IF_ERROR(
          possession::Release(transaction_, upstream_id_, entry->digest()));
    }
    return absl::OkStatus();
  }

  WriteTransaction& transaction_;
  const int64_t upstream_id_;
  const Repository& repository_;
  const bool confirmed_;
};

}  // namespace

absl::StatusOr<bool> Has(const ReadTransaction& transaction,
                         int64_t upstream_id, const Repository& repository,
                         const Digest& digest) {
  ASSIGN_OR_RETURN(
      const auto row,
      tables::FindReachability(transaction, upstream_id, repository, digest));
  return row && !row->absent();
}

absl::StatusOr<bool> IsReachedByTag(
    const ReadTransaction& transaction, int64_t upstream_id,
    const Repository& repository, const Digest& digest,
    absl::FunctionRef<bool(absl::string_view tag)> allows) {
  std::vector<Digest> left = {digest};
  absl::flat_hash_set<Digest> seen = {digest};
  while (!left.empty()) {
    const Digest next = left.back();
    left.pop_back();
    ASSIGN_OR_RETURN(
        const auto row,
        tables::FindReachability(transaction, upstream_id, repository, next));
    if (!row) continue;
    if (absl::c_any_of(row->tags(), allows)) return true;
    for (const std::string& manifest : row->manifests()) {
      const auto parsed = Digest::Parse(manifest);
      if (parsed.ok() && seen.insert(*parsed).second) left.push_back(*parsed);
    }
  }
  return false;
}

absl::Status Note(WriteTransaction& transaction, int64_t upstream_id,
                  const ContentRef& content, const Digest& target,
                  const std::vector<Digest>& references, bool confirmed) {
  Rows rows(transaction, upstream_id, content.repository, confirmed);
  std::string named_by = target.ToString();
  if (content.kind == ContentKind::kManifest ||
      content.kind == ContentKind::kBlob) {
    RETURN_IF_ERROR(rows.NoteFound(target, content.reference));
  } else if (content.reference.is_digest()) {
    // Referrers are found through their subject, not through the list.
    named_by = content.reference.ToString();
  }
  for (const Digest& digest : references) {
    RETURN_IF_ERROR(rows.NoteNamed(digest, named_by));
  }
  return absl::OkStatus();
}

absl::Status NoteDeclared(WriteTransaction& transaction, int64_t upstream_id,
                          const ContentRef& content, const Digest& digest) {
  if (content.kind != ContentKind::kManifest &&
      content.kind != ContentKind::kBlob) {
    return absl::OkStatus();
  }
  Rows rows(transaction, upstream_id, content.repository);
  ASSIGN_OR_RETURN(const auto found, rows.Find(digest));
  if (found) return absl::OkStatus();
  stored::Reachability row;
  row.set_absent(true);
  rows.Put(digest, row);
  return absl::OkStatus();
}

absl::Status NoteAbsent(WriteTransaction& transaction, int64_t upstream_id,
                        const ContentRef& content) {
  if (!content.is_addressed_by_digest()) return absl::OkStatus();
  return NoteAbsent(transaction, upstream_id, content.repository,
                    content.reference.digest());
}

absl::Status NoteAbsent(WriteTransaction& transaction, int64_t upstream_id,
                        const Repository& repository, const Digest& digest) {
  Rows rows(transaction, upstream_id, repository);
  ASSIGN_OR_RETURN(auto row, rows.Find(digest));
  if (!row || row->absent()) return absl::OkStatus();
  row->set_absent(true);
  rows.Put(digest, *row);
  return absl::OkStatus();
}

absl::Status Revoke(WriteTransaction& transaction, int64_t upstream_id,
                    const ContentRef& content, const Digest* target) {
  Rows rows(transaction, upstream_id, content.repository);
  if (content.is_addressed_by_digest()) {
    return rows.Unlink(content.reference.digest());
  }
  if (content.kind != ContentKind::kManifest || target == nullptr) {
    return absl::OkStatus();
  }
  return rows.UnlinkTag(content.reference.tag(), *target);
}

}  // namespace cvr::supply
