#include "tools/cvr/commands/image_text.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::cvr::testing::StatusIs;

TEST(ImageTextTest, ReadsTagsDigestsAndNeither) {
  const struct {
    const char* image;
    const char* repository;
    const char* reference;
  } kCases[] = {
      {"library/alpine:3.20", "library/alpine", "3.20"},
      {"library/alpine@sha256:ab", "library/alpine", "sha256:ab"},
      {"library/alpine:3.20@sha256:ab", "library/alpine", "sha256:ab"},
      {"alpine", "alpine", ""},
  };
  for (const auto& [image, repository, reference] : kCases) {
    const ImageText parsed = ParseImage(image);
    EXPECT_EQ(parsed.repository, repository) << image;
    EXPECT_EQ(parsed.reference, reference) << image;
  }
}

TEST(ImageTextTest, TaggedImageIsTheLatestUnlessItSaysWhich) {
  const auto latest = ParseTaggedImage("alpine");
  ASSERT_THAT(latest, IsOk());
  EXPECT_EQ(latest->reference, "latest");
  EXPECT_EQ(ParseTaggedImage("alpine:3.20")->reference, "3.20");
  EXPECT_THAT(ParseTaggedImage("alpine@sha256:ab"),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace cvr
