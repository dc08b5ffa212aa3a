#ifndef SERVICES_PROCESS_PROCESS_H_
#define SERVICES_PROCESS_PROCESS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cvr {

// What every server binary has in common.
struct ProcessOptions {
  std::string name;   // `cvr-gateway`
  std::string usage;  // One paragraph for --help.
};

// Until the process is told to stop. Usable from the main thread only.
class StopSignal {
 public:
  // Has Wait() call `action` on each SIGHUP. With no action at all, SIGHUP is
  // logged and otherwise ignored: it asks a server to read its files again, and
  // never to stop.
  void OnHangup(std::function<void()> action);

  // Blocks until SIGTERM or SIGINT has come. Returns its name.
  const char* Wait();

 private:
  std::vector<std::function<void()>> on_hangup_;
};

// Parses the flags (server_flags.h; --help and --version exit with 0), sets up
// logging and signals, and runs `body`, which serves until `stop` says so. All
// files that the process makes are its owner's alone (umask 077), and, unless
// --allow_core_dumps, the process leaves no core and cannot be traced by others
// of its user: its memory holds tokens and passwords.
// Returns main()'s exit status: 0, or 1 after one line on standard error when
// `body` fails. Call once, first thing in main(), before any thread exists.
int RunProcess(int argc, char** argv, const ProcessOptions& options,
               absl::FunctionRef<absl::Status(StopSignal& stop)> body);

}  // namespace cvr

#endif  // SERVICES_PROCESS_PROCESS_H_
