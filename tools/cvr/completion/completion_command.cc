#include "tools/cvr/completion/completion_command.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tools/cvr/completion/completion_script.h"

namespace cvr {
namespace {

constexpr struct {
  const char* shell;
  std::string (*script)(CLI::App& root);
} kShells[] = {
    {"bash", BashCompletion}, {"zsh", ZshCompletion}, {"fish", FishCompletion}};

}  // namespace

void AddCompletionCommand(CLI::App& root, Action* chosen) {
  const auto wanted = std::make_shared<std::string>();
  CLI::App& command =
      AddCommand(root, "completion", "Print a shell completion script", chosen,
                 [&root, wanted](Session& session) -> absl::Status {
                   for (const auto& [shell, script] : kShells) {
                     if (*wanted == shell)
                       session.output.stream() << script(root);
                   }
                   return absl::OkStatus();
                 });
  command.add_option("SHELL", *wanted, "Shell: bash, zsh or fish")
      ->check(CLI::Validator(
          [](std::string& text) -> std::string {
            for (const auto& [shell, script] : kShells) {
              if (text == shell) return "";
            }
            return absl::StrCat("'", text,
                                "' is not a supported shell (bash, zsh, fish)");
          },
          ""))
      ->type_name("SHELL")
      ->required();
}

}  // namespace cvr
