#include "gateway/transport/listener.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

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

}  // namespace
}  // namespace cvr
