#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "tools/cvr/environment.h"
#include "tools/cvr/run.h"

namespace {

std::optional<std::string> Variable(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  return cvr::Run(args, {std::cin, std::cout, std::cerr, Variable});
}
