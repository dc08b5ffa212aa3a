#ifndef GATEWAY_GATEWAY_ACCESS_STACK_H_
#define GATEWAY_GATEWAY_ACCESS_STACK_H_

#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gateway/gateway_fixture.h"
#include "gtest/gtest.h"
#include "services/metadata/metadata_stack.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_directory.h"

// A running gateway whose callers a real metadata service knows, for tests.
namespace cvr {

class GatewayAccessTest : public GatewayTest {
 protected:
  void SetUp() override {
    MetadataStack::Options options;
    options.data_dir = directory_.path() + "/metadata";
    options.clock = &clock_;
    auto stack = MetadataStack::Open(options);
    ASSERT_THAT(stack, testing::IsOk());
    stack_ = *std::move(stack);
    v1::Registry registry;
    registry.set_group("default");
    registry.set_name("private");
    v1::Upstream upstream;
    upstream.set_group("default");
    upstream.set_name("upstream");
    upstream.set_url("https://registry-1.docker.io");
    ASSERT_THAT(stack_->Bootstrap(registry, upstream), testing::IsOk());
    StartAccess({0, 1});
  }

  void TearDown() override {
    stack_->Shutdown();
    gateway_.reset();
  }

  void StartAccess(RateLimiter::Options failures) {
    Gateway::Options options = Options();
    options.clock = &clock_;
    options.access.auth = &stack_->auth();
    options.access.authenticator.service = "gw";
    options.access.authenticator.failures = failures;
    options.administration = administration_;
    gateway_ = std::make_unique<Gateway>(stack_->resolver(), registry_,
                                         std::move(options));
    ASSERT_THAT(gateway_->Start(), testing::IsOk());
  }

  v1::CreateAccessTokenResponse Make(v1::AccessToken::Scope scope,
                                     int lifetime_s = 0,
                                     const std::string& group = "default") {
    v1::CreateAccessTokenRequest request;
    auto& token = *request.mutable_access_token();
    token.set_name(absl::StrCat("t", ++tokens_));
    token.add_scopes(scope);
    token.set_group(group);
    if (lifetime_s > 0) {
      token.mutable_expire_time()->set_seconds(
          absl::ToUnixSeconds(clock_.Now()) + lifetime_s);
    }
    auto made = stack_->access_tokens().Create(request);
    EXPECT_THAT(made, testing::IsOk());
    return made.ok() ? *made : v1::CreateAccessTokenResponse();
  }

  void Revoke(int64_t id) {
    v1::RevokeAccessTokenRequest request;
    request.set_id(id);
    ASSERT_THAT(stack_->access_tokens().Revoke(request), testing::IsOk());
  }

  static std::string Basic(absl::string_view secret) {
    return absl::StrCat("Authorization: Basic ",
                        absl::Base64Escape(absl::StrCat("anybody:", secret)),
                        "\r\n");
  }
  static std::string Bearer(absl::string_view text) {
    return absl::StrCat("Authorization: bEARER ", text, "\r\n");
  }

  // For the repository that ManifestUrl() is of, among others.
  RawReply Login(absl::string_view fields) {
    return LoginFor(
        "repository:virtual_registries/containers/1/library/alpine:pull",
        fields);
  }
  RawReply LoginFor(absl::string_view scope, absl::string_view fields) {
    return Get(absl::StrCat("/jwt/auth?service=gw&scope=repository:a:pull"
                            "&scope=x%20y+",
                            scope),
               fields);
  }
  RawReply PostLogin(absl::string_view body) {
    return Request("POST", "/jwt/auth",
                   absl::StrCat("Content-Type: application/"
                                "x-www-form-urlencoded\r\nContent-Length: ",
                                body.size(), "\r\n\r\n", body));
  }
  static std::string TokenIn(const RawReply& reply) {
    const auto body = nlohmann::json::parse(reply.body, nullptr, false);
    return body.is_object() ? body.value("token", "") : "";
  }

  testing::TemporaryDirectory directory_;
  testing::FakeClock clock_;
  std::unique_ptr<MetadataStack> stack_;
  // Of the gateway that is started next; may be null.
  Administration* administration_ = nullptr;
  int tokens_ = 0;  // That were created.
};

}  // namespace cvr

#endif  // GATEWAY_GATEWAY_ACCESS_STACK_H_
