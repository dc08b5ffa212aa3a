#include "services/blob/store/blob_store_turns.h"

namespace cvr {

BlobStoreTurns::Turn::Turn(BlobStoreTurns* turns, const Digest& digest)
    : turns_(turns), digest_(digest) {
  MutexLock lock(&turns_->mutex_);
  while (!turns_->taken_.insert(digest_).second) {
    turns_->ended_.Wait(&turns_->mutex_);
  }
}

BlobStoreTurns::Turn::~Turn() {
  MutexLock lock(&turns_->mutex_);
  turns_->taken_.erase(digest_);
  turns_->ended_.SignalAll();
}

}  // namespace cvr
