#ifndef TOOLS_CVR_CLIENT_FORMER_NAMES_H_
#define TOOLS_CVR_CLIENT_FORMER_NAMES_H_

#include <string>
#include <vector>

#include "CLI/CLI.hpp"

// Names of commands and options that earlier releases had. They go on, are in
// no help and no completion, and tell the new name on standard error.
namespace cvr {

// One option that was called otherwise.
struct RenamedOption {
  // `--cache-validity`. It may be the name of an option that there is, whose
  // values alone have changed.
  const char* former;
  // What is typed now: an option, `--tag-ttl`, or one with a fixed value,
  // `--kind=blob`, when the former one took none; empty = it is ignored.
  const char* now;
  // Whether the former one took a value.
  bool takes_value = true;
  // The value for `now`; null = the same.
  std::string (*value_now)(const std::string& value) = nullptr;
  // Said instead of what is typed now: why it is ignored.
  const char* why = nullptr;
};

// The former names of one command.
struct FormerNames {
  // The command as it is typed now, `upstream create`; empty = every command.
  const char* command;
  // Whole commands that did the same: `upstream attach`; `refresh ID` when the
  // command took an ID where it has commands of its own now.
  std::vector<const char*> former_commands;
  std::vector<RenamedOption> options;
};

// All of them, a table for each command (former_names_table.cc). A line that is
// removed there ends that name.
const std::vector<FormerNames>& AllFormerNames();

// A command line in the names of now, and a sentence for each former name that
// stood there: `--cache-validity is now --tag-ttl`.
struct NamesOfNow {
  std::vector<std::string> words;
  std::vector<std::string> notes;
};

// `words` are those of a command line for `root`. Values, names that there are,
// and all after `--` stay as they are. Dashes and underscores of options are
// the same. `names` is AllFormerNames() but in tests.
NamesOfNow WithNamesOfNow(const CLI::App& root,
                          const std::vector<std::string>& words,
                          const std::vector<FormerNames>& names);

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_FORMER_NAMES_H_
