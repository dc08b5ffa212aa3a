#include "services/metadata/resources/page_token.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOkAndHolds;
using ::cvr::testing::StatusIs;

TEST(PageTokenTest, ComesBackAsWhatItWasMadeFrom) {
  const std::string key("a\0/\xff", 4);
  EXPECT_THAT(ParsePageToken("groups", MakePageToken("groups", key)),
              IsOkAndHolds(key));
  EXPECT_THAT(ParseIdPageToken("ids", MakePageToken("ids", int64_t{1} << 40)),
              IsOkAndHolds(int64_t{1} << 40));
}

TEST(PageTokenTest, NoTokenIsTheStart) {
  EXPECT_THAT(ParsePageToken("groups", ""), IsOkAndHolds(""));
  EXPECT_THAT(ParseIdPageToken("ids", ""), IsOkAndHolds(0));
}

TEST(PageTokenTest, RubbishIsRefused) {
  const auto refused =
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid);
  const std::string token = MakePageToken("ids", int64_t{7});
  EXPECT_THAT(ParseIdPageToken("ids", "rubbish"), refused);
  EXPECT_THAT(ParseIdPageToken("ids", "!"), refused);
  EXPECT_THAT(ParseIdPageToken("ids", "AAAAAAAAAAAAAAAAAAAA"), refused);
  EXPECT_THAT(ParseIdPageToken("ids", token.substr(0, 8)), refused);
  EXPECT_THAT(ParseIdPageToken("ids", token + "AAAA"), refused);
  EXPECT_THAT(ParseIdPageToken("ids", MakePageToken("ids", "short")), refused);
}

TEST(PageTokenTest, ATokenOfAnotherListIsRefused) {
  EXPECT_THAT(ParsePageToken("group=a", MakePageToken("group=b", "key")),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(PageTokenTest, PagesAreBounded) {
  EXPECT_THAT(PageSize(0), IsOkAndHolds(100));
  EXPECT_THAT(PageSize(7), IsOkAndHolds(7));
  EXPECT_THAT(PageSize(1001), IsOkAndHolds(1000));
  EXPECT_THAT(PageSize(-1), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace cvr
