#include "tests/support/waiting/thread_stacks.h"

#include <execinfo.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/debugging/symbolize.h"
#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "services/concurrency/clock.h"

namespace cvr::testing {
namespace {

constexpr int kFramesMax = 64;
constexpr absl::Duration kAnswerMax = absl::Seconds(1);

// What the handler reads and tells: nothing else is safe there.
std::atomic<int> output = -1;
std::atomic<pid_t> answered = 0;

// Not used by libraries: those begin at SIGRTMIN.
int StackSignal() { return SIGRTMAX - 1; }

pid_t ThisThread() { return static_cast<pid_t>(syscall(SYS_gettid)); }

void Write(int fd, const char* text, size_t size) {
  while (size > 0) {
    const ssize_t written = write(fd, text, size);
    if (written <= 0) return;
    text += written;
    size -= written;
  }
}
void Write(int fd, const char* text) { Write(fd, text, std::strlen(text)); }

void WriteAddress(int fd, const void* address) {
  char text[2 + 2 * sizeof(address)] = {'0', 'x'};
  auto rest = reinterpret_cast<uintptr_t>(address);
  for (size_t i = sizeof(text); i-- > 2; rest >>= 4) {
    text[i] = "0123456789abcdef"[rest & 15];
  }
  Write(fd, text, sizeof(text));
}

void OnSignal(int) {
  const int error = errno;
  const int fd = output;
  void* frames[kFramesMax];
  const int count = backtrace(frames, kFramesMax);
  for (int i = 0; i < count; ++i) {
    // Of the call, not of what comes after it.
    const void* const at = static_cast<char*>(frames[i]) - 1;
    char name[512];
    Write(fd, "    ");
    WriteAddress(fd, at);
    Write(fd, " ");
    Write(fd, absl::Symbolize(at, name, sizeof(name)) ? name : "(unknown)");
    Write(fd, "\n");
  }
  answered = ThisThread();
  errno = error;
}

std::string NameOf(const std::filesystem::path& task) {
  std::string name;
  std::getline(std::ifstream(task / "comm"), name);
  return name;
}

// False when the thread has not written its stack in time.
bool HaveWritten(pid_t thread) {
  answered = 0;
  if (syscall(SYS_tgkill, getpid(), thread, StackSignal()) != 0) return true;
  const SteadyDeadline deadline(kAnswerMax);
  while (answered != thread) {
    if (deadline.has_passed()) return false;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return true;
}

}  // namespace

void PrepareThreadStacks() {
  absl::InitializeSymbolizer("");
  void* frame = nullptr;
  backtrace(&frame, 1);  // The first call loads the unwinder.
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  sigaction(StackSignal(), &action, nullptr);
}

void PrintThreadStacks(int fd) {
  output = fd;
  std::error_code ignored;  // Threads end meanwhile.
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/self/task", ignored)) {
    const std::string id = task.path().filename();
    int thread = 0;
    if (!absl::SimpleAtoi(id, &thread) || thread == ThisThread()) continue;
    Write(fd, ("thread " + id + " (" + NameOf(task.path()) + "):\n").c_str());
    if (!HaveWritten(thread)) Write(fd, "    does not say where it is\n");
  }
}

}  // namespace cvr::testing
