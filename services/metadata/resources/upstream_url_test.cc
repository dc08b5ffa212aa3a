#include "services/metadata/resources/upstream_url.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

using ::testing::HasSubstr;

TEST(UpstreamUrlTest, RegistriesHaveSuchUrls) {
  for (const char* url : {
           "https://registry-1.docker.io",
           "https://registry-1.docker.io/",
           "https://ghcr.io/v2",
           "https://ghcr.io/v2/",
           "HTTPS://GHCR.IO",
           "http://localhost:5000",
           "http://127.0.0.1:65535",
           "http://[::1]:5000",
           "http://[fe80::1]/",
           "https://artifacts.example.com/artifactory/api/docker/remote",
           "https://my_registry.internal/a%20b",
       }) {
    EXPECT_EQ(UpstreamUrlError(url), "") << url;
  }
  const std::string longest = "http://h/" + std::string(255 - 9, 'a');
  EXPECT_EQ(UpstreamUrlError(longest), "");
}

struct Refusal {
  const char* url;
  const char* because;
};

TEST(UpstreamUrlTest, NothingElseIsAccepted) {
  for (const auto& [url, because] : {
           Refusal{"", "must be set"},
           Refusal{"ghcr.io", "http:// or https://"},
           Refusal{"//ghcr.io", "http:// or https://"},
           Refusal{"ftp://ghcr.io", "http:// or https://"},
           Refusal{"file:///etc/passwd", "http:// or https://"},
           Refusal{" https://ghcr.io", "http:// or https://"},
           Refusal{"https://", "host"},
           Refusal{"https:///v2", "host"},
           Refusal{"https://user@ghcr.io", "credentials"},
           Refusal{"https://user:password@ghcr.io", "credentials"},
           Refusal{"https://ghcr.io\\@evil.example", "credentials"},
           Refusal{"https://ghcr.io:0", "host"},
           Refusal{"https://ghcr.io:65536", "host"},
           Refusal{"https://ghcr.io:", "host"},
           Refusal{"https://ghcr.io:+80", "host"},
           Refusal{"https://ghcr.io:80:80", "host"},
           Refusal{"https://ghcr..io", "host"},
           Refusal{"https://-ghcr.io", "host"},
           Refusal{"https://gh cr.io", "host"},
           Refusal{"https://gh\ncr.io", "host"},
           Refusal{"https://[::1", "host"},
           Refusal{"https://[nope]", "host"},
           Refusal{"https://[::1]5000", "host"},
           Refusal{"https://ghcr.io?x=1", "query"},
           Refusal{"https://ghcr.io/?", "query"},
           Refusal{"https://ghcr.io/#top", "fragment"},
           Refusal{"https://ghcr.io/a b", "path"},
           Refusal{"https://ghcr.io/a\r\nHost: evil", "path"},
           Refusal{"https://ghcr.io/<b>", "path"},
           Refusal{"https://ghcr.io/%2", "path"},
           Refusal{"https://ghcr.io/%zz", "path"},
           Refusal{"https://ghcr.io/a/../b", "path"},
       }) {
    EXPECT_THAT(UpstreamUrlError(url), HasSubstr(because)) << url;
  }
  const std::string too_long = "http://h/" + std::string(256 - 9, 'a');
  EXPECT_THAT(UpstreamUrlError(too_long), HasSubstr("255"));
}

TEST(UpstreamUrlTest, WhatMakesNoDifferenceIsTakenAway) {
  for (const char* url :
       {"https://ghcr.io", "https://ghcr.io/", "https://ghcr.io/v2",
        "https://ghcr.io/v2/", "HTTPS://GHCR.IO:443/v2/"}) {
    EXPECT_EQ(NormalizedUpstreamUrl(url), "https://ghcr.io") << url;
  }
  EXPECT_EQ(NormalizedUpstreamUrl("http://h:80/A"), "http://h/A");
  EXPECT_EQ(NormalizedUpstreamUrl("http://h:443"), "http://h:443");
  EXPECT_EQ(NormalizedUpstreamUrl("https://h/v2/mirror"),
            "https://h/v2/mirror");
  EXPECT_EQ(NormalizedUpstreamUrl("http://[::1]:5000/"), "http://[::1]:5000");
  EXPECT_EQ(NormalizedUpstreamUrl("http://[fe80::80]"), "http://[fe80::80]");
}

}  // namespace
}  // namespace cvr
