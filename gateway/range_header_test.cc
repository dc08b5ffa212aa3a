#include "gateway/range_header.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

std::string Describe(absl::string_view value) {
  const auto spec = ParseRange(value);
  if (!spec) return "all";
  if (const auto* suffix = std::get_if<ByteRangeSpec::Suffix>(&spec->value)) {
    return absl::StrCat("last ", suffix->length);
  }
  const auto& from = std::get<ByteRangeSpec::From>(spec->value);
  return from.last ? absl::StrCat(from.first, " to ", *from.last)
                   : absl::StrCat("from ", from.first);
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

TEST(RangeHeaderTest, EverythingElseIsIgnored) {
  for (const char* value : {"",
                            "bytes",
                            "bytes=",
                            "bytes=-",
                            "bytes=--1",
                            "bytes=1",
                            "bytes=2-1",
                            "bytes=a-b",
                            "bytes=1-b",
                            "bytes=1-2x",
                            "bytes=+1-2",
                            "bytes=1 - 2",
                            "bytes=1-2,3-4",
                            "bytes=1-2,",
                            "bytes=,1-2",
                            "bytes=0-0, -1",
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
