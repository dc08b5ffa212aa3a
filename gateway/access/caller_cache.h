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

// What credentials were found to be good for, under their SHA-256: nothing here
// can be shown to anybody, and how long a look-up takes tells nothing about
// them. When there is no room, some other is forgotten. Thread-safe.
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
