// The main job, end to end: the real binaries in both shapes, between a client
// and an upstream that misbehaves on request.
#include <signal.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cvr/v1/cache_entry_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "services/concurrency/thread.h"
#include "tests/integration/system_test.h"

namespace cvr::testing {
namespace {

class PullTest : public SystemTest {
 protected:
  std::vector<v1::CacheEntry> Entries() const {
    const auto stub = v1::CacheEntryService::NewStub(system_.channel());
    grpc::ClientContext context;
    v1::ListCacheEntriesRequest request;
    request.set_upstream_id(1);
    v1::ListCacheEntriesResponse response;
    const auto status = stub->ListCacheEntries(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return {response.cache_entries().begin(), response.cache_entries().end()};
  }

  void AwaitEntries(const Image& image) const {
    for (size_t i = 0; i < image.blobs.size(); ++i) {
      AwaitEntry("/" + BlobPath(image, i));
    }
  }
};

TEST_P(PullTest, TheSecondPullAsksTheUpstreamNothing) {
  const Image image =
      AddImage(upstream_, "library/alpine", "3.20", {3 * kMiB + 17, 100, 0});
  EXPECT_EQ(Pull(system_, image), "");
  const int requests = upstream_.CountRequests({});
  EXPECT_GT(requests, 0);
  EXPECT_EQ(Pull(system_, image), "");
  EXPECT_EQ(upstream_.CountRequests({}), requests);
}

// SIGHUP is how certificates are read again; there may be none.
TEST_P(PullTest, AHangupStopsNothing) {
  const Image image = AddImage(upstream_, "library/alpine", "3.20", {1000});
  ASSERT_EQ(kill(system_.gateway_pid(), SIGHUP), 0);
  ASSERT_TRUE(
      Eventually([&] { return absl::StrContains(system_.Log(), "SIGHUP"); },
                 "the signal is logged"));
  EXPECT_EQ(Pull(system_, image), "");
  EXPECT_TRUE(system_.Stop());
}

TEST_P(PullTest, WhatWasPulledIsServedWithTheUpstreamGone) {
  const Image image = AddImage(upstream_, "library/alpine", "3.20", {kMiB});
  ASSERT_EQ(Pull(system_, image), "");
  upstream_.Stop();
  EXPECT_EQ(Pull(system_, image), "");
  const auto by_digest = system_.Get(absl::StrCat(
      "library/alpine/manifests/", image.manifest_digest.ToString()));
  EXPECT_EQ(by_digest.status, 200);
  EXPECT_EQ(by_digest.body, image.manifest);
}

TEST_P(PullTest, WhatWasPulledSurvivesAKill) {
  const Image image = AddImage(upstream_, "library/alpine", "3.20", {kMiB});
  ASSERT_EQ(Pull(system_, image), "");
  AwaitEntries(image);
  upstream_.Stop();
  system_.Kill();
  system_.Start();
  EXPECT_EQ(Pull(system_, image), "");
}

TEST_P(PullTest, ATermSignalEndsEveryProcessCleanly) {
  EXPECT_TRUE(system_.Stop()) << system_.Log();
}

TEST_P(PullTest, EntriesSayWhatTheUpstreamHolds) {
  const Image image = AddImage(upstream_, "team/app", "v1", {2 * kMiB, 5});
  ASSERT_EQ(Pull(system_, image), "");
  AwaitEntries(image);
  std::map<std::string, v1::CacheEntry> entries;
  for (const auto& entry : Entries()) entries[entry.relative_path()] = entry;
  ASSERT_EQ(entries.size(), 1 + image.blobs.size());
  const auto& manifest = entries["/team/app/manifests/v1"];
  EXPECT_EQ(manifest.digest(), image.manifest_digest.ToString());
  EXPECT_EQ(manifest.media_type(),
            "application/vnd.oci.image.manifest.v1+json");
  EXPECT_EQ(manifest.size_bytes(), image.manifest.size());
  for (size_t i = 0; i < image.blobs.size(); ++i) {
    const auto& blob = entries["/" + BlobPath(image, i)];
    EXPECT_EQ(blob.digest(), image.BlobDigests()[i].ToString());
    EXPECT_EQ(blob.size_bytes(), image.blobs[i].size());
    EXPECT_EQ(blob.media_type(), "application/octet-stream");
  }
}

// A client that is killed must not cost the next one the download.
TEST_P(PullTest, TheDownloadFinishesWhenItsClientLeaves) {
  const Image image = AddImage(upstream_, "library/big", "1", {8 * kMiB});
  ASSERT_EQ(system_.Get("library/big/manifests/1").status, 200);
  const auto gate = std::make_shared<Gate>();
  FakeAnswer slow;
  slow.gate = gate;
  slow.gate_at_byte = 4 * kMiB;
  upstream_.Answer({"GET", image.BlobDigests()[1].ToString()}, slow);

  EXPECT_GE(
      HttpGetAndLeave(system_.http(), System::Target(BlobPath(image, 1)), kMiB),
      kMiB);
  gate->Open();
  AwaitEntry("/" + BlobPath(image, 1));
  upstream_.Stop();
  EXPECT_EQ(system_.Get(BlobPath(image, 1)).body, image.blobs[1]);
}

// The worst that can happen to a registry: bytes that are not the digest's.
TEST_P(PullTest, WrongBytesAreAnErrorAndAreNotKept) {
  const Image image = AddImage(upstream_, "library/bad", "1", {3 * kMiB});
  ASSERT_EQ(system_.Get("library/bad/manifests/1").status, 200);
  std::string wrong = image.blobs[1];
  wrong.back() ^= 1;
  FakeAnswer answer;
  answer.body = wrong;
  const std::string digest = image.BlobDigests()[1].ToString();
  upstream_.Answer({"GET", digest}, answer, FakeRegistry::kAlways);

  const auto response = system_.Get(BlobPath(image, 1));
  EXPECT_TRUE(response.status != 200 || !response.error.empty());
  EXPECT_LT(response.body.size(), wrong.size());
  EXPECT_FALSE(system_.EntryPaths().contains("/" + BlobPath(image, 1)));

  upstream_.ClearAnswers();
  EXPECT_EQ(Pull(system_, image), "");
}

TEST_P(PullTest, AnUpstreamThatStopsEarlyIsAnErrorAndNothingIsKept) {
  const Image image = AddImage(upstream_, "library/short", "1", {3 * kMiB});
  ASSERT_EQ(system_.Get("library/short/manifests/1").status, 200);
  FakeAnswer answer;
  answer.truncate_at_byte = kMiB;
  answer.ignore_range = true;
  const std::string digest = image.BlobDigests()[1].ToString();
  upstream_.Answer({"GET", digest}, answer, FakeRegistry::kAlways);

  const auto response = system_.Get(BlobPath(image, 1));
  EXPECT_TRUE(response.status != 200 || !response.error.empty());
  EXPECT_FALSE(system_.EntryPaths().contains("/" + BlobPath(image, 1)));

  upstream_.ClearAnswers();
  EXPECT_EQ(Pull(system_, image), "");
}

// One break in the middle is not even noticed by the client.
TEST_P(PullTest, ABrokenTransferIsContinued) {
  const Image image = AddImage(upstream_, "library/broken", "1", {3 * kMiB});
  FakeAnswer answer;
  answer.reset_at_byte = kMiB;
  upstream_.Answer({"GET", image.BlobDigests()[1].ToString()}, answer);
  EXPECT_EQ(Pull(system_, image), "");
}

TEST_P(PullTest, TenClientsAtOnceGetTheirImageFromOneDownload) {
  const Image image =
      AddImage(upstream_, "library/alpine", "3.20", {5 * kMiB, kMiB, 70000});
  std::vector<std::string> results(10);
  {
    std::vector<std::unique_ptr<Thread>> clients;
    for (std::string& result : results) {
      clients.push_back(std::make_unique<Thread>(
          "client", [&] { result = Pull(system_, image); }));
    }
  }
  for (const std::string& result : results) EXPECT_EQ(result, "");
  for (const Digest& digest : image.BlobDigests()) {
    EXPECT_EQ(upstream_.CountRequests({"GET", digest.ToString()}), 1)
        << digest.ToString();
  }
}

TEST_P(PullTest, ErrorsAreInTheProtocolsOwnForm) {
  struct Case {
    std::string method, target;
    int status;
    std::string code;
  };
  const std::string base = "/v2/virtual_registries/containers/";
  const std::string digest = Digest::OfBytes("absent").ToString();
  const Case cases[] = {
      {"GET", base + "9/library/alpine/manifests/1", 404, "NAME_UNKNOWN"},
      {"GET", base + "1/library/alpine/manifests/no", 404, "MANIFEST_UNKNOWN"},
      {"GET", base + "1/library/alpine/blobs/" + digest, 404, "BLOB_UNKNOWN"},
      {"GET", base + "1/Library/alpine/manifests/1", 400, "NAME_INVALID"},
      {"GET", base + "1/library/alpine/blobs/sha256:1", 400, "DIGEST_INVALID"},
      {"POST", base + "1/library/alpine/blobs/uploads/", 405, "UNSUPPORTED"},
      {"PUT", base + "1/library/alpine/manifests/1", 405, "UNSUPPORTED"},
      {"DELETE", base + "1/library/alpine/manifests/1", 405, "UNSUPPORTED"}};
  for (const Case& c : cases) {
    const auto response =
        HttpRequest(c.method, system_.http(), c.target,
                    {"Authorization: Bearer " + system_.admin_secret()});
    EXPECT_EQ(response.status, c.status) << c.method << " " << c.target;
    EXPECT_EQ(response.header("content-type"), "application/json");
    EXPECT_TRUE(absl::StrContains(response.body,
                                  absl::StrCat("\"code\":\"", c.code, "\"")))
        << response.body;
  }
  upstream_.Stop();
  const auto response = system_.Get("library/alpine/manifests/1");
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.header("retry-after"), "");
  EXPECT_TRUE(absl::StrContains(response.body, "\"errors\"")) << response.body;
}

TEST_P(PullTest, AnUpstreamWithTokensIsNoDifferentForTheClient) {
  FakeBearerAuth auth;
  upstream_.RequireBearer(auth);
  const Image image = AddImage(upstream_, "library/alpine", "3.20", {kMiB});
  EXPECT_EQ(Pull(system_, image), "");
}

INSTANTIATE_TEST_SUITE_P(Shapes, PullTest, AllShapes(), ShapeName);

}  // namespace
}  // namespace cvr::testing
