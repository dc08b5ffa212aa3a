#include "tools/cvr/client/former_names.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/cvr/command_line.h"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FormerNamesTest : public CvrTest {
 protected:
  std::string Now(const std::string& line) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    NamesOfNow now = WithNamesOfNow(line_->app, words, AllFormerNames());
    notes_ = now.notes;
    return absl::StrJoin(now.words, " ");
  }

  const std::unique_ptr<CommandLine> line_ = MakeCommandLine(
      {in_, out_, err_, [this](const char* name) { return Variable(name); }});
  std::vector<std::string> notes_;
};

TEST_F(FormerNamesTest, LinesOfNowStayAsTheyAre) {
  for (const char* line :
       {"registry list --filter name=web", "--server x upstream list",
        "upstream update 5 --tag-ttl 0",
        "registry create attach --description --namespace",
        "upstream update 5 --name n", "registry create -- --blob_server x",
        "--tls-ca-file f group list", "bogus attach", "help upstream attach"}) {
    EXPECT_EQ(Now(line), line);
    EXPECT_THAT(notes_, IsEmpty()) << line;
  }
}

TEST_F(FormerNamesTest, FormerOptionsAreThoseOfNow) {
  EXPECT_EQ(Now("upstream create hub --url u --token-realm a --max-stale=72h"),
            "upstream create hub --url u --trusted-token-realm a "
            "--stale-ttl=72h");
  EXPECT_THAT(notes_, ElementsAre("--token-realm is now --trusted-token-realm",
                                  "--max-stale is now --stale-ttl"));
  EXPECT_EQ(Now("explain 4 a --namespace docker.io --blob"),
            "explain 4 a --source-namespace docker.io --kind=blob");
  // The same word is another command's option of now.
  EXPECT_EQ(Now("registry list --name web"),
            "registry list --filter name : \"web\"");
  EXPECT_EQ(Now("registry update 1 --name web"),
            "registry update 1 --name web");
}

TEST_F(FormerNamesTest, ValuesMeanWhatTheyMeant) {
  const struct {
    const char* typed;
    const char* now;
  } cases[] = {
      {"--cache-validity 0", "--tag-ttl forever"},
      {"--cache-validity never", "--tag-ttl forever"},
      {"--cache-validity always", "--tag-ttl 0"},
      {"--cache-validity 7d", "--tag-ttl 7d"},
      {"--max-stale none", "--stale-ttl default"},
      {"--tag-validity v*=0", "--tag-ttl-override v*=forever"},
      {"--tag-validity re:a=b=1h", "--tag-ttl-override re:a=b=1h"},
      {"--tags-validity 0", "--tag-list-ttl 0"},
      {"--absence-ttl manifest=1m", "--negative-ttl manifest-not-found=1m"},
      {"--absence-ttl refused=1m", "--negative-ttl refused=1m"},
      {"--concurrent-requests 0", "--concurrent-requests default"},
      {"--rate-reserve 0", "--rate-reserve-percent default"},
      {"--rate-reserve-percent 0", "--rate-reserve-percent 0"},
  };
  for (const auto& [typed, now] : cases) {
    EXPECT_EQ(Now(std::string("upstream update 5 ") + typed),
              std::string("upstream update 5 ") + now);
  }
  Now("upstream update 5 --tag-validity v*=0");
  EXPECT_THAT(notes_, ElementsAre("--tag-validity v*=0 is now "
                                  "--tag-ttl-override v*=forever"));
  // An empty word still clears a list.
  const NamesOfNow cleared = WithNamesOfNow(
      line_->app, {"upstream", "update", "5", "--tag-validity", ""},
      AllFormerNames());
  EXPECT_THAT(cleared.words,
              ElementsAre("upstream", "update", "5", "--tag-ttl-override", ""));
}

TEST_F(FormerNamesTest, FormerCommandsAreThoseOfNowWhereverTheyStand) {
  EXPECT_EQ(Now("upstream attach --registry 1 --upstream 2"),
            "attachment create --registry 1 --upstream 2");
  EXPECT_THAT(notes_,
              ElementsAre("cvr upstream attach is now cvr attachment create"));
  EXPECT_EQ(Now("--server attach upstream -o json place 7"),
            "--server attach -o json attachment get 7");
  // Former options of the command go with it.
  EXPECT_EQ(Now("upstream detach --tls_ca_file f"),
            "attachment delete --tls-ca-file f");
}

TEST_F(FormerNamesTest, TheAddressOfTheBlobServiceIsIgnored) {
  for (const char* line :
       {"--blob_server b:1 group list", "group list --blob-server=b:1"}) {
    EXPECT_EQ(Now(line), "group list");
    EXPECT_THAT(notes_, ElementsAre(HasSubstr("every service is at --server")));
  }
}

TEST_F(FormerNamesTest, EachIsToldOnceOnStandardError) {
  EXPECT_EQ(Cvr("upstream update 5 --tag-validity a=1h --tag-validity b=1h "
                "--timeout soon"),
            1);
  EXPECT_EQ(Err(),
            "cvr: note: --tag-validity is now --tag-ttl-override\n"
            "cvr: invalid duration 'soon' (examples: 5s, 24h, 90m, 7d, 0)\n");
  variables_["CVR_BLOB_SERVER"] = "b:1";
  EXPECT_EQ(Cvr("group list --timeout soon"), 1);
  EXPECT_THAT(Err(), HasSubstr("cvr: note: CVR_BLOB_SERVER is ignored: every "
                               "service is at --server now\n"));
}

TEST_F(FormerNamesTest, EveryTableIsThatOfACommandAndItsOptions) {
  for (const FormerNames& names : AllFormerNames()) {
    const CLI::App* command = &line_->app;
    const std::vector<std::string> path =
        absl::StrSplit(names.command, ' ', absl::SkipEmpty());
    for (const std::string& word : path) {
      const auto found = command->get_subcommands(
          [&](const CLI::App* sub) { return sub->get_name() == word; });
      ASSERT_FALSE(found.empty()) << names.command;
      command = found.front();
    }
    for (const RenamedOption& option : names.options) {
      if (*option.now == '\0') {
        EXPECT_NE(option.why, nullptr) << option.former;
        continue;
      }
      const std::string now = option.now;
      EXPECT_NE(command->get_option_no_throw(now.substr(0, now.find('='))),
                nullptr)
          << names.command << ": " << option.former;
    }
  }
}

}  // namespace
}  // namespace cvr
