// What people see who type at the programs themselves.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/child_process.h"

namespace cvr {
namespace {

using ::cvr::testing::ScratchDirectory;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kServers[] = {
    "gateway/cvr-gateway", "services/metadata/cvr-metadata",
    "services/blob/cvr-blob", "services/standalone/cvr-standalone"};

class CommandLineTest : public ::testing::Test {
 protected:
  // Runs `binary` to its end. Its exit status; output_ is what it has printed.
  int Run(const std::string& binary, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), binary);
    testing::ProgramResult result = testing::RunProgram(arguments);
    output_ = std::move(result.output);
    return result.status;
  }

  ScratchDirectory directory_;
  std::string output_;
};

TEST_F(CommandLineTest, HelpOfServersIsGroupedByTopicAndIsNoError) {
  for (const char* server : kServers) {
    for (const char* word : {"--help", "-h"}) {
      EXPECT_EQ(Run(server, {word}), 0) << server;
      for (const char* topic : {"Serving", "TLS", "Logging"}) {
        EXPECT_THAT(output_, HasSubstr(absl::StrCat("\n", topic, "\n  --")));
      }
      // Every flag has a topic, and no source file is named.
      EXPECT_THAT(output_, Not(HasSubstr("\nOther\n")));
      EXPECT_THAT(output_, Not(HasSubstr(".cc")));
    }
  }
  Run("services/standalone/cvr-standalone", {"--help"});
  for (const char* topic : {"Storage", "Upstreams", "Access"}) {
    EXPECT_THAT(output_, HasSubstr(absl::StrCat("\n", topic, "\n  --")));
  }
  EXPECT_EQ(Run("tools/cvr/cvr", {"-h"}), 0);
}

TEST_F(CommandLineTest, MistakesOfServersAreOneLineThatHelps) {
  for (const char* server : kServers) {
    EXPECT_EQ(Run(server, {"--log-levle=warn"}), 1);
    EXPECT_THAT(output_, HasSubstr("unknown flag --log-levle; did you mean "
                                   "--log_level? (see --help)\n"));
    EXPECT_EQ(std::count(output_.begin(), output_.end(), '\n'), 1) << output_;
  }
  const std::string blob = "services/blob/cvr-blob";
  EXPECT_EQ(Run(blob, {"--upstream-stall-timeout=5"}), 1);
  EXPECT_EQ(output_,
            "cvr-blob: --upstream-stall-timeout=5: a duration needs a unit, "
            "such as 5s\n");
  EXPECT_EQ(Run(blob, {"--max-bytes", "lots"}), 1);
  EXPECT_THAT(output_, HasSubstr("such as 10G, 512MiB"));
}

TEST_F(CommandLineTest, AddressesOfGrpcAreExplainedByAllPrograms) {
  EXPECT_EQ(
      Run("tools/cvr/cvr", {"--server", "http://127.0.0.1:1", "group", "list"}),
      1);
  EXPECT_THAT(output_, StartsWith("cvr: --server: 'http://127.0.0.1:1' is a "
                                  "URL, and gRPC has none"));
  EXPECT_EQ(Run("services/metadata/cvr-metadata",
                {"--grpc-address=localhost",
                 absl::StrCat("--data-dir=", directory_.Join("data"))}),
            1);
  EXPECT_THAT(output_, HasSubstr("'localhost' has no port: want host:port"));
}

}  // namespace
}  // namespace cvr
