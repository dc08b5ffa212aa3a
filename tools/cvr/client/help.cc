#include "tools/cvr/client/help.h"

#include <algorithm>
#include <cstddef>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "tools/cvr/client/option_names.h"

namespace cvr {
namespace {

constexpr size_t kColumns = 80;
constexpr size_t kNameColumns = 28;

// `text` in lines of at most `columns`, each after the first with `indent`
// spaces before it.
std::string Wrapped(absl::string_view text, size_t columns, size_t indent) {
  std::string wrapped;
  size_t used = 0;
  for (const absl::string_view word :
       absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (used > 0 && used + 1 + word.size() > columns) {
      absl::StrAppend(&wrapped, "\n", std::string(indent, ' '));
      used = 0;
    } else if (used > 0) {
      wrapped += ' ';
      ++used;
    }
    absl::StrAppend(&wrapped, word);
    used += word.size();
  }
  return wrapped;
}

// A name and what it means, beside it or, when it is long, below.
std::string Entry(const std::string& name, absl::string_view meaning) {
  std::string entry = absl::StrCat("  ", name);
  if (entry.size() + 2 > kNameColumns) {
    absl::StrAppend(&entry, "\n", std::string(kNameColumns, ' '));
  } else {
    entry.resize(kNameColumns, ' ');
  }
  return absl::StrCat(
      entry, Wrapped(meaning, kColumns - kNameColumns, kNameColumns), "\n");
}

std::string Indented(absl::string_view text) {
  std::string indented;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    absl::StrAppend(&indented, line.empty() ? "" : "  ", line, "\n");
  }
  return indented;
}

// A command's description is its summary, and its footer all that AddHelpTexts
// has for it, after what CLI11 knows.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    return absl::StrCat(
        Wrapped(absl::StrCat(name, " - ", app->get_description()), kColumns, 2),
        "\n\n", make_usage(app, name), make_positionals(app),
        make_groups(app, mode), make_subcommands(app, mode), "\n",
        make_footer(app));
  }
  std::string make_subcommand(const CLI::App* command) const override {
    return Entry(command->get_name(), command->get_description());
  }
  std::string make_option(const CLI::Option* option,
                          bool is_positional) const override {
    return Entry(absl::StrCat(make_option_name(option, is_positional),
                              make_option_opts(option)),
                 make_option_desc(option));
  }
  // The parser tells what goes with what when it must.
  std::string make_option_opts(const CLI::Option* option) const override {
    std::string text;
    if (option->get_type_size() != 0) {
      if (!option->get_type_name().empty()) {
        absl::StrAppend(&text, " ", option->get_type_name());
      }
      if (!option->get_default_str().empty()) {
        absl::StrAppend(&text, "=", option->get_default_str());
      }
      if (option->get_required() && option->nonpositional()) {
        absl::StrAppend(&text, " (required)");
      }
    }
    return text;
  }
};

std::string FooterOf(const HelpText& text) {
  std::string footer = absl::StrCat("Description:\n", Indented(text.details));
  if (*text.examples != '\0') {
    absl::StrAppend(&footer, "\nExamples:\n", Indented(text.examples));
  }
  if (*text.command != '\0') {
    absl::StrAppend(&footer,
                    "\nExit status:\n  0 on success; 1 on failure, with one "
                    "line on standard error.\n\nGlobal options and environment "
                    "variables: cvr --help");
  }
  return footer;
}

// Null when there is none.
CLI::App* FindCommand(CLI::App& app, absl::string_view name) {
  const std::vector<CLI::App*> found = app.get_subcommands(
      [name](CLI::App* command) { return command->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

CLI::App* FindByPath(CLI::App& root, absl::string_view path) {
  CLI::App* found = &root;
  for (const absl::string_view word :
       absl::StrSplit(path, ' ', absl::SkipEmpty())) {
    found = FindCommand(*found, word);
    if (found == nullptr) return nullptr;
  }
  return found;
}

void SetFormatter(CLI::App& app,
                  const std::shared_ptr<CLI::FormatterBase>& formatter) {
  app.formatter(formatter);
  for (CLI::App* const sub : app.get_subcommands({})) {
    // One without a group is shown nowhere.
    if (!sub->get_group().empty()) sub->group("Commands");
    SetFormatter(*sub, formatter);
  }
}

}  // namespace

void AddHelpTexts(CLI::App& root) {
  const auto formatter = std::make_shared<HelpFormatter>();
  formatter->label("Positionals", "Arguments");
  formatter->label("SUBCOMMAND", "COMMAND");
  SetFormatter(root, formatter);
  for (const HelpText& text : HelpTexts()) {
    CLI::App* const command = FindByPath(root, text.command);
    if (command != nullptr) command->footer(FooterOf(text));
  }
  root.description(
      "administer the Container Virtual Registry, a pull-through cache for "
      "container images");
}

std::string HelpOf(const CLI::App& command, const std::string& path) {
  return command.get_formatter()->make_help(&command, path,
                                            CLI::AppFormatMode::Normal);
}

void AddHelpCommand(CLI::App& root, Action* chosen) {
  const auto words = std::make_shared<std::vector<std::string>>();
  CLI::App& command = AddCommand(
      root, "help", "Show the help of a command (same as --help)", chosen,
      [&root, words](Session& session) -> absl::Status {
        std::string path = root.get_name();
        CLI::App* found = &root;
        for (const std::string& word : *words) {
          const std::string suggestion = SuggestCommand(*found, word);
          found = FindCommand(*found, word);
          if (found == nullptr) {
            return absl::InvalidArgumentError(
                absl::StrCat("unknown command: ", word, suggestion, " (see ",
                             path, " --help)"));
          }
          absl::StrAppend(&path, " ", word);
        }
        session.output.stream() << HelpOf(*found, path);
        return absl::OkStatus();
      });
  command.add_option("COMMAND", *words, "Command, for example registry create");
}

}  // namespace cvr
