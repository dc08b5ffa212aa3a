#include "services/concurrency/thread.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "services/concurrency/clock.h"

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
  if (!idle_.empty()) {
    Worker& worker = *idle_.back();
    idle_.pop_back();
    worker.called = true;
    worker.wake.Signal();
    ++coming_;
  } else if (running_ < options_.threads_max) {
    ++running_;
    ++coming_;
    std::thread([this] { Work(); }).detach();
  } else if (tasks_.size() >= coming_ + options_.queued_tasks_max) {
    return false;
  }
  tasks_.push_back(std::move(task));
  return true;
}

void ThreadPool::Shutdown() {
  MutexLock lock(&mutex_);
  shut_down_ = true;
  for (Worker* const worker : idle_) worker->wake.Signal();
  // A worker's last touch of this object is its Unlock() after --running_.
  while (running_ > 0) ended_.Wait(&mutex_);
}

size_t ThreadPool::thread_count() const {
  MutexLock lock(&mutex_);
  return running_;
}

void ThreadPool::Work() {
  NameThisThread(options_.name);
  Worker self;
  MutexLock lock(&mutex_);
  --coming_;
  while (!tasks_.empty() || AwaitCall(self)) {
    if (tasks_.empty()) continue;  // Another has done it.
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    mutex_.Unlock();
    task();
    task = nullptr;
    mutex_.Lock();
  }
  --running_;
  ended_.SignalAll();
}

// The last to become idle is called first, so that others stay idle and end.
bool ThreadPool::AwaitCall(Worker& self) {
  if (shut_down_) return false;
  self.called = false;
  idle_.push_back(&self);
  const SteadyDeadline deadline(options_.idle_timeout);
  while (!self.called && !shut_down_) {
    if (self.wake.WaitWithTimeout(&mutex_, deadline.left())) break;
  }
  if (self.called) {
    --coming_;
    return true;
  }
  idle_.erase(std::find(idle_.begin(), idle_.end(), &self));
  return false;
}

}  // namespace cvr
