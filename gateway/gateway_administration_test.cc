// What the gateway does for administration, whatever that is: over sockets,
// with tokens of a real metadata service.

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "gateway/gateway_access_stack.h"
#include "gateway/http/administration.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

using ::testing::HasSubstr;

// Tells what has reached it, for whom; 401 and 429 when nobody is admitted.
class EchoAdministration : public Administration {
 public:
  std::optional<HttpReply> Refuse(const HttpRequest& head,
                                  Admit admit) override {
    HttpReply reply = Handle(head, admit);
    if (reply.status == 200) return std::nullopt;
    return reply;
  }
  HttpReply Handle(const HttpRequest& request, Admit admit) override {
    HttpReply reply;
    const auto client =
        admit(request.fields.Get("PRIVATE-TOKEN").value_or("cvr_none"));
    if (client.ok()) {
      reply.body =
          absl::StrCat(request.method, " ", request.body, " for ", *client);
    } else {
      reply.status = absl::IsUnauthenticated(client.status()) ? 401 : 429;
    }
    return reply;
  }
  HttpReply ProtocolError(int http_status, absl::string_view message) override {
    HttpReply reply;
    reply.status = http_status;
    reply.body = absl::StrCat("own: ", message);
    return reply;
  }
  void Cancel() override {}
};

class GatewayAdministrationTest : public GatewayAccessTest {
 protected:
  GatewayAdministrationTest() { administration_ = &echo_; }
  ~GatewayAdministrationTest() override { gateway_.reset(); }

  RawReply Send(const std::string& method, const std::string& secret,
                const std::string& body) {
    std::string fields;
    if (!secret.empty())
      fields = absl::StrCat("PRIVATE-TOKEN: ", secret, "\r\n");
    if (!body.empty()) {
      absl::StrAppend(&fields, "Content-Length: ", body.size(), "\r\n\r\n",
                      body);
    }
    return Request(method, "/api/v4/x", fields);
  }

  EchoAdministration echo_;
};

TEST_F(GatewayAdministrationTest, EveryMethodReachesItWithItsBody) {
  const std::string secret = Make(v1::AccessToken::SCOPE_MANAGE).secret();
  EXPECT_EQ(Send("POST", secret, "body").body, "POST body for 127.0.0.1");
  EXPECT_EQ(Send("PATCH", secret, "body").body, "PATCH body for 127.0.0.1");
  for (const char* const method : {"GET", "DELETE", "PUT", "OPTIONS"}) {
    EXPECT_EQ(Send(method, secret, "").body,
              absl::StrCat(method, "  for 127.0.0.1"));
  }
  // Elsewhere nothing may be written, as before.
  EXPECT_EQ(Request("POST", "/v2/", Bearer(secret)).status, 405);
  EXPECT_EQ(Request("DELETE", ManifestUrl("3.20"), Bearer(secret)).status, 405);
}

TEST_F(GatewayAdministrationTest, BodiesAreBoundedInItsOwnWords) {
  const std::string secret = Make(v1::AccessToken::SCOPE_MANAGE).secret();
  const std::string most(64 * 1024, 'x');
  EXPECT_THAT(Send("PATCH", secret, most).body, HasSubstr("x for 127"));
  const RawReply longer = Send("PATCH", secret, most + "x");
  EXPECT_EQ(longer.status, 413);
  EXPECT_EQ(longer.body, "own: the request body is too long");
  const std::string chunked = absl::StrCat(
      "PRIVATE-TOKEN: ", secret, "\r\nTransfer-Encoding: chunked\r\n\r\n");
  // Request() adds the last line end.
  EXPECT_EQ(Request("POST", "/api/v4/x", chunked + "1\r\nx\r\n0\r\n").body,
            "POST x for 127.0.0.1");
  EXPECT_EQ(Request("POST", "/api/v4/x",
                    absl::StrCat(chunked, "1\r\nx\r\n10000\r\n", most))
                .status,
            413);
}

// What nobody may write needs not be sent, and holds nobody up meanwhile.
TEST_F(GatewayAdministrationTest, WhoMayNotAskIsToldBeforeTheBodyComes) {
  const std::string fields = "Content-Length: 10\r\nPRIVATE-TOKEN: ";
  EXPECT_EQ(Request("POST", "/api/v4/x", fields + "cvr_wrong\r\n").status, 401);
  StartAccess({0.001, 1});
  EXPECT_EQ(Request("POST", "/api/v4/x", fields + "cvr_wrong\r\n").status, 401);
  EXPECT_EQ(Request("POST", "/api/v4/x", fields + "cvr_wrong\r\n").status, 429);
}

TEST_F(GatewayAdministrationTest, WhoWaitsToBeAskedForTheBodyIsAsked) {
  const std::string secret = Make(v1::AccessToken::SCOPE_MANAGE).secret();
  auto client = Connect();
  client->Send(absl::StrCat(
      "PATCH /api/v4/x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
      "Content-Length: 4\r\nPRIVATE-TOKEN: ",
      secret, "\r\n\r\n"));
  EXPECT_EQ(client->ReceiveHeader().status, 100);
  client->Send("bo");
  client->Send("dy");
  EXPECT_EQ(client->Receive().body, "PATCH body for 127.0.0.1");
  EXPECT_EQ(client->Request("GET", "/healthz").status, 200);
}

TEST_F(GatewayAdministrationTest, WrongSecretsCountAsWrongLoginsDo) {
  const auto token = Make(v1::AccessToken::SCOPE_READ);
  StartAccess({0.001, 3});
  EXPECT_THAT(Send("GET", token.secret(), "").body, HasSubstr("127.0.0.1"));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(Send("GET", "cvr_wrong", "").status, 401);
  EXPECT_EQ(Send("GET", "cvr_wrong", "").status, 429);
  EXPECT_EQ(Login(Basic("cvr_wrong")).status, 429);
  // Who was known a moment ago still is.
  EXPECT_EQ(Send("GET", token.secret(), "").status, 200);
}

TEST_F(GatewayAdministrationTest, RevokedTokensAreRefusedWithinSeconds) {
  const auto token = Make(v1::AccessToken::SCOPE_READ);
  EXPECT_EQ(Send("GET", token.secret(), "").status, 200);
  Revoke(token.access_token().id());
  clock_.Advance(absl::Seconds(4));
  EXPECT_EQ(Send("GET", token.secret(), "").status, 401);
}

TEST_F(GatewayAdministrationTest, WithoutItNothingIsThere) {
  administration_ = nullptr;
  StartAccess({0, 1});
  EXPECT_EQ(Send("GET", "", "").status, 404);
  EXPECT_EQ(Send("POST", "", "body").status, 404);
}

}  // namespace
}  // namespace cvr
