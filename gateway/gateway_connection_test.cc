// How connections begin, go on, break and end, whatever clients do.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gateway/gateway_fixture.h"
#include "gateway/transport/test_tls.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/thread.h"

namespace cvr {
namespace {

using ::testing::HasSubstr;

class GatewayConnectionTest : public GatewayTest,
                              public ::testing::WithParamInterface<bool> {
 protected:
  void SetUp() override { StartGateway(Options()); }

  Gateway::Options Options() const {
    Gateway::Options options = GatewayTest::Options();
    if (GetParam()) options.http.tls = tls_.acceptor();
    return options;
  }
  std::unique_ptr<RawHttpClient> Connect() override {
    if (!GetParam()) return GatewayTest::Connect();
    return std::make_unique<RawHttpClient>(gateway_->address(), tls_.client());
  }

  const TestTls tls_;
};

INSTANTIATE_TEST_SUITE_P(, GatewayConnectionTest, ::testing::Bool(),
                         [](const ::testing::TestParamInfo<bool>& info) {
                           return info.param ? "Tls" : "Plain";
                         });

// Of plain HTTP alone.
using GatewayPlainConnectionTest = GatewayTest;

TEST_P(GatewayConnectionTest, MalformedRequestsGetACleanError) {
  const std::string long_target(9000, 'a');
  const std::string long_field(9000, 'b');
  const std::vector<std::pair<std::string, int>> cases = {
      {absl::StrCat("GET /v2/", long_target, " HTTP/1.1\r\nHost: x\r\n\r\n"),
       414},
      {absl::StrCat("GET /v2/", long_target), 414},
      {absl::StrCat("GET /v2/ HTTP/1.1\r\nHost: x\r\nA: ", long_field,
                    "\r\n\r\n"),
       431},
      {absl::StrCat("GET /v2/ HTTP/1.1\r\nHost: x\r\nA: ",
                    std::string(70000, 'c')),
       431},
      {"GET /v2/\r\n\r\n", 400},
      {"nonsense\r\n\r\n", 400},
      {"GET /v2/ HTTP/1.1\r\n\r\n", 400},
      {"GET /v2/ HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
      {"GET /v2/ HTTP/1.1\r\nHost: x\r\nbad field\r\n\r\n", 400},
      {"GET /v2/ HTTP/1.1\r\nHost: x\r\n folded: 1\r\n\r\n", 400},
      {std::string("GET /v2/\0 HTTP/1.1\r\nHost: x\r\n\r\n", 32), 400},
      {"GET /v2/ HTTP/2.0\r\nHost: x\r\n\r\n", 505},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"GET /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
       "Transfer-Encoding: chunked\r\n\r\n",
       400},
      {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", 13), 400},
  };
  for (const auto& [bytes, status] : cases) {
    auto client = Connect();
    client->Send(bytes);
    const RawReply reply = client->Receive();
    EXPECT_EQ(reply.status, status) << bytes.substr(0, 60);
    EXPECT_NE(OciCode(reply), "<no OCI body>") << bytes.substr(0, 60);
    EXPECT_TRUE(client->AtEnd());
  }
}

// Two requests for one parser must not be one for another.
TEST_P(GatewayConnectionTest, NothingIsSmuggledInABody) {
  const std::string second = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const std::string& fields :
       {absl::StrCat("Content-Length: ", second.size(), "\r\n"),
        std::string("Transfer-Encoding: chunked\r\n"),
        std::string("Transfer-Encoding: gzip, chunked\r\n"),
        std::string("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"),
        std::string("Content-Length: 0\r\nContent-Length: 40\r\n"),
        std::string("Content-Length: 0\nContent-Length: 40\r\n"),
        std::string("Transfer-Encoding\t: chunked\r\n")}) {
    auto client = Connect();
    client->Send(absl::StrCat("GET /v2/ HTTP/1.1\r\nHost: x\r\n", fields,
                              "\r\n", second));
    EXPECT_NE(client->Receive().status, 0) << fields;
    EXPECT_TRUE(client->AtEnd()) << fields;
  }
}

TEST_P(GatewayConnectionTest, TargetsHaveOneMeaning) {
  for (const char* line :
       {"CONNECT test:443", "GET test:443", "GET ftp://test/v2/", "GET *",
        "GET http://u:p@test/v2/", "GET /v2/#x", "GET v2/"}) {
    auto client = Connect();
    client->Send(absl::StrCat(line, " HTTP/1.1\r\nHost: x\r\n\r\n"));
    const int status = client->Receive().status;
    EXPECT_TRUE(status == 400 || status == 501) << line << ": " << status;
    EXPECT_TRUE(client->AtEnd());
  }
  EXPECT_EQ(Request("OPTIONS", "*").status, 405);
  EXPECT_EQ(Get("http://test").status, 200);
  EXPECT_EQ(Get("http://test?x").status, 200);
}

TEST_P(GatewayConnectionTest, ConnectionServesManyRequests) {
  auto client = Connect();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(client->Request("GET", ManifestUrl("3.20")).body,
              manifest_bytes_);
    EXPECT_EQ(client->Request("HEAD", BlobUrl(layer_)).status, 200);
    EXPECT_EQ(
        client->Request("GET", BlobUrl(layer_), "Range: bytes=3-9\r\n").body,
        layer_bytes_.substr(3, 7));
  }
}

TEST_P(GatewayConnectionTest, PipelinedRequestsAreAnsweredInOrder) {
  auto client = Connect();
  std::string requests;
  for (int i = 0; i < 20; ++i) {
    absl::StrAppend(&requests, "GET ", ManifestUrl("3.20"),
                    " HTTP/1.1\r\nHost: x\r\n\r\n\r\n");
  }
  absl::StrAppend(&requests, "GARBAGE\x01\x02\r\n\r\n", "GET /v2/ ");
  client->Send(requests);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client->Receive().body, manifest_bytes_);
  }
  EXPECT_EQ(client->Receive().status, 400);
  EXPECT_TRUE(client->AtEnd());
}

