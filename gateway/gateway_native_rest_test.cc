// Which of the two handlers of `/api/` a request reaches, and how large its
// body may be, over sockets.

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/gateway_fixture.h"
#include "gateway/http/administration.h"
#include "gtest/gtest.h"
#include "tests/support/waiting/gate.h"

namespace cvr {
namespace {

constexpr char kNative[] = "/api/cvr/v1/x";
constexpr char kFacade[] = "/api/v4/x";

// Tells what has reached it; holds requests for `/wait` until Cancel().
class NamedAdministration : public Administration {
 public:
  NamedAdministration(std::string name, size_t bytes_max)
      : name_(std::move(name)), bytes_max_(bytes_max) {}

  std::optional<HttpReply> Refuse(const HttpRequest&, Admit) override {
    return std::nullopt;
  }
  HttpReply Handle(const HttpRequest& request, Admit) override {
    if (absl::EndsWith(request.target, "/wait")) gate.Pass();
    HttpReply reply;
    reply.body = absl::StrCat(name_, " ", request.body.size());
    return reply;
  }
  HttpReply ProtocolError(int http_status, absl::string_view) override {
    HttpReply reply;
    reply.status = http_status;
    reply.body = absl::StrCat(name_, " failed");
    return reply;
  }
  void Cancel() override { gate.Open(); }
  size_t body_bytes_max() const override { return bytes_max_; }

  testing::Gate gate;

 private:
  const std::string name_;
  const size_t bytes_max_;
};

class GatewayNativeRestTest : public GatewayTest {
 protected:
  void SetUp() override {
    Gateway::Options options = Options();
    options.administration = &facade_;
    options.native_rest = &native_;
    StartGateway(options);
  }
  ~GatewayNativeRestTest() override { gateway_.reset(); }

  RawReply Send(const std::string& method, const std::string& target,
                size_t body_bytes) {
    return Request(method, target,
                   absl::StrCat("Content-Length: ", body_bytes, "\r\n\r\n",
                                std::string(body_bytes, 'x')));
  }

  NamedAdministration facade_{"facade", 10};
  NamedAdministration native_{"native", 100'000};
};

TEST_F(GatewayNativeRestTest, ThePathSaysWhichOneItIsFor) {
  EXPECT_EQ(Get(kNative).body, "native 0");
  EXPECT_EQ(Get(kFacade).body, "facade 0");
  EXPECT_EQ(Get("/api/openapi.json").body, "facade 0");
  EXPECT_EQ(Get("/api/cvr").body, "facade 0");
}

TEST_F(GatewayNativeRestTest, EachHasABoundOfItsOwnForBodies) {
  for (const char* const method : {"POST", "PUT", "PATCH"}) {
    EXPECT_EQ(Send(method, kNative, 100'000).body, "native 100000") << method;
    EXPECT_EQ(Send(method, kFacade, 10).body, "facade 10") << method;
  }
  const RawReply native = Send("PUT", kNative, 100'001);
  EXPECT_EQ(native.status, 413);
  EXPECT_EQ(native.body, "native failed");
  const RawReply facade = Send("PUT", kFacade, 11);
  EXPECT_EQ(facade.status, 413);
  EXPECT_EQ(facade.body, "facade failed");
}

// What runs would hold up the end of the process.
TEST_F(GatewayNativeRestTest, BothAreCancelledWhenDrainingTakesTooLong) {
  const auto for_native = Connect();
  for_native->Send("GET /api/cvr/v1/wait HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto for_facade = Connect();
  for_facade->Send("GET /api/v4/wait HTTP/1.1\r\nHost: x\r\n\r\n");
  native_.gate.AwaitArrivals();
  facade_.gate.AwaitArrivals();
  gateway_->Stop(absl::InfinitePast());
}

TEST_F(GatewayNativeRestTest, WithoutItTheFacadeHasAllPaths) {
  Gateway::Options options = Options();
  options.administration = &facade_;
  StartGateway(options);
  EXPECT_EQ(Get(kNative).body, "facade 0");
}

}  // namespace
}  // namespace cvr
