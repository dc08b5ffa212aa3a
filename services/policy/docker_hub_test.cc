#include "services/policy/docker_hub.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cvr::docker_hub {
namespace {

using ::testing::Eq;
using ::testing::Optional;

std::string Canonical(const std::string& name) {
  return CanonicalName(*Repository::Parse(name)).name();
}

TEST(DockerHubTest, KnowsItsHosts) {
  for (const char* host :
       {"docker.io", "index.docker.io", "registry-1.docker.io",
        "registry.hub.docker.com", "Registry-1.Docker.IO", "docker.io."}) {
    EXPECT_TRUE(IsHost(host)) << host;
  }
  for (const char* host : {"", ".", "docker.io.evil.test", "notdocker.io",
                           "hub.docker.com", "docker.io.."}) {
    EXPECT_FALSE(IsHost(host)) << host;
  }
}

TEST(DockerHubTest, OfficialImagesHaveOneName) {
  EXPECT_EQ(Canonical("nginx"), "library/nginx");
  EXPECT_EQ(Canonical("library/nginx"), "library/nginx");
  EXPECT_EQ(Canonical("team/app"), "team/app");
  EXPECT_EQ(Canonical("library/a/b"), "library/a/b");
  EXPECT_EQ(Canonical("library"), "library/library");
}

TEST(DockerHubTest, ANameThatIsTooLongStays) {
  const std::string longest(250, 'a');
  EXPECT_EQ(Canonical(longest), longest);
}

TEST(DockerHubTest, KnowsTheOtherSpelling) {
  EXPECT_THAT(OtherSpelling("nginx"), Optional(Eq("library/nginx")));
  EXPECT_THAT(OtherSpelling("library/nginx"), Optional(Eq("nginx")));
  EXPECT_THAT(OtherSpelling("team/app"), Eq(std::nullopt));
  EXPECT_THAT(OtherSpelling("library/a/b"), Eq(std::nullopt));
}

}  // namespace
}  // namespace cvr::docker_hub
