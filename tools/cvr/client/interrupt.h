#ifndef TOOLS_CVR_CLIENT_INTERRUPT_H_
#define TOOLS_CVR_CLIENT_INTERRUPT_H_

#include <atomic>
#include <csignal>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "services/concurrency/thread.h"

namespace cvr {

// While it lives, the first Ctrl-C (SIGINT) or SIGTERM does not end the process
// but calls `on_interrupt`, on a thread of its own; the second ends it. At most
// one at a time.
class InterruptWatch {
 public:
  explicit InterruptWatch(absl::AnyInvocable<void()> on_interrupt);
  // Waits for `on_interrupt` if it runs.
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  bool interrupted() const { return interrupted_; }

 private:
  void Wait();

  absl::AnyInvocable<void()> on_interrupt_;
  std::atomic<bool> interrupted_ = false;
  int pipe_[2];
  struct sigaction on_int_before_;
  struct sigaction on_term_before_;
  std::optional<Thread> thread_;
};

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_INTERRUPT_H_
