#ifndef TOOLS_CVR_CLIENT_ENVIRONMENT_H_
#define TOOLS_CVR_CLIENT_ENVIRONMENT_H_

#include <functional>
#include <istream>
#include <optional>
#include <ostream>
#include <string>

namespace cvr {

// A window for text, in characters.
struct Terminal {
  int columns = 80;
  int rows = 24;
};

// What the command gets from the shell; the streams outlive it.
struct Environment {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  // The value of an environment variable, if it is set.
  std::function<std::optional<std::string>(const char* name)> variable;
  // What `out` is, if it is a terminal.
  std::optional<Terminal> terminal;
};

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_ENVIRONMENT_H_
