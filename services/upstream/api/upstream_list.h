#ifndef SERVICES_UPSTREAM_API_UPSTREAM_LIST_H_
#define SERVICES_UPSTREAM_API_UPSTREAM_LIST_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "services/concurrency/memory_budget.h"

namespace cvr {

// What an upstream lists, as texts, in little more memory than they have bytes:
// a million strings would take several times as much. Move-only; not
// thread-safe.
class UpstreamList {
 public:
  // At most `texts_max`.
  explicit UpstreamList(size_t texts_max) : texts_max_(texts_max) {}
  static UpstreamList Of(const std::vector<std::string>& texts);

  // Copies `text`. False when there are too many.
  bool Add(absl::string_view text);

  // They live as long as this object, wherever it is moved.
  const std::vector<absl::string_view>& texts() const { return texts_; }
  size_t size() const { return texts_.size(); }

  // Sorts by `precedes`, a strict order, and keeps each text once.
  void SortAndKeepEachOnce(bool (*precedes)(absl::string_view,
                                            absl::string_view));
  // Drops those for which `is_dropped`; it is shown all in order.
  void Drop(absl::FunctionRef<bool(absl::string_view)> is_dropped);

  // The memory that this is counted in, if it is.
  const MemoryBudget::Lease& room() const { return room_; }
  void set_room(MemoryBudget::Lease room) { room_ = std::move(room); }

 private:
  MemoryBudget::Lease room_;  // First: it is given back last.
  size_t texts_max_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t block_bytes_ = 0;  // Of all.
  char* end_ = nullptr;     // Of what the last block holds.
  size_t left_ = 0;         // Bytes of it.
  std::vector<absl::string_view> texts_;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_API_UPSTREAM_LIST_H_