TEST_P(GatewayConnectionTest, ConnectionEndsWhenTheClientSaysSo) {
  auto client = Connect();
  const RawReply reply =
      client->Request("GET", "/v2/", "Connection: Close\r\n");
  EXPECT_EQ(reply.Field("Connection"), "close");
  EXPECT_TRUE(client->AtEnd());

  auto old = Connect();
  old->Send("GET /v2/ HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old->Receive().body, "{}");
  EXPECT_TRUE(old->AtEnd());

  auto old_alive = Connect();
  for (int i = 0; i < 2; ++i) {
    old_alive->Send("GET /v2/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(old_alive->Receive().Field("Connection"), "keep-alive");
  }
}

// A clean end would make a truncated layer look whole.
TEST_P(GatewayConnectionTest, BrokenStreamEndsShortOfItsLength) {
  registry_.set_stream_hook([](uint64_t offset) {
    return offset < 500'000 ? absl::OkStatus()
                            : errors::UpstreamUnavailable("hub", "reset");
  });
  auto client = Connect();
  const RawReply reply = client->Request("GET", BlobUrl(layer_));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Field("Content-Length"), "1000000");
  EXPECT_FALSE(reply.complete);
  EXPECT_LT(reply.body.size(), 1'000'000);
  EXPECT_EQ(reply.body, layer_bytes_.substr(0, reply.body.size()));
  EXPECT_TRUE(client->AtEnd());
}

// Nothing has been promised yet, so the failure can still be told.
TEST_P(GatewayConnectionTest, StreamBrokenBeforeItsFirstByteIsAnError) {
  registry_.set_stream_hook([](uint64_t) {
    return errors::ContentMismatch("hub", "sha256:a", "sha256:b");
  });
  const RawReply reply = Get(BlobUrl(layer_));
  EXPECT_EQ(reply.status, 502);
  EXPECT_TRUE(reply.complete);
  EXPECT_EQ(OciCode(reply), "UNAVAILABLE");
}

TEST_P(GatewayConnectionTest, ClientThatLeavesEarlyFreesItsStream) {
  const std::string large = Layer(16 << 20);
  const Digest digest =
      registry_.Put("/library/alpine/blobs/large", kOctetStream, large);
  {
    auto client = Connect();
    client->ShrinkReceiveBuffer();
    client->Send(
        absl::StrCat("GET ", BlobUrl(digest), " HTTP/1.1\r\nHost: x\r\n\r\n"));
    EXPECT_EQ(client->ReceiveHeader().status, 200);
  }
  // Stop() waits for the stream's end.
  gateway_->Stop(absl::InfiniteFuture());
  EXPECT_EQ(registry_.open_streams(), 0);
}

TEST_P(GatewayConnectionTest, SlowReaderGetsEverythingAndHoldsUpNobody) {
  // More than the system buffers between the two.
  const std::string large = Layer(16 << 20);
  const Digest digest =
      registry_.Put("/library/alpine/blobs/large", kOctetStream, large);
  auto slow = Connect();
  slow->Send(
      absl::StrCat("GET ", BlobUrl(digest), " HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(slow->ReceiveHeader().status, 200);
  EXPECT_EQ(Get(BlobUrl(layer_)).body, layer_bytes_);
  EXPECT_EQ(registry_.open_streams(), 1);
  std::string received;
  while (received.size() < large.size()) {
    const std::string some = slow->ReadSome(64 * 1024);
    ASSERT_FALSE(some.empty());
    received += some;
  }
  EXPECT_EQ(received, large);
}

TEST_P(GatewayConnectionTest, TwoHundredClientsAreServedAtOnce) {
  constexpr int kClients = 200;
  std::vector<std::unique_ptr<RawHttpClient>> clients;
  for (int i = 0; i < kClients; ++i) clients.push_back(Connect());
  for (auto& client : clients) {
    ASSERT_TRUE(client->Send(absl::StrCat(
        "GET ", BlobUrl(layer_),
        " HTTP/1.1\r\nHost: x\r\nRange: bytes=100-300099\r\n\r\n")));
  }
  for (auto& client : clients) {
    const RawReply reply = client->Receive();
    ASSERT_EQ(reply.status, 206);
    ASSERT_EQ(reply.body, layer_bytes_.substr(100, 300'000));
  }
}

// Stopping.

TEST_P(GatewayConnectionTest, StopLetsReplyFinishAndEndsIdleConnections) {
  absl::Notification begun;
  absl::Notification go_on;
  registry_.set_stream_hook([&](uint64_t offset) {
    if (offset > 0 && !begun.HasBeenNotified()) {
      begun.Notify();
      go_on.WaitForNotification();
    }
    return absl::OkStatus();
  });
  auto idle = Connect();
  EXPECT_EQ(idle->Request("GET", "/v2/").status, 200);
  auto busy = Connect();
  busy->Send(
      absl::StrCat("GET ", BlobUrl(layer_), " HTTP/1.1\r\nHost: x\r\n\r\n"));
  begun.WaitForNotification();
  {
    Thread stopping("stop", [&] { gateway_->Stop(absl::InfiniteFuture()); });
    EXPECT_TRUE(idle->AtEnd());
    EXPECT_FALSE(Connect()->connected());
    go_on.Notify();
    EXPECT_EQ(busy->Receive().body, layer_bytes_);
    EXPECT_TRUE(busy->AtEnd());
  }
}

// Nobody is reset who has connected to a server that was still there.
TEST_P(GatewayConnectionTest, WhoHasJustConnectedIsServedWhileStopping) {
  gateway_.reset();
  Gateway::Options options = Options();
  options.http.last_request_timeout = absl::Hours(1);
  StartGateway(options);
  auto client = Connect();
  Thread stopping("stop", [&] { gateway_->Stop(absl::InfiniteFuture()); });
  const RawReply reply = client->Request("GET", BlobUrl(layer_));
  EXPECT_EQ(reply.body, layer_bytes_);
  EXPECT_TRUE(client->AtEnd());
}

TEST_P(GatewayConnectionTest, StopBreaksOffWhatIsLeftAtItsDeadline) {
  const std::string large = Layer(16 << 20);
  const Digest digest =
      registry_.Put("/library/alpine/blobs/large", kOctetStream, large);
  auto stuck = Connect();
  stuck->ShrinkReceiveBuffer();
  stuck->Send(
      absl::StrCat("GET ", BlobUrl(digest), " HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(stuck->ReceiveHeader().status, 200);
  gateway_->Stop(absl::Now());
  EXPECT_EQ(registry_.open_streams(), 0);
}

TEST_P(GatewayConnectionTest, StopIsIdempotentAndPortIsFreeAfterwards) {
  const std::string address = gateway_->address();
  gateway_->Stop(absl::InfiniteFuture());
  gateway_->Stop(absl::InfiniteFuture());
  Gateway::Options options = Options();
  options.http.address = address;
  StartGateway(options);
  EXPECT_EQ(gateway_->address(), address);
  EXPECT_EQ(Get("/v2/").status, 200);
}

// The rest.

TEST_P(GatewayConnectionTest, HealthAndReadiness) {
  EXPECT_EQ(Get("/healthz").body, "ok\n");
  EXPECT_EQ(Get("/readyz").status, 200);
  EXPECT_EQ(Get("/").status, 200);
  EXPECT_EQ(Request("POST", "/healthz").status, 405);
  gateway_.reset();
  Gateway::Options options = Options();
  options.readiness = [] { return absl::UnavailableError("metadata"); };
  StartGateway(options);
  const RawReply reply = Get("/readyz");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, "not ready: metadata\n");
}

TEST_P(GatewayConnectionTest, ServesIpv6) {
  gateway_.reset();
  Gateway::Options options = Options();
  options.http.address = "[::1]:0";
  StartGateway(options);
  EXPECT_THAT(gateway_->address(), HasSubstr("[::1]:"));
  EXPECT_EQ(Get("/v2/").status, 200);
}

TEST_P(GatewayConnectionTest, EveryRequestIsLoggedOnce) {
  gateway_.reset();
  Mutex mutex;
  std::vector<AccessRecord> records;
  Gateway::Options options = Options();
  options.http.access_logger = [&](const AccessRecord& record) {
    MutexLock lock(&mutex);
    records.push_back(record);
  };
  StartGateway(options);
  auto client = Connect();
  client->Request("GET", BlobUrl(layer_), "User-Agent: containerd/2.1\r\n");
  client->Request("HEAD", ManifestUrl("3.20"));
  client->Request("POST", "/v2/x\x01y");
  client->Close();
  gateway_->Stop(absl::InfiniteFuture());
  ASSERT_EQ(records.size(), 3);
  EXPECT_EQ(records[0].method, "GET");
  EXPECT_EQ(records[0].target, BlobUrl(layer_));
  EXPECT_EQ(records[0].status, 200);
  EXPECT_EQ(records[0].body_bytes, 1'000'000);
  EXPECT_EQ(records[0].client, "127.0.0.1");
  EXPECT_EQ(records[0].user_agent, "containerd/2.1");
  EXPECT_EQ(records[0].cache_status, "cvr; fwd=miss; stored");
  EXPECT_EQ(records[1].body_bytes, 0);
  EXPECT_EQ(records[2].status, 400);
}

}  // namespace
}  // namespace cvr
