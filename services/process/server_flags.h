#ifndef SERVICES_PROCESS_SERVER_FLAGS_H_
#define SERVICES_PROCESS_SERVER_FLAGS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// The command lines of the servers. Abseil keeps the flags; what people write
// is read here, so that it means the same as in `cvr`.
namespace cvr {

struct ServerArguments {
  bool help = false;     // --help, -h or help
  bool version = false;  // --version or -V
  // For absl::ParseCommandLine(), without the program's name: `--name=value`
  // with underscores, and with values that it accepts.
  std::vector<std::string> flags;
};

// Understands `args` (without the program's name):
//   * Names of flags may be written with dashes or underscores, after one dash
//     or two; values after `=` or as the next argument; switches also as
//     --name, --noname and --no-name.
//   * Durations may be in days: 7d.
//   * --flagfile=FILE[,FILE...] stands for the lines of the files, one flag
//     each; empty lines and those that begin with `#` are skipped.
// Errors: INVALID_ARGUMENT with one line that names the flag as it was written:
// an unknown one, with those that may be meant; a value that is missing or is
// none of the flag's type; a flag file that cannot be read; an argument that is
// no flag. Flags are set while they are checked.
absl::StatusOr<ServerArguments> ReadServerArguments(
    const std::vector<std::string>& args);

// What --help prints: `usage`, then all flags of this program with their
// defaults, grouped by what an operator looks for.
std::string ServerHelp(absl::string_view name, absl::string_view usage);

// The heading that a flag is listed under; `Other` when nothing says it.
absl::string_view TopicOfFlag(absl::string_view flag);

}  // namespace cvr

#endif  // SERVICES_PROCESS_SERVER_FLAGS_H_
