#include "services/upstream/http/url.h"

#include <string>

#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using testing::StatusIs;

Url U(const std::string& text) { return *Url::Parse(text); }

TEST(UrlTest, PartsAreNormalised) {
  const Url url = U("HTTPS://User:Secret@GHCR.io/a/../b?q=1#fragment");
  EXPECT_EQ(url.host(), "ghcr.io");
  EXPECT_EQ(url.port(), 443);
  EXPECT_EQ(url.path(), "/b");
  EXPECT_EQ(url.text(), "https://ghcr.io/b?q=1");
  EXPECT_EQ(U("http://[::1]:5000/").host(), "::1");
  EXPECT_EQ(U("http://[::1]:5000/").port(), 5000);
  // For people, with the brackets that tell the address from the port.
  EXPECT_EQ(U("http://[::1]:5000/").host_and_port(), "[::1]:5000");
  EXPECT_EQ(U("http://[::1]:5000/").origin(), "http://[::1]:5000");
  EXPECT_EQ(U("https://[::1]/").host_and_port(), "[::1]");
  EXPECT_EQ(U("http://[::1]:5000/").WithPath("/v2/")->text(),
            "http://[::1]:5000/v2/");
  EXPECT_EQ(U("http://0x7f.1/").host(), "127.0.0.1");
}

TEST(UrlTest, OnlyHttpUrlsParse) {
  for (const std::string text :
       {"", "ghcr.io", "ftp://ghcr.io", "file:///etc/passwd", "https://",
        "https://a b/", "http://host:99999/", "javascript:alert(1)",
        "https://ex\u00e4mple.com/"}) {
    EXPECT_THAT(Url::Parse(text), StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
  EXPECT_THAT(Url::Parse(std::string("http://a\0.b/", 12)),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(UrlTest, ReferencesResolve) {
  const Url base = U("https://h:5000/v2/a/manifests/t?x=1");
  EXPECT_EQ(base.Resolve("/v2/b")->text(), "https://h:5000/v2/b");
  EXPECT_EQ(base.Resolve("other")->text(),
            "https://h:5000/v2/a/manifests/other");
  EXPECT_EQ(base.Resolve("//cdn/x?s=1")->text(), "https://cdn/x?s=1");
  EXPECT_EQ(base.Resolve("http://i/")->text(), "http://i/");
  EXPECT_THAT(base.Resolve("file:///etc/passwd"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(base.Resolve(""), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(UrlTest, SignedQueriesStayAsTheyAre) {
  const std::string text =
      "https://s3.example/b?X-Amz-Credential=AK%2F20&sig=a%2Bb/c==&e=%7E~";
  EXPECT_EQ(U("https://h/").Resolve(text)->text(), text);
}

TEST(UrlTest, OriginIsSchemeHostAndPort) {
  EXPECT_TRUE(U("https://h/a").SameOrigin(U("https://H:443/b?c")));
  EXPECT_FALSE(U("https://h/").SameOrigin(U("http://h/")));
  EXPECT_FALSE(U("https://h/").SameOrigin(U("https://h:444/")));
  EXPECT_FALSE(U("https://h/").SameOrigin(U("https://i/")));
}

TEST(UrlTest, ParametersAreEncoded) {
  EXPECT_EQ(U("https://h/t?a=1")
                .WithParameter("scope", "repository:a/b:pull&x")
                .text(),
            "https://h/t?a=1&scope=repository%3Aa%2Fb%3Apull%26x");
  EXPECT_EQ(U("https://h/t").WithParameter("s", "x").text(), "https://h/t?s=x");
}

}  // namespace
}  // namespace cvr
