#include "services/process/server_flags.h"

#include <stdlib.h>

#include <fstream>

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/process/byte_size.h"
#include "tests/support/status_matchers.h"

ABSL_FLAG(std::string, http_address, "127.0.0.1:8080", "Where clients pull.");
ABSL_FLAG(absl::Duration, fetch_timeout, absl::Seconds(60), "How long.");
ABSL_FLAG(cvr::ByteSize, max_bytes, {}, "What blobs may take.");
// Of process.h.
ABSL_DECLARE_FLAG(bool, allow_core_dumps);
ABSL_FLAG(int, http_threads_max, 1024, "Threads.");
ABSL_FLAG(double, login_failures_per_minute, 30, "How often.");
ABSL_FLAG(std::string, zebra, "", "A flag that no topic has.");

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string ErrorOf(const std::vector<std::string>& args) {
  return std::string(ReadServerArguments(args).status().message());
}

std::vector<std::string> FlagsOf(const std::vector<std::string>& args) {
  const auto read = ReadServerArguments(args);
  EXPECT_THAT(read, IsOk());
  return read.ok() ? read->flags : std::vector<std::string>();
}

class ServerFlagsTest : public ::testing::Test {
 protected:
  std::string FileWith(const std::string& name, const std::string& content) {
    const std::string path = absl::StrCat(::testing::TempDir(), "/", name);
    std::ofstream(path) << content;
    return path;
  }
};

TEST_F(ServerFlagsTest, BothSpellingsAndAllFormsAreOneFlag) {
  for (const auto& args :
       std::vector<std::vector<std::string>>{{"--http_address=h:1"},
                                             {"--http-address=h:1"},
                                             {"-http-address=h:1"},
                                             {"--http-address", "h:1"},
                                             {"--http_address", "h:1"}}) {
    EXPECT_THAT(FlagsOf(args), ElementsAre("--http_address=h:1"));
  }
  EXPECT_THAT(FlagsOf({"--allow-core-dumps", "--noallow_core_dumps",
                       "--no-allow-core-dumps", "--allow_core_dumps=no"}),
              ElementsAre("--allow_core_dumps=true", "--allow_core_dumps=false",
                          "--allow_core_dumps=false", "--allow_core_dumps=no"));
  // Dashes of a value are the value's.
  EXPECT_THAT(FlagsOf({"--http-address=a-b_c:1"}),
              ElementsAre("--http_address=a-b_c:1"));
}

TEST_F(ServerFlagsTest, HelpAndVersionAreAskedForInManyWays) {
  for (const char* word : {"--help", "-h", "-help", "help", "--helpfull"}) {
    const auto read = ReadServerArguments({word});
    ASSERT_THAT(read, IsOk());
    EXPECT_TRUE(read->help) << word;
  }
  for (const char* word : {"--version", "-V"}) {
    const auto read = ReadServerArguments({word});
    ASSERT_THAT(read, IsOk());
    EXPECT_TRUE(read->version) << word;
  }
}

TEST_F(ServerFlagsTest, DurationsAndSizesHaveUnits) {
  EXPECT_THAT(FlagsOf({"--fetch-timeout=7d"}),
              ElementsAre("--fetch_timeout=168h"));
  EXPECT_THAT(FlagsOf({"--max-bytes=10G"}), ElementsAre("--max_bytes=10G"));
  EXPECT_EQ(absl::GetFlag(FLAGS_max_bytes).bytes, uint64_t{10} << 30);
  EXPECT_EQ(ErrorOf({"--fetch-timeout=5"}),
            "--fetch-timeout=5: a duration needs a unit, such as 5s");
  EXPECT_THAT(ErrorOf({"--fetch_timeout", "soon"}),
              HasSubstr("--fetch_timeout=soon: not a valid duration: expected "
                        "a number with a unit, such as 5s"));
  EXPECT_EQ(ErrorOf({"--max_bytes=ten"}),
            "--max_bytes=ten: not a size: want a number of bytes, such as 10G, "
            "512MiB or 1000");
}

TEST_F(ServerFlagsTest, MistakesNameTheFlagAsItWasWritten) {
  EXPECT_EQ(ErrorOf({"--http-adress=h:1"}),
            "unknown flag --http-adress; did you mean --http_address? (see "
            "--help)");
  EXPECT_EQ(ErrorOf({"--quux"}), "unknown flag --quux (see --help)");
  EXPECT_EQ(ErrorOf({"--http-address"}),
            "--http-address: a value is missing, as in --http-address=VALUE");
  EXPECT_EQ(ErrorOf({"--http_threads_max=many"}),
            "--http_threads_max=many: not an integer in the valid range");
  EXPECT_EQ(ErrorOf({"--allow_core_dumps=maybe"}),
            "--allow_core_dumps=maybe: not a valid switch (true, false)");
  EXPECT_EQ(ErrorOf({"--login_failures_per_minute=x"}),
            "--login_failures_per_minute=x: not a number");
  EXPECT_EQ(ErrorOf({"serve"}),
            "unknown argument 'serve' (flags start with --; see --help)");
}

TEST_F(ServerFlagsTest, FlagFilesAreReadAlike) {
  const std::string good = FileWith("good",
                                    "# A comment.\n\n"
                                    "--http-address=f:1\n"
                                    "  -fetch_timeout=1d\n");
  EXPECT_THAT(FlagsOf({absl::StrCat("--flagfile=", good), "--max-bytes=1K"}),
              ElementsAre("--http_address=f:1", "--fetch_timeout=24h",
                          "--max_bytes=1K"));
  const std::string bad = FileWith("bad", "--http-addres=f:1\n");
  EXPECT_THAT(ErrorOf({"--flagfile", bad}),
              HasSubstr("bad: unknown flag --http-addres; did you mean"));
  EXPECT_THAT(ErrorOf({"--flagfile=/nowhere/at/all"}),
              HasSubstr("/nowhere/at/all: cannot be read"));
  const std::string path = absl::StrCat(::testing::TempDir(), "/loop");
  FileWith("loop", absl::StrCat("--flagfile=", path, "\n"));
  EXPECT_THAT(ErrorOf({absl::StrCat("--flagfile=", path)}),
              HasSubstr("flag files name each other"));
}

// The last line without indent before the line of `flag`; empty if it has none.
std::string TopicOf(absl::string_view flag, absl::string_view help) {
  std::string topic;
  for (const absl::string_view line : absl::StrSplit(help, '\n')) {
    if (line == absl::StrCat("  ", flag)) return topic;
    if (!line.empty() && line[0] != ' ') topic = std::string(line);
  }
  return "";
}

TEST_F(ServerFlagsTest, HelpIsGroupedByWhatIsLookedFor) {
  const std::string help = ServerHelp("cvr-test", "A server.");
  EXPECT_EQ(TopicOf("--fetch_timeout=1m", help), "Serving");
  EXPECT_EQ(TopicOf("--max_bytes=0", help), "Storage");
  EXPECT_EQ(TopicOf("--login_failures_per_minute=30", help), "Access");
  EXPECT_FALSE(absl::GetFlag(FLAGS_allow_core_dumps));
  EXPECT_EQ(TopicOf("--allow_core_dumps=false", help), "Logging");
  EXPECT_EQ(TopicOf("--zebra", help), "Other");
  EXPECT_THAT(help, HasSubstr("Usage: cvr-test"));
  EXPECT_THAT(help, Not(HasSubstr(".cc")));
  for (const absl::string_view line : absl::StrSplit(help, '\n')) {
    EXPECT_LE(line.size(), 80) << line;
  }
}

}  // namespace
}  // namespace cvr
