// HTTP/2 over TLS, against a server that speaks it.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "services/concurrency/thread.h"
#include "services/upstream/build_upstream_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_authority.h"
#include "tests/support/upstream/fake_registry.h"
#include "tests/support/upstream/http2_proxy.h"
#include "tests/support/upstream_list_texts.h"

namespace cvr {
namespace {

using testing::FakeAnswer;
using testing::FakeRegistry;
using testing::Http2Proxy;
using testing::IsOk;
using testing::StatusIs;

constexpr char kType[] = "application/vnd.oci.image.manifest.v1+json";
constexpr char kManifest[] = R"({"schemaVersion":2,"config":{},"layers":[]})";

class KeepingSink : public UpstreamBlobSink {
 public:
  absl::Status OnHeader(const UpstreamBlobHeader& given) override {
    header = given;
    return absl::OkStatus();
  }
  absl::Status OnBytes(absl::string_view piece) override {
    bytes.append(piece.data(), piece.size());
    return absl::OkStatus();
  }
  UpstreamBlobHeader header;
  std::string bytes;
};

class Http2Test : public ::testing::Test {
 protected:
  Http2Test() {
    registry_.AddManifest("a/b", "t", kType, kManifest);
    access_.id = 1;
    access_.name = "h2";
    access_.tls.ca_bundle_pem = authority_.certificate_pem();
  }

  void Start(const std::string& client_ca_pem = "") {
    auto proxy = Http2Proxy::Start(
        {registry_.port(), authority_.Issue(), client_ca_pem});
    ASSERT_THAT(proxy, IsOk());
    proxy_ = *std::move(proxy);
    access_.url = proxy_->url();
  }

  absl::Status Get() {
    return gate_->GetManifest(access_, repository_, *Reference::Parse("t"))
        .status();
  }
  absl::Status GetBlob(const Digest& digest, KeepingSink& sink,
                       const UpstreamBlobPart& part = {}) {
    return gate_->GetBlob(access_, repository_, digest, part, sink);
  }
  // What the server saw, a line per request. Ends it.
  std::vector<std::string> StopAndReadLog() {
    return absl::StrSplit(proxy_->Stop(), '\n', absl::SkipEmpty());
  }

