// The pure parts of access control, and the limiter.

#include <string>

#include "gateway/http/client_address.h"
#include "gateway/http/rate_limiter.h"
#include "gateway/message/authorization_field.h"
#include "gateway/message/form.h"
#include "gateway/registry/bearer_challenge.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"

namespace cvr {
namespace {

using Kind = ShownCredential::Kind;

TEST(AuthorizationFieldTest, SaysWhatIsShown) {
  EXPECT_EQ(ParseAuthorization(std::nullopt).kind, Kind::kNone);
  EXPECT_EQ(ParseAuthorization("bearer cvr_a").kind, Kind::kSecret);
  EXPECT_EQ(ParseAuthorization("BEARER a.b.c").kind, Kind::kJwt);
  // x:cvr_a:b
  const auto basic = ParseAuthorization("basic eDpjdnJfYTpi");
  EXPECT_EQ(basic.kind, Kind::kSecret);
  EXPECT_EQ(basic.value, "cvr_a:b");
  for (const char* bad :
       {"", "Bearer", "Bearer ", "Bearer a b", "Basic", "Basic %",
        "Basic eA==", "Digest x", "cvr_a", "Bearer a, Bearer b"}) {
    EXPECT_EQ(ParseAuthorization(bad).kind, Kind::kUnknown) << bad;
  }
}

TEST(FormTest, DecodesPairs) {
  const auto form = Form::Parse("a=1+2%26&b&scope=x&scope=y&&");
  ASSERT_TRUE(form.ok());
  EXPECT_EQ(form->Get("a"), "1 2&");
  EXPECT_EQ(form->Get("b"), "");
  EXPECT_EQ(form->Get("scope"), "x");
  EXPECT_EQ(form->pairs().size(), 4u);
  EXPECT_FALSE(Form::Parse("a=%4").ok());
  EXPECT_FALSE(Form::Parse("%zz=1").ok());
  std::string many;
  for (int i = 0; i < 300; ++i) many += "a=b&";
  EXPECT_FALSE(Form::Parse(many).ok());
}

TEST(BearerChallengeTest, NothingStrangeGetsIntoIt) {
  EXPECT_EQ(ScopeOf("/v2/"), "");
  EXPECT_EQ(ScopeOf("/v2/_catalog?n=1"), "registry:catalog:*");
  EXPECT_EQ(ScopeOf("/v2/a/b/tags/list"), "repository:a/b:pull");
  EXPECT_EQ(ScopeOf("/v2/a\"b/manifests/1"), "");
  HttpRequest request;
  request.target = "/v2/";
  request.fields.Add("Host", "evil\"host");
  EXPECT_EQ(BearerChallenge(request, "", "http://127.0.0.1:1", "s", ""),
            "Bearer realm=\"http://127.0.0.1:1/jwt/auth\",service=\"s\"");
  EXPECT_EQ(BearerChallenge(request, "https://h", "", "s", "invalid_token"),
            "Bearer realm=\"https://h/jwt/auth\",service=\"s\","
            "error=\"invalid_token\"");
}

TEST(TrustedProxiesTest, OnlyTheTrustedSpeakForOthers) {
  const auto proxies = TrustedProxies::Parse("10.0.0.0/8, ::1");
  ASSERT_TRUE(proxies.ok());
  EXPECT_EQ(proxies->ClientAddressOf("192.0.2.1", "10.9.9.9"), "c0000201");
  EXPECT_EQ(
      proxies->ClientAddressOf("10.1.1.1", "6.6.6.6, 192.0.2.1, 10.2.2.2"),
      "c0000201");
  EXPECT_EQ(proxies->ClientAddressOf("::1", "2001:db8::7"), "20010db800000000");
  EXPECT_EQ(proxies->ClientAddressOf("10.1.1.1", "rubbish"), "0a010101");
  for (const char* bad : {"10.0.0.0/33", "x", "::1/129", "10.0.0.0/-1"}) {
    EXPECT_FALSE(TrustedProxies::Parse(bad).ok()) << bad;
  }
}

TEST(RateLimiterTest, BurstsThenRateWithinMemory) {
  testing::FakeClock clock;
  RateLimiter limiter({1, 2, 2}, clock);
  EXPECT_EQ(limiter.Take("a", absl::ZeroDuration()), absl::ZeroDuration());
  EXPECT_EQ(limiter.Take("a", absl::ZeroDuration()), absl::ZeroDuration());
  EXPECT_EQ(limiter.Take("a", absl::ZeroDuration()), absl::Seconds(1));
  EXPECT_EQ(limiter.Take("a", absl::Seconds(1)), absl::Seconds(1));
  EXPECT_EQ(limiter.Delay("a"), absl::Seconds(2));
  EXPECT_EQ(limiter.Delay("b"), absl::ZeroDuration());
  clock.Advance(absl::Seconds(2));
  EXPECT_EQ(limiter.Delay("a"), absl::ZeroDuration());
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(limiter.Take(std::to_string(i), absl::ZeroDuration()),
              absl::ZeroDuration());
  }
}

}  // namespace
}  // namespace cvr
