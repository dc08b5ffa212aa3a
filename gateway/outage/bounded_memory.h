#ifndef GATEWAY_OUTAGE_BOUNDED_MEMORY_H_
#define GATEWAY_OUTAGE_BOUNDED_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// Values by key, of one generation and until a time each, in a bounded number
// of bytes of which every owner has a share. When there is no room, the oldest
// goes: the owner's own when its share is used up, or else anybody's. Putting a
// value makes it the youngest. Thread-safe.
template <typename Value>
class BoundedMemory {
 public:
  // Some part of all the bytes: 8 is an eighth.
  struct Owner {
    std::string name;
    size_t share = 1;
  };

  explicit BoundedMemory(size_t bytes_max) : bytes_max_(bytes_max) {}

  // `value_bytes` is about what the value takes besides sizeof(Value). What is
  // larger than a share is not kept.
  void Put(const std::string& key, const std::vector<Owner>& owners,
           Value value, size_t value_bytes, uint64_t generation,
           absl::Time until);

  // Absent from its `until` on, and in another generation.
  std::optional<Value> Find(const std::string& key, uint64_t generation,
                            absl::Time now);

  void Forget(const std::string& key) {
    MutexLock lock(&mutex_);
    Remove(key);
  }

  size_t size() const {
    MutexLock lock(&mutex_);
    return entries_.size();
  }

 private:
  // The oldest is the first.
  using Keys = std::list<absl::string_view>;
  struct Used {
    Keys keys;
    size_t bytes = 0;
  };
  struct Entry {
    Value value;
    size_t bytes = 0;
    uint64_t generation = 0;
    absl::Time until;
    Keys::iterator in_all;
    std::vector<std::pair<std::string, Keys::iterator>> in_owners;
  };
  // Nodes, strings' heads and the like.
  static constexpr size_t kEntryBytes = sizeof(Entry) + 256;

  void Add(const std::string& key, const std::vector<Owner>& owners,
           Entry entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remove(const std::string& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t bytes_max_;

  mutable Mutex mutex_;
  // Keys do not move: the lists refer to them.
  std::unordered_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  Keys keys_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Used> owners_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

template <typename Value>
void BoundedMemory<Value>::Put(const std::string& key,
                               const std::vector<Owner>& owners, Value value,
                               size_t value_bytes, uint64_t generation,
                               absl::Time until) {
  MutexLock lock(&mutex_);
  Remove(key);
  const size_t bytes = kEntryBytes + 2 * key.size() + value_bytes;
  if (bytes > bytes_max_) return;
  for (const Owner& owner : owners) {
    const size_t share = bytes_max_ / owner.share;
    if (bytes > share) return;
    while (true) {
      const auto used = owners_.find(owner.name);
      if (used == owners_.end() || used->second.bytes + bytes <= share) break;
      Remove(std::string(used->second.keys.front()));
    }
  }
  while (bytes_ + bytes > bytes_max_) Remove(std::string(keys_.front()));
  Add(key, owners, Entry{std::move(value), bytes, generation, until, {}, {}});
}

template <typename Value>
std::optional<Value> BoundedMemory<Value>::Find(const std::string& key,
                                                uint64_t generation,
                                                absl::Time now) {
  MutexLock lock(&mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  const Entry& entry = found->second;
  if (entry.generation == generation && now < entry.until) return entry.value;
  Remove(key);
  return std::nullopt;
}

template <typename Value>
void BoundedMemory<Value>::Add(const std::string& key,
                               const std::vector<Owner>& owners, Entry entry) {
  const auto added = entries_.emplace(key, std::move(entry)).first;
  Entry& own = added->second;
  own.in_all = keys_.insert(keys_.end(), added->first);
  for (const Owner& owner : owners) {
    Used& used = owners_[owner.name];
    used.bytes += own.bytes;
    own.in_owners.emplace_back(owner.name,
                               used.keys.insert(used.keys.end(), added->first));
  }
  bytes_ += own.bytes;
}

template <typename Value>
void BoundedMemory<Value>::Remove(const std::string& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  const Entry& entry = found->second;
  for (const auto& [owner, place] : entry.in_owners) {
    const auto used = owners_.find(owner);
    used->second.keys.erase(place);
    used->second.bytes -= entry.bytes;
    if (used->second.keys.empty()) owners_.erase(used);
  }
  keys_.erase(entry.in_all);
  bytes_ -= entry.bytes;
  entries_.erase(found);
}

}  // namespace cvr

#endif  // GATEWAY_OUTAGE_BOUNDED_MEMORY_H_
