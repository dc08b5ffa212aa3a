#include "services/upstream/http/endpoint.h"

#include <string>

#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using testing::StatusIs;

std::string ManifestUrl(const std::string& url, const std::string& repository) {
  return Endpoint::Of({.url = url})
      ->ManifestUrl(*Repository::Parse(repository), *Reference::Parse("3.20"))
      .text();
}

TEST(EndpointTest, SlashAndV2AtTheEndMakeNoDifference) {
  for (const std::string url :
       {"https://h", "https://h/", "https://h/v2", "https://h/v2/"}) {
    EXPECT_EQ(ManifestUrl(url, "a/b"), "https://h:443/v2/a/b/manifests/3.20");
  }
  EXPECT_EQ(ManifestUrl("https://h/proxy/hub/v2/", "a"),
            "https://h:443/proxy/hub/v2/a/manifests/3.20");
  EXPECT_EQ(ManifestUrl("http://[::1]:5000", "a"),
            "http://[::1]:5000/v2/a/manifests/3.20");
}

TEST(EndpointTest, DockerHubHasOneHostAndALibrary) {
  for (const std::string url :
       {"https://docker.io", "https://index.docker.io/v2/",
        "https://registry-1.docker.io", "https://Docker.IO/"}) {
    EXPECT_EQ(ManifestUrl(url, "alpine"),
              "https://registry-1.docker.io:443/v2/library/alpine/manifests/"
              "3.20");
    EXPECT_EQ(ManifestUrl(url, "grafana/grafana"),
              "https://registry-1.docker.io:443/v2/grafana/grafana/manifests/"
              "3.20");
  }
  EXPECT_EQ(Endpoint::Of({.url = "https://docker.io"})
                ->PullScope(*Repository::Parse("alpine")),
            "repository:library/alpine:pull");
  EXPECT_EQ(ManifestUrl("https://ghcr.io", "alpine"),
            "https://ghcr.io:443/v2/alpine/manifests/3.20");
}

TEST(EndpointTest, WhatIsNoUrlIsAnInvalidUpstream) {
  EXPECT_THAT(
      Endpoint::Of({.name = "mine", .url = "ghcr.io"}),
      StatusIs(absl::StatusCode::kUnavailable, Reason::kUpstreamInvalid));
}

}  // namespace
}  // namespace cvr
