// cvr apply and cvr export at a real server.

#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/child_process.h"
#include "tests/support/status_matchers.h"
#include "tools/cvr/client/environment.h"
#include "tools/cvr/run.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::cvr::testing::ScratchDirectory;
using ::cvr::testing::ServerProcess;
using ::nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kFile[] = R"(groups:
  - name: acme
    description: ours
    cleanup_policy: {enabled: true, keep_after_last_pull: 14d}
    upstreams:
      - name: hub
        display_name: The hub
        url: https://hub.example
        credentials:
          basic:
            username: bot
            password_env: HUB_PASSWORD
        source_namespaces: [docker.io]
        cache_policy:
          tag_ttl: 48h
          stale_ttl: 0
          tag_ttl_overrides: [{tag: "re:v[0-9]+", ttl: forever}]
          negative_ttls: {refused: 10s}
        rules: [{action: deny, target: tag, pattern: "*-rc*"}]
        failure_policy: {unavailable: {tag: next}}
        limits: {concurrent_requests: 8, open_ttl: 1m, rate_reserve_percent: 0}
        tls: {insecure_skip_verify: true}
      - name: quay
        url: https://quay.example
        disabled: true
    registries:
      - name: team
        anonymous_pull: true
        upstreams: [quay, hub]
)";

// One server and what is typed at it.
class World {
 public:
  World() {
    auto server = ServerProcess::Start(
        {"services/standalone/cvr-standalone",
         {"--http_address=127.0.0.1:0", "--grpc_address=127.0.0.1:0",
          "--data_dir=" + directory_.Join("data")},
         directory_.path()});
    EXPECT_THAT(server, IsOk());
    server_ = *std::move(server);
    variables_["CVR_SERVER"] = server_->grpc();
    variables_["CVR_TOKEN_FILE"] = directory_.Join("data/admin-token");
    // What the first start makes: registry 1 with upstream 1.
    EXPECT_EQ(Cvr("registry delete 1 --delete-orphaned-upstreams"), 0) << Err();
  }

  int Cvr(const std::string& line) {
    out_.str("");
    err_.str("");
    in_.clear();
    const std::vector<std::string> args =
        absl::StrSplit(line, ' ', absl::SkipEmpty());
    return cvr::Run(args, {in_, out_, err_, [this](const char* name) {
                             const auto found = variables_.find(name);
                             return found == variables_.end()
                                        ? std::nullopt
                                        : std::optional(found->second);
                           }});
  }

  // `cvr apply` of `content` from standard input.
  int Apply(const std::string& content, const std::string& options = "") {
    in_.str(content);
    return Cvr("apply -f - " + options);
  }

  std::string Export() {
    EXPECT_EQ(Cvr("export"), 0) << err_.str();
    return out_.str();
  }

  json Get(const std::string& line) {
    EXPECT_EQ(Cvr(line + " -o json"), 0) << err_.str();
    return json::parse(out_.str());
  }

  std::string Out() const { return out_.str(); }
  std::string Err() const { return err_.str(); }
  std::map<std::string, std::string>& variables() { return variables_; }

 private:
  ScratchDirectory directory_;
  std::unique_ptr<ServerProcess> server_;
  std::map<std::string, std::string> variables_;
  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
};

class ApplyTest : public ::testing::Test {
 protected:
  // The file is applied once, which needs the password.
  void HaveApplied() {
    world_.variables()["HUB_PASSWORD"] = "planted-password";
    ASSERT_EQ(world_.Apply(kFile), 0) << world_.Err();
    world_.variables().erase("HUB_PASSWORD");
  }

  static std::string With(const std::string& before, const std::string& after) {
    return absl::StrReplaceAll(kFile, {{before, after}});
  }

  World world_;
};

