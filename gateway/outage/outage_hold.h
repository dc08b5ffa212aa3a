#ifndef GATEWAY_OUTAGE_OUTAGE_HOLD_H_
#define GATEWAY_OUTAGE_OUTAGE_HOLD_H_

#include <cstddef>
#include <functional>
#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/http/keyed_shares.h"
#include "gateway/http/request_scheduler.h"
#include "gateway/message/http_message.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/retry_loop.h"

namespace cvr {

// Holds requests that failed because a service behind this gateway could not be
// reached, and tries them again, so that a restart of that service is a delay
// to clients and not an error.
//
// A held request keeps its thread. So at most half of the threads may be held,
// half of a queue's share of one queue, and half of a client's of one client:
// requests that need no service go on, and the requests of one client or queue
// cannot keep those of others from being held. More are answered at once, as if
// nothing were held. Thread-safe.
class OutageHold {
 public:
  struct Options {
    // From a request's first attempt to its last; 0 = nothing is held.
    absl::Duration wait_max = absl::ZeroDuration();
    // Between two looks at the services.
    absl::Duration look = absl::Milliseconds(50);
    // A held request is tried again even if they do not seem to be there.
    absl::Duration attempt_interval = absl::Seconds(1);
    // Whether the services are there. Must not wait. None = not known.
    std::function<absl::Status()> services;
  };

  // `threads` and shares as RequestScheduler has them.
  OutageHold(const Options& options, const RequestScheduler::Options& threads);

  // What `attempt` replies, which is called until its reply has no `outage`, or
  // the time is over. It must be safe to call it again. `first` tells whether
  // it is the first call.
  HttpReply Answer(const RequestShare& share,
                   absl::FunctionRef<HttpReply(bool first)> attempt);

  // For what has begun: waits until the services seem to be there or `until`,
  // by SteadyTime(). False when there is nothing to wait for any more.
  bool AwaitServices(absl::Time until);
  absl::Duration wait_max() const { return options_.wait_max; }

  // Ends every wait, now and later.
  void Stop() { sleeper_.Stop(); }

 private:
  using Places = std::vector<std::unique_ptr<KeyedShares::Hold>>;

  // Empty when there is no room.
  Places TakePlaces(const RequestShare& share);
  bool ServicesSeemThere() const;

  const Options options_;
  KeyedShares all_;
  KeyedShares queues_;
  KeyedShares clients_;
  StoppableSleeper sleeper_;
};

}  // namespace cvr

#endif  // GATEWAY_OUTAGE_OUTAGE_HOLD_H_
