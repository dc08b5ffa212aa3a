#include "tools/cvr/completion/completion_command.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

bool Have(const std::string& shell) {
  return access(absl::StrCat("/usr/bin/", shell).c_str(), X_OK) == 0;
}

class CompletionTest : public CvrTest {
 protected:
  // The script for `shell`, in a file.
  std::string Script(const std::string& shell) {
    EXPECT_EQ(Cvr("completion " + shell), 0) << Err();
    return Written("script", Out());
  }

  std::string Written(const std::string& name, const std::string& content) {
    const std::string path =
        absl::StrCat(::testing::TempDir(), "/completion_", name);
    std::ofstream(path, std::ios::trunc) << content;
    return path;
  }

  // What `command` prints, by lines.
  static std::vector<std::string> Lines(const std::string& command) {
    std::string output;
    std::array<char, 4096> buffer;
    FILE* const pipe = popen(command.c_str(), "r");
    size_t got = 0;
    while ((got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0) {
      output.append(buffer.data(), got);
    }
    EXPECT_EQ(pclose(pipe), 0) << output;
    return absl::StrSplit(output, '\n', absl::SkipEmpty());
  }

  // What bash offers for the last of `words`.
  std::vector<std::string> Bash(const std::vector<std::string>& words) {
    const std::string asking = Written(
        "asking", absl::StrCat("source ", Script("bash"), "\nCOMP_WORDS=('",
                               absl::StrJoin(words, "' '"),
                               "')\nCOMP_CWORD=", words.size() - 1,
                               "\n_cvr\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n"));
    return Lines("bash --norc " + asking);
  }

  // What fish offers at the end of `line`.
  std::vector<std::string> Fish(const std::string& line) {
    return Lines(absl::StrCat("HOME=", ::testing::TempDir(),
                              " fish --no-config -c 'source ", Script("fish"),
                              "; complete -C \"", line, "\"' 2>&1"));
  }

  // What zsh offers for the last of `words`: _describe and compadd, which need
  // a terminal, are replaced by what prints their words.
  std::vector<std::string> Zsh(const std::vector<std::string>& words) {
    const std::string asking = Written(
        "asking",
        absl::StrCat("_describe() { print -l -- \"${(@P)@[-1]}\" }\n"
                     "compadd() { print -l -- \"${@:2}\" }\n"
                     "_files() { print FILES }\nsource ",
                     Script("zsh"), "\nwords=('", absl::StrJoin(words, "' '"),
                     "')\nCURRENT=", words.size(), "\n_cvr\n"));
    return Lines("zsh -f " + asking);
  }
};

TEST_F(CompletionTest, BashCompletesCommandsAndOptions) {
  EXPECT_THAT(Bash({"cvr", "reg"}), ElementsAre("registry"));
  EXPECT_THAT(
      Bash({"cvr", "registry", ""}),
      UnorderedElementsAre("create", "list", "get", "update", "delete"));
  EXPECT_THAT(Bash({"cvr", "registry", "create", "--anon"}),
              ElementsAre("--anonymous-pull"));
  EXPECT_THAT(
      Bash({"cvr", "registry", "create", "--"}),
      AllOf(Contains("--group"), Contains("--server"), Not(Contains("--url"))));
}

TEST_F(CompletionTest, BashKnowsWhichWordsAreValues) {
  // `registry` is the group's name here, and no command.
  EXPECT_THAT(Bash({"cvr", "--server", "registry", "upst"}),
              ElementsAre("upstream"));
  EXPECT_THAT(Bash({"cvr", "-o", "j"}), ElementsAre("json"));
  EXPECT_THAT(Bash({"cvr", "explain", "--kind", "ref"}),
              ElementsAre("referrers"));
  EXPECT_THAT(Bash({"cvr", "token", "create", "--scope", "read"}),
              ElementsAre("read"));
  EXPECT_THAT(Bash({"cvr", "token", "create", "--scope", "=", "adm"}),
              ElementsAre("admin"));
  EXPECT_THAT(Bash({"cvr", "registry", "list", "--group", ""}), IsEmpty());
  const std::string file = Written("value.pem", "");
  EXPECT_THAT(Bash({"cvr", "upstream", "create", "--ca-bundle-file",
                    file.substr(0, file.size() - 2)}),
              ElementsAre(file));
}

TEST_F(CompletionTest, BashCompletesWhatCommandsTake) {
  EXPECT_THAT(Bash({"cvr", "completion", ""}),
              ElementsAre("bash", "zsh", "fish"));
  EXPECT_THAT(Bash({"cvr", "help", "attachment", "del"}),
              ElementsAre("delete"));
}

TEST_F(CompletionTest, FishCompletesTheSame) {
  if (!Have("fish")) GTEST_SKIP() << "no fish";
  EXPECT_THAT(Fish("cvr reg"), ElementsAre(HasSubstr("registry\t")));
  EXPECT_THAT(Fish("cvr registry cre"), ElementsAre(HasSubstr("create\t")));
  EXPECT_THAT(Fish("cvr registry create --anon"),
              ElementsAre(HasSubstr("--anonymous-pull\t")));
  EXPECT_THAT(Fish("cvr --server registry upst"),
              ElementsAre(HasSubstr("upstream\t")));
  EXPECT_THAT(Fish("cvr -o j"), Contains(HasSubstr("json")));
  EXPECT_THAT(Fish("cvr completion z"), ElementsAre("zsh"));
}

TEST_F(CompletionTest, ZshCompletesTheSame) {
  if (!Have("zsh")) GTEST_SKIP() << "no zsh";
  EXPECT_THAT(Zsh({"cvr", ""}), Contains(HasSubstr("registry:Manage virtual")));
  EXPECT_THAT(Zsh({"cvr", "registry", ""}),
              Contains(HasSubstr("create:Create a registry")));
  EXPECT_THAT(Zsh({"cvr", "--server", "registry", "attachment", ""}),
              Contains(HasSubstr("move:")));
  EXPECT_THAT(Zsh({"cvr", "registry", "create", "--"}),
              AllOf(Contains(HasSubstr("--anonymous-pull:")),
                    Contains(HasSubstr("--server:"))));
  EXPECT_THAT(Zsh({"cvr", "-o", ""}), ElementsAre("table", "json"));
  EXPECT_THAT(Zsh({"cvr", "upstream", "create", "--ca-bundle-file", ""}),
              ElementsAre("FILES"));
}

TEST_F(CompletionTest, FormerNamesAreNotOffered) {
  EXPECT_THAT(Bash({"cvr", "upstream", "att"}), IsEmpty());
  EXPECT_THAT(Bash({"cvr", "upstream", "create", "--cache-"}), IsEmpty());
  EXPECT_THAT(Bash({"cvr", "--blob"}), IsEmpty());
}

TEST_F(CompletionTest, OtherShellsAreRefused) {
  EXPECT_EQ(Cvr("completion tcsh"), 1);
  EXPECT_THAT(Err(),
              HasSubstr("'tcsh' is not a supported shell (bash, zsh, fish)"));
}

}  // namespace
}  // namespace cvr
