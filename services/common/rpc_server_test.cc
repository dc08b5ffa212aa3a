#include "services/common/rpc_server.h"

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using testing::IsOk;
using testing::StatusIs;

TEST(IsLocalAddressTest, OnlyThisMachine) {
  for (const char* const address :
       {"127.0.0.1:80", "127.8.9.10:0", "localhost:1", "[::1]:5", "unix:/x"}) {
    EXPECT_TRUE(IsLocalAddress(address)) << address;
  }
  for (const char* const address :
       {"0.0.0.0:80", "[::]:80", "10.0.0.1:80", "example.com:80", ":80", "",
        "127.example.com:80", "localhost.example.com:1"}) {
    EXPECT_FALSE(IsLocalAddress(address)) << address;
  }
}

TEST(RpcServerTest, SaysThePortItGot) {
  const auto server = RpcServer::Start("127.0.0.1:0", {});
  ASSERT_THAT(server, IsOk());
  EXPECT_THAT((*server)->address(), ::testing::StartsWith("127.0.0.1:"));
  EXPECT_NE((*server)->address(), "127.0.0.1:0");
}

TEST(RpcServerTest, ATakenPortIsAnError) {
  const auto first = RpcServer::Start("127.0.0.1:0", {});
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(RpcServer::Start((*first)->address(), {}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(RpcServerTest, OtherMachinesAreNotServed) {
  EXPECT_THAT(RpcServer::Start("0.0.0.0:0", {}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

// A killed service leaves its socket file; the next one must start all the
// same.
TEST(RpcServerTest, AUnixSocketIsTakenOver) {
  // Not below TempDir(): a socket's path has at most 107 characters.
  char directory[] = "/tmp/rpc_server_test.XXXXXX";
  ASSERT_NE(mkdtemp(directory), nullptr);
  const std::string address = absl::StrCat("unix:", directory, "/socket");
  const auto first = RpcServer::Start(address, {});
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(RpcServer::Start(address, {}), IsOk());
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace cvr
