// The metadata service is away for longer than anybody waits: what the gateway
// decides by itself goes on, and nothing else does; what the blob service has
// found out meanwhile is recorded afterwards.
#include <signal.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/digest.h"
#include "services/concurrency/thread.h"
#include "tests/integration/system.h"
#include "tests/integration/three_processes.h"
#include "tests/support/http_client.h"
#include "tests/support/upstream/fake_registry.h"
#include "tests/support/waiting/eventually.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

using Headers = std::vector<std::string>;

// Registry 1 is for everybody, registry 2 for who has a token.
class OutageTest : public ThreeProcessesTest {
 protected:
  void StartAll() {
    ThreeProcessesTest::StartAll();
    // Nothing is waited for: whatever is answered is answered at once.
    RestartGateway({"--outage_wait=0"});
    Cvr({"registry", "create", "private"});
    Change({"upstream", "attach", "--registry", "2", "--upstream", "1"});
  }

  // How often the gateway has heard that something was changed.
  size_t news() const {
    const std::vector<std::string> parts =
        absl::StrSplit(gateway_->Log(), "tells of a change");
    return parts.size() - 1;
  }

  // Changes something, and waits until the gateway knows.
  void Change(const std::vector<std::string>& arguments) {
    const size_t before = news();
    Cvr(arguments);
    EXPECT_TRUE(Eventually([&] { return news() > before; },
                           "the gateway hears of the change"));
  }

  // A service that has started anew has another version of everything. Until
  // the gateway has heard that, the outage is not over.
  void StartMetadataAgain() {
    const size_t before = news();
    StartMetadata();
    EXPECT_TRUE(Eventually([&] { return news() > before; },
                           "the gateway hears of the change"));
    AwaitReady();
  }

  void RestartGateway(const std::vector<std::string>& more) {
    gateway_ = nullptr;
    auto flags = GatewayFlags();
    flags.push_back("--log_level=debug");
    flags.insert(flags.end(), more.begin(), more.end());
    gateway_ = Start(kGateway, flags);
    ASSERT_NE(gateway_, nullptr);
  }

  // What `cvr` prints as JSON.
  nlohmann::json CvrJson(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-o", "json"});
    return nlohmann::json::parse(Cvr(arguments), nullptr, false);
  }

  // The secret of a new token.
  std::string NewToken(const std::string& name) {
    const auto json = CvrJson({"token", "create", "--name", name, "--scope",
                               "read_virtual_registry"});
    EXPECT_TRUE(json.is_object());
    return json.is_object() ? json.value("secret", "") : "";
  }

  static std::string Basic(const std::string& secret) {
    return "Authorization: Basic " + absl::Base64Escape("token:" + secret);
  }

  HttpResponse Get(int registry, const std::string& path,
                   const Headers& headers = {}) const {
    return HttpGet(
        gateway_->http(),
        absl::StrCat("/v2/virtual_registries/containers/", registry, "/", path),
        headers);
  }

  static std::string Tag(const Image& image) {
    return absl::StrCat(image.repository, "/manifests/", image.tag);
  }
  static std::string ByDigest(const Image& image) {
    return absl::StrCat(image.repository, "/manifests/",
                        image.manifest_digest.ToString());
  }
  static std::string Blob(const Image& image, size_t i) {
    return absl::StrCat(image.repository, "/blobs/",
                        image.BlobDigests()[i].ToString());
  }
  static std::vector<std::string> Parts(const Image& image) {
    std::vector<std::string> parts = {Tag(image), ByDigest(image)};
    for (size_t i = 0; i < image.blobs.size(); ++i) {
      parts.push_back(Blob(image, i));
    }
    return parts;
  }

  bool HasEntryFor(const std::string& part) {
    for (const auto& entry : CvrJson({"entry", "list"})) {
      if (entry.value("relative_path", "") == "/" + part) return true;
    }
    return false;
  }

