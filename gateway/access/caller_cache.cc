#include "gateway/access/caller_cache.h"

namespace cvr {

std::optional<Login> CallerCache::Find(absl::string_view credential,
                                       absl::Time now) {
  const Digest digest = Digest::OfBytes(credential);
  MutexLock lock(&mutex_);
  const auto found = entries_.find(digest);
  if (found == entries_.end()) return std::nullopt;
  if (found->second.until > now) return found->second.login;
  entries_.erase(found);
  return std::nullopt;
}

void CallerCache::Put(absl::string_view credential, const Login& login,
                      absl::Time until) {
  const Digest digest = Digest::OfBytes(credential);
  MutexLock lock(&mutex_);
  if (entries_.size() >= entries_max_ && !entries_.contains(digest)) {
    entries_.erase(entries_.begin());
  }
  entries_.insert_or_assign(digest, Entry{login, until});
}

}  // namespace cvr
