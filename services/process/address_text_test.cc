#include "services/process/address_text.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::testing::HasSubstr;

std::string WhatIsWrongWith(const char* address) {
  return std::string(CheckRpcAddress(address).message());
}

TEST(AddressTextTest, AddressesOfGrpcAreAccepted) {
  for (const char* address :
       {"127.0.0.1:8081", "localhost:0", "[::1]:8081", "host.example:65535",
        "unix:/run/cvr.sock", "unix:///run/cvr.sock", "unix:cvr.sock",
        "dns:///metadata.example:8081"}) {
    EXPECT_THAT(CheckRpcAddress(address), IsOk()) << address;
  }
  EXPECT_THAT(CheckRpcAddress(":8081", /*is_served=*/true), IsOk());
}

TEST(AddressTextTest, TheRealMistakeIsNamed) {
  EXPECT_THAT(WhatIsWrongWith("http://localhost:8080/x"),
              HasSubstr("'http://localhost:8080/x' is a URL, and gRPC has "
                        "none: want host:port, such as localhost:8080 (gRPC "
                        "has a port of its own"));
  EXPECT_THAT(WhatIsWrongWith("https://cvr.example"), HasSubstr("is a URL"));
  EXPECT_THAT(WhatIsWrongWith("localhost"),
              HasSubstr("has no port: want host:port, such as localhost:8081"));
  EXPECT_THAT(WhatIsWrongWith("[::1]"), HasSubstr("such as [::1]:8081"));
  EXPECT_THAT(WhatIsWrongWith("localhost:"), HasSubstr("'' is not a number"));
  EXPECT_THAT(WhatIsWrongWith("localhost:http"),
              HasSubstr("'http' is not a number"));
  EXPECT_THAT(WhatIsWrongWith("localhost:70000"), HasSubstr("65535"));
  EXPECT_THAT(WhatIsWrongWith("::1:8081"), HasSubstr("want [::1]:8081"));
  EXPECT_THAT(WhatIsWrongWith(":8081"), HasSubstr("has no host"));
  EXPECT_THAT(WhatIsWrongWith("/run/cvr.sock"), HasSubstr("unix:PATH"));
  EXPECT_THAT(WhatIsWrongWith("unix:"), HasSubstr("unix:PATH"));
  EXPECT_THAT(WhatIsWrongWith(""), HasSubstr("is empty"));
}

}  // namespace
}  // namespace cvr
