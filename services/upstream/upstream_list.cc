#include "services/upstream/upstream_list.h"

#include <algorithm>
#include <cstring>

namespace cvr {
namespace {

constexpr size_t kBlockBytes = 64 * 1024;

}  // namespace

UpstreamList UpstreamList::Of(const std::vector<std::string>& texts) {
  UpstreamList list(texts.size());
  for (const std::string& text : texts) list.Add(text);
  return list;
}

bool UpstreamList::Add(absl::string_view text) {
  if (texts_.size() >= texts_max_) return false;
  if (text.size() > left_) {
    const size_t size = std::max(kBlockBytes, text.size());
    // Without setting it to zero.
    blocks_.push_back(std::unique_ptr<char[]>(new char[size]));
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
  std::deque<absl::string_view> kept;
  for (const absl::string_view text : texts_) {
    if (!is_dropped(text)) kept.push_back(text);
  }
  texts_.swap(kept);
}

}  // namespace cvr
