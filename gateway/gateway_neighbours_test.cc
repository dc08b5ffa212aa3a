// What becomes of others when many clients misbehave: over real sockets, with
// and without TLS. Nothing here measures time. While the neighbours misbehave,
// no deadline of the server helps; that they are gone in the end is tested
// apart.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gateway/gateway_fixture.h"
#include "gateway/http/administration.h"
#include "gateway/transport/test_tls.h"
#include "gtest/gtest.h"
#include "tests/support/waiting/eventually.h"

namespace cvr {
namespace {

constexpr size_t kThreads = 8;       // So that a share is two.
constexpr size_t kConnections = 24;  // The least for so many threads.
constexpr int kNeighbours = 3 * kConnections;

constexpr char kOtherPrefix[] =
    "/v2/virtual_registries/containers/5/library/alpine";

// Wants every body.
class EagerAdministration : public Administration {
 public:
  std::optional<HttpReply> Refuse(const HttpRequest&, Admit) override {
    return std::nullopt;
  }
  HttpReply Handle(const HttpRequest& request, Admit) override {
    HttpReply reply;
    reply.body = request.body;
    return reply;
  }
  HttpReply ProtocolError(int http_status, absl::string_view) override {
    HttpReply reply;
    reply.status = http_status;
    return reply;
  }
  void Cancel() override {}
};

enum class Fault {
  kNoHead,
  kHalfHead,
  kHalfHandshake,
  kNoBody,
  kTricklingBody,
  kUnwantedBody,
  kReadsNothing,
  kReadsByteByByte,
  kIdle,
  kPipelinesUnread,
  kSlowUpstream,
  kSlowList,
};

constexpr std::pair<Fault, const char*> kFaults[] = {
    {Fault::kNoHead, "NoHead"},
    {Fault::kHalfHead, "HalfHead"},
    {Fault::kHalfHandshake, "HalfHandshake"},
    {Fault::kNoBody, "NoBody"},
    {Fault::kTricklingBody, "TricklingBody"},
    {Fault::kUnwantedBody, "UnwantedBody"},
    {Fault::kReadsNothing, "ReadsNothing"},
    {Fault::kReadsByteByByte, "ReadsByteByByte"},
    {Fault::kIdle, "Idle"},
    {Fault::kPipelinesUnread, "PipelinesUnread"},
    {Fault::kSlowUpstream, "SlowUpstream"},
    {Fault::kSlowList, "SlowList"},
};

class NeighboursTest : public GatewayTest {
 protected:
  using Client = std::unique_ptr<RawHttpClient>;

  // Before the fixture, which stops the gateway when nobody is blocked.
  ~NeighboursTest() override {
    if (!go_on_.HasBeenNotified()) go_on_.Notify();
    neighbours_.clear();
    gateway_.reset();
  }

  void SetUp() override {
    registry_.PutTags("library/alpine", {"1", "2"});
    registry_.set_fetch_hook([this](int64_t upstream_id) {
      if (upstream_id == InMemoryRegistry::kUpstreamId && slow_) {
        ++waiting_fetches_;
        go_on_.WaitForNotification();
      }
    });
  }

  void AwaitWaitingFetches(int count) const {
    EXPECT_TRUE(testing::Eventually([&] { return waiting_fetches_ >= count; },
                                    "the fetches wait for the slow upstream"));
  }

  virtual bool tls() const { return false; }

  // No deadline ends anything.
  Gateway::Options PatientOptions() {
    Gateway::Options options = Options();
    if (tls()) options.http.tls = tls_.acceptor();
    options.administration = &administration_;
    options.http.requests.threads_max = kThreads;
    // Everybody has one address here.
    options.http.requests.client_max = kThreads;
    options.http.requests.wait_max = absl::Hours(1);
    options.http.requests.stall_grace = absl::Hours(1);
    options.http.connections_max = kConnections;
    options.http.connections_per_client_max = kNeighbours * 2;
    options.http.idle_timeout = absl::Hours(1);
    options.http.handshake_timeout = absl::Hours(1);
    options.http.head_timeout = absl::Hours(1);
    options.http.send_pace.window = absl::Hours(1);
    return options;
  }

