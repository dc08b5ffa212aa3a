#include "services/metadata/resources/uid.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

google::protobuf::Timestamp At(int64_t seconds, int32_t nanos = 0) {
  google::protobuf::Timestamp time;
  time.set_seconds(seconds);
  time.set_nanos(nanos);
  return time;
}

TEST(UidTest, IsAUuidOfVersion8) {
  for (int64_t id = 1; id < 100; ++id) {
    EXPECT_THAT(UidOf("registry", id, At(1700000000)),
                ::testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-"
                                        "[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  }
}

// Clients keep them: no later revision may make others.
TEST(UidTest, StaysTheSame) {
  EXPECT_EQ(UidOf("registry", 7, At(1700000000, 5)),
            "6b2451eb-b132-8392-b2ff-dd134771c365");
  EXPECT_EQ(UidOf("upstream", 7, At(1700000000, 5)),
            "46ec2654-27ac-8897-8371-7f62f27ca0f7");
}

TEST(UidTest, DiffersInEachPart) {
  const std::string uid = UidOf("registry", 7, At(1700000000));
  EXPECT_NE(uid, UidOf("upstream", 7, At(1700000000)));
  EXPECT_NE(uid, UidOf("registry", 8, At(1700000000)));
  EXPECT_NE(uid, UidOf("registry", 7, At(1700000001)));
  EXPECT_NE(uid, UidOf("registry", 7, At(1700000000, 1)));
}

}  // namespace
}  // namespace cvr
