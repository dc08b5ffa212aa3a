#include "tools/cvr/client/text.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::cvr::testing::StatusIs;

TEST(SizeText, BytesAndWhatPeopleRead) {
  EXPECT_EQ(SizeText(0), "0");
  EXPECT_EQ(SizeText(1023), "1023");
  EXPECT_EQ(SizeText(1024), "1024 (1.0 KiB)");
  EXPECT_EQ(SizeText(41943040), "41943040 (40.0 MiB)");
  EXPECT_EQ(SizeText(int64_t{5} << 30), "5368709120 (5.0 GiB)");
}

TEST(SizeText, NeverShows1024OfAUnit) {
  EXPECT_EQ(SizeText(1024 * 1024 - 1), "1048575 (1.0 MiB)");
  EXPECT_EQ(SizeText(std::numeric_limits<int64_t>::max()),
            "9223372036854775807 (8.0 EiB)");
}

TEST(TimeText, Rfc3339InUtcOrNothing) {
  google::protobuf::Timestamp time;
  EXPECT_EQ(TimeText(time), "");
  time.set_seconds(1700000000);
  time.set_nanos(999999999);
  EXPECT_EQ(TimeText(time), "2023-11-14T22:13:20Z");
}

TEST(ParseDuration, ReadsWhatPeopleType) {
  const struct {
    const char* text;
    int64_t seconds;
    int32_t nanos;
  } kCases[] = {
      {"24h", 86400, 0},  {"90m", 5400, 0},
      {"1h30m", 5400, 0}, {"7d", 604800, 0},
      {"0", 0, 0},        {"1.5s", 1, 500000000},
      {"0d", 0, 0},       {"250ms", 0, 250000000},
  };
  for (const auto& [text, seconds, nanos] : kCases) {
    const auto duration = ParseDuration(text);
    ASSERT_THAT(duration, IsOk()) << text;
    EXPECT_EQ(duration->seconds(), seconds) << text;
    EXPECT_EQ(duration->nanos(), nanos) << text;
  }
}

TEST(ParseDuration, RefusesWhatIsNone) {
  for (const char* text :
       {"", "24", "h", "-1h", "-1d", "inf", "d", "1d12h", "400000000000s"}) {
    EXPECT_THAT(ParseDuration(text),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

TEST(DurationText, ReadsBack) {
  for (const char* text : {"24h", "1h30m", "1.5s"}) {
    EXPECT_EQ(DurationText(*ParseDuration(text)), text);
  }
}

TEST(ParseTime, ReadsTimesAndDistances) {
  const absl::Time now = absl::FromUnixSeconds(1700000000);
  EXPECT_EQ(TimeText(*ParseTimeBefore("24h", now)), "2023-11-13T22:13:20Z");
  EXPECT_EQ(TimeText(*ParseTimeAfter("1d", now)), "2023-11-15T22:13:20Z");
  const auto time = ParseTimeAfter("2026-11-25T07:00:00.5+01:00", now);
  ASSERT_THAT(time, IsOk());
  EXPECT_EQ(TimeText(*time), "2026-11-25T06:00:00Z");
  EXPECT_EQ(time->nanos(), 500000000);
  for (const char* text : {"", "yesterday", "2026-11-25", "-1h"}) {
    EXPECT_THAT(ParseTimeBefore(text, now),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

TEST(EnumText, IsWordsWithoutTheNameOfTheEnum) {
  EXPECT_EQ(EnumText("STATE_PENDING_DELETION", "State"), "pending deletion");
  EXPECT_EQ(EnumText("TEST_OUTCOME_OK", "TestOutcome"), "ok");
  EXPECT_EQ(EnumText("RUNNING", "State"), "running");
}

}  // namespace
}  // namespace cvr
