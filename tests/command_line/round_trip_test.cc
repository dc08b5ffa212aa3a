// What one server exports, an empty one applies, and then exports the same.
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/child_process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_authority.h"

namespace cvr::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A metadata service that has nothing but the group `default`, administered
// with `cvr`.
class Server {
 public:
  explicit Server(std::string directory) : directory_(std::move(directory)) {
    std::filesystem::create_directory(directory_);
    auto process = ServerProcess::Start(
        {"services/metadata/cvr-metadata",
         {"--grpc_address=127.0.0.1:0", "--data_dir=" + directory_ + "/data"},
         directory_});
    EXPECT_THAT(process, IsOk());
    if (process.ok()) process_ = *std::move(process);
  }

  ProgramResult TryCvr(std::vector<std::string> arguments) {
    if (process_ == nullptr) return ProgramResult();
    arguments.insert(arguments.begin(), "tools/cvr/cvr");
    arguments.push_back("--server=" + process_->grpc());
    arguments.push_back("--token-file=" + directory_ + "/data/admin-token");
    return RunProgram(arguments);
  }

  // What it prints; fails the test unless it succeeds.
  std::string Cvr(const std::vector<std::string>& arguments) {
    ProgramResult result = TryCvr(arguments);
    EXPECT_EQ(result.status, 0) << arguments[0] << ": " << result.output;
    return std::move(result.output);
  }

  nlohmann::json Json(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-o", "json"});
    return nlohmann::json::parse(Cvr(arguments), nullptr, false);
  }

 private:
  const std::string directory_;
  std::unique_ptr<ServerProcess> process_;
};

class RoundTripTest : public ::testing::Test {
 protected:
  RoundTripTest() {
    // Under the names that an export gives them.
    setenv("CVR_PASSWORD_HUB", "of the hub", 1);
    setenv("CVR_PASSWORD_SECOND", "of the second", 1);
  }

  // Something of everything that can be declared, and ids with gaps.
  void Fill(Server& server) {
    server.Cvr({"group", "create", "acme/web", "--description", "The web"});
    server.Cvr({"group", "create", "empty"});
    server.Cvr({"cleanup", "update", "acme/web", "--enabled",
                "--keep-after-last-pull", "14d", "--run-interval", "1d"});
    server.Cvr({"upstream",
                "create",
                "hub",
                "--group",
                "acme/web",
                "--url",
                "https://registry-1.docker.io",
                "--display-name",
                "Docker: Hub",
                "--description",
                "two\"quotes\"",
                "--username",
                "bot",
                "--password-file",
                Write("password", "of the hub\n"),
                "--source-namespace",
                "docker.io",
                "--trusted-token-realm",
                "auth.docker.io",
                "--tag-ttl",
                "36h",
                "--tag-ttl-override",
                "v*=forever",
                "--tag-ttl-override",
                "latest=0",
                "--stale-ttl",
                "0",
                "--tag-list-ttl",
                "2m",
                "--negative-ttl",
                "refused=0",
                "--refresh-ahead",
                "--allow-repository",
                "library/*",
                "--deny-tag",
                "re:.*-rc[0-9]+",
                "--on-unavailable",
                "tag=next",
                "--on-hidden",
                "cached=stop",
                "--concurrent-requests",
                "7",
                "--open-ttl",
                "90s",
                "--rate-reserve-percent",
                "0"});
    server.Cvr({"upstream", "create", "second", "--group", "acme/web", "--url",
                "https://quay.io", "--username", "robot", "--password-file",
                Write("other", "of the second\n"), "--disabled",
                "--ca-bundle-file", Write("ca", authority_.certificate_pem()),
                "--insecure-skip-verify"});
    server.Cvr({"upstream", "create", "hub", "--url", "https://ghcr.io"});
    for (const char* name : {"first", "team", "mirror"}) {
      server.Cvr({"registry", "create", name, "--group", "acme/web"});
    }
    server.Cvr({"registry", "create", "open", "--anonymous-pull",
                "--description", "For everybody"});
    server.Cvr({"registry", "delete", "1"});
    server.Cvr({"attachment", "set", "--registry", "acme/web/team",
                "acme/web/second", "acme/web/hub"});
    server.Cvr({"attachment", "create", "--registry", "acme/web/mirror",
                "--upstream", "acme/web/hub"});
    server.Cvr(
        {"attachment", "create", "--registry", "open", "--upstream", "hub"});
  }

  std::string Write(const std::string& name, const std::string& text) const {
    const std::string path = directory_.Join(name);
    std::ofstream(path) << text;
    return path;
  }

  ScratchDirectory directory_;
  const TestAuthority authority_;
};

TEST_F(RoundTripTest, AnEmptyServerBecomesTheSame) {
  Server source(directory_.Join("source"));
  Fill(source);
  const std::string exported = source.Cvr({"export"});
  for (const char* part : {"id: 2", "id: 4", "acme/web", "forever", "re:",
                           "CVR_PASSWORD_HUB", "auth.docker.io", "quay.io"}) {
    EXPECT_THAT(exported, HasSubstr(part));
  }
  EXPECT_THAT(exported, Not(HasSubstr("of the hub")));
  const std::string file = Write("exported.yaml", exported);

  Server target(directory_.Join("target"));
  EXPECT_THAT(target.Cvr({"apply", "-f", file, "--dry-run"}), HasSubstr("+ "));
  EXPECT_TRUE(target.Json({"registry", "list"}).empty());
  target.Cvr({"apply", "-f", file});
  EXPECT_EQ(target.Cvr({"export"}), exported);
  EXPECT_THAT(target.Cvr({"apply", "-f", file}), Not(HasSubstr("+ ")));
  EXPECT_EQ(target.Cvr({"export"}), exported);

  // What an export does not show.
  for (const char* name : {"acme/web/team", "acme/web/mirror", "open"}) {
    EXPECT_EQ(target.Json({"registry", "get", name})["id"],
              source.Json({"registry", "get", name})["id"]);
  }
  for (const char* name : {"acme/web/hub", "acme/web/second"}) {
    EXPECT_EQ(target.Json({"upstream", "get", name})["has_password"], true);
  }
  const auto attachments =
      target.Json({"registry", "get", "acme/web/team"})["attachments"];
  ASSERT_EQ(attachments.size(), 2);
  EXPECT_EQ(attachments[0]["upstream_id"],
            target.Json({"upstream", "get", "acme/web/second"})["id"]);
}

// A server whose registry has the id of another one must not be changed.
TEST_F(RoundTripTest, AnIdThatIsTakenIsAnErrorAndChangesNothing) {
  Server source(directory_.Join("source"));
  Fill(source);
  const std::string file = Write("exported.yaml", source.Cvr({"export"}));
  Server target(directory_.Join("target"));
  target.Cvr({"registry", "create", "one"});
  target.Cvr({"registry", "create", "other"});
  const std::string before = target.Cvr({"export"});
  const ProgramResult applied = target.TryCvr({"apply", "-f", file});
  EXPECT_NE(applied.status, 0);
  EXPECT_THAT(applied.output, HasSubstr("2"));
  EXPECT_EQ(target.Cvr({"export"}), before);
}

}  // namespace
}  // namespace cvr::testing
