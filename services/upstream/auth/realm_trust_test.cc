#include "services/upstream/auth/realm_trust.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"

namespace cvr {
namespace {

bool Trusts(const std::string& upstream, const std::string& realm,
            const std::vector<std::string>& hosts = {}) {
  return IsTrustedRealm(*Url::Parse(upstream), *Url::Parse(realm), hosts);
}

TEST(RealmTrustTest, TheUpstreamsOwnHostIsTrusted) {
  EXPECT_TRUE(Trusts("https://ghcr.io", "https://ghcr.io/token"));
  EXPECT_TRUE(Trusts("https://10.0.0.1", "https://10.0.0.1:8443/token"));
  EXPECT_TRUE(Trusts("https://me.azurecr.io", "https://me.azurecr.io/oauth2"));
}

TEST(RealmTrustTest, TheSameDomainIsTrusted) {
  EXPECT_TRUE(
      Trusts("https://registry-1.docker.io", "https://auth.docker.io/token"));
  EXPECT_TRUE(Trusts("https://registry.example.com",
                     "https://gitlab.example.com/jwt/auth"));
  EXPECT_TRUE(Trusts("https://a.b.example.com", "https://example.com/t"));
}

TEST(RealmTrustTest, StrangersAreNotTrusted) {
  EXPECT_FALSE(Trusts("https://ghcr.io", "https://evil.example/token"));
  EXPECT_FALSE(Trusts("https://ghcr.io", "https://ghcr.io.evil.example/"));
  EXPECT_FALSE(Trusts("https://a.example.com", "https://badexample.com/"));
  EXPECT_FALSE(Trusts("https://10.0.0.1", "https://10.9.0.1/token"));
  EXPECT_FALSE(Trusts("http://registry", "http://auth/token"));
}

TEST(RealmTrustTest, NeighboursUnderASharedDomainAreNotTrusted) {
  EXPECT_FALSE(Trusts("https://me.azurecr.io", "https://you.azurecr.io/"));
  EXPECT_FALSE(Trusts("https://me.github.io", "https://you.github.io/"));
  EXPECT_FALSE(Trusts("https://me.co.uk", "https://you.co.uk/"));
  EXPECT_FALSE(Trusts("https://r.me.co.uk", "https://auth.you.co.uk/"));
  EXPECT_FALSE(Trusts("https://a.com.au", "https://b.com.au/"));
}

TEST(RealmTrustTest, PlainHttpIsForPlainHttpUpstreamsOnly) {
  EXPECT_FALSE(Trusts("https://h.example", "http://h.example/token"));
  EXPECT_FALSE(Trusts("https://h.example", "http://auth.test/", {"auth.test"}));
  EXPECT_TRUE(Trusts("http://localhost:5000", "http://localhost:5001/token"));
}

TEST(RealmTrustTest, ListedHostsAreTrusted) {
  EXPECT_TRUE(Trusts("https://r.example", "https://auth.test/", {"AUTH.test"}));
  EXPECT_TRUE(Trusts("https://r.example", "https://auth.test:8443/",
                     {"auth.test:8443"}));
  EXPECT_FALSE(
      Trusts("https://r.example", "https://auth.test/", {"auth.test:8443"}));
}

}  // namespace
}  // namespace cvr
