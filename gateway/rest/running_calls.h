#ifndef GATEWAY_REST_RUNNING_CALLS_H_
#define GATEWAY_REST_RUNNING_CALLS_H_

#include "absl/container/flat_hash_set.h"
#include "grpcpp/client_context.h"
#include "services/concurrency/mutex.h"

namespace cvr::rest {

// The gRPC calls that are under way, so that all can be ended. Thread-safe.
class RunningCalls {
 public:
  // Counts a call while it is there. `context` is that of a call not begun yet,
  // and outlives this.
  class Scope {
   public:
    Scope(RunningCalls& calls, grpc::ClientContext& context)
        : calls_(calls), context_(context) {
      MutexLock lock(&calls_.mutex_);
      calls_.contexts_.insert(&context_);
      if (calls_.cancelled_) context_.TryCancel();
    }
    ~Scope() {
      MutexLock lock(&calls_.mutex_);
      calls_.contexts_.erase(&context_);
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    RunningCalls& calls_;
    grpc::ClientContext& context_;
  };

  // Calls end with CANCELLED, now and later. Idempotent.
  void Cancel() {
    MutexLock lock(&mutex_);
    cancelled_ = true;
    for (grpc::ClientContext* const context : contexts_) context->TryCancel();
  }

 private:
  Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<grpc::ClientContext*> contexts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr::rest

#endif  // GATEWAY_REST_RUNNING_CALLS_H_
