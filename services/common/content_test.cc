#include "services/common/content.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using testing::IsOk;

const char kHello[] =
    "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

TEST(ContentRefTest, RelativePathsComeBackAsWritten) {
  for (const std::string& path :
       {std::string("/alpine/manifests/latest"),
        std::string("/library/alpine/manifests/") + kHello,
        std::string("/a/manifests/blobs/manifests/blobs"),
        std::string("/library/alpine/tags/list"),
        std::string("/library/alpine/referrers/") + kHello,
        std::string("/a/blobs/b/c/blobs/") + kHello}) {
    const auto content = ParseRelativePath(path);
    ASSERT_THAT(content, IsOk()) << path;
    EXPECT_EQ(content->RelativePath(), path);
  }
}

TEST(ContentRefTest, WhatNamesNoContentIsRefused) {
  for (const std::string& path :
       {std::string(), std::string("/"), std::string("//"),
        std::string("alpine/manifests/latest"),
        std::string("/manifests/latest"), std::string("/alpine/tags/latest"),
        std::string("/alpine/manifests/"), std::string("/alpine/blobs/latest"),
        std::string("/alpine/referrers/latest"),
        std::string("/alpine/tags/") + kHello,
        std::string("/Alpine/manifests/latest"),
        std::string("/alpine/manifests/sha256:abc"),
        "/" + std::string(1030, 'a') + "/manifests/latest"}) {
    EXPECT_FALSE(ParseRelativePath(path).ok()) << path;
  }
}

}  // namespace
}  // namespace cvr