  // Pulls it, and once more when all of it is recorded: only what the metadata
  // service calls a hit is remembered.
  void Warm(int registry, const Image& image, const Headers& headers = {}) {
    for (const std::string& part : Parts(image)) {
      EXPECT_EQ(Get(registry, part, headers).status, 200) << part;
    }
    for (const std::string& part : Parts(image)) {
      EXPECT_TRUE(Eventually([&] { return HasEntryFor(part); },
                             absl::StrCat(part, " is recorded")));
      const auto reply = Get(registry, part, headers);
      EXPECT_EQ(reply.status, 200) << part;
      EXPECT_EQ(reply.header("cache-status"), "cvr; hit") << part;
    }
  }

  void ExpectAway(const HttpResponse& reply) {
    EXPECT_EQ(reply.status, 503) << reply.body;
    EXPECT_NE(reply.header("retry-after"), "");
    EXPECT_THAT(reply.body,
                HasSubstr("(cvr-metadata or cvr-blob) is unavailable"));
  }

  void AwaitReady() {
    EXPECT_TRUE(Eventually([&] { return Readyz().status == 200; },
                           kFoundAgainMax, "the gateway is ready"));
  }

  std::string TokenOf(const HttpResponse& reply) {
    const auto json = nlohmann::json::parse(reply.body, nullptr, false);
    return json.is_object() ? json.value("token", "") : "";
  }

  HttpResponse Login(const Headers& headers) const {
    return HttpGet(gateway_->http(),
                   "/jwt/auth?service=container-virtual-registry&scope="
                   "repository:virtual_registries/containers/2/team/app:pull",
                   headers);
  }
};

TEST_P(OutageTest, WarmPullsGoOn) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  const Image image = AddImage(upstream_, "team/app", "1", {3 << 20, 100});
  Warm(1, image);
  for (const int signal : {SIGTERM, SIGSTOP}) {
    SCOPED_TRACE(signal);
    metadata_->process().Signal(signal);
    if (signal == SIGTERM) metadata_->process().Wait();
    EXPECT_EQ(Pull(image), "");
    const auto by_tag = Get(1, Tag(image));
    EXPECT_EQ(by_tag.status, 200);
    EXPECT_EQ(by_tag.header("cache-status"), "cvr; hit; detail=stale");
    EXPECT_THAT(by_tag.header("warning"), StartsWith("299"));
    const auto by_digest = Get(1, ByDigest(image));
    EXPECT_EQ(by_digest.status, 200);
    EXPECT_EQ(by_digest.header("cache-status"), "cvr; hit");
    EXPECT_EQ(by_digest.header("warning"), "");
    const auto part = Get(1, Blob(image, 1), {"Range: bytes=1000-1999"});
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, image.blobs[1].substr(1000, 1000));
    const auto unchanged =
        Get(1, Tag(image),
            {absl::StrCat("If-None-Match: \"", image.manifest_digest.ToString(),
                          "\"")});
    EXPECT_EQ(unchanged.status, 304);
    const auto head =
        HttpRequest("HEAD", gateway_->http(), System::Target(Tag(image)));
    EXPECT_EQ(head.status, 200);
    if (signal == SIGSTOP) break;
    StartMetadataAgain();
    // Everything of before is forgotten.
    Warm(1, image);
  }
  metadata_->process().Signal(SIGCONT);
  AwaitReady();
  EXPECT_EQ(Get(1, Tag(image)).header("cache-status"), "cvr; hit");
}

TEST_P(OutageTest, NothingElseDoes) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  const Image image = AddImage(upstream_, "team/app", "1", {1000});
  const Image other = AddImage(upstream_, "team/other", "1", {1000});
  const std::string carol = NewToken("carol");
  const std::string dave = NewToken("dave");
  Warm(1, image);
  Warm(2, image, {Basic(carol)});
  // He has logged in, and pulled something else.
  Warm(2, other, {Basic(dave)});
  Stop(*metadata_, SIGTERM);
  for (const std::string& part : Parts(image)) {
    SCOPED_TRACE(part);
    EXPECT_EQ(Get(2, part, {Basic(carol)}).status, 200);
    ExpectAway(Get(2, part, {Basic(dave)}));
    ExpectAway(Get(2, part));
    ExpectAway(
        Get(2, part, {Basic(absl::StrCat("cvr_", std::string(40, '0')))}));
    EXPECT_EQ(Get(2, part, {Basic("no token at all")}).status, 401);
    // Who has pulled without one may not have it with one, either.
    EXPECT_EQ(Get(1, part).status, 200);
    ExpectAway(Get(1, part, {Basic(dave)}));
  }
  // Nobody has pulled them there.
  ExpectAway(Get(1, Tag(other)));
  ExpectAway(Get(2, Blob(other, 1), {Basic(carol)}));
  ExpectAway(Get(1, "team/app/tags/list"));
}

