#include "services/rpc/channel_keeper.h"

#include <chrono>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/support/channel_arguments.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/retry_loop.h"
#include "services/concurrency/thread.h"

namespace cvr {
namespace {

// Between two looks at the sockets of a connection.
constexpr absl::Duration kLookInterval = absl::Milliseconds(100);
// How long one look takes: nothing is to be waited for.
constexpr absl::Duration kLook = absl::Milliseconds(1);
// After a failed attempt, whatever the library's own pauses have grown to.
constexpr absl::Duration kPauseMax = absl::Milliseconds(700);

class Keeper {
 public:
  explicit Keeper(std::shared_ptr<grpc::Channel> channel)
      : channel_(std::move(channel)),
        thread_("rpc-channel", [this] { Keep(); }) {}
  ~Keeper() { sleeper_.Stop(); }

  grpc::Channel* channel() const { return channel_.get(); }

 private:
  void Keep() {
    absl::Time failing_since = absl::InfiniteFuture();
    while (true) {
      const grpc_connectivity_state state =
          channel_->GetState(/*try_to_connect=*/true);
      if (state == GRPC_CHANNEL_SHUTDOWN) return;
      if (state == GRPC_CHANNEL_READY) {
        failing_since = absl::InfiniteFuture();
        if (!sleeper_.Sleep(kLookInterval)) return;
        LookUntil(state, kLook);
        continue;
      }
      if (state == GRPC_CHANNEL_TRANSIENT_FAILURE) {
        EndLongPause(failing_since);
      } else {
        failing_since = absl::InfiniteFuture();
      }
      LookUntil(state, kLookInterval);
      if (!sleeper_.Sleep(absl::ZeroDuration())) return;
    }
  }

  void EndLongPause(absl::Time& failing_since) {
    const absl::Time now = Clock::Real().SteadyNow();
    if (failing_since > now) {
      failing_since = now;
    } else if (now - failing_since >= kPauseMax) {
      grpc::experimental::ChannelResetConnectionBackoff(channel_.get());
      failing_since = now;
    }
  }

  // Looks at the channel's sockets meanwhile; ends when its state is another.
  void LookUntil(grpc_connectivity_state state, absl::Duration duration) {
    channel_->WaitForStateChange(
        state,
        std::chrono::system_clock::now() + absl::ToChronoNanoseconds(duration));
  }

  const std::shared_ptr<grpc::Channel> channel_;
  StoppableSleeper sleeper_;
  Thread thread_;  // Uses all of the above.
};

}  // namespace

std::shared_ptr<grpc::Channel> KeepConnected(
    std::shared_ptr<grpc::Channel> channel) {
  auto keeper = std::make_shared<Keeper>(std::move(channel));
  grpc::Channel* const kept = keeper->channel();
  return std::shared_ptr<grpc::Channel>(std::move(keeper), kept);
}

}  // namespace cvr
