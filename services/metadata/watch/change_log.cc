#include "services/metadata/watch/change_log.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/store/stored_registry.pb.h"
#include "services/metadata/store/stored_upstream.pb.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/tables.h"

namespace cvr {
namespace {

// The sequence that revisions are stored as.
constexpr char kRevisions[] = "revision";
// More writes than a power cut can undo.
constexpr int64_t kRestartGap = int64_t{1} << 20;

using Kind = ResourceChange::Kind;

absl::Status Damaged(const RowChange& row) {
  return absl::DataLossError(absl::StrCat(
      "metadata store: corrupt row in table ", TableName(row.table)));
}

template <typename Message>
absl::StatusOr<Message> Parse(const RowChange& row) {
  Message message;
  if (row.before && !message.ParseFromString(*row.before)) return Damaged(row);
  return message;
}

// Collects what a write has changed, each resource once.
class Collector {
 public:
  Collector(const ReadTransaction& transaction,
            absl::Span<const RowChange> rows)
      : transaction_(transaction), rows_(rows) {}

  absl::StatusOr<std::vector<ResourceChange>> Collect() {
    // First those whose rows say what they were.
    for (const RowChange& row : rows_) {
      if (row.table != Table::kUpstreamRegistries) {
        RETURN_IF_ERROR(AddResource(row));
      }
    }
    for (const RowChange& row : rows_) {
      if (row.table == Table::kUpstreamRegistries) {
        RETURN_IF_ERROR(AddAttachment(row));
      }
    }
    return std::move(changes_);
  }

 private:
  absl::Status AddResource(const RowChange& row) {
    switch (row.table) {
      case Table::kGroups: {
        // The key is the name.
        Add({Kind::kGroup, 0, row.key, row.key, {}}, row.key);
        return absl::OkStatus();
      }
      case Table::kRegistries: {
        ASSIGN_OR_RETURN(const int64_t id, IdOf(row));
        ASSIGN_OR_RETURN(const auto registry, Parse<stored::Registry>(row));
        Add({Kind::kRegistry, id, registry.name(), registry.group(), {id}});
        return absl::OkStatus();
      }
      default: {
        ASSIGN_OR_RETURN(const int64_t id, IdOf(row));
        ASSIGN_OR_RETURN(const auto upstream, Parse<stored::Upstream>(row));
        ASSIGN_OR_RETURN(auto registries, RegistriesBefore(id));
        Add({Kind::kUpstream, id, upstream.upstream().name(),
             upstream.upstream().group(), std::move(registries)});
        return absl::OkStatus();
      }
    }
  }

