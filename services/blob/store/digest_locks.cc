#include "services/blob/store/digest_locks.h"

namespace cvr {

DigestLocks::Lock::Lock(DigestLocks* digest_locks, const Digest& digest)
    : digest_locks_(digest_locks), digest_(digest) {
  MutexLock lock(&digest_locks_->mutex_);
  while (!digest_locks_->taken_.insert(digest_).second) {
    digest_locks_->ended_.Wait(&digest_locks_->mutex_);
  }
}

DigestLocks::Lock::~Lock() {
  MutexLock lock(&digest_locks_->mutex_);
  digest_locks_->taken_.erase(digest_);
  digest_locks_->ended_.SignalAll();
}

}  // namespace cvr
