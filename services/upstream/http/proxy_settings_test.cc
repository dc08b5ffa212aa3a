#include "services/upstream/http/proxy_settings.h"

#include <string>

#include "gmock/gmock.h"

namespace cvr {
namespace {

Url U(const std::string& text) { return *Url::Parse(text); }

TEST(ProxySettingsTest, SchemeDecidesTheProxy) {
  const ProxySettings proxies("http://p:1", "http://p:2", "");
  EXPECT_EQ(proxies.ProxyFor(U("http://h/")), "http://p:1");
  EXPECT_EQ(proxies.ProxyFor(U("https://h/")), "http://p:2");
  EXPECT_EQ(ProxySettings().ProxyFor(U("http://h/")), "");
}

TEST(ProxySettingsTest, ExceptionsAreReachedDirectly) {
  const ProxySettings proxies(
      "p", "p", "ghcr.io, .example.com,10.0.0.0/8,192.168.1.7 [fd00::]/8,::1");
  for (const std::string direct :
       {"https://ghcr.io/", "https://GHCR.io:444/", "https://a.ghcr.io/",
        "https://example.com/", "https://a.b.example.com/", "http://10.9.8.7/",
        "http://192.168.1.7/", "http://[::1]/"}) {
    EXPECT_EQ(proxies.ProxyFor(U(direct)), "") << direct;
  }
  for (const std::string proxied :
       {"https://notghcr.io/", "https://ghcr.io.evil/", "http://11.0.0.1/",
        "http://192.168.1.8/", "http://[::2]/"}) {
    EXPECT_EQ(proxies.ProxyFor(U(proxied)), "p") << proxied;
  }
  EXPECT_EQ(ProxySettings("p", "p", "*").ProxyFor(U("http://h/")), "");
}

TEST(ProxySettingsTest, EnvironmentIsReadAsLibcurlDoes) {
  for (const char* const name :
       {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy",
        "ALL_PROXY", "no_proxy", "NO_PROXY"}) {
    unsetenv(name);
  }
  setenv("HTTP_PROXY", "never", 1);
  EXPECT_EQ(ProxySettings::FromEnvironment().ProxyFor(U("http://h/")), "");
  setenv("HTTPS_PROXY", "secure", 1);
  setenv("https_proxy", "", 1);
  setenv("all_proxy", "all", 1);
  setenv("NO_PROXY", "direct", 1);
  const ProxySettings proxies = ProxySettings::FromEnvironment();
  EXPECT_EQ(proxies.ProxyFor(U("http://h/")), "all");
  EXPECT_EQ(proxies.ProxyFor(U("https://h/")), "secure");
  EXPECT_EQ(proxies.ProxyFor(U("https://direct/")), "");
}

}  // namespace
}  // namespace cvr
