#include "services/metadata/resolution/pull_counter.h"

#include <algorithm>
#include <utility>

#include "services/common/content_wire.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/tables/tables.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

// Other writers wait while a batch is merged: two rows each are read and put.
constexpr size_t kBatchEntriesMax = limits::kRowsPerTransaction / 4;

}  // namespace

PullCounter::PullCounter(MetadataStore& store, const Options& options)
    : store_(store),
      options_(options),
      thread_("pulls", [this] { return RunFlush(); }) {
  thread_.Start(options_.flush_interval);
}

PullCounter::~PullCounter() {
  thread_.Stop();
  if (const absl::Status status = Flush(); !status.ok()) {
    spdlog::warn("pull counts of the last seconds are lost: {}",
                 status.ToString());
  }
}

void PullCounter::Count(int64_t entry_id, absl::Time when) {
  MutexLock lock(&mutex_);
  if (counts_.size() >= options_.entries_max && !counts_.contains(entry_id)) {
    return;
  }
  Pulls& pulls = counts_[entry_id];
  ++pulls.count;
  pulls.last = std::max(pulls.last, when);
  if (counts_.size() >= options_.entries_max / 2 && !has_failed_) {
    thread_.Wake();
  }
}

absl::Status PullCounter::Flush() {
  MutexLock one_at_a_time(&flush_mutex_);
  Counts counts;
  {
    MutexLock lock(&mutex_);
    counts.swap(counts_);
  }
  return Merge(std::move(counts));
}

absl::Duration PullCounter::RunFlush() {
  const absl::Status status = Flush();
  if (!status.ok()) {
    spdlog::warn("cannot save pull counts, retrying: {}", status.ToString());
  }
  MutexLock lock(&mutex_);
  has_failed_ = !status.ok();
  return options_.flush_interval;
}

absl::Status PullCounter::Merge(Counts counts) {
  while (!counts.empty()) {
    Counts batch;
    while (!counts.empty() && batch.size() < kBatchEntriesMax) {
      batch.insert(counts.extract(counts.begin()));
    }
    const absl::Status status = store_.Write(
        [&](WriteTransaction& transaction) -> absl::Status {
          for (const auto& [id, pulls] : batch) {
            ASSIGN_OR_RETURN(auto entry,
                             tables::FindCacheEntryById(transaction, id));
            if (!entry) continue;  // Forgotten in the meantime.
            entry->set_downloads_count(entry->downloads_count() + pulls.count);
            if (pulls.last > FromWire(entry->downloaded_at())) {
              *entry->mutable_downloaded_at() = ToWire(pulls.last);
            }
            RETURN_IF_ERROR(
                tables::PutCacheEntry(transaction, entry->digest(), *entry));
          }
          return absl::OkStatus();
        },
        Durability::kBuffered);
    if (!status.ok()) {
      Restore(batch);
      Restore(counts);
      return status;
    }
  }
  return absl::OkStatus();
}

void PullCounter::Restore(const Counts& counts) {
  MutexLock lock(&mutex_);
  for (const auto& [id, pulls] : counts) {
    Pulls& kept = counts_[id];
    kept.count += pulls.count;
    kept.last = std::max(kept.last, pulls.last);
  }
}

}  // namespace cvr
