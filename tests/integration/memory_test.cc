// What an upstream makes large is not what this system holds: thirty requests
// at once for the largest lists and manifests that are legal, from the store
// and from the upstream, with readers that read nothing, and resident memory
// stays below 512 MiB (services/blob/engine/DESIGN.md, "Memory").
#include <algorithm>
#include <atomic>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gateway/http/raw_http_client.h"
#include "gtest/gtest.h"
#include "services/common/digest.h"
#include "services/common/limits.h"
#include "services/concurrency/thread.h"
#include "tests/integration/system.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {
namespace {

constexpr int64_t kResidentKibMax = 512 * 1024;
constexpr int kRequests = 30;
// A list takes seconds to come, and only some may come at once: who gets no
// room is told so and comes again.
constexpr int kAttemptsMax = 3000;

std::string TagName(int i) { return absl::StrCat("v", 1000000 + i); }

// As clients get it.
std::string TagListBody(const std::string& name, int from, int to) {
  std::string body = absl::StrCat("{\"name\":\"", name, "\",\"tags\":[");
  for (int i = from; i < to; ++i) {
    absl::StrAppend(&body, i == from ? "\"" : ",\"", TagName(i), "\"");
  }
  body.append("]}");
  return body;
}

struct Got {
  int status = 0;
  bool complete = false;
  std::string digest;
  std::string retry_after;
};

class MemoryTest : public ::testing::Test {
 protected:
  MemoryTest() : system_(Shape::kStandalone, upstream_.url()) {}

  static std::string Name(int repository) {
    return absl::StrCat("virtual_registries/containers/1/r/", repository);
  }

  // The whole body goes through a hash, so that this process holds none.
  Got Get(const std::string& target) const {
    RawHttpClient client(system_.http());
    Got got;
    if (!client.Send(
            absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: a\r\n\r\n"))) {
      return got;
    }
    const RawReply head = client.ReceiveHeader();
    got.status = head.status;
    got.retry_after = head.Field("Retry-After");
    uint64_t left = 0;
    if (!absl::SimpleAtoi(head.Field("Content-Length"), &left)) return got;
    DigestHasher hasher(DigestAlgorithm::kSha256);
    while (left > 0) {
      const std::string some = client.ReadSome(std::min<uint64_t>(left, 65536));
      if (some.empty()) return got;
      hasher.Update(some);
      left -= some.size();
    }
    got.complete = true;
    got.digest = hasher.Current().ToString();
    return got;
  }

  // All at once; each until it is answered right, with clear refusals between.
  void GetAll(const std::vector<std::string>& targets,
              const std::vector<std::string>& digests) {
    std::atomic<int> refused = 0;
    std::vector<std::unique_ptr<Thread>> threads;
    for (size_t i = 0; i < targets.size(); ++i) {
      threads.push_back(std::make_unique<Thread>("client", [&, i] {
        Got got = Get(targets[i]);
        for (int left = kAttemptsMax; got.status != 200 && left > 0; --left) {
          EXPECT_TRUE(got.status == 429 || got.status == 503 ||
                      got.status == 504)
              << got.status << " " << targets[i];
          EXPECT_NE(got.retry_after, "<none>");
          ++refused;
          absl::SleepFor(absl::Milliseconds(100));
          got = Get(targets[i]);
        }
        EXPECT_EQ(got.status, 200) << targets[i];
        EXPECT_TRUE(got.complete) << targets[i];
        EXPECT_EQ(got.digest, digests[i]) << targets[i];
      }));
    }
    threads.clear();
    std::cout << targets.size() << " of " << targets[0] << ": " << refused
              << " refusals, resident at most " << PeakKib() / 1024 << " MiB\n";
  }

  int64_t PeakKib() const {
    std::ifstream status(
        absl::StrCat("/proc/", system_.gateway_pid(), "/status"));
    for (std::string line; std::getline(status, line);) {
      if (!absl::StartsWith(line, "VmHWM:")) continue;
      const std::vector<std::string> words =
          absl::StrSplit(line, absl::ByAnyChar(": \t"), absl::SkipEmpty());
      int64_t kib = 0;
      if (absl::SimpleAtoi(words[1], &kib)) return kib;
    }
    ADD_FAILURE() << "no VmHWM";
    return 0;
  }
  void ExpectSmall() const { EXPECT_LT(PeakKib(), kResidentKibMax); }

  FakeRegistry upstream_;
  System system_;
};

TEST_F(MemoryTest, ListsOfAMillionTags) {
  constexpr int kTags = limits::kTagsMax;
  constexpr int kRepositories = 6;
  std::string list = "{\"tags\":[";
  for (int i = 0; i < kTags; ++i) {
    absl::StrAppend(&list, i == 0 ? "\"" : ",\"", TagName(i), "\"");
  }
  list.append("]}");
  upstream_.Answer({"GET", "/tags/list"},
                   FakeAnswer::Status(200, {}, std::move(list)),
                   FakeRegistry::kAlways);
  system_.Start();
  const struct {
    std::string query;
    int from, to;
  } kPages[] = {
      {"?n=1", 0, 1},  // The misses.
      {"?n=1", 0, 1},
      {absl::StrCat("?n=1000&last=", TagName(499999)), 500000, 501000},
      {"", 0, kTags},
  };
  for (const auto& [query, from, to] : kPages) {
    std::vector<std::string> targets;
    std::vector<std::string> digests;
    for (int i = 0; i < kRequests; ++i) {
      const std::string name = Name(i % kRepositories);
      targets.push_back(absl::StrCat("/v2/", name, "/tags/list", query));
      digests.push_back(
          i < kRepositories
              ? Digest::OfBytes(TagListBody(name, from, to)).ToString()
              : digests[i % kRepositories]);
    }
    GetAll(targets, digests);
  }
  // Who reads nothing has nothing waiting for him but some chunks.
  std::vector<std::unique_ptr<RawHttpClient>> lazy;
  for (int i = 0; i < kRequests; ++i) {
    lazy.push_back(std::make_unique<RawHttpClient>(system_.http()));
    ASSERT_TRUE(lazy.back()->Send(absl::StrCat(
        "GET /v2/", Name(0), "/tags/list HTTP/1.1\r\nHost: a\r\n\r\n")));
  }
  for (const auto& client : lazy) {
    EXPECT_EQ(client->ReceiveHeader().status, 200);
  }
  ExpectSmall();
}

// A tree of these costs a hundred times their text.
TEST_F(MemoryTest, ManifestsOfNestedArrays) {
  std::vector<std::string> targets;
  std::vector<std::string> digests;
  for (int i = 0; i < kRequests; ++i) {
    std::string manifest = absl::StrCat(
        R"({"schemaVersion":2,"layers":[],"i":)", i, R"(,"x":[[])");
    while (manifest.size() + 8 < limits::kManifestBytesMax) {
      manifest.append(",[]");
    }
    manifest.append("]}");
    const std::string repository = absl::StrCat("r/", i);
    digests.push_back(
        upstream_
            .AddManifest(repository, "1",
                         "application/vnd.oci.image.manifest.v1+json",
                         std::move(manifest))
            .ToString());
    targets.push_back(absl::StrCat("/v2/", Name(i), "/manifests/1"));
  }
  system_.Start();
  GetAll(targets, digests);  // Misses.
  GetAll(targets, digests);  // Hits.
  ExpectSmall();
}

}  // namespace
}  // namespace cvr::testing
