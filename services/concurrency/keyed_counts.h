#ifndef SERVICES_CONCURRENCY_KEYED_COUNTS_H_
#define SERVICES_CONCURRENCY_KEYED_COUNTS_H_

#include <algorithm>
#include <cstddef>

namespace cvr {

// Helpers for maps from a key to a count, in which keys with a count of zero
// are absent, so that the map does not grow with every key ever seen. CountOf()
// is the count of `key`.
template <typename Map, typename Key>
size_t CountOf(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? 0 : found->second;
}

// Reduces the count of `key` by `count`, to zero at most.
template <typename Map, typename Key>
void ReduceCount(Map& map, const Key& key, size_t count = 1) {
  const auto found = map.find(key);
  if (found == map.end()) return;
  found->second -= std::min(found->second, count);
  if (found->second == 0) map.erase(found);
}

}  // namespace cvr

#endif  // SERVICES_CONCURRENCY_KEYED_COUNTS_H_