  const testing::TestAuthority authority_;
  FakeRegistry registry_;
  std::unique_ptr<Http2Proxy> proxy_;
  const Repository repository_ = *Repository::Parse("a/b");
  UpstreamAccess access_;
  const std::unique_ptr<UpstreamGate> gate_ =
      BuildUpstreamGate({.allow_private_addresses = true, .proxies = {}});
};

TEST_F(Http2Test, EveryKindOfRequestWorks) {
  ASSERT_NO_FATAL_FAILURE(Start());
  const Digest blob = registry_.AddBlob("a/b", std::string(300000, 'x'));
  registry_.AddReferrer("a/b", blob,
                        "{\"digest\":\"" + blob.ToString() + "\"}");
  access_.username = "user";
  access_.password = "secret";
  registry_.RequireBasic("user", "secret");
  EXPECT_THAT(Get(), IsOk());
  EXPECT_THAT(gate_->HeadManifest(access_, repository_, *Reference::Parse("t")),
              IsOk());
  KeepingSink whole;
  EXPECT_THAT(GetBlob(blob, whole), IsOk());
  EXPECT_EQ(whole.bytes.size(), 300000);
  KeepingSink part;
  EXPECT_THAT(GetBlob(blob, part, {.offset = 299990}), IsOk());
  EXPECT_EQ(part.bytes, "xxxxxxxxxx");
  EXPECT_EQ(part.header.offset, 299990);
  EXPECT_THAT(testing::TextsOf(gate_->ListTags(access_, repository_)),
              testing::IsOkAndHolds(::testing::ElementsAre("t")));
  EXPECT_THAT(
      testing::DescriptorsOf(gate_->ListReferrers(access_, repository_, blob)),
      testing::IsOkAndHolds(::testing::SizeIs(1)));
  const auto log = StopAndReadLog();
  EXPECT_THAT(log, ::testing::Each(::testing::StartsWith("h2 ")));
  EXPECT_THAT(log, ::testing::Contains("h2 GET /v2/a/b/tags/list?n=1000 200"));
}

TEST_F(Http2Test, BodyThatBreaksOffIsUnavailable) {
  ASSERT_NO_FATAL_FAILURE(Start());
  const Digest blob = registry_.AddBlob("a/b", std::string(300000, 'x'));
  FakeAnswer broken;
  broken.truncate_at_byte = 100000;
  registry_.Answer({"", "/blobs/"}, broken);
  KeepingSink sink;
  EXPECT_THAT(GetBlob(blob, sink), StatusIs(absl::StatusCode::kUnavailable,
                                            Reason::kUpstreamUnavailable));
  EXPECT_LE(sink.bytes.size(), 100000);
  KeepingSink again;
  EXPECT_THAT(GetBlob(blob, again), IsOk());
}

TEST_F(Http2Test, ManyDownloadsAtOnceKeepToTheLimit) {
  ASSERT_NO_FATAL_FAILURE(Start());
  constexpr int kBlobs = 40;
  constexpr int kLimit = 16;  // 12 of them for blobs.
  access_.limits.concurrent_requests = kLimit;
  std::vector<Digest> digests;
  std::vector<std::string> contents;
  for (int i = 0; i < kBlobs; ++i) {
    contents.push_back(std::string(200000, static_cast<char>('a' + i % 26)) +
                       std::to_string(i));
    digests.push_back(registry_.AddBlob("a/b", contents.back()));
  }
  FakeAnswer held;
  held.gate = std::make_shared<testing::Gate>();
  registry_.Answer({"", "/blobs/"}, held, kBlobs);
  std::vector<KeepingSink> sinks(kBlobs);
  {
    std::vector<std::unique_ptr<Thread>> threads;
    for (int i = 0; i < kBlobs; ++i) {
      threads.push_back(std::make_unique<Thread>("puller", [&, i] {
        EXPECT_THAT(GetBlob(digests[i], sinks[i]), IsOk());
      }));
    }
    held.gate->AwaitArrivals(12);
    EXPECT_THAT(Get(), IsOk());
    EXPECT_EQ(registry_.CountRequests({"", "/blobs/"}), 12);
    held.gate->Open();
  }
  for (int i = 0; i < kBlobs; ++i) EXPECT_EQ(sinks[i].bytes, contents[i]);
  const auto log = StopAndReadLog();
  EXPECT_EQ(log.size(), kBlobs + 1);
  EXPECT_THAT(log, ::testing::Each(::testing::StartsWith("h2 GET ")));
}

TEST_F(Http2Test, UnknownAuthorityIsRefusedUnlessNobodyLooks) {
  ASSERT_NO_FATAL_FAILURE(Start());
  access_.tls = {};
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kUpstreamUnavailable));
  access_.tls.ca_bundle_pem = testing::TestAuthority().certificate_pem();
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(registry_.requests().empty());
  access_.tls = {.insecure_skip_verify = true};
  EXPECT_THAT(Get(), IsOk());
  EXPECT_THAT(StopAndReadLog(),
              ::testing::ElementsAre("h2 GET /v2/a/b/manifests/t 200"));
}

TEST_F(Http2Test, ClientCertificateIsShown) {
  ASSERT_NO_FATAL_FAILURE(Start(authority_.certificate_pem()));
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kUnavailable,
                              Reason::kUpstreamUnavailable));
  EXPECT_TRUE(registry_.requests().empty());
  const auto client = authority_.Issue();
  access_.tls.client_certificate_pem = client.certificate_pem;
  access_.tls.client_key_pem = client.key_pem;
  EXPECT_THAT(Get(), IsOk());
}

}  // namespace
}  // namespace cvr
