#include "services/process/local_address.h"

#include "gtest/gtest.h"

namespace cvr {
namespace {

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

}  // namespace
}  // namespace cvr