  // An attachment concerns both of its ends, which may not have changed
  // themselves.
  absl::Status AddAttachment(const RowChange& row) {
    int64_t upstream_id = 0;
    int64_t registry_id = 0;
    KeyReader key(row.key);
    if (!key.Int(upstream_id) || !key.Int(registry_id) || !key.Done()) {
      return Damaged(row);
    }
    ASSIGN_OR_RETURN(const auto registry,
                     tables::FindRegistry(transaction_, registry_id));
    if (registry) {
      Add({Kind::kRegistry,
           registry_id,
           registry->name(),
           registry->group(),
           {registry_id}});
    }
    ASSIGN_OR_RETURN(const auto upstream,
                     tables::FindUpstream(transaction_, upstream_id));
    if (upstream) {
      ASSIGN_OR_RETURN(auto registries, RegistriesBefore(upstream_id));
      Add({Kind::kUpstream, upstream_id, upstream->upstream().name(),
           upstream->upstream().group(), std::move(registries)});
    }
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> IdOf(const RowChange& row) const {
    int64_t id = 0;
    KeyReader key(row.key);
    if (!key.Int(id) || !key.Done()) return Damaged(row);
    return id;
  }

  // The registries that an upstream was attached to: those of now, with the
  // changes of this write undone.
  absl::StatusOr<std::vector<int64_t>> RegistriesBefore(int64_t id) const {
    ASSIGN_OR_RETURN(const auto now,
                     tables::RegistriesOfUpstream(transaction_, id));
    std::set<int64_t> before(now.begin(), now.end());
    for (const RowChange& row : rows_) {
      int64_t upstream_id = 0;
      int64_t registry_id = 0;
      KeyReader key(row.key);
      if (row.table != Table::kUpstreamRegistries || !key.Int(upstream_id) ||
          upstream_id != id || !key.Int(registry_id)) {
        continue;
      }
      if (row.before) {
        before.insert(registry_id);
      } else {
        before.erase(registry_id);
      }
    }
    return std::vector<int64_t>(before.begin(), before.end());
  }

  void Add(ResourceChange change, const std::string& name = "") {
    if (added_.emplace(change.kind, change.id, name).second) {
      changes_.push_back(std::move(change));
    }
  }

  const ReadTransaction& transaction_;
  const absl::Span<const RowChange> rows_;
  std::set<std::tuple<Kind, int64_t, std::string>> added_;
  std::vector<ResourceChange> changes_;
};

size_t BytesOf(const ResourceChanges& write) {
  size_t bytes = sizeof(write);
  for (const ResourceChange& change : write.changes) {
    bytes += sizeof(change) + change.name.size() + change.group.size() +
             change.registry_ids.size() * sizeof(int64_t);
  }
  return bytes;
}

absl::Status NotKept() {
  return absl::OutOfRangeError(
      "changes since that revision are not kept: list again, and watch from "
      "the revision that GetRevision tells before");
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChangeLog>> ChangeLog::Open(
    const MetadataStore& store, const Options& options) {
  ASSIGN_OR_RETURN(
      const int64_t stored,
      ReadValue<int64_t>(
          store,
          [](const ReadTransaction& transaction) -> absl::StatusOr<int64_t> {
            ASSIGN_OR_RETURN(const auto value,
                             transaction.Get(Table::kSequences, kRevisions));
            int64_t revision = 0;
            if (value && !KeyReader(*value).Int(revision)) {
              return absl::DataLossError("the stored revision is damaged");
            }
            return revision;
          }));
  return std::unique_ptr<ChangeLog>(
      new ChangeLog(stored, stored + kRestartGap, options));
}

ChangeLog::ChangeLog(int64_t stored, int64_t first, const Options& options)
    : options_(options),
      stored_(stored),
      first_(first),
      assigned_(first),
      published_(first),
      floor_(first) {}

int64_t ChangeLog::revision() const {
  MutexLock lock(&mutex_);
  return published_;
}

absl::StatusOr<std::vector<ResourceChanges>> ChangeLog::Since(
    int64_t after, size_t max) const {
  MutexLock lock(&mutex_);
  if (after == stored_) after = first_;
  if (after < floor_ || after > published_) return NotKept();
  std::vector<ResourceChanges> writes;
  auto next =
      std::upper_bound(kept_.begin(), kept_.end(), after,
                       [](int64_t revision, const ResourceChanges& write) {
                         return revision < write.revision;
                       });
  for (; next != kept_.end() && writes.size() < max; ++next) {
    writes.push_back(*next);
  }
  return writes;
}

absl::StatusOr<int64_t> ChangeLog::BeforeCommit(
    WriteTransaction& transaction, absl::Span<const RowChange> changes) {
  ASSIGN_OR_RETURN(auto collected, Collector(transaction, changes).Collect());
  MutexLock lock(&mutex_);
  const int64_t revision = ++assigned_;
  transaction.Put(Table::kSequences, kRevisions,
                  KeyBuilder().Int(revision).Build());
  pending_[revision].changes = {revision, std::move(collected)};
  return revision;
}

void ChangeLog::AfterCommit(int64_t revision) {
  {
    MutexLock lock(&mutex_);
    pending_[revision].is_committed = true;
    while (!pending_.empty() && pending_.begin()->second.is_committed) {
      ResourceChanges& next = pending_.begin()->second.changes;
      published_ = next.revision;
      kept_bytes_ += BytesOf(next);
      kept_.push_back(std::move(next));
      pending_.erase(pending_.begin());
    }
    while (kept_bytes_ > options_.bytes_max && !kept_.empty()) {
      kept_bytes_ -= BytesOf(kept_.front());
      floor_ = kept_.front().revision;
      kept_.pop_front();
    }
  }
  signal_.Notify();
}

}  // namespace cvr
