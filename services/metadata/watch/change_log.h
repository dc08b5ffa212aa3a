#ifndef SERVICES_METADATA_WATCH_CHANGE_LOG_H_
#define SERVICES_METADATA_WATCH_CHANGE_LOG_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/concurrency/change_signal.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/store/watched_metadata_store.h"

namespace cvr {

// A resource that a write has changed, and where it was before: by this it is
// decided who may hear of it, should it be gone.
struct ResourceChange {
  enum class Kind { kGroup, kRegistry, kUpstream };
  Kind kind = Kind::kGroup;
  // 0 for a group.
  int64_t id = 0;
  // Before the write; empty when it did not exist.
  std::string name;
  std::string group;
  // The registry itself, or those that the upstream was attached to.
  std::vector<int64_t> registry_ids;
};

// What one write has changed.
struct ResourceChanges {
  int64_t revision = 0;
  std::vector<ResourceChange> changes;
};

// Numbers the writes that change groups, registries, upstreams and attachments,
// and keeps the last ones in memory. A revision is stored with its write, so
// the numbers rise over restarts, too. After a restart they go on far above the
// last stored one: a power cut may have undone the latest writes that were
// buffered, whose numbers somebody may have seen. Thread-safe.
class ChangeLog : public CommitListener {
 public:
  // What the store must tell it of.
  static constexpr Table kTables[] = {Table::kGroups, Table::kRegistries,
                                      Table::kUpstreams,
                                      Table::kUpstreamRegistries};

  struct Options {
    // Of memory for changes, approximately; the oldest are dropped.
    size_t bytes_max = size_t{4} << 20;
  };

  // Errors: those of tables.h.
  static absl::StatusOr<std::unique_ptr<ChangeLog>> Open(
      const MetadataStore& store, const Options& options);

  // That of the last write whose changes Since() has.
  int64_t revision() const;

  // The next writes after a revision, oldest first, at most `max`; empty when
  // there are none. Errors: OUT_OF_RANGE when not all of them are kept, or the
  // revision was never given out.
  absl::StatusOr<std::vector<ResourceChanges>> Since(int64_t after,
                                                     size_t max) const;

  // Told of each revision.
  const ChangeSignal& signal() const { return signal_; }
  // Lets go who waits for it.
  void Stop() { signal_.Stop(); }

  // CommitListener: the number is the revision.
  absl::StatusOr<int64_t> BeforeCommit(
      WriteTransaction& transaction,
      absl::Span<const RowChange> changes) override;
  void AfterCommit(int64_t revision) override;

 private:
  struct Pending {
    ResourceChanges changes;
    bool is_committed = false;
  };

  ChangeLog(int64_t stored, int64_t first, const Options& options);

  const Options options_;
  // The last revision of the former process, which is as good as the first one
  // of this process: nothing changed in between.
  const int64_t stored_;
  const int64_t first_;
  ChangeSignal signal_;

  mutable Mutex mutex_;
  int64_t assigned_ ABSL_GUARDED_BY(mutex_);
  // Writes that are not committed yet, or wait for earlier ones that are not.
  std::map<int64_t, Pending> pending_ ABSL_GUARDED_BY(mutex_);
  int64_t published_ ABSL_GUARDED_BY(mutex_);
  // Changes after this revision are kept.
  int64_t floor_ ABSL_GUARDED_BY(mutex_);
  std::deque<ResourceChanges> kept_ ABSL_GUARDED_BY(mutex_);
  size_t kept_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_WATCH_CHANGE_LOG_H_
