#include "services/upstream/api/upstream_list.h"

#include <algorithm>
#include <cstring>

namespace cvr {
namespace {

// Blocks grow with the list. The largest are mapped by the allocator, so that
// they go back to the system when they are freed.
constexpr size_t kBlockBytesMin = 4 * 1024;
constexpr size_t kBlockBytesMax = 1024 * 1024;

}  // namespace

UpstreamList UpstreamList::Of(const std::vector<std::string>& texts) {
  UpstreamList list(texts.size());
  for (const std::string& text : texts) list.Add(text);
  return list;
}

bool UpstreamList::Add(absl::string_view text) {
  if (texts_.size() >= texts_max_) return false;
  if (text.size() > left_) {
    const size_t size = std::max(
        text.size(), std::clamp(block_bytes_, kBlockBytesMin, kBlockBytesMax));
    // Without setting it to zero.
    blocks_.push_back(std::unique_ptr<char[]>(new char[size]));
    block_bytes_ += size;
    left_ = size;
    end_ = blocks_.back().get();
  }
  std::memcpy(end_, text.data(), text.size());
  texts_.emplace_back(end_, text.size());
  end_ += text.size();
  left_ -= text.size();
  return true;
}

void UpstreamList::SortAndKeepEachOnce(bool (*precedes)(absl::string_view,
                                                        absl::string_view)) {
  // Most upstreams have sorted them already.
  if (!std::is_sorted(texts_.begin(), texts_.end(), precedes)) {
    std::sort(texts_.begin(), texts_.end(), precedes);
  }
  texts_.erase(std::unique(texts_.begin(), texts_.end()), texts_.end());
}

void UpstreamList::Drop(absl::FunctionRef<bool(absl::string_view)> is_dropped) {
  texts_.erase(std::remove_if(texts_.begin(), texts_.end(), is_dropped),
               texts_.end());
}

}  // namespace cvr
