#ifndef TOOLS_CVR_CLIENT_RESOURCE_NAME_H_
#define TOOLS_CVR_CLIENT_RESOURCE_NAME_H_

#include <optional>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

// How a command line names a registry or an upstream:
//   7            its id: a word of digits alone always is one
//   web          the one of this name in the group of --group, or in `default`
//   acme/eu/web  without --group: that called `web` in the group `acme/eu`
// With --group the whole word is the name, `/` included.
namespace cvr {

// The group that a name without one belongs to, and in which things are made.
inline constexpr char kDefaultGroup[] = "default";

// All groups that the caller may see: for lists.
inline constexpr char kAllGroups[] = "-";

// Whether `word` is an id: digits alone.
bool IsId(absl::string_view word);

// Lets `request` name what `word` names: sets `<what>_id`, or `<what>_key` with
// its group and name; `id` or `key` when `what` is empty. The request has these
// fields. `word` has been checked by ResourceWord().
void SetResource(absl::string_view what, const std::string& word,
                 const std::optional<std::string>& group,
                 google::protobuf::Message& request);

// Refuses a word that names nothing: an empty one, an id that is not above 0,
// an empty group or name.
CLI::Validator ResourceWord();

// Adds the option or argument `name`, which names a registry or an upstream.
CLI::Option* AddResourceName(CLI::App& command, const std::string& name,
                             std::string& word, const std::string& description);

// Adds --group, the group of what is named without one.
CLI::Option* AddGroupOfName(CLI::App& command,
                            std::optional<std::string>& group);

// `registry 7`, `registry acme/web`: `word` as sentences call it.
std::string ResourceText(absl::string_view what, const std::string& word,
                         const std::optional<std::string>& group);

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_RESOURCE_NAME_H_
