#include "services/upstream/http/address_policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <string>

#include "gmock/gmock.h"

namespace cvr {
namespace {

bool Allows(bool allow_private, const std::string& text) {
  const AddressPolicy policy(allow_private);
  sockaddr_in v4 = {};
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    return policy.Allows(reinterpret_cast<const sockaddr&>(v4));
  }
  sockaddr_in6 v6 = {};
  EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1) << text;
  v6.sin6_family = AF_INET6;
  return policy.Allows(reinterpret_cast<const sockaddr&>(v6));
}

TEST(AddressPolicyTest, PublicAddressesAreAllowed) {
  for (const std::string address :
       {"1.1.1.1", "172.15.255.255", "172.32.0.1", "100.128.0.1", "11.0.0.1",
        "2606:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1",
        "2002:101:101::1"}) {
    EXPECT_TRUE(Allows(false, address)) << address;
  }
}

TEST(AddressPolicyTest, PrivateAddressesAreAllowedOnlyByTheDeployment) {
  for (const std::string address :
       {"10.1.2.3",         "127.0.0.1",         "127.255.255.254",
        "172.16.0.1",       "172.31.255.255",    "192.168.1.1",
        "100.64.0.1",       "198.18.0.1",        "192.0.2.1",
        "203.0.113.9",      "240.0.0.1",         "::1",
        "fc00::1",          "fd12::1",           "::ffff:10.0.0.1",
        "::ffff:127.0.0.1", "64:ff9b::10.0.0.1", "2002:a00:1::1",
        "2001:db8::1",      "2001::1",           "fec0::1"}) {
    EXPECT_FALSE(Allows(false, address)) << address;
    EXPECT_TRUE(Allows(true, address)) << address;
  }
}

TEST(AddressPolicyTest, SomeAddressesAreNeverAllowed) {
  for (const std::string address :
       {"169.254.169.254", "169.254.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1",
        "239.255.255.255", "255.255.255.255", "100.100.100.200",
        "168.63.129.16", "fe80::1", "ff02::1", "::", "fd00:ec2::254",
        "::ffff:169.254.169.254", "64:ff9b::169.254.169.254",
        "2002:a9fe:a9fe::1", "64:ff9b:1::1", "::169.254.169.254"}) {
    EXPECT_FALSE(Allows(false, address)) << address;
    EXPECT_FALSE(Allows(true, address)) << address;
  }
  sockaddr unix_socket = {};
  unix_socket.sa_family = AF_UNIX;
  EXPECT_FALSE(AddressPolicy(true).Allows(unix_socket));
}

TEST(AddressPolicyTest, HostsAreCheckedAsFarAsTheyAreAddresses) {
  const AddressPolicy strict(false);
  EXPECT_TRUE(strict.AllowsHost("registry.example.com"));
  EXPECT_TRUE(strict.AllowsHost("1.1.1.1"));
  EXPECT_FALSE(strict.AllowsHost("10.0.0.1"));
  EXPECT_FALSE(strict.AllowsHost("::1"));
  EXPECT_FALSE(strict.AllowsHost("localhost"));
  EXPECT_FALSE(strict.AllowsHost("a.localhost"));
  EXPECT_TRUE(AddressPolicy(true).AllowsHost("localhost"));
}

}  // namespace
}  // namespace cvr
