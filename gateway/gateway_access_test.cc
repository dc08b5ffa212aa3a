// Who gets what, with real tokens of a real metadata service, over sockets.

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gateway/gateway_access_stack.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What is 200 for the good is refused to everybody else, on every surface.
TEST_F(GatewayAccessTest, CredentialsCountTheSameEverywhere) {
  const std::string good = Make(v1::AccessToken::SCOPE_READ).secret();
  const std::string writer = Make(v1::AccessToken::SCOPE_MANAGE).secret();
  const std::string expired = Make(v1::AccessToken::SCOPE_READ, 60).secret();
  const auto revoked = Make(v1::AccessToken::SCOPE_READ);
  Revoke(revoked.access_token().id());
  clock_.Advance(absl::Minutes(2));
  struct Case {
    const char* name;
    std::string secret;
    int login;
    int pull;
  };
  const std::string wrong = good.substr(0, good.size() - 1) + "!";
  for (const Case& c :
       std::vector<Case>{{"good", good, 200, 200},
                         {"write-only", writer, 200, 403},
                         {"expired", expired, 401, 401},
                         {"revoked", revoked.secret(), 401, 401},
                         {"no secret", "hunter2", 401, 401}}) {
    SCOPED_TRACE(c.name);
    const std::string manifest = ManifestUrl("3.20");
    EXPECT_EQ(Get("/v2/", Basic(c.secret)).status, c.login);
    EXPECT_EQ(Get("/v2/", Bearer(c.secret)).status, c.login);
    EXPECT_EQ(Get(manifest, Basic(c.secret)).status, c.pull);
    EXPECT_EQ(Get(manifest, Bearer(c.secret)).status, c.pull);
    EXPECT_EQ(Request("HEAD", manifest, Bearer(c.secret)).status, c.pull);
    const RawReply login = Login(Basic(c.secret));
    EXPECT_EQ(login.status, c.login);
    EXPECT_EQ(PostLogin("grant_type=password&service=gw&username=a&password=" +
                        c.secret)
                  .status,
              c.login);
    EXPECT_EQ(
        PostLogin("grant_type=refresh_token&refresh_token=" + c.secret).status,
        c.login);
    if (c.login == 200) {
      // What the owner may not have, the token does not open.
      EXPECT_EQ(Get(manifest, Bearer(TokenIn(login))).status, c.pull);
    } else {
      EXPECT_EQ(OciCode(login), "UNAUTHORIZED");
    }
    EXPECT_THAT(login.body, Not(HasSubstr(c.secret)));
  }
  EXPECT_EQ(Get("/v2/", Basic(wrong)).status, 401);
}

// By every entrance; and who may not see it cannot tell it from what is not
// there.
TEST_F(GatewayAccessTest, WhoMaySeeARegistryButNotPullIsToldWhy) {
  const std::string writer = Make(v1::AccessToken::SCOPE_MANAGE).secret();
  v1::Group group;
  group.set_name("others");
  v1::CreateGroupRequest create;
  *create.mutable_group() = group;
  ASSERT_THAT(stack_->groups().Create(create), testing::IsOk());
  const std::string stranger =
      Make(v1::AccessToken::SCOPE_MANAGE, 0, "others").secret();
  const std::string digest = "sha256:" + std::string(64, 'a');
  for (const std::string& path :
       {std::string("library/alpine/manifests/3.20"),
        "library/alpine/manifests/" + digest, "library/alpine/blobs/" + digest,
        std::string("library/alpine/tags/list"),
        "library/alpine/referrers/" + digest, std::string("_catalog")}) {
    SCOPED_TRACE(path);
    const std::string base = "/v2/virtual_registries/containers/";
    const auto get = [&](int id, const std::string& credentials) {
      return Get(absl::StrCat(base, id, "/", path), credentials);
    };
    for (const std::string& credentials :
         {Basic(writer), Bearer(writer),
          Bearer(TokenIn(Login(Basic(writer))))}) {
      const RawReply denied = get(1, credentials);
      EXPECT_EQ(denied.status, 403);
      EXPECT_EQ(OciCode(denied), "DENIED");
      EXPECT_THAT(denied.body, HasSubstr("your token may not pull from"));
    }
    for (const std::string& credentials :
         {Basic(stranger), Bearer(TokenIn(Login(Basic(stranger))))}) {
      RawReply hidden = get(1, credentials);
      RawReply missing = get(99, credentials);
      EXPECT_EQ(hidden.status, 404);
      EXPECT_EQ(missing.status, 404);
      EXPECT_EQ(absl::StrReplaceAll(hidden.body, {{"'1'", "'99'"}}),
                missing.body);
    }
  }
}

