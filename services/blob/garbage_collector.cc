#include "services/blob/garbage_collector.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "spdlog/spdlog.h"

namespace cvr {

GarbageCollector::GarbageCollector(const Options& options,
                                   GarbageList& metadata, BlobStore& store,
                                   std::function<bool(const Digest&)> is_in_use)
    : options_(options),
      metadata_(metadata),
      store_(store),
      is_in_use_(std::move(is_in_use)),
      thread_("garbage", [this] {
        RunOnce();
        return options_.interval;
      }) {
  thread_.Start(options_.interval);
}

size_t GarbageCollector::RunOnce() {
  size_t deleted = 0;
  int64_t seen = 0;
  while (!thread_.stopping()) {
    const auto garbage = metadata_.ListGarbage(seen, options_.batch_max);
    if (!garbage.ok()) {
      spdlog::warn(
          "garbage collection: call to the metadata service failed, retrying "
          "later: {}",
          garbage.status().ToString());
      break;
    }
    if (garbage->empty()) break;
    seen = garbage->back().id;
    std::vector<int64_t> done;
    for (const Garbage& one : *garbage) {
      if (Delete(one.digest)) done.push_back(one.id);
    }
    if (done.empty()) continue;
    deleted += done.size();
    const absl::Status removed = metadata_.RemoveGarbage(done);
    if (removed.ok()) continue;
    // They are listed again.
    spdlog::warn(
        "garbage collection: call to the metadata service failed, retrying "
        "later: {}",
        removed.ToString());
    break;
  }
  if (deleted > 0)
    spdlog::info("garbage collection: deleted {} unreferenced blobs", deleted);
  return deleted;
}

// Who reads it reads on: the store keeps the bytes for so long.
bool GarbageCollector::Delete(const Digest& digest) {
  if (thread_.stopping() || is_in_use_(digest)) return false;
  const absl::Status status = store_.Delete(digest);
  if (status.ok()) return true;
  spdlog::warn("garbage collection: cannot delete blob {}: {}",
               digest.ToString(), status.ToString());
  return false;
}

}  // namespace cvr
