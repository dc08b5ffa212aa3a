#include "gateway/open_connections.h"

#include <sys/socket.h>

#include "absl/time/clock.h"

namespace cvr {

void OpenConnections::BeginWaiting() {
  MutexLock lock(&mutex_);
  ++waiting_;
  MakeRoom();
}

void OpenConnections::EndWaiting() {
  MutexLock lock(&mutex_);
  --waiting_;
  none_.SignalAll();
}

void OpenConnections::Add(int fd) {
  MutexLock lock(&mutex_);
  --waiting_;
  connections_[fd] = State();
  if (broken_off_) shutdown(fd, SHUT_RDWR);
}

void OpenConnections::Remove(int fd) {
  MutexLock lock(&mutex_);
  const auto it = connections_.find(fd);
  if (it->second.evicted) --evicted_;
  connections_.erase(it);
  if (connections_.empty()) none_.SignalAll();
}

void OpenConnections::BeginIdle(int fd) {
  MutexLock lock(&mutex_);
  State& state = connections_[fd];
  state.idle_since = absl::Now();
  state.in_head = false;
  if (draining_) shutdown(fd, SHUT_RD);
  MakeRoom();
}

void OpenConnections::BeginHead(int fd) {
  MutexLock lock(&mutex_);
  connections_[fd].in_head = true;
}

void OpenConnections::EndHead(int fd) {
  MutexLock lock(&mutex_);
  State& state = connections_[fd];
  state.idle_since = absl::InfiniteFuture();
  state.in_head = false;
}

bool OpenConnections::draining() const {
  MutexLock lock(&mutex_);
  return draining_;
}

void OpenConnections::MakeRoom() {
  while (connections_.size() + waiting_ > room_ + evicted_) {
    auto longest = connections_.end();
    for (auto it = connections_.begin(); it != connections_.end(); ++it) {
      const State& state = it->second;
      if (state.evicted || state.idle_since == absl::InfiniteFuture()) continue;
      if (longest == connections_.end() ||
          state.idle_since < longest->second.idle_since) {
        longest = it;
      }
    }
    if (longest == connections_.end()) return;
    longest->second.evicted = true;
    ++evicted_;
    shutdown(longest->first, SHUT_RD);
  }
}

void OpenConnections::Drain() {
  MutexLock lock(&mutex_);
  draining_ = true;
  for (const auto& [fd, state] : connections_) {
    const bool idle = state.idle_since != absl::InfiniteFuture();
    if (idle && !state.in_head) shutdown(fd, SHUT_RD);
  }
}

bool OpenConnections::WaitUntilNone(absl::Time deadline) {
  MutexLock lock(&mutex_);
  while (waiting_ > 0 || !connections_.empty()) {
    if (none_.WaitWithDeadline(&mutex_, deadline)) break;
  }
  return waiting_ == 0 && connections_.empty();
}

void OpenConnections::ShutdownAll() {
  MutexLock lock(&mutex_);
  broken_off_ = true;
  for (const auto& [fd, state] : connections_) shutdown(fd, SHUT_RDWR);
}

}  // namespace cvr
