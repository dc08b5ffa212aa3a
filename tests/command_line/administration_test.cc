// What administrators see who type `cvr` at a running server.

#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/child_process.h"
#include "tests/support/http_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/upstream/fake_registry.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class AdministrationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = ServerProcess::Start(
        {"services/standalone/cvr-standalone",
         {"--http_address=127.0.0.1:0", "--grpc_address=127.0.0.1:0",
          "--data_dir=" + directory_.Join("data"), "--allow_private_upstreams",
          "--registries_per_group_max=100",
          "--bootstrap_upstream=" + upstream_.url(),
          "--bootstrap_anonymous_pull=true"},
         directory_.path()});
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
  }

  // The exit status; output_ is what it has printed.
  int Cvr(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "tools/cvr/cvr");
    arguments.push_back("--server=" + server_->grpc());
    arguments.push_back("--token-file=" + directory_.Join("data/admin-token"));
    ProgramResult result = RunProgram(arguments);
    output_ = std::move(result.output);
    return result.status;
  }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = directory_.Join(name);
    std::ofstream(path) << text;
    return path;
  }

  HttpResponse Pull(const std::string& path) const {
    return HttpGet(server_->http(),
                   "/v2/virtual_registries/containers/1/" + path);
  }

  ScratchDirectory directory_;
  FakeRegistry upstream_;
  FakeRegistry other_;
  std::unique_ptr<ServerProcess> server_;
  std::string output_;
};

// Scripts delete twice; people mistype. Both are told, and neither is an error,
// unless they want it to be one.
TEST_F(AdministrationTest, WhatNeverExistedIsDeletedWithoutAnError) {
  const std::vector<std::vector<std::string>> deletions = {
      {"group", "delete", "nosuch"},  {"registry", "delete", "77"},
      {"registry", "delete", "acme"}, {"upstream", "delete", "77"},
      {"entry", "delete", "77"},      {"token", "revoke", "77"},
  };
  for (auto deletion : deletions) {
    const std::string what = absl::StrCat(deletion[0], " ", deletion[2]);
    EXPECT_EQ(Cvr(deletion), 0) << what << ": " << output_;
    EXPECT_THAT(output_, HasSubstr("there is no ")) << what;
    EXPECT_THAT(output_, HasSubstr("nothing to ")) << what;
    EXPECT_THAT(output_, HasSubstr(deletion[2])) << what;
    deletion.push_back("--no-allow-missing");
    EXPECT_NE(Cvr(deletion), 0) << what << ": " << output_;
    EXPECT_THAT(output_, HasSubstr(deletion[2])) << what;
  }
  ASSERT_EQ(Cvr({"registry", "create", "other"}), 0) << output_;
  for (const std::string registry : {"2", "77"}) {
    std::vector<std::string> detach = {"attachment", "delete",     "--registry",
                                       registry,     "--upstream", "1"};
    EXPECT_EQ(Cvr(detach), 0) << output_;
    EXPECT_THAT(output_, HasSubstr("was not attached to registry " + registry));
    detach.push_back("--no-allow-missing");
    EXPECT_NE(Cvr(detach), 0) << output_;
  }
  // What is there is said to be deleted, and the second time not to be there.
  EXPECT_EQ(Cvr({"registry", "delete", "2"}), 0);
  EXPECT_THAT(output_, HasSubstr("registry 2 deleted"));
  EXPECT_EQ(Cvr({"registry", "delete", "2"}), 0);
  EXPECT_THAT(output_, HasSubstr("there is no registry 2: nothing to delete"));
}

TEST_F(AdministrationTest, AnotherUrlKeepsTheCacheOnRequest) {
  for (FakeRegistry* const registry : {&upstream_, &other_}) {
    registry->AddManifest("team/app", "1",
                          "application/vnd.oci.image.index.v1+json",
                          R"({"schemaVersion":2,"manifests":[]})");
  }
  const auto entries = [&] {
    EXPECT_EQ(Cvr({"entry", "list", "--upstream", "1"}), 0) << output_;
    return output_;
  };
  ASSERT_EQ(Pull("team/app/manifests/1").status, 200);
  EXPECT_THAT(entries(), HasSubstr("team/app"));
  EXPECT_EQ(
      Cvr({"upstream", "update", "1", "--url", other_.url(), "--keep-cache"}),
      0)
      << output_;
  EXPECT_THAT(entries(), HasSubstr("team/app"));
  // The other spelling; and what another field does to it: nothing.
  EXPECT_EQ(Cvr({"upstream", "update", "1", "--url", upstream_.url(),
                 "--keep_cache"}),
            0)
      << output_;
  EXPECT_EQ(Cvr({"upstream", "update", "1", "--description", "x"}), 0);
  EXPECT_THAT(entries(), HasSubstr("team/app"));

  // The same by a file: what becomes of the cache is told before.
  ASSERT_EQ(Cvr({"export"}), 0);
  const std::string file =
      Write("moved.yaml",
            absl::StrReplaceAll(output_, {{upstream_.url(), other_.url()}}));
  EXPECT_EQ(Cvr({"apply", "-f", file, "--dry-run"}), 0) << output_;
  EXPECT_THAT(output_, HasSubstr("purged (a new url; --keep-cache keeps it)"));
  EXPECT_EQ(Cvr({"apply", "-f", file, "--dry-run", "--keep-cache"}), 0);
  EXPECT_THAT(output_, Not(HasSubstr("purged")));
  EXPECT_THAT(output_, HasSubstr("kept, and served after"));
  EXPECT_THAT(entries(), HasSubstr("team/app")) << "after dry runs";
  EXPECT_EQ(Cvr({"apply", "-f", file, "--keep-cache"}), 0) << output_;
  EXPECT_THAT(entries(), HasSubstr("team/app"));
  EXPECT_EQ(Cvr({"upstream", "update", "1", "--url", upstream_.url()}), 0);
  // They are removed in the background.
  EXPECT_TRUE(
      Eventually([&] { return !absl::StrContains(entries(), "team/app"); },
                 "the entries of the former URL are removed"));
}

