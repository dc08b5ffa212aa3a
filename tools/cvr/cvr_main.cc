#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "tools/cvr/client/environment.h"
#include "tools/cvr/run.h"

namespace {

std::optional<std::string> Variable(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  return value;
}

std::optional<cvr::Terminal> TerminalOfOutput() {
  winsize size = {};
  if (!isatty(STDOUT_FILENO)) return std::nullopt;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return cvr::Terminal();
  }
  return cvr::Terminal{size.ws_col, size.ws_row};
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  return cvr::Run(
      args, {std::cin, std::cout, std::cerr, Variable, TerminalOfOutput()});
}
