#include "tools/cvr/client/validity_text.h"

#include <string>

#include "gmock/gmock.h"

namespace cvr {
namespace {

TEST(ValidityTextTest, SaysNeverAndAlwaysByName) {
  const struct {
    std::string typed;
    std::string shown;
  } cases[] = {{"always", "none (revalidated at each pull)"},
               {"never", "forever"},
               {"0", "forever"},
               {"24h", "24h"},
               {"1us", "1us"},
               {"1ns", "none (revalidated at each pull)"}};
  for (const auto& [typed, shown] : cases) {
    const auto validity = ParseValidity(typed);
    ASSERT_TRUE(validity.ok()) << typed;
    EXPECT_EQ(ValidityText(*validity), shown) << typed;
  }
  EXPECT_FALSE(ParseValidity("sometimes").ok());
  EXPECT_FALSE(ParseValidity("-1h").ok());
}

}  // namespace
}  // namespace cvr