  Client ConnectPlain(const std::string& source = "") {
    return std::make_unique<RawHttpClient>(gateway_->address(), source);
  }
  Client ConnectFrom(const std::string& source) {
    if (!tls()) return ConnectPlain(source);
    return std::make_unique<RawHttpClient>(gateway_->address(), tls_.client(),
                                           source);
  }
  Client Connect() override { return ConnectFrom(""); }

  std::string LargeUrl() const {
    return absl::StrCat(kPrefix, "/blobs/", large_.ToString());
  }

  // Sends what a neighbour with `fault` sends, on a connection of its own.
  void Misbehave(Fault fault, const std::string& source = "") {
    Client client = fault == Fault::kHalfHandshake ? ConnectPlain(source)
                                                   : ConnectFrom(source);
    // It may have been closed already.
    if (client->connected()) SendFault(*client, fault);
    neighbours_.push_back(std::move(client));
  }

  void SendFault(RawHttpClient& client, Fault fault) {
    const auto request = [](absl::string_view target) {
      return absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: x\r\n\r\n");
    };
    const std::string post =
        "POST /api/v4/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";
    switch (fault) {
      case Fault::kNoHead:
        break;
      case Fault::kHalfHead:
        client.Send("GET /v2/ HTTP/1.1\r\nHost:");
        break;
      case Fault::kHalfHandshake:
        client.Send(absl::string_view("\x16\x03\x01\x02\x00\x01\x00", 7)
                        .substr(0, tls() ? 7 : 0));
        break;
      case Fault::kNoBody:
        client.Send(post);
        break;
      case Fault::kTricklingBody:
        client.Send(post);
        client.Send("x");
        break;
      case Fault::kUnwantedBody:
        client.Send(
            "PUT /v2/ HTTP/1.1\r\nHost: x\r\n"
            "Content-Length: 1000\r\n\r\n");
        // Until then it has a place of those of its address, which is that of
        // the innocent, too.
        client.Receive();
        break;
      case Fault::kReadsNothing:
      case Fault::kReadsByteByByte:
        client.ShrinkReceiveBuffer();
        // Takes what TLS sends after the handshake: see Readable().
        client.Request("GET", "/healthz");
        client.Send(request(LargeUrl()));
        break;
      case Fault::kIdle:
        client.Request("GET", "/v2/");
        break;
      case Fault::kPipelinesUnread:
        client.ShrinkReceiveBuffer();
        for (int i = 0; i < 20; ++i) client.Send(request(LargeUrl()));
        break;
      case Fault::kSlowUpstream:
        slow_ = true;
        client.Send(request(absl::StrCat(kPrefix, "/manifests/none")));
        break;
      case Fault::kSlowList:
        slow_ = true;
        client.Send(request(absl::StrCat(kPrefix, "/tags/list")));
        break;
    }
  }

  // Of those that have something to read.
  void ReadOneByteEach() {
    for (auto& client : neighbours_) {
      if (client->connected() && client->Readable()) client->ReadSome(1);
    }
  }

  void ExpectInnocentIsServed() {
    EXPECT_EQ(Get("/healthz").body, "ok\n");
    EXPECT_EQ(Get("/readyz").body, "ok\n");
    auto client = Connect();
    EXPECT_EQ(client->Request("GET", "/v2/").status, 200);
    EXPECT_EQ(
        client->Request("GET", absl::StrCat(kOtherPrefix, "/manifests/3.20"))
            .body,
        manifest_bytes_);
    EXPECT_EQ(client
                  ->Request("GET", absl::StrCat(kOtherPrefix, "/blobs/",
                                                layer_.ToString()))
                  .body,
              layer_bytes_);
  }

