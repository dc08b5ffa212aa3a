// For whom what was delivered is good: for everybody, if anybody may have it;
// else for those who would have got it from the same upstream with the same
// credentials.
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/isolation/attack_scenario.h"
#include "tests/isolation/world.h"
#include "tests/support/upstream/fake_registry.h"
#include "tests/support/waiting/watchdog.h"

namespace cvr::testing {
namespace {

using nlohmann::json;

class ProvenanceTest : public ::testing::TestWithParam<Shape> {
 protected:
  // Pulls every part from `registry` with that secret; each must be right.
  void PullAll(World& world, const Secret& secret, const std::string& token,
               int64_t registry) {
    for (const auto& [name, bytes] : secret.Parts()) {
      watchdog_.Doing("pulls " + name);
      const HttpResponse response = world.Ask(
          token, "GET", registry,
          absl::StrCat(AttackScenario::kRepository,
                       secret.IsManifest(name) ? "/manifests/" : "/blobs/",
                       Digest::OfBytes(*bytes).ToString()));
      EXPECT_EQ(response.status, 200) << name << " " << response.body;
      EXPECT_TRUE(response.body == *bytes) << name;
      world.AwaitQuiet();
    }
  }

  // The adversary pulls from an empty upstream of his own, having named all.
  std::vector<std::string> SeenBy(World& world, bool victim_acts, Access access,
                                  std::vector<std::string>& thefts);
  // Bytes that were pushed out leave no trace either.
  std::vector<std::string> SeenAfterEviction(World& world, bool victim_acts,
                                             std::vector<std::string>& thefts);

