#include "gateway/transport/send_pace.h"

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

constexpr SendPace::Options kOptions = {1024, absl::Seconds(60)};

TEST(SendPaceTest, TakingNothingIsGivenUpAfterTheWindow) {
  SendPace pace(kOptions);
  for (int i = 0; i < 11; ++i) EXPECT_TRUE(pace.Note(absl::Seconds(5), 0));
  EXPECT_FALSE(pace.Note(absl::Seconds(5), 0));
}

TEST(SendPaceTest, OneByteNowAndThenIsNotEnough) {
  SendPace pace(kOptions);
  EXPECT_TRUE(pace.Note(absl::Seconds(59), 1));
  EXPECT_FALSE(pace.Note(absl::Seconds(59), 1));
}

// What the system buffers at first buys no second window.
TEST(SendPaceTest, TakingNothingIsGivenUpHoweverMuchWasTakenBefore) {
  SendPace pace(kOptions);
  EXPECT_TRUE(pace.Note(absl::ZeroDuration(), 4 << 20));
  for (int i = 0; i < 11; ++i) EXPECT_TRUE(pace.Note(absl::Seconds(5), 0));
  EXPECT_FALSE(pace.Note(absl::Seconds(5), 0));
}

// A client that pauses, as containerd does while it unpacks, and takes a
// buffer's worth afterwards.
TEST(SendPaceTest, PausesAreAllowedForAsLongAsSomethingIsTaken) {
  SendPace pace(kOptions);
  for (int i = 0; i < 100; ++i) {
    for (int j = 0; j < 11; ++j) ASSERT_TRUE(pace.Note(absl::Seconds(5), 0));
    ASSERT_TRUE(pace.NoteWait(absl::Seconds(4)));
    ASSERT_TRUE(pace.Note(absl::ZeroDuration(), 64 * 1024));
  }
}

// An upstream that is slow is not the client's fault.
TEST(SendPaceTest, OnlyWaitingForTheClientCounts) {
  SendPace pace(kOptions);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(pace.Note(absl::Microseconds(10), 1));
  }
}

TEST(SendPaceTest, StallsAreToldFromTheirBeginning) {
  SendPace pace(kOptions);
  EXPECT_EQ(pace.stalled_since(), absl::InfiniteFuture());
  pace.Note(absl::Seconds(5), 0);
  const absl::Time since = pace.stalled_since();
  EXPECT_NE(since, absl::InfiniteFuture());
  pace.Note(absl::Seconds(5), 0);
  EXPECT_EQ(pace.stalled_since(), since);
  pace.Note(absl::ZeroDuration(), 1);
  EXPECT_EQ(pace.stalled_since(), absl::InfiniteFuture());
}

TEST(SendPaceTest, WithoutARateAnythingIsEnough) {
  SendPace pace({0, absl::Seconds(60)});
  EXPECT_TRUE(pace.Note(absl::Seconds(60), 1));
  EXPECT_FALSE(pace.Note(absl::Seconds(60), 0));
}

}  // namespace
}  // namespace cvr
