#include "services/upstream/http/http_fields.h"

#include <string>

#include "gmock/gmock.h"

namespace cvr {
namespace {

TEST(FieldValuesTest, ContentRangeIsParsedStrictly) {
  const auto range = ParseContentRange("bytes 5-9/10");
  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(range->first, 5);
  EXPECT_EQ(range->last, 9);
  EXPECT_EQ(range->total, 10);
  EXPECT_EQ(range->length(), 5);
  EXPECT_EQ(ParseContentRange("bytes 0-0/*")->total, std::nullopt);
  for (const std::string bad :
       {"", "bytes */10", "bytes 5-9", "bytes 9-5/10", "bytes 5-10/10",
        "bytes -5-9/10", "items 5-9/10", "bytes 5-9/10/11", "bytes +5-9/10",
        "bytes 0-18446744073709551615/*", "bytes 5-9/ten"}) {
    EXPECT_FALSE(ParseContentRange(bad).has_value()) << bad;
  }
}

TEST(FieldValuesTest, RetryAfterIsSecondsOrADate) {
  const absl::Time now = absl::FromUnixSeconds(784111777);  // 08:49:37.
  EXPECT_EQ(ParseRetryAfter("7", now), absl::Seconds(7));
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:50:07 GMT", now),
            absl::Seconds(30));
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:00:00 GMT", now),
            absl::ZeroDuration());
  EXPECT_EQ(ParseRetryAfter("99999999999", now), absl::Hours(24));
  EXPECT_EQ(ParseRetryAfter("soon", now), std::nullopt);
  EXPECT_EQ(ParseRetryAfter("", now), std::nullopt);
  EXPECT_EQ(ParseRetryAfter("-1", now), std::nullopt);
}

TEST(FieldValuesTest, EtagsLoseTheirQuotes) {
  EXPECT_EQ(EtagOf("\"sha256:abc\""), "sha256:abc");
  EXPECT_EQ(EtagOf("sha256:abc"), "sha256:abc");
  EXPECT_EQ(EtagOf("W/\"x\""), "x");
  EXPECT_EQ(StrongEtagOf("\"x\""), "x");
  EXPECT_EQ(StrongEtagOf("W/\"x\""), "");
  EXPECT_EQ(EtagOf("\"a\"b\""), "");
  EXPECT_EQ(EtagOf("\"a\r\nX: y\""), "");
  EXPECT_EQ(EtagOf(std::string(300, 'x')), "");
}

TEST(FieldValuesTest, MediaTypesLoseTheirParameters) {
  EXPECT_EQ(MediaTypeOf("application/JSON; charset=utf-8"), "application/json");
  EXPECT_EQ(MediaTypeOf("application/vnd.oci.image.index.v1+json"),
            "application/vnd.oci.image.index.v1+json");
  for (const std::string bad : {"", "json", "a/b/c", "a b/c", "/", "a/\r\n"}) {
    EXPECT_EQ(MediaTypeOf(bad), "") << bad;
  }
}

}  // namespace
}  // namespace cvr
