#include "tools/cvr/client/option_names.h"

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/process/nearest_word.h"

namespace cvr {
namespace {

std::string Folded(absl::string_view name) {
  return absl::StrReplaceAll(name, {{"-", "_"}});
}

// Those that are shown, or all.
void AddNames(const CLI::App& app, bool hidden_too,
              std::vector<std::string>& names) {
  for (const CLI::Option* const option : app.get_options()) {
    if (option->get_group().empty() && !hidden_too) continue;
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
}

void AddAllNames(const CLI::App& app, std::vector<std::string>& names) {
  AddNames(app, /*hidden_too=*/true, names);
  for (const CLI::App* const sub :
       app.get_subcommands([](const CLI::App*) { return true; })) {
    AddAllNames(*sub, names);
  }
}

}  // namespace

std::vector<std::string> WithKnownSpelling(const CLI::App& root,
                                           std::vector<std::string> words) {
  std::vector<std::string> names;
  AddAllNames(root, names);
  std::map<std::string, std::string> spelling;
  for (const std::string& name : names) spelling.emplace(Folded(name), name);
  for (std::string& word : words) {
    if (word == "--") break;
    if (!absl::StartsWith(word, "--")) continue;
    const size_t end = std::min(word.find('='), word.size());
    const std::string name = word.substr(2, end - 2);
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const auto known = spelling.find(Folded(name));
    if (known == spelling.end()) continue;
    word = absl::StrCat("--", known->second, word.substr(end));
  }
  return words;
}

std::string SuggestOption(const CLI::App& root, absl::string_view typed) {
  std::vector<std::string> names;
  const CLI::App* command = &root;
  while (command != nullptr) {
    AddNames(*command, /*hidden_too=*/false, names);
    const std::vector<CLI::App*> typed_commands = command->get_subcommands();
    command = typed_commands.empty() ? nullptr : typed_commands.front();
  }
  const size_t begin = std::min(typed.find_first_not_of('-'), typed.size());
  const absl::string_view name = typed.substr(begin);
  return DidYouMean(name.substr(0, name.find('=')), names, "--");
}

std::string SuggestCommand(const CLI::App& parent, absl::string_view typed) {
  std::vector<std::string> names;
  for (const CLI::App* const sub :
       parent.get_subcommands([](const CLI::App*) { return true; })) {
    if (!sub->get_group().empty()) names.push_back(sub->get_name());
  }
  return DidYouMean(typed, names);
}

}  // namespace cvr
