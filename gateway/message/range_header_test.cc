#include "gateway/message/range_header.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

std::string DescribeOne(const ByteRangeSpec& spec) {
  if (const auto* suffix = std::get_if<ByteRangeSpec::Suffix>(&spec.value)) {
    return absl::StrCat("last ", suffix->length);
  }
  const auto& from = std::get<ByteRangeSpec::From>(spec.value);
  return from.last ? absl::StrCat(from.first, " to ", *from.last)
                   : absl::StrCat("from ", from.first);
}

std::string Describe(absl::string_view value) {
  std::vector<std::string> ranges;
  for (const ByteRangeSpec& spec : ParseRanges(value)) {
    ranges.push_back(DescribeOne(spec));
  }
  return ranges.empty() ? "all" : absl::StrJoin(ranges, ", ");
}

TEST(RangeHeaderTest, SingleRangesAreUnderstood) {
  const std::string huge = absl::StrCat(std::numeric_limits<uint64_t>::max());
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"bytes=0-0", "0 to 0"},
      {"bytes=0-499", "0 to 499"},
      {"bytes=500-", "from 500"},
      {"bytes=-500", "last 500"},
      {"bytes=-0", "last 0"},
      {"BYTES=1-2", "1 to 2"},
      {" bytes= 1-2 ", "1 to 2"},
      {"bytes=007-008", "7 to 8"},
      {"bytes=5-99999999999999999999999", "5 to " + huge},
      {"bytes=99999999999999999999999-", "from " + huge},
      {"bytes=-99999999999999999999999", "last " + huge},
  };
  for (const auto& [value, meaning] : cases) {
    EXPECT_EQ(Describe(value), meaning) << value;
  }
}

TEST(RangeHeaderTest, ListsAreUnderstoodInTheirOrder) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"bytes=1-2,3-4", "1 to 2, 3 to 4"},
      {"bytes=0-0, -1", "0 to 0, last 1"},
      {"bytes= 9- \t,\t5-6 ,-7", "from 9, 5 to 6, last 7"},
      {"bytes=1-2,1-2", "1 to 2, 1 to 2"},
      // Empty elements of a list count as nothing.
      {"bytes=1-2,", "1 to 2"},
      {"bytes=,1-2", "1 to 2"},
      {"bytes=, ,1-2,,3-,", "1 to 2, from 3"},
  };
  for (const auto& [value, meaning] : cases) {
    EXPECT_EQ(Describe(value), meaning) << value;
  }
}

TEST(RangeHeaderTest, TooManyRangesAreIgnored) {
  std::string value = "bytes=";
  for (size_t i = 0; i < limits::kRangesPerRequestMax; ++i) {
    absl::StrAppend(&value, "0-0,");
  }
  EXPECT_EQ(ParseRanges(value).size(), limits::kRangesPerRequestMax);
  EXPECT_TRUE(ParseRanges(value + "0-0").empty());
}

std::string Satisfiable(absl::string_view value, uint64_t size_bytes) {
  std::string ranges;
  for (const auto& range : SatisfiableRanges(ParseRanges(value), size_bytes)) {
    absl::StrAppend(&ranges, range.offset, "+", range.length, " ");
  }
  return ranges;
}

TEST(RangeHeaderTest, WhatLiesPastTheEndIsLeftOut) {
  EXPECT_EQ(Satisfiable("bytes=0-0,8-20,10-,-3,-0,3-4", 10),
            "0+1 8+2 7+3 3+2 ");
  EXPECT_EQ(Satisfiable("bytes=10-,-0", 10), "");
  EXPECT_EQ(Satisfiable("bytes=0-,-1", 0), "");
  // Backwards: satisfiable by nothing.
  EXPECT_EQ(Satisfiable("bytes=5-0", 10), "");
  EXPECT_EQ(Satisfiable("bytes=1-2,4-3", 10), Satisfiable("bytes=1-2", 10));
}

TEST(RangeHeaderTest, RangesExceedTheContentOnlyWhenTheyOverlap) {
  EXPECT_FALSE(ExceedContent({}, 0));
  EXPECT_FALSE(ExceedContent({{0, 5}, {5, 5}}, 10));
  EXPECT_FALSE(ExceedContent({{0, 5}, {4, 5}}, 10));
  EXPECT_TRUE(ExceedContent({{0, 5}, {4, 6}}, 10));
  constexpr uint64_t kHuge = std::numeric_limits<uint64_t>::max();
  EXPECT_TRUE(ExceedContent({{0, kHuge}, {0, kHuge}}, kHuge));
}

TEST(RangeHeaderTest, EverythingElseIsIgnored) {
  for (const char* value : {"",
                            "bytes",
                            "bytes=",
                            "bytes=-",
                            "bytes=--1",
                            "bytes=1",
                            "bytes=a-b",
                            "bytes=1-b",
                            "bytes=1-2x",
                            "bytes=+1-2",
                            "bytes=1 - 2",
                            "bytes=1-2,3",
                            "bytes=1-2;3-4",
                            "bytes=1-2,bytes=3-4",
                            "bytes=,",
                            "bits=1-2",
                            "bytes 1-2",
                            "bytes =1-2",
                            "bytes=1-2/9",
                            "-",
                            "1-2"}) {
    EXPECT_EQ(Describe(value), "all") << value;
  }
}

}  // namespace
}  // namespace cvr