TEST_F(ApplyTest, WhatIsDeclaredIsMadeOnce) {
  HaveApplied();
  EXPECT_THAT(world_.Out(),
              AllOf(HasSubstr("+ group acme\n    description: \"ours\"\n"),
                    HasSubstr("+ upstream acme/hub\n"),
                    HasSubstr("    cache_policy.tag_ttl: \"48h\"\n"),
                    HasSubstr("    credentials: {basic: {username: bot}}\n"),
                    HasSubstr("    password: set\n"),
                    HasSubstr("+ registry acme/team\n"),
                    HasSubstr("    upstreams: [quay, hub]\n"),
                    HasSubstr("5 created, 0 changed, 0 deleted\n"),
                    Not(HasSubstr("planted"))));
  // The password is not asked for again.
  EXPECT_EQ(world_.Apply(kFile), 0) << world_.Err();
  EXPECT_EQ(world_.Out(), "no changes: the server already matches the file\n");
  EXPECT_EQ(world_.Apply(kFile, "--prune"), 0) << world_.Err();
  EXPECT_EQ(world_.Out(), "no changes: the server already matches the file\n");
}

TEST_F(ApplyTest, WhatDiffersIsShownAndChanged) {
  HaveApplied();
  const std::string changed = absl::StrReplaceAll(
      With("48h", "24h"), {{"[quay, hub]", "[hub, quay]"},
                           {"description: ours", "description: ~"}});
  const std::string before = world_.Export();
  EXPECT_EQ(world_.Apply(changed, "--dry-run"), 0) << world_.Err();
  EXPECT_EQ(
      world_.Out(),
      "~ group acme\n    description: \"ours\" -> default\n~ upstream "
      "acme/hub\n    cache_policy.tag_ttl: \"48h\" -> \"24h\"\n~ registry "
      "acme/team\n    upstreams: [quay, hub] -> [hub, quay]\ndry run: "
      "nothing was changed\n");
  EXPECT_EQ(world_.Export(), before);
  EXPECT_EQ(world_.Apply(changed, "-o json"), 0) << world_.Err();
  const json changes = json::parse(world_.Out());
  ASSERT_EQ(changes.size(), 3);
  EXPECT_EQ(changes[1]["action"], "update");
  EXPECT_EQ(changes[1]["fields"][0]["old"], "48h");
  EXPECT_EQ(world_.Apply(changed), 0) << world_.Err();
  EXPECT_EQ(world_.Out(), "no changes: the server already matches the file\n");
  const json hub = world_.Get("upstream get acme/hub");
  EXPECT_EQ(hub["cache_policy"]["tag_ttl"], "86400s");
  EXPECT_EQ(hub["cache_policy"]["stale_ttl"], "0s");
  EXPECT_EQ(hub["has_password"], true);
}

TEST_F(ApplyTest, WhatTheFileDoesNotMentionStaysUnlessPruned) {
  HaveApplied();
  ASSERT_EQ(world_.Cvr("registry create old --group acme"), 0) << world_.Err();
  ASSERT_EQ(world_.Cvr("attachment create --registry old --upstream hub "
                       "--group acme"),
            0)
      << world_.Err();
  ASSERT_EQ(world_.Cvr("upstream create stray --group acme --url "
                       "https://stray.example --registry old"),
            0)
      << world_.Err();
  // The registry that goes is the only one that it is attached to: it must stay
  // all the same.
  ASSERT_EQ(world_.Cvr("attachment delete --registry acme/team --upstream "
                       "acme/hub"),
            0)
      << world_.Err();
  ASSERT_EQ(world_.Cvr("upstream update acme/quay --description mine"), 0)
      << world_.Err();
  ASSERT_EQ(world_.Cvr("registry create elsewhere"), 0);
  EXPECT_EQ(world_.Apply(kFile), 0) << world_.Err();
  EXPECT_THAT(world_.Out(), Not(HasSubstr("- ")));
  EXPECT_EQ(world_.Apply(kFile, "--prune"), 0) << world_.Err();
  EXPECT_EQ(world_.Out(),
            "- registry acme/old\n"
            "~ upstream acme/quay\n"
            "    description: \"mine\" -> default\n"
            "- upstream acme/stray\n"
            "0 created, 1 changed, 2 deleted\n");
  EXPECT_EQ(world_.Get("upstream list --registry acme/team").size(), 2);
  EXPECT_EQ(world_.Get("upstream list").size(), 2);
  // Of a group that the file does not mention.
  EXPECT_EQ(world_.Get("registry list --group default").size(), 1);
}

