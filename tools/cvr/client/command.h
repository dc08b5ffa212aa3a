#ifndef TOOLS_CVR_CLIENT_COMMAND_H_
#define TOOLS_CVR_CLIENT_COMMAND_H_

#include <functional>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "tools/cvr/client/environment.h"
#include "tools/cvr/client/output.h"
#include "tools/cvr/client/server_connection.h"

namespace cvr {

// What a command works with once its line is understood.
struct Session {
  ServerConnection& server;
  Output& output;
  const Environment& environment;
};

// A command line that is understood and still to be carried out.
using Action = std::function<absl::Status(Session&)>;

// Adds a command of `parent`; `chosen` receives its action when it is typed.
// What its options bind to must live as long as `action`.
CLI::App& AddCommand(CLI::App& parent, const std::string& name,
                     const std::string& description, Action* chosen,
                     Action action);

// The commands about one kind of thing: `cvr registry ...`.
class CommandGroup {
 public:
  // `chosen` receives the action of the command that is typed; both it and
  // `root` outlive the group.
  CommandGroup(CLI::App& root, const std::string& name,
               const std::string& description, Action* chosen);

  // Adds a command; options are added to what is returned, and what they bind
  // to must live as long as `action`.
  CLI::App& Add(const std::string& name, const std::string& description,
                Action action);

 private:
  CLI::App& group_;
  Action* const chosen_;
};

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_COMMAND_H_
