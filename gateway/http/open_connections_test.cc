#include "gateway/http/open_connections.h"

#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/transport/plain_transport.h"
#include "gateway/transport/steady_time.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

using Connection = OpenConnections::Connection;
using Phase = HttpConnection::Phase;

const absl::Time kNever = absl::InfiniteFuture();

class OpenConnectionsTest : public ::testing::Test {
 protected:
  ~OpenConnectionsTest() override {
    for (Connection& left : connections_.BreakOffAll()) {
      connections_.Remove(*left);
    }
    for (const int fd : peers_) close(fd);
  }

  // A connection that is idle. Its peer is the last of `peers_`.
  Connection Make(const std::string& client) {
    int fds[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
    peers_.push_back(fds[1]);
    auto made = std::make_unique<HttpConnection>(
        fds[0], std::make_unique<PlainTransport>(fds[0], absl::Seconds(1)),
        SendPace::Options());
    made->phase = Phase::kIdle;
    for (Connection& gone : connections_.Add(*made, client)) {
      gone_.push_back(gone->id);
      connections_.Remove(*gone);
    }
    return made;
  }

  uint64_t Park(Connection connection) {
    const uint64_t id = connection->id;
    EXPECT_EQ(connections_.Park(std::move(connection), false, kNever), nullptr);
    return id;
  }
  bool IsParked(uint64_t id) {
    Connection claimed = connections_.Claim(id);
    if (claimed == nullptr) return false;
    Park(std::move(claimed));
    return true;
  }
  uint64_t Idle(const std::string& client) { return Park(Make(client)); }

  SocketPoller poller_;
  OpenConnections connections_{{/*connections_max=*/4, /*per_client_max=*/2},
                               poller_};
  std::vector<int> peers_;
  std::vector<uint64_t> gone_;
};

TEST_F(OpenConnectionsTest, WhoIsReadyIsClaimedOnce) {
  const uint64_t id = Idle("a");
  EXPECT_TRUE(poller_.Wait(absl::ZeroDuration()).empty());
  ASSERT_EQ(write(peers_.back(), "x", 1), 1);
  ASSERT_EQ(poller_.Wait(absl::Hours(1)), std::vector<uint64_t>{id});
  Connection claimed = connections_.Claim(id);
  ASSERT_NE(claimed, nullptr);
  EXPECT_EQ(connections_.Claim(id), nullptr);
  EXPECT_TRUE(poller_.Wait(absl::ZeroDuration()).empty());
  Park(std::move(claimed));
  EXPECT_EQ(poller_.Wait(absl::Hours(1)), std::vector<uint64_t>{id});
}

TEST_F(OpenConnectionsTest, TheLongestWaitingGivesWay) {
  Connection served = Make("a");
  const uint64_t older = Idle("b");
  const uint64_t younger = Idle("c");
  Connection also_served = Make("d");
  EXPECT_TRUE(gone_.empty());
  Idle("e");
  EXPECT_EQ(gone_, std::vector<uint64_t>{older});
  Idle("f");
  EXPECT_EQ(gone_, (std::vector<uint64_t>{older, younger}));
  connections_.Remove(*served);
  connections_.Remove(*also_served);
}

TEST_F(OpenConnectionsTest, AClientOverItsLimitGivesWayItself) {
  const uint64_t other = Idle("b");
  const uint64_t first = Idle("a");
  Idle("a");
  Idle("a");
  EXPECT_EQ(gone_, std::vector<uint64_t>{first});
  EXPECT_TRUE(IsParked(other));
}

TEST_F(OpenConnectionsTest, NobodyGivesWayWhoIsServed) {
  std::vector<Connection> served;
  for (int i = 0; i < 6; ++i) served.push_back(Make("a"));
  EXPECT_TRUE(gone_.empty());
  const uint64_t next = Idle("a");
  Idle("a");
  EXPECT_EQ(gone_, std::vector<uint64_t>{next});
  for (Connection& connection : served) connections_.Remove(*connection);
}

TEST_F(OpenConnectionsTest, WhatIsPastItsDeadlineIsTaken) {
  Connection late = Make("a");
  Idle("b");
  const absl::Time now = SteadyTime();
  connections_.Park(std::move(late), false, now);
  EXPECT_TRUE(connections_.TakeExpired(now - absl::Seconds(1)).empty());
  auto expired = connections_.TakeExpired(now);
  ASSERT_EQ(expired.size(), 1);
  connections_.Remove(*expired[0]);
  EXPECT_EQ(connections_.parked(), 1);
}

TEST_F(OpenConnectionsTest, DrainEndsIdleOnesButNotWhatHasArrived) {
  const auto asked = [&](const std::string& client) {
    Connection connection = Make(client);
    connection->requests = 1;
    return connection;
  };
  Park(asked("a"));
  const uint64_t arrived = Park(asked("b"));
  ASSERT_EQ(write(peers_.back(), "x", 1), 1);
  Connection in_head = Make("c");
  in_head->phase = Phase::kHead;
  Park(std::move(in_head));
  Connection busy = asked("d");
  auto idle = connections_.Drain(kNever);
  EXPECT_EQ(idle.size(), 1);
  for (Connection& connection : idle) connections_.Remove(*connection);
  EXPECT_TRUE(connections_.draining());
  Connection claimed = connections_.Claim(arrived);
  ASSERT_NE(claimed, nullptr);
  connections_.Remove(*claimed);
  // Who becomes idle now is not parked any more.
  busy = connections_.Park(std::move(busy), false, kNever);
  ASSERT_NE(busy, nullptr);
  connections_.Remove(*busy);
}

// They are served once more, within their time.
TEST_F(OpenConnectionsTest, DrainLeavesThoseThatHaveNotAskedYet) {
  Idle("a");
  Connection in_handshake = Make("b");
  in_handshake->phase = Phase::kHandshake;
  const absl::Time end = SteadyTime() + absl::Hours(1);
  EXPECT_TRUE(connections_.Drain(end).empty());
  Park(std::move(in_handshake));
  EXPECT_EQ(connections_.parked(), 2);
  EXPECT_TRUE(connections_.TakeExpired(end - absl::Seconds(1)).empty());
  auto expired = connections_.TakeExpired(end);
  EXPECT_EQ(expired.size(), 2);
  for (Connection& connection : expired) connections_.Remove(*connection);
}

TEST_F(OpenConnectionsTest, BreakingOffLeavesNobodyWaiting) {
  Connection busy = Make("a");
  Idle("b");
  EXPECT_FALSE(connections_.WaitUntilNone(absl::ZeroDuration()));
  for (Connection& parked : connections_.BreakOffAll()) {
    connections_.Remove(*parked);
  }
  char byte;
  EXPECT_EQ(recv(busy->socket(), &byte, 1, 0), 0);
  connections_.Remove(*busy);
  EXPECT_TRUE(connections_.WaitUntilNone(absl::InfiniteDuration()));
}

}  // namespace
}  // namespace cvr
