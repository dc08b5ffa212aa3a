#ifndef GATEWAY_ACCESS_CALLER_CACHE_H_
#define GATEWAY_ACCESS_CALLER_CACHE_H_

#include <cstddef>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/access/login.h"
#include "services/common/digest.h"
#include "services/concurrency/mutex.h"

namespace cvr {

// Remembers which Login some credentials belong to, so that they need not be
// verified for every request of a pull. Entries are stored under the SHA-256 of
// the credentials: a memory dump shows no credentials, and the time that a
// look-up takes does not depend on them. When the cache is full, an arbitrary
// entry is evicted.
//
// Do not keep entries for longer than a revocation may take to become
// effective. Thread-safe.
class CallerCache {
 public:
  explicit CallerCache(size_t entries_max) : entries_max_(entries_max) {}

  // Absent from `until` on.
  std::optional<Login> Find(absl::string_view credential, absl::Time now);
  void Put(absl::string_view credential, const Login& login, absl::Time until);

 private:
  struct Entry {
    Login login;
    absl::Time until;
  };

  const size_t entries_max_;
  Mutex mutex_;
  absl::flat_hash_map<Digest, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // GATEWAY_ACCESS_CALLER_CACHE_H_
