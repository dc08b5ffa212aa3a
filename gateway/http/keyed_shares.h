#ifndef GATEWAY_HTTP_KEYED_SHARES_H_
#define GATEWAY_HTTP_KEYED_SHARES_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// How many may hold something in the name of the same key at once. Thread-safe;
// must outlive the holds.
class KeyedShares {
 public:
  // At most `max` for each key.
  explicit KeyedShares(size_t max) : max_(max) {}

  // One that counts until it is destroyed.
  class Hold {
   public:
    Hold(KeyedShares& shares, std::string key)
        : shares_(shares), key_(std::move(key)) {}
    ~Hold() { shares_.GiveBack(key_); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    KeyedShares& shares_;
    const std::string key_;
  };

  // Null when `max` are held already.
  std::unique_ptr<Hold> TryTake(const std::string& key) {
    {
      MutexLock lock(&mutex_);
      size_t& held = held_[key];
      if (held >= max_) return nullptr;
      ++held;
    }
    return std::make_unique<Hold>(*this, key);
  }

 private:
  void GiveBack(const std::string& key) {
    MutexLock lock(&mutex_);
    const auto it = held_.find(key);
    if (--it->second == 0) held_.erase(it);
  }

  const size_t max_;
  Mutex mutex_;
  absl::flat_hash_map<std::string, size_t> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // GATEWAY_HTTP_KEYED_SHARES_H_