// The server detaches what it deletes, which changes the attachments.
TEST_F(ApplyTest, AttachedUpstreamIsPrunedWhileItsRegistryChanges) {
  HaveApplied();
  ASSERT_EQ(world_.Cvr("upstream create stray --group acme --url "
                       "https://stray.example --registry team"),
            0)
      << world_.Err();
  EXPECT_EQ(world_.Apply(kFile, "--prune"), 0) << world_.Err();
  EXPECT_EQ(world_.Out(),
            "~ registry acme/team\n"
            "    upstreams: [quay, hub, stray] -> [quay, hub]\n"
            "- upstream acme/stray\n"
            "0 created, 1 changed, 1 deleted\n");
}

TEST_F(ApplyTest, ExportMakesTheSameOnAnEmptyServer) {
  HaveApplied();
  const std::string exported = world_.Export();
  EXPECT_THAT(exported, AllOf(HasSubstr("password_env: CVR_PASSWORD_HUB"),
                              Not(HasSubstr("planted"))));
  World other;
  other.variables()["CVR_PASSWORD_HUB"] = "planted-password";
  EXPECT_EQ(other.Apply(exported, "--prune"), 0) << other.Err();
  EXPECT_EQ(other.Export(), exported);
  EXPECT_EQ(other.Apply(exported, "--prune"), 0) << other.Err();
  EXPECT_EQ(other.Out(), "no changes: the server already matches the file\n");
}

// What `cvr export` of an earlier release wrote.
TEST_F(ApplyTest, FilesOfEarlierReleasesMeanWhatTheyMeant) {
  HaveApplied();
  const std::string before = world_.Export();
  EXPECT_EQ(world_.Apply(R"(groups:
  - name: acme
    description: ours
    cleanup_policy: {enabled: true, keep_n_days_after_download: 14}
    upstreams:
      - name: hub
        display_name: The hub
        url: https://hub.example
        username: bot
        password_env: CVR_PASSWORD_HUB
        source_namespaces: [docker.io]
        cache_validity: 48h
        max_stale: 0
        tag_validities: [{tag: "re:v[0-9]+", cache_validity: 0}]
        absence_ttls: {refused: 10s}
        rules: [{action: deny, target: tag, pattern: "*-rc*"}]
        failure_policy: {unavailable: {tag: next}}
        limits: {concurrent_requests: 8, open_for: 1m, rate_reserve_percent: 0}
        tls: {insecure_skip_verify: true}
      - name: quay
        url: https://quay.example
        disabled: true
    registries:
      - name: team
        anonymous_pull: true
        upstreams: [quay, hub]
)",
                         "--prune"),
            0)
      << world_.Err();
  EXPECT_EQ(world_.Out(), "no changes: the server already matches the file\n");
  EXPECT_EQ(world_.Export(), before);
}

TEST_F(ApplyTest, PasswordsAreSentWhenTheyMust) {
  EXPECT_EQ(world_.Apply(kFile), 1);
  EXPECT_EQ(world_.Err(),
            "cvr: standard input:12: the environment variable HUB_PASSWORD is "
            "not set\n");
  // Checked before anything is changed.
  EXPECT_THAT(world_.Get("registry list"), IsEmpty());
  HaveApplied();
  EXPECT_EQ(world_.Apply(With("hub.example", "new.example")), 1);
  EXPECT_THAT(world_.Err(), HasSubstr("HUB_PASSWORD is not set"));
  const std::string without =
      With("            password_env: HUB_PASSWORD\n", "");
  EXPECT_EQ(world_.Apply(without), 0) << world_.Err();
  EXPECT_EQ(world_.Apply(absl::StrReplaceAll(
                without, {{"username: bot", "username: other"}})),
            1);
  EXPECT_THAT(world_.Err(), HasSubstr("standard input:6: password required"));
  world_.variables()["HUB_PASSWORD"] = "planted-other";
  EXPECT_EQ(world_.Apply(kFile, "--set-passwords"), 0) << world_.Err();
  EXPECT_EQ(world_.Out(),
            "~ upstream acme/hub\n"
            "    password: set\n"
            "    cache: kept, and served after the upstream has delivered it "
            "anew\n"
            "0 created, 1 changed, 0 deleted\n");
}

