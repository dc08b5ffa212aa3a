#ifndef TESTS_SUPPORT_CHILD_PROCESS_H_
#define TESTS_SUPPORT_CHILD_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace cvr::testing {

// A program under test, running as a child of this process. Killed and reaped
// when destroyed. Not thread-safe.
class ChildProcess {
 public:
  // Starts `arguments[0]` with its output in `log_path` (appended).
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(
      const std::vector<std::string>& arguments, const std::string& log_path);

  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool running();

  void Signal(int signal);
  // Waits for the end. The exit status, or 128 + the signal that ended it.
  int Wait();

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}

  const pid_t pid_;
  bool reaped_ = false;
  int status_ = 0;
};

// What has become of a program that was run to its end.
struct ProgramResult {
  int status = -1;     // As Wait() has it; -1 = could not be started.
  std::string output;  // Of both streams, in the order of writing.
};

// Runs `arguments[0]` to its end. One that has not ended after two minutes is
// killed, and fails the test; so does one that cannot be started.
ProgramResult RunProgram(const std::vector<std::string>& arguments);

// A server of this project, run from its binary.
class ServerProcess {
 public:
  struct Options {
    std::string binary;              // Path from the runfiles' root.
    std::vector<std::string> flags;  // Without --ready_file.
    std::string directory;           // For its log and ready file; must exist.
  };

  // Starts it and waits until it serves.
  // Errors: UNAVAILABLE with its log when it ends instead; DEADLINE_EXCEEDED
  // when it does not serve within two minutes.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(Options options);

  // Ends it. Fails the test when it has printed a secret.
  ~ServerProcess();

  // Bound addresses; empty when it has no such surface.
  const std::string& http() const { return http_; }
  const std::string& grpc() const { return grpc_; }
  ChildProcess& process() { return *process_; }
  // Everything it has printed so far.
  std::string Log() const;

 private:
  ServerProcess() = default;

  std::string log_path_;
  std::string http_;
  std::string grpc_;
  std::unique_ptr<ChildProcess> process_;
};

// A new directory that is short enough for sockets; removed when destroyed.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  const std::string& path() const { return path_; }
  std::string Join(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_CHILD_PROCESS_H_