TEST_F(GatewayAccessTest, ChallengesSayWhereToLogIn) {
  const RawReply ping = Get("/v2/");
  EXPECT_EQ(ping.status, 401);
  EXPECT_EQ(OciCode(ping), "UNAUTHORIZED");
  EXPECT_EQ(ping.Field("Docker-Distribution-API-Version"), "registry/2.0");
  EXPECT_EQ(ping.Field("WWW-Authenticate"),
            "Bearer realm=\"http://test/jwt/auth\",service=\"gw\"");
  const RawReply pull = Get(ManifestUrl("3.20"));
  EXPECT_EQ(pull.status, 401);
  EXPECT_THAT(pull.Field("WWW-Authenticate"),
              HasSubstr("scope=\"repository:virtual_registries/containers/1/"
                        "library/alpine:pull\""));
  EXPECT_THAT(Get("/v2/", Bearer("a.b.c")).Field("WWW-Authenticate"),
              HasSubstr("error=\"invalid_token\""));
  // What exists not is answered as what is private.
  EXPECT_EQ(Get("/v2/virtual_registries/containers/99/a/manifests/b").status,
            401);
  EXPECT_EQ(Get("/healthz").status, 200);
}

TEST_F(GatewayAccessTest, ATokenForNobodyOpensOnlyTheFrontDoor) {
  const RawReply anonymous = Login("");
  ASSERT_EQ(anonymous.status, 200);
  const std::string token = TokenIn(anonymous);
  EXPECT_EQ(Get("/v2/", Bearer(token)).status, 200);
  EXPECT_EQ(Get(ManifestUrl("3.20"), Bearer(token)).status, 401);
}

// Docker's token specification: the intersection of what was asked and what the
// owner may.
TEST_F(GatewayAccessTest, ATokenIsGoodForItsScopeOnly) {
  const std::string secret = Make(v1::AccessToken::SCOPE_READ).secret();
  const std::string alpine =
      "repository:virtual_registries/containers/1/library/alpine:pull";
  const auto token = [&](const std::string& scope) {
    return Bearer(TokenIn(LoginFor(scope, Basic(secret))));
  };
  const std::string manifest = ManifestUrl("3.20");
  EXPECT_EQ(Get(manifest, token(alpine)).status, 200);
  EXPECT_EQ(Request("HEAD", manifest, token(alpine)).status, 200);
  EXPECT_EQ(Get(manifest, token(alpine + ",push")).status, 200);
  for (const std::string& scope :
       {std::string(""), std::string("repository:library/alpine:pull"),
        std::string("repository:virtual_registries/containers/1/library/alpin"
                    ":pull"),
        std::string("repository:virtual_registries/containers/2/library/alpine"
                    ":pull"),
        std::string("registry:catalog:*")}) {
    const RawReply reply = Get(manifest, token(scope));
    EXPECT_EQ(reply.status, 401) << scope;
    EXPECT_THAT(
        reply.Field("WWW-Authenticate"),
        HasSubstr("scope=\"" + alpine + "\",error=\"insufficient_scope\""))
        << scope;
    EXPECT_EQ(Get("/v2/", token(scope)).status, 200) << scope;
  }
  EXPECT_EQ(Get("/v2/_catalog", token(alpine)).status, 401);
  EXPECT_EQ(Get("/v2/_catalog", token("registry:catalog:*")).status, 200);
  const RawReply login = LoginFor(alpine, Basic(secret));
  EXPECT_EQ(nlohmann::json::parse(login.body).at("scope"), alpine);
  const RawReply post = PostLogin(
      "grant_type=password&username=a&password=" + secret + "&scope=" + alpine);
  EXPECT_EQ(Get(manifest, Bearer(TokenIn(post))).status, 200);
}

TEST_F(GatewayAccessTest, TokensEndWithTimeAndRevocation) {
  const auto made = Make(v1::AccessToken::SCOPE_READ);
  const std::string token = TokenIn(Login(Basic(made.secret())));
  EXPECT_EQ(Get(ManifestUrl("3.20"), Bearer(token)).status, 200);
  Revoke(made.access_token().id());
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  int status = 200;
  while (status == 200 && absl::Now() < deadline) {
    status = Get(ManifestUrl("3.20"), Bearer(token)).status;
  }
  EXPECT_EQ(status, 401);

  const auto other = Make(v1::AccessToken::SCOPE_READ);
  const std::string late = TokenIn(Login(Basic(other.secret())));
  clock_.Advance(absl::Minutes(6));
  EXPECT_EQ(Get(ManifestUrl("3.20"), Bearer(late)).status, 401);
}

TEST_F(GatewayAccessTest, ForgedTokensAreRefused) {
  const std::string none =
      absl::StrCat(absl::WebSafeBase64Escape(R"({"alg":"none"})"), ".",
                   absl::WebSafeBase64Escape(R"({"sub":"1","aud":"gw"})"), ".");
  EXPECT_EQ(Get("/v2/", Bearer(none)).status, 401);
  const auto other =
      stack_->auth().IssueToken("", "somebody else's service", {});
  ASSERT_THAT(other, testing::IsOk());
  EXPECT_EQ(Get("/v2/", Bearer(other->token)).status, 401);
  EXPECT_EQ(Get("/v2/", "Authorization: Digest x\r\n").status, 401);
  EXPECT_EQ(Get("/v2/", "Authorization: Basic !\r\n").status, 401);
  EXPECT_EQ(Get("/v2/", Bearer(std::string(9000, 'a'))).status, 431);
}

