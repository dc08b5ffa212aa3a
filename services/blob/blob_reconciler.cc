#include "services/blob/blob_reconciler.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {

BlobReconciler::BlobReconciler(const Options& options, ContentIndex& metadata,
                               UnrecordedContent& unrecorded, BlobStore& store,
                               std::function<bool(const Digest&)> is_in_use,
                               const Clock& clock)
    : options_(options),
      metadata_(metadata),
      unrecorded_(unrecorded),
      store_(store),
      is_in_use_(std::move(is_in_use)),
      clock_(clock),
      thread_("reconciler", [this] {
        RunOnce();
        return options_.retry_interval;
      }) {}

void BlobReconciler::RunOnce() {
  if (!next_walk_ || next_walk_->has_passed()) {
    const auto deleted = WalkAll();
    if (deleted.ok()) next_walk_.emplace(options_.interval);
    // Once, not for as long as the metadata service is away.
    if (!deleted.ok() && !has_failed_) {
      spdlog::warn("stored bytes are compared with cache entries later: {}",
                   deleted.status().ToString());
    }
    has_failed_ = !deleted.ok();
  }
  LookAtUnrecorded().IgnoreError();  // Tried again in a moment.
}

absl::StatusOr<size_t> BlobReconciler::WalkAll() {
  size_t deleted = 0;
  std::optional<Digest> last;
  bool more = true;
  while (more && !thread_.stopping()) {
    ASSIGN_OR_RETURN(const auto page, store_.List(last, options_.page_size));
    more = static_cast<int>(page.size()) == options_.page_size;
    if (page.empty()) break;
    last = page.back().digest;
    std::vector<Digest> old;
    for (const StoredBlob& blob : page) {
      if (blob.last_use_time + options_.grace <= clock_.SteadyNow()) {
        old.push_back(blob.digest);
      }
    }
    ASSIGN_OR_RETURN(const size_t count, DeleteUnreferenced(std::move(old)));
    deleted += count;
  }
  if (deleted > 0) {
    spdlog::info("{} stored blobs without a cache entry are deleted", deleted);
  }
  return deleted;
}

absl::StatusOr<size_t> BlobReconciler::LookAtUnrecorded() {
  const auto digests = unrecorded_.Take(options_.page_size);
  if (digests.empty()) return 0;
  const auto deleted = DeleteUnreferenced(digests);
  if (!deleted.ok()) unrecorded_.PutBack(digests);
  return deleted;
}

absl::StatusOr<size_t> BlobReconciler::DeleteUnreferenced(
    std::vector<Digest> digests) {
  // What is being fetched is recorded, or not, when that ends.
  digests.erase(std::remove_if(digests.begin(), digests.end(), is_in_use_),
                digests.end());
  if (digests.empty()) return 0;
  ASSIGN_OR_RETURN(const auto unreferenced,
                   metadata_.FilterUnreferenced(digests));
  std::vector<Digest> deleted;
  absl::Status status;
  for (const Digest& digest : unreferenced) {
    if (thread_.stopping() || !status.ok()) break;
    if (is_in_use_(digest)) continue;
    status = store_.Delete(digest);
    if (status.ok()) deleted.push_back(digest);
  }
  // Whose they were is of no use any more, as after an eviction.
  if (!deleted.empty()) status.Update(metadata_.ForgetContent(deleted));
  RETURN_IF_ERROR(status);
  return deleted.size();
}

}  // namespace cvr