// Another tenant, who knows the digests and whose upstream names and claims
// them, gets in an outage what he gets otherwise: nothing that it did not
// deliver.
TEST_P(OutageTest, KnowingADigestOpensNothing) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  const Image secret = AddImage(upstream_, "team/secret", "1", {1000});
  FakeRegistry claiming;
  const Digest layer = secret.BlobDigests()[1];
  claiming.AddManifest(
      "team/mine", "1", "application/vnd.oci.image.manifest.v1+json",
      absl::StrCat(
          R"({"schemaVersion":2,"config":{"mediaType":"a/b","digest":")",
          layer.ToString(), R"(","size":1000},"layers":[]})"));
  claiming.Answer({"GET", layer.ToString()},
                  FakeAnswer::Status(200, {}, std::string(1000, 'x')),
                  FakeRegistry::kAlways);
  Cvr({"group", "create", "others"});
  Cvr({"registry", "create", "theirs", "--group", "others",
       "--anonymous-pull"});
  Change({"upstream", "create", "theirs", "--group", "others", "--url",
          claiming.url(), "--registry", "3"});
  Warm(1, secret);
  const std::string mine = "team/mine/manifests/1";
  EXPECT_EQ(Get(3, mine).status, 200);
  EXPECT_TRUE(Eventually([&] { return HasEntryFor(mine); },
                         absl::StrCat(mine, " is recorded")));
  EXPECT_EQ(Get(3, mine).status, 200);
  const std::string blob = "team/mine/blobs/" + layer.ToString();
  EXPECT_NE(Get(3, blob).body, secret.blobs[1]);
  Stop(*metadata_, SIGTERM);
  EXPECT_EQ(Get(1, Blob(secret, 1)).body, secret.blobs[1]);
  EXPECT_EQ(Get(3, mine).status, 200);
  ExpectAway(Get(3, blob));
  ExpectAway(Get(3, blob, {"Range: bytes=0-0"}));
  ExpectAway(
      Get(3, "team/mine/manifests/" + secret.manifest_digest.ToString()));
  ExpectAway(Get(3, ByDigest(secret)));
  ExpectAway(Get(3, Tag(secret)));
}

// What a client of a registry does: its token is known again, and the new one
// is the one of before.
TEST_P(OutageTest, LoginsGoOnForWhomTheyWereGiven) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  const Image image = AddImage(upstream_, "team/app", "1", {1000});
  const std::string carol = NewToken("carol");
  const std::string token = TokenOf(Login({Basic(carol)}));
  ASSERT_NE(token, "");
  Warm(2, image, {"Authorization: Bearer " + token});
  Stop(*metadata_, SIGKILL);
  const auto again = Login({Basic(carol)});
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(TokenOf(again), token);
  for (const std::string& part : Parts(image)) {
    EXPECT_EQ(Get(2, part, {"Authorization: Bearer " + token}).status, 200);
  }
  ExpectAway(Login({}));
  ExpectAway(Login({Basic(absl::StrCat("cvr_", std::string(40, '0')))}));
}

