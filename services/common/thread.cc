#include "services/common/thread.h"

#include <pthread.h>

#include <utility>

namespace cvr {
namespace {

void NameThisThread(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

}  // namespace

Thread::Thread(std::string name, absl::AnyInvocable<void()> body)
    : thread_([name = std::move(name), body = std::move(body)]() mutable {
        NameThisThread(name);
        body();
      }) {}

Thread::~Thread() { thread_.join(); }

ThreadPool::ThreadPool(Options options) : options_(std::move(options)) {}

ThreadPool::~ThreadPool() { Shutdown(); }

bool ThreadPool::Schedule(absl::AnyInvocable<void()> task) {
  MutexLock lock(&mutex_);
  if (shut_down_) return false;
  const bool can_grow = running_ < options_.threads_max;
  if (idle_ <= tasks_.size()) {
    if (!can_grow && tasks_.size() >= idle_ + options_.queued_tasks_max) {
      return false;
    }
    if (can_grow) {
      ++running_;
      std::thread([this] { Work(); }).detach();
    }
  }
  tasks_.push_back(std::move(task));
  changed_.Signal();
  return true;
}

void ThreadPool::Shutdown() {
  MutexLock lock(&mutex_);
  shut_down_ = true;
  changed_.SignalAll();
  // A worker's last touch of this object is its Unlock() after --running_.
  while (running_ > 0) changed_.Wait(&mutex_);
}

size_t ThreadPool::thread_count() const {
  MutexLock lock(&mutex_);
  return running_;
}

void ThreadPool::Work() {
  NameThisThread(options_.name);
  MutexLock lock(&mutex_);
  while (true) {
    if (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      mutex_.Unlock();
      task();
      task = nullptr;
      mutex_.Lock();
      continue;
    }
    if (shut_down_) break;
    ++idle_;
    const bool timed_out =
        changed_.WaitWithDeadline(&mutex_, absl::Now() + options_.idle_timeout);
    --idle_;
    if (timed_out && tasks_.empty()) break;
  }
  --running_;
  changed_.SignalAll();
}

}  // namespace cvr
