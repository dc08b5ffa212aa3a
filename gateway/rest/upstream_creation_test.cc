#include "gateway/rest/upstream_creation.h"

#include <string>

#include "gtest/gtest.h"

namespace cvr::rest {
namespace {

TEST(UpstreamCreationTest, AFreeNameStaysAsItIs) {
  EXPECT_EQ(FreeUpstreamName("Docker Hub", {}), "Docker Hub");
  EXPECT_EQ(FreeUpstreamName("Docker Hub", {"docker hub"}), "Docker Hub");
}

TEST(UpstreamCreationTest, ATakenNameGetsTheFirstFreeNumber) {
  EXPECT_EQ(FreeUpstreamName("a", {"a"}), "a-2");
  EXPECT_EQ(FreeUpstreamName("a", {"a", "a-2", "a-4"}), "a-3");
  EXPECT_EQ(FreeUpstreamName("a-2", {"a", "a-2"}), "a-2-2");
}

TEST(UpstreamCreationTest, LongNamesMakeRoomForTheNumber) {
  const std::string most(255, 'x');
  EXPECT_EQ(FreeUpstreamName(most, {most}), std::string(253, 'x') + "-2");
  // Whole characters only.
  std::string wide;
  for (int i = 0; i < 127; ++i) wide += "\xc3\xa9";
  const std::string name = FreeUpstreamName(wide, {wide});
  EXPECT_EQ(name, wide.substr(0, 252) + "-2");
}

}  // namespace
}  // namespace cvr::rest
