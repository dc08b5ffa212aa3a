#ifndef GATEWAY_OUTAGE_SERVICE_WATCH_H_
#define GATEWAY_OUTAGE_SERVICE_WATCH_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/retry_loop.h"
#include "services/concurrency/thread.h"

namespace cvr {

// Knows whether the services behind a gateway serve it, by asking each again
// and again on a thread of its own. Thread-safe.
class ServiceWatch {
 public:
  struct Service {
    std::string name;  // `metadata`
    // Whether there is a connection. Does not wait.
    std::function<bool()> is_connected;
    // Makes a real call, which takes a bounded time and shows that the service
    // answers, and answers this process. Any error means that it does not.
    std::function<absl::Status()> probe;
  };
  struct Options {
    // Between two probes of a service that answers.
    absl::Duration interval = absl::Seconds(1);
    // Between two looks at whether there is a connection.
    absl::Duration look = absl::Milliseconds(50);
  };

  // Watches from now on. What the functions use must outlive it.
  ServiceWatch(std::vector<Service> services, const Options& options);
  explicit ServiceWatch(std::vector<Service> services)
      : ServiceWatch(std::move(services), Options{}) {}
  // Waits for the probes that run.
  ~ServiceWatch();
  ServiceWatch(const ServiceWatch&) = delete;
  ServiceWatch& operator=(const ServiceWatch&) = delete;

  // Whether all of them serve, as far as is known now. Never waits. Errors:
  // UNAVAILABLE, which says which does not, and why.
  absl::Status Check() const;

  // Waits until all serve. False when Stop() came first.
  bool AwaitReady();

  // Ends the watching and every wait. Does not wait. Idempotent.
  void Stop();

 private:
  struct Watched {
    Service service;
    absl::Status answer;  // To the last probe. Guarded by mutex_.
    std::unique_ptr<Thread> thread;
  };

  void Watch(Watched& watched);
  void Note(Watched& watched, absl::Status answer);
  absl::Status CheckLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  StoppableSleeper sleeper_;

  mutable Mutex mutex_;
  CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;

  // Their threads use all of the above. Set at construction.
  std::vector<std::unique_ptr<Watched>> watched_;
};

}  // namespace cvr

#endif  // GATEWAY_OUTAGE_SERVICE_WATCH_H_
