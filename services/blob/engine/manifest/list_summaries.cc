#include "services/blob/engine/manifest/list_summaries.h"

#include <stop_token>
#include <utility>

#include "services/common/limits.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

// What is remembered: some hundred bytes each.
constexpr size_t kRememberedMax = 1024;

absl::StatusOr<std::shared_ptr<const ListSummary>> Summarize(
    ListDocument& document) {
  DigestHasher hasher(DigestAlgorithm::kSha256);
  uint64_t size = 0;
  std::string whole;
  for (;;) {
    ASSIGN_OR_RETURN(const Chunk piece, document.Next());
    if (piece.empty()) break;
    hasher.Update(piece.bytes());
    size += piece.size();
    if (size <= limits::kChunkBytes) {
      whole.append(piece.bytes().data(), piece.size());
    } else {
      whole = std::string();
    }
  }
  return std::make_shared<const ListSummary>(
      ListSummary{size, hasher.Current(), document.goes_on_after(),
                  Chunk::OfString(std::move(whole))});
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ListSummary>> ListSummaries::Get(
    const std::string& key, const Patience& patience, MakeDocument make) {
  std::shared_ptr<Making> making;
  bool is_ours = false;
  {
    MutexLock lock(&mutex_);
    const auto known = remembered_.find(key);
    if (known != remembered_.end()) return known->second;
    auto& slot = makings_[key];
    is_ours = slot == nullptr;
    if (is_ours) slot = std::make_shared<Making>();
    making = slot;
  }
  if (!is_ours) return Await(*making, patience);
  Answer answer = Summarize(*make());
  Land(key, *making, answer);
  return answer;
}

auto ListSummaries::Await(Making& making, const Patience& patience) -> Answer {
  const std::stop_callback wake(patience.cancel, [this, &making] {
    MutexLock lock(&mutex_);
    making.changed.SignalAll();
  });
  MutexLock lock(&mutex_);
  while (!making.answer && !patience.cancel.stop_requested()) {
    if (making.changed.WaitWithTimeout(&mutex_, patience.left())) break;
  }
  if (making.answer) return *making.answer;
  if (patience.cancel.stop_requested()) {
    return absl::CancelledError("nobody waits for the answer any more");
  }
  return absl::DeadlineExceededError(
      "timeout while waiting for the summary of a list");
}

void ListSummaries::Land(const std::string& key, Making& making,
                         Answer answer) {
  MutexLock lock(&mutex_);
  if (answer.ok() && (*answer)->whole.empty()) {
    if (remembered_.size() >= kRememberedMax) remembered_.clear();
    remembered_[key] = *answer;
  }
  making.answer = std::move(answer);
  makings_.erase(key);
  making.changed.SignalAll();
}

}  // namespace cvr
