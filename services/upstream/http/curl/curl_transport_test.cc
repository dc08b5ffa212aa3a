#include "services/upstream/http/curl/curl_transport.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_authority.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr {
namespace {

using testing::FakeAnswer;
using testing::FakeRegistry;
using testing::IsOk;
using testing::StatusIs;
using testing::TestAuthority;

class Receiver : public HttpReceiver {
 public:
  absl::Status OnHead(const HttpHead& given) override {
    head = given;
    return absl::OkStatus();
  }
  absl::Status OnBytes(absl::string_view piece) override {
    bytes.append(piece.data(), piece.size());
    return absl::OkStatus();
  }
  HttpHead head;
  std::string bytes;
};

CurlTransport::Options Local() {
  return {
      .allow_private_addresses = true, .proxies = {}, .user_agent = "agent/1"};
}

absl::Status Get(CurlTransport& transport, const std::string& url,
                 Receiver& receiver, TlsAccess tls = {}) {
  return transport.Perform(
      {HttpCall::Method::kGet, *Url::Parse(url), {}, std::move(tls)}, receiver);
}

absl::Status Get(CurlTransport& transport, const std::string& url,
                 TlsAccess tls = {}) {
  Receiver receiver;
  return Get(transport, url, receiver, std::move(tls));
}

TEST(CurlTransportTest, PassesHeadAndBodyOnWhateverTheStatus) {
  FakeRegistry registry;
  registry.Answer({}, FakeAnswer::Status(418, {{"X-Twice", "a"}}, "teapot"));
  CurlTransport transport(Local());
  Receiver receiver;

  EXPECT_THAT(Get(transport, registry.url() + "/v2/?q=1", receiver), IsOk());
  EXPECT_EQ(receiver.head.status, 418);
  EXPECT_EQ(receiver.head.fields.First("x-twice"), "a");
  EXPECT_EQ(receiver.bytes, "teapot");
  EXPECT_EQ(registry.requests()[0].target, "/v2/?q=1");
  EXPECT_EQ(registry.requests()[0].Header("User-Agent"), "agent/1");
}

TEST(CurlTransportTest, ConnectionIsUsedAgain) {
  FakeRegistry registry;
  CurlTransport transport(Local());

  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Get(transport, registry.url() + "/v2/"), IsOk());
  }
  for (const auto& request : registry.requests()) {
    EXPECT_EQ(request.client_port, registry.requests()[0].client_port);
  }
}

TEST(CurlTransportTest, SpeaksIpv6) {
  FakeRegistry registry({.address = "::1"});
  CurlTransport transport(Local());
  EXPECT_THAT(Get(transport, registry.url() + "/v2/"), IsOk());
}

TEST(CurlTransportTest, PrivateAddressesAreRefusedUnlessAllowed) {
  FakeRegistry registry;
  CurlTransport transport({.proxies = {}});
  const std::string port = std::to_string(registry.port());

  for (const std::string host :
       {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f000001"}) {
    EXPECT_THAT(Get(transport, "http://" + host + ":" + port + "/"),
                StatusIs(absl::StatusCode::kPermissionDenied, Reason::kDenied))
        << host;
  }
  EXPECT_TRUE(registry.requests().empty());
}

TEST(CurlTransportTest, MetadataServicesAreNeverReached) {
  CurlTransport transport(Local());
  EXPECT_THAT(Get(transport, "http://169.254.169.254/latest/meta-data/"),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::kDenied));
}

TEST(CurlTransportTest, ProxyCarriesTheRequestAndIsNotChecked) {
  FakeRegistry proxy;
  proxy.Answer({}, FakeAnswer::Status(200, {}, "by proxy"), 2);
  CurlTransport transport({.proxies = ProxySettings(proxy.url(), "", "")});
  Receiver receiver;

  EXPECT_THAT(Get(transport, "http://registry.example/v2/", receiver), IsOk());
  EXPECT_EQ(receiver.bytes, "by proxy");
  EXPECT_EQ(proxy.requests()[0].Header("Host"), "registry.example");
  // What is written as an address is checked all the same.
  EXPECT_THAT(Get(transport, "http://10.0.0.1/v2/"),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::kDenied));
}

TEST(CurlTransportTest, BodyShortOfItsLengthIsUnavailable) {
  FakeRegistry registry;
  CurlTransport transport(Local());
  FakeAnswer truncated = FakeAnswer::Status(200, {}, "0123456789");
  truncated.truncate_at_byte = 4;
  registry.Answer({}, truncated);
  FakeAnswer reset = FakeAnswer::Status(200, {}, "0123456789");
  reset.reset_at_byte = 4;
  registry.Answer({}, reset);

  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(
        Get(transport, registry.url() + "/v2/"),
        StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamUnavailable));
  }
}