TEST_F(ApplyTest, ErrorsOfTheServerNameTheLine) {
  EXPECT_EQ(world_.Apply("groups:\n"
                         "  - name: acme\n"
                         "    upstreams:\n"
                         "      - {name: u, url: 'ftp://a'}\n"),
            1);
  EXPECT_THAT(world_.Err(),
              HasSubstr("cvr: standard input:4: upstream acme/u (already "
                        "applied: 1 created, 0 changed, 0 deleted): url: "));
  EXPECT_EQ(world_.Apply("groups:\n"
                         "  - name: acme\n"
                         "    registries:\n"
                         "      - {name: r, upstreams: [nobody]}\n"),
            1);
  EXPECT_EQ(world_.Err(),
            "cvr: standard input:4: group acme has no upstream called "
            "'nobody'\n");
}

TEST_F(ApplyTest, NamesThatDoNotTellApartAreRefused) {
  ASSERT_EQ(world_.Cvr("upstream create u --url https://a.example"), 0);
  // Nothing is there that could not be exported.
  EXPECT_EQ(world_.Cvr("upstream create u --url https://b.example"), 1);
  EXPECT_EQ(world_.Cvr("export"), 0) << world_.Err();
  EXPECT_THAT(world_.Out(), HasSubstr("url: https://a.example\n"));
}

TEST_F(ApplyTest, DryRunForeseesWhatTheServerWouldRefuse) {
  ASSERT_EQ(world_.Cvr("group create acme/web"), 0) << world_.Err();
  ASSERT_EQ(world_.Cvr("group create acme"), 0) << world_.Err();
  const std::string before = world_.Export();
  // Clients would pull from it by the path of a group.
  const std::string clash =
      "groups:\n"
      "  - name: acme\n"
      "    registries:\n"
      "      - {name: web}\n";
  EXPECT_EQ(world_.Apply(clash, "--dry-run"), 1);
  EXPECT_THAT(world_.Out(), HasSubstr("+ registry acme/web\n"));
  EXPECT_THAT(world_.Err(),
              HasSubstr("cvr: standard input:4: registry acme/web: "));
  EXPECT_EQ(world_.Apply("groups:\n"
                         "  - name: acme\n"
                         "    upstreams:\n"
                         "      - {name: u, url: 'ftp://a'}\n",
                         "--dry-run"),
            1);
  EXPECT_THAT(world_.Err(), HasSubstr("standard input:4: upstream acme/u: "));
  EXPECT_EQ(world_.Export(), before);
}

TEST(ApplyOnAnEmptyServerTest, RegistriesKeepTheirIds) {
  World first;
  EXPECT_EQ(first.Cvr("registry create filler"), 0) << first.Err();
  EXPECT_EQ(first.Cvr("registry create kept"), 0) << first.Err();
  EXPECT_EQ(first.Cvr("registry delete 2"), 0) << first.Err();
  const std::string file = first.Export();
  EXPECT_THAT(file, HasSubstr("- id: 3\n"));

  World second;
  EXPECT_EQ(second.Apply(file), 0) << second.Err();
  EXPECT_THAT(second.Out(), HasSubstr("+ registry default/kept\n    id: 3\n"));
  EXPECT_EQ(second.Get("registry get 3")["name"], "kept");
  EXPECT_EQ(second.Export(), file);
  EXPECT_EQ(second.Apply(file), 0) << second.Err();
  EXPECT_EQ(second.Out(), "no changes: the server already matches the file\n");
  // Later ones do not collide.
  EXPECT_EQ(second.Cvr("registry create later -o json"), 0) << second.Err();
  EXPECT_EQ(json::parse(second.Out())["id"], "4");

  // The ids of what is there are not changed.
  const std::string other = absl::StrReplaceAll(file, {{"id: 3", "id: 9"}});
  EXPECT_EQ(second.Apply(other), 1);
  EXPECT_THAT(second.Err(), HasSubstr("registry default/kept has the id 3"));
  const std::string taken =
      absl::StrReplaceAll(file, {{"name: kept", "name: new"}});
  EXPECT_EQ(second.Apply(taken), 1);
  EXPECT_THAT(second.Err(), HasSubstr("3 is that of registry default/kept"));
}

}  // namespace
}  // namespace cvr
