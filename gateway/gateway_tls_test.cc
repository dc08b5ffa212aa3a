// What is particular to HTTPS; gateway_connection_test.cc runs over it as well.

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gateway/gateway_fixture.h"
#include "gateway/transport/test_tls.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/concurrency/thread.h"
#include "services/rpc/tls/certificate.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/eventually.h"

namespace cvr {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

// The first bytes of a record that a handshake may begin with.
constexpr absl::string_view kHalfAHandshake("\x16\x03\x01\x02\x00\x01\x00", 7);

class GatewayTlsTest : public GatewayTest {
 protected:
  void SetUp() override { StartGateway(TlsOptions()); }

  Gateway::Options TlsOptions() const {
    Gateway::Options options = Options();
    options.http.tls = tls_.acceptor();
    return options;
  }

  void Restart(const Gateway::Options& options) {
    gateway_.reset();
    StartGateway(options);
  }

  std::unique_ptr<RawHttpClient> Connect() override {
    return ConnectAs(tls_.client());
  }
  std::unique_ptr<RawHttpClient> ConnectAs(const RawTls& client) {
    return std::make_unique<RawHttpClient>(gateway_->address(), client);
  }
  std::unique_ptr<RawHttpClient> ConnectPlain() {
    return GatewayTest::Connect();
  }

  TestTls tls_;
};

TEST_F(GatewayTlsTest, ServesBlobsAndRangesOnOneConnection) {
  auto client = Connect();
  EXPECT_EQ(client->Request("GET", ManifestUrl("3.20")).body, manifest_bytes_);
  EXPECT_EQ(client->Request("GET", BlobUrl(layer_)).body, layer_bytes_);
  EXPECT_EQ(
      client->Request("GET", BlobUrl(layer_), "Range: bytes=100000-300000\r\n")
          .body,
      layer_bytes_.substr(100'000, 200'001));
  EXPECT_EQ(client->Request("HEAD", BlobUrl(layer_)).status, 200);
}

TEST_F(GatewayTlsTest, AgreesOnTheNewestVersionAndOnHttp11) {
  RawTls client = tls_.client();
  EXPECT_EQ(ConnectAs(client)->tls_version(), "TLSv1.3");
  EXPECT_EQ(ConnectAs(client)->tls_protocol(), "");
  client.protocol = "http/1.1";
  EXPECT_EQ(ConnectAs(client)->tls_protocol(), "http/1.1");
  client.version_max = TLS1_2_VERSION;
  auto older = ConnectAs(client);
  EXPECT_EQ(older->tls_version(), "TLSv1.2");
  EXPECT_EQ(older->Request("GET", BlobUrl(layer_)).body, layer_bytes_);
}

TEST_F(GatewayTlsTest, RefusesOldVersionsAndOtherProtocols) {
  RawTls client = tls_.client();
  client.version_max = TLS1_1_VERSION;
  EXPECT_THAT(ConnectAs(client)->tls_error(),
              HasSubstr("alert protocol version"));
  client = tls_.client();
  client.protocol = "h2";
  EXPECT_THAT(ConnectAs(client)->tls_error(),
              HasSubstr("no application protocol"));
  EXPECT_EQ(Get("/v2/").status, 200);
}

TEST_F(GatewayTlsTest, PlainHttpIsToldToUseTls) {
  auto client = ConnectPlain();
  client->Send("GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client->ReceiveHeader().status, 400);
  EXPECT_EQ(client->ReadSome(100), "This server speaks HTTPS.\n");
}

TEST_F(GatewayTlsTest, NewConnectionsGetTheNewCertificate) {
  auto old = Connect();
  const long serial = old->tls_serial();
  tls_.Renew();
  EXPECT_EQ(Connect()->tls_serial(), serial);  // Nobody has asked for it.
  ASSERT_THAT(tls_.acceptor()->Reload(), IsOk());
  EXPECT_NE(Connect()->tls_serial(), serial);
  EXPECT_EQ(old->Request("GET", BlobUrl(layer_)).body, layer_bytes_);
}

TEST_F(GatewayTlsTest, ABrokenCertificateChangesNothing) {
  const long serial = Connect()->tls_serial();
  testing::WritePem("nonsense", tls_.paths().certificate);
  EXPECT_THAT(tls_.acceptor()->Reload(),
              StatusIs(absl::StatusCode::kInvalidArgument));
  auto client = Connect();
  EXPECT_EQ(client->tls_serial(), serial);
  EXPECT_EQ(client->Request("GET", "/v2/").status, 200);
  tls_.Renew();
  EXPECT_THAT(tls_.acceptor()->Reload(), IsOk());
}

TEST_F(GatewayTlsTest, AHandshakeHasADeadline) {
  Gateway::Options options = TlsOptions();
  options.http.handshake_timeout = absl::Milliseconds(100);
  Restart(options);
  auto silent = ConnectPlain();
  auto slow = ConnectPlain();
  slow->Send(kHalfAHandshake);
  EXPECT_TRUE(silent->AtEnd());
  EXPECT_TRUE(slow->AtEnd());
}

// A client that is in its handshake when the server stops is served, and never
// gets half an answer.
TEST_F(GatewayTlsTest, WhoIsInHisHandshakeIsServedWhileStopping) {
  Gateway::Options options = TlsOptions();
  options.http.last_request_timeout = absl::Hours(1);
  Restart(options);
  auto client = ConnectPlain();
  Thread stopping("stop", [&] { gateway_->Stop(absl::InfiniteFuture()); });
  EXPECT_TRUE(testing::Eventually([&] { return !ConnectPlain()->connected(); },
                                  "the server refuses new connections"));
  client->StartTls(tls_.client());
  ASSERT_TRUE(client->connected()) << client->tls_error();
  const RawReply reply = client->Request("GET", BlobUrl(layer_));
  EXPECT_EQ(reply.body, layer_bytes_);
  EXPECT_EQ(reply.Field("Connection"), "close");
  EXPECT_TRUE(client->AtEnd());
}

TEST_F(GatewayTlsTest, StoppingDoesNotWaitLongForThem) {
  Gateway::Options options = TlsOptions();
  options.http.handshake_timeout = absl::InfiniteDuration();
  options.http.last_request_timeout = absl::Milliseconds(1);
  Restart(options);
  auto silent = ConnectPlain();
  auto slow = ConnectPlain();
  slow->Send(kHalfAHandshake);
  auto idle = Connect();
  gateway_->Stop(absl::InfiniteFuture());
  EXPECT_TRUE(silent->AtEnd());
  EXPECT_TRUE(slow->AtEnd());
  EXPECT_TRUE(idle->AtEnd());
}

// A handshake that has begun is not an idle connection, but has its deadline.
TEST_F(GatewayTlsTest, StopBreaksOffHandshakes) {
  Gateway::Options options = TlsOptions();
  options.http.handshake_timeout = absl::InfiniteDuration();
  Restart(options);
  auto silent = ConnectPlain();
  auto slow = ConnectPlain();
  slow->Send(kHalfAHandshake);
  gateway_->Stop(absl::Now());
  EXPECT_TRUE(silent->AtEnd());
  EXPECT_TRUE(slow->AtEnd());
}

}  // namespace
}  // namespace cvr
