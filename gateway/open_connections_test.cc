#include "gateway/open_connections.h"

#include <sys/socket.h>
#include <unistd.h>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

// A connected pair; the table gets one end.
class Pair {
 public:
  Pair() { socketpair(AF_UNIX, SOCK_STREAM, 0, fds_); }
  ~Pair() {
    close(fds_[0]);
    close(fds_[1]);
  }
  int fd() const { return fds_[0]; }
  // Whether reading has ended.
  bool Ended() const {
    char byte;
    return recv(fds_[0], &byte, 1, MSG_DONTWAIT) == 0;
  }

 private:
  int fds_[2];
};

class OpenConnectionsTest : public ::testing::Test {
 protected:
  void Add(const Pair& pair) {
    connections_.BeginWaiting();
    connections_.Add(pair.fd());
  }

  OpenConnections connections_{/*room=*/3};
};

TEST_F(OpenConnectionsTest, LongestIdleOneMakesRoom) {
  Pair busy, older, younger;
  Add(busy);
  Add(older);
  connections_.BeginIdle(older.fd());
  Add(younger);
  connections_.BeginIdle(younger.fd());
  connections_.BeginWaiting();
  EXPECT_TRUE(older.Ended());
  EXPECT_FALSE(younger.Ended());
  connections_.BeginWaiting();
  EXPECT_TRUE(younger.Ended());
  connections_.BeginWaiting();
  EXPECT_FALSE(busy.Ended());
  for (int i = 0; i < 3; ++i) connections_.EndWaiting();
}

TEST_F(OpenConnectionsTest, AHalfHeadMakesRoomButIsNotDrained) {
  Pair half, idle, busy;
  Add(half);
  connections_.BeginIdle(half.fd());
  connections_.BeginHead(half.fd());
  Add(idle);
  connections_.BeginIdle(idle.fd());
  Add(busy);
  connections_.BeginIdle(busy.fd());
  connections_.BeginHead(busy.fd());
  connections_.EndHead(busy.fd());
  connections_.Drain();
  EXPECT_FALSE(half.Ended());
  EXPECT_TRUE(idle.Ended());
  connections_.BeginWaiting();
  EXPECT_TRUE(half.Ended());
  EXPECT_FALSE(busy.Ended());
  connections_.EndWaiting();
}

// Whoever waits must not depend on somebody being idle at that moment.
TEST_F(OpenConnectionsTest, ConnectionThatBecomesIdleMakesRoom) {
  Pair first, second, third;
  for (const Pair* pair : {&first, &second, &third}) Add(*pair);
  connections_.BeginWaiting();
  connections_.BeginIdle(second.fd());
  EXPECT_TRUE(second.Ended());
  // One has made room for the one that waits.
  connections_.BeginIdle(third.fd());
  EXPECT_FALSE(third.Ended());
  connections_.Remove(second.fd());
  connections_.EndWaiting();
}

TEST_F(OpenConnectionsTest, DrainEndsIdleOnesAndThoseThatBecomeIdle) {
  Pair idle, busy;
  Add(idle);
  connections_.BeginIdle(idle.fd());
  Add(busy);
  EXPECT_FALSE(connections_.draining());
  connections_.Drain();
  EXPECT_TRUE(connections_.draining());
  EXPECT_TRUE(idle.Ended());
  EXPECT_FALSE(busy.Ended());
  connections_.BeginIdle(busy.fd());
  EXPECT_TRUE(busy.Ended());
}

TEST_F(OpenConnectionsTest, WaitsAlsoForConnectionsWithoutAThread) {
  connections_.BeginWaiting();
  EXPECT_FALSE(connections_.WaitUntilNone(absl::Now()));
  Pair pair;
  connections_.ShutdownAll();
  connections_.Add(pair.fd());
  EXPECT_TRUE(pair.Ended());
  connections_.Remove(pair.fd());
  EXPECT_TRUE(connections_.WaitUntilNone(absl::InfiniteFuture()));
}

}  // namespace
}  // namespace cvr
