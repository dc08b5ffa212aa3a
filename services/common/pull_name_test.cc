#include "services/common/pull_name.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

TEST(PullNameTest, IsGroupAndNameWhereBothFitThePathOfARepository) {
  EXPECT_EQ(PullNameOf("acme", "team"), "acme/team");
  EXPECT_EQ(PullNameOf("acme/web", "docker-hub"), "acme/web/docker-hub");
  EXPECT_EQ(PullNameOf("a", "b.c_d__e--f"), "a/b.c_d__e--f");
  EXPECT_EQ(PullNameOf("a/7", "8"), "a/7/8");
  EXPECT_EQ(PullNameOf("7a", "b"), "7a/b");
}

TEST(PullNameTest, OthersAreNamedByTheirIdOnly) {
  EXPECT_EQ(PullNameOf("acme", "Docker Hub"), "");
  EXPECT_EQ(PullNameOf("acme", "hub/mirror"), "");
  EXPECT_EQ(PullNameOf("acme", ""), "");
  EXPECT_EQ(PullNameOf("acme", ".."), "");
  EXPECT_EQ(PullNameOf("acme", "a..b"), "");
  EXPECT_EQ(PullNameOf(".acme", "team"), "");
  EXPECT_EQ(PullNameOf("acme-", "team"), "");
  EXPECT_EQ(PullNameOf("7", "team"), "");
  EXPECT_EQ(PullNameOf("7/web", "team"), "");
  EXPECT_EQ(PullNameOf("", "team"), "");
}

TEST(PullNameTest, LengthAndDepthAreBounded) {
  EXPECT_NE(PullNameOf("a", std::string(251, 'b')), "");
  EXPECT_EQ(PullNameOf("a", std::string(252, 'b')), "");
  std::string group = "a";
  for (size_t parts = 1; parts + 1 < limits::kRegistryPathPartsMax; ++parts) {
    absl::StrAppend(&group, "/a");
  }
  EXPECT_NE(PullNameOf(group, "b"), "");
  EXPECT_EQ(PullNameOf(group + "/a", "b"), "");
}

}  // namespace
}  // namespace cvr
