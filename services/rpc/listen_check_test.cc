#include "services/rpc/listen_check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(const std::string& address) {
  return std::string(CheckCanListen("http_address", address).message());
}

TEST(ListenCheckTest, APortInUseIsToldByItsFlag) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at = {};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof(at)), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  socklen_t size = sizeof(at);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size), 0);
  const std::string port = absl::StrCat(ntohs(at.sin_port));
  EXPECT_EQ(ErrorOf("127.0.0.1:" + port),
            "--http_address=127.0.0.1:" + port + ": Address already in use");
  EXPECT_THAT(ErrorOf(":" + port), HasSubstr("Address already in use"));
  close(fd);
  EXPECT_EQ(ErrorOf("127.0.0.1:" + port), "");
}

TEST(ListenCheckTest, WhatCannotBeTriedIsLeftToTheStart) {
  EXPECT_EQ(ErrorOf("127.0.0.1:0"), "");
  EXPECT_EQ(ErrorOf("[::1]:0"), "");
  EXPECT_EQ(ErrorOf("unix:/tmp/none"), "");
}

TEST(ListenCheckTest, WhatIsNoAddressOfThisMachineIsToldApart) {
  EXPECT_THAT(ErrorOf("localhost"), HasSubstr("must be host:port"));
  EXPECT_THAT(ErrorOf("192.0.2.1:9"),
              HasSubstr("Cannot assign requested address"));
  EXPECT_THAT(ErrorOf("127.0.0.1:http-is-no-number"),
              HasSubstr("--http_address=127.0.0.1:http-is-no-number: "));
}

}  // namespace
}  // namespace cvr::testing
