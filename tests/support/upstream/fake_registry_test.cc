#include "tests/support/upstream/fake_registry.h"

#include <httplib.h>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/concurrency/thread.h"
#include "tests/support/bad_port.h"

namespace cvr::testing {
namespace {

// The registry seen by an HTTP client that is not the one under test
// elsewhere.
class FakeRegistryTest : public ::testing::Test {
 protected:
  httplib::Result Get(const std::string& target,
                      const httplib::Headers& headers = {}) {
    return httplib::Client("127.0.0.1", registry_.port()).Get(target, headers);
  }

  FakeRegistry registry_;
};

TEST_F(FakeRegistryTest, ServesWhatItHolds) {
  const Digest manifest =
      registry_.AddManifest("library/alpine", "3.20", "application/x", "{}");
  const Digest blob = registry_.AddBlob("library/alpine", "bytes");

  const auto by_tag = Get("/v2/library/alpine/manifests/3.20");
  ASSERT_TRUE(by_tag);
  EXPECT_EQ(by_tag->status, 200);
  EXPECT_EQ(by_tag->body, "{}");
  EXPECT_EQ(by_tag->get_header_value("Content-Type"), "application/x");
  EXPECT_EQ(by_tag->get_header_value("Docker-Content-Digest"),
            manifest.ToString());
  EXPECT_EQ(Get("/v2/library/alpine/manifests/" + manifest.ToString())->body,
            "{}");
  EXPECT_EQ(Get("/v2/library/alpine/blobs/" + blob.ToString())->body, "bytes");
  EXPECT_EQ(Get("/v2/library/alpine/manifests/edge")->status, 404);
  EXPECT_EQ(Get("/v2/library/nothing/manifests/3.20")->status, 404);
}

TEST_F(FakeRegistryTest, ServesParts) {
  const std::string target =
      "/v2/a/blobs/" + registry_.AddBlob("a", "0123456789").ToString();

  const auto part = Get(target, {{"Range", "bytes=3-5"}});
  EXPECT_EQ(part->status, 206);
  EXPECT_EQ(part->body, "345");
  EXPECT_EQ(part->get_header_value("Content-Range"), "bytes 3-5/10");
  EXPECT_EQ(Get(target, {{"Range", "bytes=8-"}})->body, "89");
  EXPECT_EQ(Get(target, {{"Range", "bytes=10-"}})->status, 416);
  EXPECT_EQ(Get(target, {{"Range", "bytes=3-5"}, {"If-Range", "\"x\""}})->body,
            "0123456789");
}

TEST_F(FakeRegistryTest, ScriptedAnswersAreUsedUpInOrder) {
  registry_.AddManifest("a", "t", "application/x", "{}");
  registry_.Answer({"GET", "/manifests/"},
                   FakeAnswer::Status(429, {{"Retry-After", "7"}}));
  registry_.Answer({"GET", "/manifests/"}, FakeAnswer::Status(500), 2);

  EXPECT_EQ(Get("/v2/a/manifests/t")->get_header_value("Retry-After"), "7");
  EXPECT_EQ(Get("/v2/a/manifests/t")->status, 500);
  EXPECT_EQ(Get("/v2/a/manifests/t")->status, 500);
  EXPECT_EQ(Get("/v2/a/manifests/t")->status, 200);
}

TEST_F(FakeRegistryTest, RecordsWhatItWasAsked) {
  Get("/v2/?a=%2F", {{"X-Name", "value"}});
  Get("/v2/b/manifests/t");

  EXPECT_EQ(registry_.requests().size(), 2);
  EXPECT_EQ(registry_.requests()[0].target, "/v2/?a=%2F");
  EXPECT_EQ(registry_.requests()[0].Header("x-name"), "value");
  EXPECT_EQ(registry_.CountRequests({"GET", "manifests"}), 1);
}

TEST_F(FakeRegistryTest, BodiesBreakOffWhereTold) {
  const std::string target =
      "/v2/a/blobs/" +
      registry_.AddBlob("a", std::string(1000, 'x')).ToString();
  const auto received = [&] {
    std::string bytes;
    const auto result = httplib::Client("127.0.0.1", registry_.port())
                            .Get(target, [&](const char* data, size_t size) {
                              bytes.append(data, size);
                              return true;
                            });
    EXPECT_FALSE(result);
    return bytes.size();
  };
  FakeAnswer truncated;
  truncated.truncate_at_byte = 600;
  registry_.Answer({}, truncated);
  EXPECT_EQ(received(), 600);

  FakeAnswer reset;
  reset.reset_at_byte = 600;
  registry_.Answer({}, reset);
  EXPECT_LE(received(), 600);
}

TEST_F(FakeRegistryTest, AGateHoldsTheBodyWhereTold) {
  const std::string target =
      "/v2/a/blobs/" + registry_.AddBlob("a", "0123456789").ToString();
  FakeAnswer held;
  held.gate = std::make_shared<Gate>();
  held.gate_at_byte = 4;
  registry_.Answer({}, held);
  std::string bytes;
  {
    Thread client("client", [&] { bytes = Get(target)->body; });
    held.gate->AwaitArrivals();
    held.gate->Open();
  }
  EXPECT_EQ(bytes, "0123456789");
}

TEST_F(FakeRegistryTest, ADripHandsBytesOutAsAllowed) {
  const std::string target =
      "/v2/a/blobs/" + registry_.AddBlob("a", "0123456789").ToString();
  FakeAnswer slow;
  slow.drip = std::make_shared<Drip>();
  slow.drip_at_byte = 4;
  registry_.Answer({}, slow);
  std::string bytes;
  httplib::Client client("127.0.0.1", registry_.port());
  client.Get(target, [&](const char* data, size_t size) {
    bytes.append(data, size);
    if (bytes == "0123") slow.drip->Allow(3);
    if (bytes == "0123456") slow.drip->Open();
    return true;
  });
  EXPECT_EQ(bytes, "0123456789");
}

TEST_F(FakeRegistryTest, RawBytesAreAllThatIsSent) {
  FakeAnswer raw;
  raw.raw = "HTTP/1.1 299 Raw\r\nContent-Length: 2\r\n\r\nok";
  registry_.Answer({}, raw);
  const auto answer = Get("/v2/");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 299);
  EXPECT_EQ(answer->body, "ok");
}

TEST_F(FakeRegistryTest, APortThatIsTakenOverRefusesOrIgnores) {
  for (const auto manner :
       {BadPort::Manner::kRefuse, BadPort::Manner::kIgnore}) {
    FakeRegistry closed;
    const int port = closed.port();
    closed.Stop();
    BadPort bad(port, manner);
    httplib::Client client("127.0.0.1", port);
    client.set_connection_timeout(0, 200'000);
    const auto error = client.Get("/v2/").error();
    EXPECT_TRUE(error == httplib::Error::Connection ||
                error == httplib::Error::ConnectionTimeout)
        << httplib::to_string(error);
  }
}

TEST_F(FakeRegistryTest, BearerTokensOpenTheirScope) {
  registry_.AddManifest("a", "t", "application/x", "{}");
  registry_.RequireBearer({.username = "user", .password = "secret"});

  const auto refused = Get("/v2/a/manifests/t");
  EXPECT_EQ(refused->status, 401);
  EXPECT_EQ(refused->get_header_value("WWW-Authenticate"),
            absl::StrCat("Bearer realm=\"", registry_.url(),
                         "/token\",service=\"fake\","
                         "scope=\"repository:a:pull\""));
  EXPECT_EQ(Get("/token?scope=repository:a:pull")->status, 401);
  const auto granted =
      Get("/token?scope=repository:a:pull",
          {httplib::make_basic_authentication_header("user", "secret")});
  EXPECT_EQ(granted->body, R"({"token":"token-1","expires_in":300})");
  EXPECT_EQ(
      Get("/v2/a/manifests/t", {{"Authorization", "Bearer token-1"}})->status,
      200);
  registry_.RevokeTokens();
  EXPECT_EQ(
      Get("/v2/a/manifests/t", {{"Authorization", "Bearer token-1"}})->status,
      401);
}

TEST_F(FakeRegistryTest, NobodyAnswersAfterStop) {
  registry_.Stop();
  EXPECT_FALSE(Get("/v2/"));
}

}  // namespace
}  // namespace cvr::testing