  const TestTls tls_;
  EagerAdministration administration_;
  std::atomic<bool> slow_ = false;
  std::atomic<int> waiting_fetches_ = 0;
  absl::Notification go_on_;
  // More than the system buffers between the two.
  const Digest large_ = registry_.Put("/library/alpine/blobs/large",
                                      kOctetStream, Layer(16 << 20));
  std::vector<Client> neighbours_;
};

class FaultTest : public NeighboursTest,
                  public ::testing::WithParamInterface<
                      std::tuple<bool, std::pair<Fault, const char*>>> {
 protected:
  bool tls() const override { return std::get<0>(GetParam()); }
  Fault fault() const { return std::get<1>(GetParam()).first; }
};

INSTANTIATE_TEST_SUITE_P(
    , FaultTest,
    ::testing::Combine(::testing::Bool(), ::testing::ValuesIn(kFaults)),
    [](const ::testing::TestParamInfo<FaultTest::ParamType>& info) {
      return absl::StrCat(std::get<1>(info.param).second,
                          std::get<0>(info.param) ? "Tls" : "Plain");
    });

TEST_P(FaultTest, InnocentClientsAreServedMeanwhile) {
  StartGateway(PatientOptions());
  ExpectInnocentIsServed();
  for (int i = 0; i < kNeighbours; ++i) {
    Misbehave(fault());
    if (i % 16 == 0) ExpectInnocentIsServed();
    if (fault() == Fault::kReadsByteByByte) ReadOneByteEach();
  }
  ExpectInnocentIsServed();
}

// Whoever goes on misbehaving for ever loses the connection, so that nothing
// is left of it in the server.
TEST_P(FaultTest, NeighboursAreGoneInTheEnd) {
  Gateway::Options options = PatientOptions();
  options.http.requests.wait_max = absl::Milliseconds(100);
  options.http.idle_timeout = absl::Milliseconds(100);
  options.http.handshake_timeout = absl::Milliseconds(100);
  options.http.head_timeout = absl::Milliseconds(100);
  options.http.send_pace = {1024, absl::Milliseconds(120)};
  StartGateway(options);
  for (int i = 0; i < 4; ++i) Misbehave(fault());
  // The handler of ours that waits for an upstream has a deadline of its own.
  go_on_.Notify();
  for (auto& client : neighbours_) {
    // Those that read nothing are noticed when they are gone from the server:
    // reading would be taking something.
    if (fault() == Fault::kReadsNothing || fault() == Fault::kReadsByteByByte ||
        fault() == Fault::kPipelinesUnread) {
      continue;
    }
    while (client->connected() && !client->ReadSome(1 << 20).empty()) continue;
  }
  EXPECT_TRUE(testing::Eventually(
      [&] {
        if (fault() == Fault::kReadsByteByByte) ReadOneByteEach();
        return registry_.open_streams() == 0;
      },
      "the streams of the neighbours are closed"));
  // Waits for those who read nothing.
  gateway_->Stop(absl::InfiniteFuture());
}

class SharesTest : public NeighboursTest,
                   public ::testing::WithParamInterface<bool> {
 protected:
  bool tls() const override { return GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(, SharesTest, ::testing::Bool(),
                         [](const ::testing::TestParamInfo<bool>& info) {
                           return info.param ? "Tls" : "Plain";
                         });

// Two run, two wait, and the next are refused in a way that clients know.
TEST_P(SharesTest, ARegistryOverItsShareIsRefusedAlone) {
  StartGateway(PatientOptions());
  const std::string target = absl::StrCat(kPrefix, "/manifests/none");
  slow_ = true;
  std::vector<Client> asking;
  for (int i = 0; i < 8; ++i) {
    asking.push_back(Connect());
    // Also takes what TLS sends after the handshake.
    ASSERT_EQ(asking.back()->Request("GET", "/healthz").status, 200);
    asking.back()->Send(
        absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: x\r\n\r\n"));
  }
  std::vector<Client> refused;
  ASSERT_TRUE(testing::Eventually(
      [&] {
        for (auto& client : asking) {
          if (client != nullptr && client->Readable()) {
            refused.push_back(std::move(client));
          }
        }
        return refused.size() >= 4;
      },
      "four requests are refused"));
  for (auto& client : refused) {
    const RawReply reply = client->Receive();
    EXPECT_EQ(reply.status, 429);
    EXPECT_EQ(OciCode(reply), "TOOMANYREQUESTS");
    EXPECT_EQ(reply.Field("Retry-After"), "1");
    EXPECT_TRUE(client->AtEnd());
  }
  ExpectInnocentIsServed();
  go_on_.Notify();
  for (auto& client : asking) {
    if (client == nullptr) continue;
    EXPECT_EQ(client->Receive().status, 404);
  }
}

TEST_P(SharesTest, WhoWaitsTooLongForAThreadGets503) {
  Gateway::Options options = PatientOptions();
  options.http.requests.wait_max = absl::ZeroDuration();
  StartGateway(options);
  slow_ = true;
  for (int i = 0; i < 2; ++i) Misbehave(Fault::kSlowUpstream);
  AwaitWaitingFetches(2);
  Misbehave(Fault::kSlowUpstream);
  const RawReply late = neighbours_.back()->Receive();
  EXPECT_EQ(late.status, 503);
  EXPECT_EQ(OciCode(late), "UNAVAILABLE");
  EXPECT_EQ(late.Field("Retry-After"), "1");
}

// Within one registry there is no share that helps; but who takes nothing gives
// way to who would take something.
TEST_P(SharesTest, StalledReadersGiveWayToOthersOfTheirRegistry) {
  Gateway::Options options = PatientOptions();
  options.http.requests.stall_grace = absl::ZeroDuration();
  options.http.send_pace.window = absl::Minutes(1);
  options.http.send_pace.slice = absl::Milliseconds(10);
  StartGateway(options);
  for (int i = 0; i < 2; ++i) Misbehave(Fault::kReadsNothing);
  EXPECT_EQ(Get(ManifestUrl("3.20")).body, manifest_bytes_);
}

TEST_P(SharesTest, AClientOverItsShareWaitsAlone) {
  Gateway::Options options = PatientOptions();
  options.http.requests.queue_max = 6;
  options.http.requests.client_max = 2;
  StartGateway(options);
  for (int i = 0; i < 2; ++i) Misbehave(Fault::kSlowUpstream, "127.0.0.2");
  AwaitWaitingFetches(2);
  auto waiting = ConnectFrom("127.0.0.2");
  EXPECT_EQ(waiting->Request("GET", "/healthz").status, 200);
  waiting->Send("GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n");
  ExpectInnocentIsServed();
  EXPECT_FALSE(waiting->Readable());
  go_on_.Notify();
  EXPECT_EQ(waiting->Receive().status, 200);
}

TEST_P(SharesTest, AClientOverItsConnectionsClosesItsOwn) {
  Gateway::Options options = PatientOptions();
  options.http.connections_per_client_max = 4;
  StartGateway(options);
  auto innocent = Connect();
  EXPECT_EQ(innocent->Request("GET", "/v2/").status, 200);
  std::vector<Client> many;
  for (int i = 0; i < 20; ++i) {
    many.push_back(ConnectFrom("127.0.0.2"));
    EXPECT_EQ(many.back()->Request("GET", "/v2/").status, 200) << i;
  }
  EXPECT_TRUE(many.front()->AtEnd());
  EXPECT_EQ(innocent->Request("GET", "/v2/").status, 200);
}

// A proxy speaks for many.
TEST_P(SharesTest, ATrustedProxyHasAsManyConnectionsAsItLikes) {
  Gateway::Options options = PatientOptions();
  options.access.trusted_proxies = *TrustedProxies::Parse("127.0.0.2");
  options.http.connections_per_client_max = 2;
  StartGateway(options);
  std::vector<Client> many;
  for (int i = 0; i < 10; ++i) many.push_back(ConnectFrom("127.0.0.2"));
  for (auto& client : many) {
    EXPECT_EQ(client->Request("GET", "/v2/").status, 200);
  }
}

TEST_P(SharesTest, ManyIdleConnectionsNeedNoThreads) {
  Gateway::Options options = PatientOptions();
  options.http.connections_max = 1000;
  options.http.connections_per_client_max = 1000;
  StartGateway(options);
  std::vector<Client> idle;
  for (int i = 0; i < 200; ++i) idle.push_back(Connect());
  for (int round = 0; round < 2; ++round) {
    for (auto& client : idle) {
      ASSERT_EQ(client->Request("GET", "/v2/").status, 200);
    }
  }
}

// A head, then a body, that does not come in time is told so.
TEST_P(SharesTest, WhatDoesNotArriveInTimeIs408) {
  Gateway::Options options = PatientOptions();
  options.http.head_timeout = absl::Milliseconds(50);
  StartGateway(options);
  for (const Fault fault :
       {Fault::kHalfHead, Fault::kNoBody, Fault::kTricklingBody}) {
    Misbehave(fault);
    EXPECT_EQ(neighbours_.back()->Receive().status, 408);
    EXPECT_TRUE(neighbours_.back()->AtEnd());
  }
}

}  // namespace
}  // namespace cvr
