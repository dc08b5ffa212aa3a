#ifndef SERVICES_CONCURRENCY_KEYED_COUNTS_H_
#define SERVICES_CONCURRENCY_KEYED_COUNTS_H_

#include <algorithm>
#include <cstddef>

namespace cvr {

// Of maps from a key to how much it holds, with those keys only that hold
// something.
template <typename Map, typename Key>
size_t CountOf(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? 0 : found->second;
}

// Takes `count` away, or all that there is.
template <typename Map, typename Key>
void ReduceCount(Map& map, const Key& key, size_t count = 1) {
  const auto found = map.find(key);
  if (found == map.end()) return;
  found->second -= std::min(found->second, count);
  if (found->second == 0) map.erase(found);
}

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_KEYED_COUNTS_H_