TEST(CurlTransportTest, SilenceIsUnavailable) {
  FakeRegistry registry;
  FakeAnswer silent = FakeAnswer::Status(200, {}, "0123456789");
  silent.gate = std::make_shared<testing::Gate>();
  CurlTransport::Options options = Local();
  options.head_timeout = absl::Milliseconds(50);
  options.stall_timeout = absl::Milliseconds(50);
  CurlTransport transport(options);

  registry.Answer({}, silent);
  EXPECT_THAT(
      Get(transport, registry.url() + "/v2/"),
      StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamUnavailable));
  silent.gate_at_byte = 4;
  registry.Answer({}, silent);
  Receiver receiver;
  const absl::Status stalled =
      Get(transport, registry.url() + "/v2/", receiver);
  EXPECT_THAT(stalled, StatusIs(absl::StatusCode::kUnavailable,
                                Reason::kUpstreamUnavailable));
  EXPECT_EQ(receiver.bytes, "0123");
}

TEST(CurlTransportTest, WhatIsNoHttpIsUnavailable) {
  CurlTransport transport(Local());
  FakeRegistry gone;
  gone.Stop();
  EXPECT_THAT(
      Get(transport, gone.url() + "/v2/"),
      StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamUnavailable));
  EXPECT_THAT(
      Get(transport, "http://no-such-host.invalid/"),
      StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamUnavailable));
}

TEST(CurlTransportTest, MessagesNameTheHostAndNotTheQuery) {
  CurlTransport transport(Local());
  FakeRegistry gone;
  gone.Stop();
  const absl::Status status =
      Get(transport, gone.url() + "/blob?X-Amz-Signature=secret");
  EXPECT_THAT(std::string(status.message()),
              ::testing::AllOf(::testing::HasSubstr("127.0.0.1"),
                               ::testing::Not(::testing::HasSubstr("secret")),
                               ::testing::Not(::testing::HasSubstr("Amz"))));
}

class CurlTransportTlsTest : public ::testing::Test {
 protected:
  std::unique_ptr<FakeRegistry> Registry(const std::string& client_ca = "") {
    const auto issued = authority_.Issue();
    return std::make_unique<FakeRegistry>(FakeRegistry::Options{
        .tls = FakeRegistry::Tls{issued.certificate_pem, issued.key_pem,
                                 client_ca}});
  }

  TestAuthority authority_;
  CurlTransport transport_{Local()};
};

TEST_F(CurlTransportTlsTest, UnknownAuthorityIsUnavailable) {
  const auto registry = Registry();
  EXPECT_THAT(
      Get(transport_, registry->url() + "/v2/"),
      StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamUnavailable));
  EXPECT_TRUE(registry->requests().empty());
}

TEST_F(CurlTransportTlsTest, BundleMakesAnAuthorityKnown) {
  const auto registry = Registry();
  EXPECT_THAT(Get(transport_, registry->url() + "/v2/",
                  {.ca_bundle_pem = authority_.certificate_pem()}),
              IsOk());
  // The connection that this left open is not for those without the bundle.
  EXPECT_THAT(Get(transport_, registry->url() + "/v2/"),
              StatusIs(absl::StatusCode::kUnavailable));
  const TestAuthority other;
  EXPECT_THAT(Get(transport_, registry->url() + "/v2/",
                  {.ca_bundle_pem = other.certificate_pem()}),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(CurlTransportTlsTest, VerificationCanBeSkipped) {
  const auto registry = Registry();
  EXPECT_THAT(
      Get(transport_, registry->url() + "/v2/", {.insecure_skip_verify = true}),
      IsOk());
}

TEST_F(CurlTransportTlsTest, ClientCertificateIsShown) {
  const auto registry = Registry(authority_.certificate_pem());
  const auto issued = authority_.Issue();
  EXPECT_THAT(Get(transport_, registry->url() + "/v2/",
                  {.ca_bundle_pem = authority_.certificate_pem(),
                   .client_certificate_pem = issued.certificate_pem,
                   .client_key_pem = issued.key_pem}),
              IsOk());
  EXPECT_THAT(Get(transport_, registry->url() + "/v2/",
                  {.ca_bundle_pem = authority_.certificate_pem()}),
              StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace cvr
