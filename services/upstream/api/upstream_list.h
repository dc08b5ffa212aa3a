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

// A list of strings from an upstream (tags, referrers) that needs little more
// memory than the bytes of the strings; a vector of a million std::string would
// need several times as much. Move-only. Not thread-safe.
class UpstreamList {
 public:
  // At most `texts_max`.
  explicit UpstreamList(size_t texts_max) : texts_max_(texts_max) {}
  static UpstreamList Of(const std::vector<std::string>& texts);

  // Adds a copy of `text`. Returns false if the list is full.
  bool Add(absl::string_view text);

  // The strings are valid as long as this object or what it was moved into.
  const std::vector<absl::string_view>& texts() const { return texts_; }
  size_t size() const { return texts_.size(); }

  // Sorts by `precedes`, a strict order, and keeps each text once.
  void SortAndKeepEachOnce(bool (*precedes)(absl::string_view,
                                            absl::string_view));
  // Removes each string for which `is_dropped` returns true; it is called for
  // all of them in order.
  void Drop(absl::FunctionRef<bool(absl::string_view)> is_dropped);

  // The reservation of memory for this list; null if there is none.
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
