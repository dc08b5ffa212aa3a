#include "tools/cvr/client/help.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/cvr/command_line.h"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class HelpTest : public CvrTest {
 protected:
  std::unique_ptr<CommandLine> Line() {
    return MakeCommandLine(
        {in_, out_, err_, [this](const char* name) { return Variable(name); }});
  }

  // The whole names of all commands below `app` that are shown.
  static void AddPaths(CLI::App& app, const std::string& path,
                       std::set<std::string>& paths) {
    for (CLI::App* const sub : app.get_subcommands({})) {
      if (sub->get_group().empty()) continue;
      const std::string name =
          absl::StrCat(path, path.empty() ? "" : " ", sub->get_name());
      paths.insert(name);
      AddPaths(*sub, name, paths);
    }
  }

  // The words of a shell's command line, up to what is no part of the command.
  static std::vector<std::string> Words(const std::string& line) {
    std::vector<std::string> words;
    bool quoted = false;
    bool open = false;
    for (const char c : line) {
      if (c == '\'') {
        quoted = !quoted;
        if (quoted && !open) words.emplace_back();
        open = true;
      } else if (c == ' ' && !quoted) {
        open = false;
      } else if ((c == '|' || c == '>' || c == '<') && !quoted) {
        break;
      } else {
        if (!open) words.emplace_back();
        open = true;
        words.back() += c;
      }
    }
    return words;
  }
};

TEST_F(HelpTest, EveryCommandHasItsText) {
  std::set<std::string> commands = {""};
  AddPaths(Line()->app, "", commands);
  std::set<std::string> texts;
  for (const HelpText& text : HelpTexts()) {
    EXPECT_TRUE(texts.insert(text.command).second) << text.command;
    EXPECT_STRNE(text.details, "") << text.command;
  }
  EXPECT_EQ(commands, texts);
}

TEST_F(HelpTest, EveryExampleIsACommandLineThatIsUnderstood) {
  int examples = 0;
  for (const HelpText& text : HelpTexts()) {
    int own = 0;
    for (const std::string& line :
         std::vector<std::string>(absl::StrSplit(text.examples, '\n'))) {
      if (!absl::StartsWith(line, "cvr ")) continue;
      const auto command_line = Line();
      std::vector<std::string> words = Words(line);
      words.erase(words.begin());
      try {
        command_line->app.parse(
            std::vector<std::string>(words.rbegin(), words.rend()));
      } catch (const CLI::Success&) {
        // It asks for help.
      } catch (const CLI::ParseError& error) {
        ADD_FAILURE() << line << ": " << error.what();
      }
      ++examples;
      if (absl::StartsWith(line, absl::StrCat("cvr ", text.command))) ++own;
    }
    if (*text.examples != '\0') {
      EXPECT_GT(own, 0) << text.command;
    }
  }
  EXPECT_GT(examples, 50);
}

TEST_F(HelpTest, HelpFitsTheScreen) {
  std::set<std::string> commands;
  AddPaths(Line()->app, "", commands);
  for (const std::string& command : commands) {
    ASSERT_EQ(Cvr(command + " --help"), 0) << Err();
    EXPECT_THAT(Out(), StartsWith(absl::StrCat("cvr ", command, " - ")));
    EXPECT_THAT(Out(), HasSubstr(absl::StrCat("Usage: cvr ", command)));
    EXPECT_THAT(Out(), HasSubstr("\nExit status:\n"));
    for (const absl::string_view line : absl::StrSplit(Out(), '\n')) {
      if (absl::StrContains(line, "  cvr ")) continue;  // Examples stay whole.
      EXPECT_LE(line.size(), 80) << command << ": " << line;
    }
  }
}

TEST_F(HelpTest, RootHelpHasVariablesAndExitStatus) {
  EXPECT_EQ(Cvr("--help"), 0);
  EXPECT_THAT(Out(),
              AllOf(HasSubstr("\nUsage: cvr [OPTIONS] COMMAND"),
                    HasSubstr("CVR_TOKEN_FILE"), HasSubstr("Examples:"),
                    HasSubstr("  Exit status:"), HasSubstr("  registry ")));
}

TEST_F(HelpTest, HelpCommandIsTheSameAsTheOption) {
  EXPECT_EQ(Cvr("attachment create --help"), 0);
  const std::string help = Out();
  EXPECT_EQ(Cvr("help attachment create"), 0) << Err();
  EXPECT_EQ(Out(), help);
  EXPECT_EQ(Cvr("--help"), 0);
  const std::string all = Out();
  EXPECT_EQ(Cvr("help"), 0) << Err();
  EXPECT_EQ(Out(), all);
  EXPECT_EQ(Cvr("help attachment creat"), 1);
  EXPECT_EQ(Err(),
            "cvr: unknown command: creat; did you mean create? (see cvr "
            "attachment --help)\n");
}

TEST_F(HelpTest, PositionalArgumentsAreNamed) {
  EXPECT_EQ(Cvr("explain --help"), 0);
  EXPECT_THAT(
      Out(), AllOf(HasSubstr("Usage: cvr explain [OPTIONS] REGISTRY "
                             "REFERENCE\n"),
                   HasSubstr("\nArguments:\n"), Not(HasSubstr("Positionals"))));
}

}  // namespace
}  // namespace cvr
