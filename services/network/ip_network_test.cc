#include "services/network/ip_network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

bool IsIn(const std::string& network, const std::string& address) {
  return IpNetwork::Parse(network)->Contains(*IpAddress::Parse(address));
}

TEST(IpAddressTest, ReadsAndWritesBothFamilies) {
  struct Case {
    const char* text;
    const char* canonical;
    bool is_v4;
  };
  for (const Case& one : {
           Case{"0.0.0.0", "0.0.0.0", true},
           Case{"192.0.2.255", "192.0.2.255", true},
           Case{"::", "::", false},
           Case{"::1", "::1", false},
           Case{"2001:DB8:0:0::1", "2001:db8::1", false},
           Case{"::ffff:1.2.3.4", "::ffff:1.2.3.4", false},
       }) {
    const auto address = IpAddress::Parse(one.text);
    ASSERT_TRUE(address.has_value()) << one.text;
    EXPECT_EQ(address->ToString(), one.canonical);
    EXPECT_EQ(address->is_v4(), one.is_v4) << one.text;
    EXPECT_EQ(address->bytes().size(), one.is_v4 ? 4 : 16) << one.text;
  }
}

TEST(IpAddressTest, NothingElseIsAnAddress) {
  for (const std::string text :
       {"", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4",
        "1.2.3.4 ", "0x7f.1", "[::1]", "::1%eth0", ":::", "1:2:3:4:5:6:7",
        "1.2.3.4:80", "10.0.0.0/8"}) {
    EXPECT_FALSE(IpAddress::Parse(text).has_value()) << text;
  }
  EXPECT_FALSE(IpAddress::Parse(std::string("1.2.3.4\0x", 9)).has_value());
  EXPECT_FALSE(IpAddress::FromBytes("12345").has_value());
}

TEST(IpAddressTest, MappedAddressesAreOtherAddresses) {
  const auto v4 = IpAddress::Parse("10.1.2.3");
  const auto mapped = IpAddress::Parse("::ffff:10.1.2.3");
  EXPECT_FALSE(*v4 == *mapped);
  EXPECT_EQ(v4->Mapped(), *mapped);
  EXPECT_EQ(mapped->Unmapped(), *v4);
  EXPECT_EQ(v4->Unmapped(), *v4);
  EXPECT_EQ(mapped->Mapped(), *mapped);
  const auto v6 = IpAddress::Parse("2001:db8::ffff:10.1.2.3");
  EXPECT_EQ(v6->Unmapped(), *v6);
  EXPECT_EQ(v6->Mapped(), *v6);
}

TEST(IpAddressTest, ComesFromSocketsOfBothFamilies) {
  sockaddr_in v4 = {};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(IpAddress::Of(reinterpret_cast<const sockaddr&>(v4)),
            IpAddress::Parse("127.0.0.1"));
  sockaddr_in6 v6 = {};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  EXPECT_EQ(IpAddress::Of(reinterpret_cast<const sockaddr&>(v6)),
            IpAddress::Parse("::1"));
  sockaddr other = {};
  other.sa_family = AF_UNIX;
  EXPECT_FALSE(IpAddress::Of(other).has_value());
}

TEST(IpNetworkTest, HoldsAddressesThatBeginWithItsBits) {
  EXPECT_TRUE(IsIn("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(IsIn("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(IsIn("10.1.2.3/8", "10.9.9.9")) << "further bits do not count";
  EXPECT_TRUE(IsIn("172.16.0.0/12", "172.31.255.255"));
  EXPECT_FALSE(IsIn("172.16.0.0/12", "172.32.0.0"));
  EXPECT_TRUE(IsIn("198.18.0.0/15", "198.19.0.0"));
  EXPECT_FALSE(IsIn("198.18.0.0/15", "198.20.0.0"));
  EXPECT_TRUE(IsIn("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(IsIn("192.0.2.7", "192.0.2.6"));
  EXPECT_TRUE(IsIn("192.0.2.7/", "192.0.2.7"));
  EXPECT_TRUE(IsIn("0.0.0.0/0", "255.255.255.255"));
  EXPECT_TRUE(IsIn("fe80::/10", "febf::1"));
  EXPECT_FALSE(IsIn("fe80::/10", "fec0::1"));
  EXPECT_TRUE(IsIn("::/0", "ffff::"));
  EXPECT_TRUE(IsIn("::1/128", "::1"));
  EXPECT_FALSE(IsIn("::1/128", "::"));
}

// Who matters under both forms looks both up: see IpAddress::Mapped().
TEST(IpNetworkTest, HoldsNoAddressOfTheOtherFamily) {
  EXPECT_FALSE(IsIn("0.0.0.0/0", "::"));
  EXPECT_FALSE(IsIn("::/0", "10.0.0.1"));
  EXPECT_FALSE(IsIn("10.0.0.0/8", "::ffff:10.0.0.1"));
  EXPECT_TRUE(IsIn("::ffff:10.0.0.0/104", "::ffff:10.0.0.1"));
}

TEST(IpNetworkTest, NothingElseIsANetwork) {
  for (const char* const text :
       {"", "/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/x",
        "::/129", "host/8", "10.0.0/8", "::1%lo/128", "10.0.0.0/4294967297"}) {
    EXPECT_FALSE(IpNetwork::Parse(text).has_value()) << text;
  }
}

// Against the definition: of every network that an address is the base of, it
// is in exactly those whose length does not go beyond the first bit that
// differs.
TEST(IpNetworkTest, LengthDecidesAtEveryBitWhichAddressesAreIn) {
  std::mt19937 random(1);
  for (const size_t size : {4, 16}) {
    for (size_t first_other = 0; first_other < size * 8; ++first_other) {
      std::string bytes(size, '\0');
      for (char& byte : bytes) byte = static_cast<char>(random());
      const auto base = IpAddress::FromBytes(bytes);
      bytes[first_other / 8] ^= 0x80 >> (first_other % 8);
      const auto other = IpAddress::FromBytes(bytes);
      for (size_t bits = 0; bits <= size * 8; ++bits) {
        const std::string text = absl::StrCat(base->ToString(), "/", bits);
        const auto network = IpNetwork::Parse(text);
        ASSERT_TRUE(network.has_value()) << text;
        EXPECT_TRUE(network->Contains(*base)) << text;
        EXPECT_EQ(network->Contains(*other), bits <= first_other)
            << text << " and " << other->ToString();
      }
    }
  }
}

}  // namespace
}  // namespace cvr