  // Of each step: a world of sanitized processes takes its time to start.
  Watchdog watchdog_{absl::Minutes(4)};
};

TEST_P(ProvenanceTest, WhatEverybodyMayHaveIsDownloadedOnce) {
  World world(GetParam());
  for (const bool with_tokens : {false, true}) {
    const Secret image =
        Secret::Of(absl::StrCat("public ", with_tokens ? "with tokens" : ""));
    FakeRegistry upstream;
    image.AddTo(upstream, AttackScenario::kRepository);
    // As at Docker Hub: whoever asks gets a token.
    if (with_tokens) upstream.RequireBearer({});
    std::vector<std::pair<int64_t, int64_t>> made;
    for (const Tenant* tenant : {&world.victim(), &world.adversary()}) {
      const int64_t registry = world.CreateRegistry(*tenant);
      const int64_t id =
          world.CreateUpstream(*tenant, {{"url", upstream.url()}});
      world.Attach(registry, id);
      made.push_back({registry, id});
      PullAll(world, image, tenant->reader, registry);
    }
    for (const auto& [name, bytes] : image.Parts()) {
      int whole = 0;
      const std::string digest = Digest::OfBytes(*bytes).ToString();
      for (const auto& request : upstream.requests({"GET", digest})) {
        const bool served =
            !with_tokens || request.Header("Authorization") != "";
        if (served && request.Header("Range").empty()) ++whole;
      }
      EXPECT_EQ(whole, 1) << name;
      std::cout << name << ": " << upstream.CountRequests({"", digest})
                << " requests for two tenants\n";
    }
    for (const auto& [registry, id] : made) {
      world.DeleteRegistry(registry);
      world.DeleteUpstream(id);
    }
  }
}

TEST_P(ProvenanceTest, OneUpstreamIsOneProofForAllOfItsRegistries) {
  World world(GetParam());
  AttackScenario e(world, "shared", true);
  e.VictimPulls();
  const int64_t other = world.CreateRegistry(world.victim());
  world.Attach(other, e.victims_upstream_id());
  e.victims_upstream().ClearRequests();
  PullAll(world, e.secret(), world.victim().reader, other);
  EXPECT_EQ(e.victims_upstream().CountRequests({}), 0);
  world.DeleteRegistry(other);
}

TEST_P(ProvenanceTest, TheSameGroupWithoutTheCredentialsGetsNothing) {
  World world(GetParam());
  AttackScenario e(world, "within the group", true);
  e.VictimPulls();
  const int64_t other = world.CreateRegistry(world.victim());
  const int64_t id = world.CreateUpstream(
      world.victim(), {{"url", e.victims_upstream().url()}});
  world.Attach(other, id);
  for (const auto& [name, bytes] : e.secret().Parts()) {
    const HttpResponse response = world.Ask(
        world.victim().reader, "GET", other,
        absl::StrCat(AttackScenario::kRepository,
                     e.secret().IsManifest(name) ? "/manifests/" : "/blobs/",
                     e.DigestOf(name)));
    EXPECT_GE(response.status, 400) << name;
    EXPECT_FALSE(Secret::ShowsIn(response.body)) << name;
  }
  world.DeleteRegistry(other);
  world.DeleteUpstream(id);
}

// Whoever takes a password away has taken away what it opened.
TEST_P(ProvenanceTest, OtherCredentialsHaveToProveAnew) {
  World world(GetParam());
  AttackScenario e(world, "credentials change", true);
  e.VictimPulls();
  world.Must("UpstreamService/UpdateUpstream",
             {{"id", e.victims_upstream_id()},
              {"upstream", {{"credentials", LoginOf("nobody", "wrong")}}}});
  for (const auto& [name, bytes] : e.secret().Parts()) {
    const HttpResponse response = world.Ask(
        world.victim().reader, "GET", e.victims_registry(),
        absl::StrCat(AttackScenario::kRepository,
                     e.secret().IsManifest(name) ? "/manifests/" : "/blobs/",
                     e.DigestOf(name)));
    EXPECT_GE(response.status, 400) << name;
    EXPECT_FALSE(Secret::ShowsIn(response.body)) << name;
  }
}

std::vector<std::string> ProvenanceTest::SeenBy(
    World& world, bool victim_acts, Access access,
    std::vector<std::string>& thefts) {
  watchdog_.Doing(absl::StrCat("access ", static_cast<int>(access)));
  AttackScenario e(world, absl::StrCat("access ", static_cast<int>(access)),
                   victim_acts, access);
  e.VictimPulls();
  e.PublishImage(
      "mine",
      absl::StrCat(R"("config":)", DescriptorOf(kOciConfig, "{}"),
                   R"(,"layers":[)", DescriptorOf(kOciLayer, e.secret().layer),
                   ",", DescriptorOf(kOciLayer, e.secret().small), "]"));
  e.Ask("GET", absl::StrCat(AttackScenario::kRepository, "/manifests/mine"));
  e.AskAll();
  const Observed seen = e.Finish();
  thefts = seen.thefts;
  std::vector<std::string> all = seen.answers;
  all.insert(all.end(), seen.requests.begin(), seen.requests.end());
  return all;
}

TEST_P(ProvenanceTest, CredentialsOfEveryKindKeepWhatTheyOpened) {
  World with(GetParam());
  watchdog_.Doing("starts another world");
  World without(GetParam());
  for (const Access access : {Access::kPassword, Access::kTokenForPassword,
                              Access::kClientCertificate}) {
    SCOPED_TRACE(static_cast<int>(access));
    std::vector<std::string> thefts;
    const auto seen = SeenBy(with, true, access, thefts);
    EXPECT_TRUE(thefts.empty());
    EXPECT_EQ(seen, SeenBy(without, false, access, thefts));
  }
}

std::vector<std::string> ProvenanceTest::SeenAfterEviction(
    World& world, bool victim_acts, std::vector<std::string>& thefts) {
  watchdog_.Doing("fills the store");
  AttackScenario e(world, "evicted", victim_acts);
  e.VictimPulls();
  for (int i = 0; i < 4; ++i) {
    const Digest digest = e.upstream().AddBlob(
        "large", std::string(3 << 20, static_cast<char>('a' + i)));
    e.Ask("GET", absl::StrCat("large/blobs/", digest.ToString()));
  }
  watchdog_.Doing("waits for the eviction");
  if (victim_acts) e.AwaitEvicted();
  e.AskAll();
  watchdog_.Doing("pulls what was evicted");
  e.VictimPulls();
  watchdog_.Doing("asks for what came back");
  e.AskAll();
  const Observed seen = e.Finish();
  thefts = seen.thefts;
  std::vector<std::string> all = seen.answers;
  all.insert(all.end(), seen.requests.begin(), seen.requests.end());
  return all;
}

TEST_P(ProvenanceTest, EvictionOpensNothing) {
  const std::vector<std::string> flags = {"--max_bytes=8388608",
                                          "--low_watermark_percent=60"};
  World with(GetParam(), flags);
  watchdog_.Doing("starts another world");
  World without(GetParam(), flags);
  std::vector<std::string> thefts;
  const auto seen = SeenAfterEviction(with, true, thefts);
  EXPECT_TRUE(thefts.empty());
  EXPECT_EQ(seen, SeenAfterEviction(without, false, thefts));
}

INSTANTIATE_TEST_SUITE_P(Shapes, ProvenanceTest,
                         ::testing::Values(Shape::kStandalone,
                                           Shape::kThreeProcesses),
                         [](const auto& info) {
                           return info.param == Shape::kStandalone
                                      ? "Standalone"
                                      : "ThreeProcesses";
                         });

}  // namespace
}  // namespace cvr::testing
