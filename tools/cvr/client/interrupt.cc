#include "tools/cvr/client/interrupt.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace cvr {
namespace {

constexpr char kInterrupted = 'i';
constexpr char kOver = 'o';

// Where the handler writes to: all that a handler may do.
std::atomic<int> pipe_in{-1};

void Tell(int pipe, char what) {
  while (write(pipe, &what, 1) < 0 && errno == EINTR) continue;
}

void OnSignal(int /*signal*/) {
  const int error = errno;
  Tell(pipe_in, kInterrupted);
  errno = error;
}

}  // namespace

InterruptWatch::InterruptWatch(absl::AnyInvocable<void()> on_interrupt)
    : on_interrupt_(std::move(on_interrupt)) {
  if (pipe2(pipe_, O_CLOEXEC) != 0) std::abort();
  pipe_in = pipe_[1];
  thread_.emplace("interrupt", [this] { Wait(); });
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART | SA_RESETHAND;
  sigaction(SIGINT, &action, &on_int_before_);
  sigaction(SIGTERM, &action, &on_term_before_);
}

InterruptWatch::~InterruptWatch() {
  sigaction(SIGINT, &on_int_before_, nullptr);
  sigaction(SIGTERM, &on_term_before_, nullptr);
  Tell(pipe_[1], kOver);
  thread_.reset();
  pipe_in = -1;
  close(pipe_[0]);
  close(pipe_[1]);
}

void InterruptWatch::Wait() {
  char what = kOver;
  while (true) {
    const ssize_t got = read(pipe_[0], &what, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got != 1 || what == kOver) return;
    if (!interrupted_.exchange(true)) on_interrupt_();
  }
}

}  // namespace cvr
