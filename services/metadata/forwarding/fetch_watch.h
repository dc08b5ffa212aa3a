#ifndef SERVICES_METADATA_FORWARDING_FETCH_WATCH_H_
#define SERVICES_METADATA_FORWARDING_FETCH_WATCH_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "cvr/v1/fetch_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "services/concurrency/change_signal.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/forwarding/forwarder.h"

namespace cvr {

// One call of WatchFetches over all blob services. What each of them sends is
// gathered, and sent as one response at every interval: a response has all
// fetches, as it would have from one service. Used by one thread; has threads
// of its own, one for each service.
class FetchWatch {
 public:
  // `stop` ends it. All must outlive it.
  FetchWatch(Forwarder<v1::FetchService>& forwarder, const ChangeSignal& stop)
      : forwarder_(forwarder), stop_(stop), latest_(forwarder.size()) {}

  // Calls `send`, which returns false once the caller has gone, until the call
  // is cancelled, a service ends its part, or `stop` was stopped. Errors: those
  // of the services; CANCELLED; UNAVAILABLE (reason SHUTTING_DOWN).
  absl::Status Run(
      const grpc::ServerContext& context,
      const v1::WatchFetchesRequest& request,
      absl::FunctionRef<bool(const v1::WatchFetchesResponse&)> send);

 private:
  // What one service has sent.
  struct Latest {
    bool has_sent = false;
    // Of its last response.
    v1::WatchFetchesResponse running;
    // That have ended since the caller was told; each is told once.
    v1::WatchFetchesResponse ended;
  };

  // Reads from one service until it ends.
  void ReadFrom(size_t i, grpc::ClientContext& context,
                const v1::WatchFetchesRequest& request);
  void Take(size_t i, const v1::WatchFetchesResponse& response);
  bool HaveAllSent() const;
  // All that is known now.
  v1::WatchFetchesResponse Gather();
  absl::Status Serve(
      const grpc::ServerContext& context, absl::Duration interval,
      absl::FunctionRef<bool(const v1::WatchFetchesResponse&)> send);
  absl::Status status() const;

  Forwarder<v1::FetchService>& forwarder_;
  const ChangeSignal& stop_;
  // Something has come, or a service has ended its part.
  ChangeSignal came_;

  mutable Mutex mutex_;
  std::vector<Latest> latest_ ABSL_GUARDED_BY(mutex_);
  // Why the first service has ended its part.
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_METADATA_FORWARDING_FETCH_WATCH_H_
