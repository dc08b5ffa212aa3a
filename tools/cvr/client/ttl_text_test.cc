#include "tools/cvr/client/ttl_text.h"

#include <string>

#include "gmock/gmock.h"

namespace cvr {
namespace {

TEST(TtlTextTest, ZeroIsNoneAndTheLongestIsForEver) {
  const struct {
    std::string typed;
    int64_t seconds;
    std::string shown;
  } cases[] = {{"forever", 315576000000, "forever"},
               {"0", 0, "0"},
               {"0s", 0, "0"},
               {"24h", 86400, "24h"},
               {"7d", 604800, "168h"},
               {"315576000000s", 315576000000, "forever"}};
  for (const auto& [typed, seconds, shown] : cases) {
    const auto ttl = ParseTtl(typed);
    ASSERT_TRUE(ttl.ok()) << typed;
    EXPECT_EQ(ttl->seconds(), seconds) << typed;
    EXPECT_EQ(TtlText(*ttl), shown) << typed;
  }
}

TEST(TtlTextTest, WhatIsReadIsShownAsItCanBeReadAgain) {
  for (const char* text : {"forever", "0", "1us", "1h30m", "250ms"}) {
    const auto ttl = ParseTtl(text);
    ASSERT_TRUE(ttl.ok()) << text;
    const auto again = ParseTtl(TtlText(*ttl));
    ASSERT_TRUE(again.ok()) << text;
    EXPECT_EQ(again->seconds(), ttl->seconds()) << text;
    EXPECT_EQ(again->nanos(), ttl->nanos()) << text;
  }
}

TEST(TtlTextTest, RefusesWhatIsNone) {
  // Words of earlier releases with the opposite meaning of 0 are not kept here.
  for (const char* text : {"sometimes", "-1h", "never", "always", ""}) {
    EXPECT_FALSE(ParseTtl(text).ok()) << text;
  }
}

}  // namespace
}  // namespace cvr