// What was changed before the outage holds in it, and what is changed after it
// at once.
TEST_P(OutageTest, ChangesHold) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  const Image image = AddImage(upstream_, "team/app", "1", {1000});
  const std::string carol = NewToken("carol");
  Warm(1, image);
  Warm(2, image, {Basic(carol)});
  const auto gone = [&](int registry, const Headers& headers = {}) {
    for (const std::string& part : Parts(image)) {
      EXPECT_NE(Get(registry, part, headers).status, 200) << part;
    }
  };
  Change({"token", "revoke", "2"});
  Stop(*metadata_, SIGKILL);
  gone(2, {Basic(carol)});
  StartMetadataAgain();

  Warm(1, image);
  Change({"purge", "registry", "1", "--include-shared"});
  Stop(*metadata_, SIGKILL);
  gone(1);
  StartMetadataAgain();

  Warm(1, image);
  Stop(*metadata_, SIGKILL);
  EXPECT_EQ(Get(1, Tag(image)).status, 200);
  StartMetadataAgain();
  Change({"registry", "update", "1", "--anonymous-pull=false"});
  gone(1);
  Stop(*metadata_, SIGKILL);
  gone(1);
}

TEST_P(OutageTest, ItCanBeTurnedOff) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  RestartGateway({"--outage_wait=0", "--outage_grace=0"});
  const Image image = AddImage(upstream_, "team/app", "1", {1000});
  Warm(1, image);
  Stop(*metadata_, SIGTERM);
  for (const std::string& part : Parts(image)) ExpectAway(Get(1, part));
}

// The metadata service is restarted, or away, while the blob service has
// something to tell it.
TEST_P(OutageTest, WhatIsDownloadedMeanwhileIsRecorded) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  for (const int signal : {SIGTERM, SIGKILL}) {
    SCOPED_TRACE(signal);
    const Image image = AddImage(upstream_, "team/app",
                                 absl::StrCat("signal-", signal), {3 << 20});
    ASSERT_EQ(Get(1, Tag(image)).status, 200);
    const auto gate = std::make_shared<Gate>();
    FakeAnswer slow;
    slow.gate = gate;
    slow.gate_at_byte = 1 << 20;
    upstream_.Answer({"GET", image.BlobDigests()[1].ToString()}, slow);
    HttpResponse blob;
    {
      const Thread client("client", [&] { blob = Get(1, Blob(image, 1)); });
      gate->AwaitArrivals();
      Stop(*metadata_, signal);
      // The end of it comes while nobody is there to be told.
      gate->Open();
    }
    EXPECT_EQ(blob.status, 200);
    EXPECT_EQ(blob.error, "");
    EXPECT_EQ(blob.body, image.blobs[1]);
    StartMetadataAgain();
    EXPECT_TRUE(Eventually(
        [&] {
          return HttpRequest("HEAD", gateway_->http(),
                             System::Target(Blob(image, 1)))
                     .header("cache-status") == "cvr; hit";
        },
        "the blob is recorded"));
    // Its bytes came once; whether it is there may have been asked more often.
    int downloads = 0;
    for (const auto& request :
         upstream_.requests({"GET", image.BlobDigests()[1].ToString()})) {
      if (request.Header("Range").empty()) ++downloads;
    }
    EXPECT_EQ(downloads, 1);
  }
}

// Nobody pulls meanwhile: the blob service notices by itself.
TEST_P(OutageTest, AnIdleBlobServiceFindsItAgain) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  for (const int signal : {SIGTERM, SIGKILL}) {
    SCOPED_TRACE(signal);
    Stop(*metadata_, signal);
    // As long as the pauses between attempts get.
    absl::SleepFor(absl::Seconds(1));
    StartMetadata();
    const Image image =
        AddImage(upstream_, "team/app", absl::StrCat("idle-", signal), {1000});
    // The gateway's own channel is there first.
    EXPECT_TRUE(Eventually([&] { return Readyz().status == 200; },
                           kFoundAgainMax, "the gateway is ready"));
    EXPECT_TRUE(Eventually([&] { return Pull(image).empty(); }, kFoundAgainMax,
                           "a pull works"));
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, OutageTest,
                         ::testing::Values(Way::kTls, Way::kTcp,
                                           Way::kUnixSocket),
                         NameOfWay);

}  // namespace
}  // namespace cvr::testing