TEST_F(GatewayAccessTest, BadLoginsAreBadRequests) {
  EXPECT_EQ(Get("/jwt/auth?service=other").status, 400);
  EXPECT_EQ(PostLogin("grant_type=implicit").status, 400);
  EXPECT_EQ(PostLogin("grant_type=%zz").status, 400);
  EXPECT_EQ(PostLogin(std::string(70'000, 'a')).status, 413);
  EXPECT_EQ(Request("PUT", "/jwt/auth").status, 405);
}

// On one connection: what follows a body is the next request.
TEST_F(GatewayAccessTest, ChunkedLoginsAreReadToTheirEnd) {
  const std::string form =
      absl::StrCat("grant_type=password&password=",
                   Make(v1::AccessToken::SCOPE_READ).secret());
  const std::string fields =
      "Content-Type: application/x-www-form-urlencoded\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  auto client = Connect();
  const auto post = [&](const std::string& body) {
    return client->Request("POST", "/jwt/auth", fields + body);
  };
  // Request() ends what it sends with an empty line, which is forgiven.
  EXPECT_EQ(post("0\r\n\r\n").status, 400);
  EXPECT_EQ(post("0;x=y\r\nTrailer: 1\r\n\r\n").status, 400);
  const size_t half = form.size() / 2;
  EXPECT_EQ(post(absl::StrCat(absl::Hex(half), "\r\n", form.substr(0, half),
                              "\r\n", absl::Hex(form.size() - half), "\r\n",
                              form.substr(half), "\r\n0\r\n\r\n"))
                .status,
            200);
  EXPECT_EQ(client->Request("GET", "/jwt/auth").status, 200);
}

TEST_F(GatewayAccessTest, AbsoluteFormIsTheSameRequest) {
  const std::string good = Make(v1::AccessToken::SCOPE_READ).secret();
  for (const std::string& target :
       {std::string("/v2/"), std::string("/jwt/auth?service=gw"),
        std::string("/jwt/auth?service=other"), std::string("/healthz"),
        std::string("/api/v4/nothing"), ManifestUrl("3.20"),
        std::string("/v2/_catalog"), std::string("/")}) {
    for (const std::string& fields : {std::string(), Basic(good)}) {
      EXPECT_EQ(Get(absl::StrCat("hTTp://test", target), fields).status,
                Get(target, fields).status)
          << target;
    }
  }
  EXPECT_EQ(Get("http://registry.example:5000/v2/").Field("WWW-Authenticate"),
            "Bearer realm=\"http://registry.example:5000/jwt/auth\","
            "service=\"gw\"");
}

// A machine with an old secret, behind the same address as everybody else.
TEST_F(GatewayAccessTest, AWrongSecretLocksOutNothingButItself) {
  StartAccess({0.1, 2});
  const std::string good = Make(v1::AccessToken::SCOPE_READ).secret();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Login(Basic("cvr_x")).status, 401);
  const RawReply refused = Login(Basic("cvr_x"));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.Field("Retry-After"), "10");
  EXPECT_THAT(refused.body, HasSubstr("this secret is not good"));
  EXPECT_THAT(refused.body, HasSubstr("shown too often"));
  // Another wrong one has a limit of its own.
  EXPECT_EQ(Login(Basic("cvr_y")).status, 401);
  EXPECT_EQ(Login(Basic(good)).status, 200);
  EXPECT_EQ(Get("/v2/", Basic(good)).status, 200);
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(Login(Basic("cvr_x")).status, 401);
}

TEST_F(GatewayAccessTest, ManyWrongSecretsOfOneAddressLockOutNoGoodOne) {
  StartAccess({0.1, 2});
  const std::string good = Make(v1::AccessToken::SCOPE_READ).secret();
  const std::string also_good = Make(v1::AccessToken::SCOPE_READ).secret();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Login(Basic(absl::StrCat("cvr_", i))).status, 401);
  }
  const RawReply refused = Login(Basic("cvr_another"));
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.body,
              HasSubstr("too many such were shown from this address"));
  EXPECT_EQ(Login(Basic(good)).status, 200);
  // Nor when somebody tries out more than may be asked about.
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(Login(Basic(absl::StrCat("cvr_", i, "x"))).status, 429);
  }
  EXPECT_EQ(Login(Basic(good)).status, 200);
  const RawReply unknown = Login(Basic(also_good));
  EXPECT_EQ(unknown.status, 429);
  EXPECT_THAT(unknown.body, HasSubstr("only those known here"));
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Login(Basic(also_good)).status, 200);
}

}  // namespace
}  // namespace cvr
