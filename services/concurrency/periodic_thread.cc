#include "services/concurrency/periodic_thread.h"

#include <utility>

#include "services/concurrency/clock.h"

namespace cvr {

bool PeriodicThread::RealWait(CondVar& changed, Mutex* mutex,
                              absl::Duration timeout) {
  return changed.WaitWithTimeout(mutex, timeout);
}

PeriodicThread::PeriodicThread(std::string name, Work work, Wait wait)
    : name_(std::move(name)), work_(std::move(work)), wait_(std::move(wait)) {}

PeriodicThread::~PeriodicThread() {
  Stop();
  thread_.reset();
}

void PeriodicThread::Start(absl::Duration first_delay) {
  thread_ = std::make_unique<Thread>(name_,
                                     [this, first_delay] { Run(first_delay); });
}

void PeriodicThread::Wake() {
  MutexLock lock(&mutex_);
  woken_ = true;
  changed_.SignalAll();
}

void PeriodicThread::Stop() {
  MutexLock lock(&mutex_);
  stopping_ = true;
  changed_.SignalAll();
}

bool PeriodicThread::stopping() const {
  MutexLock lock(&mutex_);
  return stopping_;
}

void PeriodicThread::Run(absl::Duration delay) {
  while (AwaitNextRun(delay)) delay = work_();
}

bool PeriodicThread::AwaitNextRun(absl::Duration delay) {
  MutexLock lock(&mutex_);
  const SteadyDeadline next(delay);
  while (!woken_ && !stopping_) {
    if (wait_(changed_, &mutex_, next.left())) break;
  }
  woken_ = false;
  return !stopping_;
}

}  // namespace cvr