// Names as people choose them. People read them as they are; programs read JSON
// and YAML, which escape once.
TEST_F(AdministrationTest, NoNameIsEscapedTwice) {
  const std::vector<std::string> names = {"a\"b",
                                          "\xc3\xbc"
                                          "ber",
                                          "a\\b",
                                          "tab\there",
                                          "new\nline",
                                          "a'b",
                                          "<&>",
                                          "100%s"};
  int registry = 1;
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const auto look = [&](const std::vector<std::string>& arguments) {
      const int status = Cvr(arguments);
      // Twice: a backslash for one, or two for one that is escaped once.
      EXPECT_THAT(output_, Not(HasSubstr("\\\\\\"))) << arguments[1];
      EXPECT_THAT(output_, Not(HasSubstr("\\303"))) << arguments[1];
      EXPECT_THAT(output_, Not(HasSubstr("\\xc3"))) << arguments[1];
      EXPECT_THAT(output_, Not(HasSubstr("\\u00fc"))) << arguments[1];
      EXPECT_THAT(output_, Not(HasSubstr("&lt;"))) << arguments[1];
      EXPECT_THAT(output_, Not(HasSubstr("\\'"))) << arguments[1];
      EXPECT_THAT(output_, Not(HasSubstr("new\nline"))) << arguments[1];
      EXPECT_THAT(output_, Not(HasSubstr("\t"))) << arguments[1];
      return status;
    };
    const bool is_plain =
        !absl::StrContains(name, '\n') && !absl::StrContains(name, '\t');
    const auto shows = [&] {
      if (is_plain) {
        EXPECT_THAT(output_, HasSubstr(name));
      }
    };
    if (look({"registry", "create", name}) != 0) {
      EXPECT_FALSE(is_plain) << output_;
      continue;
    }
    ++registry;
    const std::string id = absl::StrCat(registry);
    EXPECT_EQ(look({"registry", "get", id}), 0);
    shows();
    EXPECT_EQ(look({"registry", "list"}), 0);
    shows();
    EXPECT_EQ(look({"registry", "list", "-o", "json"}), 0);
    // Programs get it as it is.
    const auto listed = nlohmann::json::parse(output_, nullptr, false);
    ASSERT_TRUE(listed.is_array()) << output_;
    EXPECT_EQ(listed.back().value("name", ""), name);
    // Errors repeat names, too.
    EXPECT_NE(look({"registry", "create", name}), 0);
    EXPECT_EQ(
        look({"upstream", "create", name, "--url", "http://127.0.0.1:" + id,
              "--registry", id, "--description", name}),
        0)
        << output_;
    EXPECT_EQ(look({"upstream", "get", id}), 0);
    shows();
    EXPECT_EQ(look({"upstream", "list"}), 0);
    EXPECT_EQ(look({"upstream", "states"}), 0);
    look({"explain", id, "team/app:1"});
    look({"upstream", "test", id});
    EXPECT_EQ(look({"token", "create", "--name", name, "--scope", "read"}), 0)
        << output_;
    EXPECT_EQ(look({"token", "list"}), 0);
    shows();
    EXPECT_EQ(look({"audit", "list"}), 0);
    EXPECT_NE(look({"group", "create", name}), 0);
    EXPECT_EQ(look({"export"}), 0);
    const std::string file = Write("export.yaml", output_);
    EXPECT_EQ(look({"apply", "-f", file, "--dry-run"}), 0) << output_;
    EXPECT_THAT(output_, Not(HasSubstr("+ "))) << "nothing differs";
  }
}

}  // namespace
}  // namespace cvr::testing
