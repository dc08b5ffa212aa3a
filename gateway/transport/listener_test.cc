#include "gateway/transport/listener.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/concurrency/thread.h"
#include "tests/support/status_matchers.h"
#include "tests/support/tcp_client.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::cvr::testing::StatusIs;
using ::testing::StartsWith;

TEST(ListenerTest, TellsThePortThatItGot) {
  const auto listener = Listener::Open("127.0.0.1:0");
  ASSERT_THAT(listener, IsOk());
  EXPECT_THAT(listener->address(), StartsWith("127.0.0.1:"));
  EXPECT_NE(listener->address(), "127.0.0.1:0");
}

TEST(ListenerTest, RefusesAnAddressInUse) {
  const auto first = Listener::Open("127.0.0.1:0");
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(Listener::Open(first->address()),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(ListenerTest, RefusesWhatIsNoAddress) {
  for (const char* address :
       {"", "localhost", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536",
        "127.0.0.1:-1", "::1:80", "[::1:80", "[nonsense]:80"}) {
    EXPECT_THAT(Listener::Open(address),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << address;
  }
}

TEST(ListenerTest, TakesIpv6AndAllAddresses) {
  EXPECT_THAT(Listener::Open("[::1]:0"), IsOk());
  EXPECT_THAT(Listener::Open(":0"), IsOk());
}

// Whether a connection waits to be accepted.
bool HasConnection(const Listener& listener, absl::Duration patience) {
  pollfd waiting = {listener.fd(), POLLIN, 0};
  return poll(&waiting, 1, absl::ToInt64Milliseconds(patience)) == 1;
}

TEST(ListenerTest, WaitsUntilEveryConnectionIsAccepted) {
  const auto listener = Listener::Open("127.0.0.1:0");
  ASSERT_THAT(listener, IsOk());
  listener->AwaitAccepted(absl::InfiniteDuration());  // There is none.
  const testing::TcpClient client(listener->address());
  ASSERT_TRUE(HasConnection(*listener, absl::Seconds(40)));
  Thread accepting("accept", [&] {
    const int fd = accept(listener->fd(), nullptr, nullptr);
    EXPECT_GE(fd, 0);
    listener->NoteAccepted();
    close(fd);
  });
  listener->AwaitAccepted(absl::InfiniteDuration());
  EXPECT_FALSE(HasConnection(*listener, absl::ZeroDuration()));
}

TEST(ListenerTest, WaitsNoLongerThanItIsTold) {
  const auto listener = Listener::Open("127.0.0.1:0");
  ASSERT_THAT(listener, IsOk());
  const testing::TcpClient client(listener->address());
  ASSERT_TRUE(HasConnection(*listener, absl::Seconds(40)));
  listener->AwaitAccepted(absl::Milliseconds(1));
  EXPECT_TRUE(HasConnection(*listener, absl::ZeroDuration()));
}

}  // namespace
}  // namespace cvr
