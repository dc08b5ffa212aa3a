#include "services/blob/id_page.h"

#include <string>

#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

TEST(IdPageTest, GoesOnAfterTheLastItem) {
  const std::string token = IdPageToken("fetches 7", 42);
  const auto page = ParseIdPage("fetches 7", 5, token);
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->after, 42);
  EXPECT_EQ(page->size, 5);
}

TEST(IdPageTest, SizesHaveADefaultAndAMaximum) {
  EXPECT_EQ(ParseIdPage("x", 0, "")->size, 100);
  EXPECT_EQ(ParseIdPage("x", 0, "")->after, 0);
  EXPECT_EQ(ParseIdPage("x", 1000, "")->size, 1000);
  EXPECT_EQ(ParseIdPage("x", 1001, "")->size, 1000);
  EXPECT_THAT(
      ParseIdPage("x", -1, ""),
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid));
}

TEST(IdPageTest, TokensAreOfOneListAlone) {
  for (const std::string& token :
       {IdPageToken("fetches 8", 42), std::string("nonsense"), std::string("?"),
        IdPageToken("fetches 7", 42).substr(1)}) {
    EXPECT_THAT(
        ParseIdPage("fetches 7", 5, token),
        StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid))
        << token;
  }
}

}  // namespace
}  // namespace cvr::testing
