#include "services/network/host.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

TEST(SplitAuthorityTest, TakesHostAndPortApart) {
  struct Case {
    const char* text;
    const char* host;
    bool has_brackets;
    int port;  // -1 = none.
  };
  for (const Case& one : {
           Case{"h", "h", false, -1},
           Case{"h:80", "h", false, 80},
           Case{"h:0", "h", false, 0},
           Case{":8080", "", false, 8080},
           Case{"", "", false, -1},
           Case{"127.0.0.1:65535", "127.0.0.1", false, 65535},
           Case{"[::1]", "::1", true, -1},
           Case{"[::1]:5000", "::1", true, 5000},
           Case{"[]:1", "", true, 1},
       }) {
    const auto authority = SplitAuthority(one.text);
    ASSERT_TRUE(authority.has_value()) << one.text;
    EXPECT_EQ(authority->host, one.host) << one.text;
    EXPECT_EQ(authority->has_brackets, one.has_brackets) << one.text;
    EXPECT_EQ(authority->port ? *authority->port : -1, one.port) << one.text;
  }
}

TEST(SplitAuthorityTest, NothingElseIsTakenApart) {
  for (const char* const text :
       {"h:", "::1", "::1:80", "h:80:80", "[::1", "[::1]80", "[::1]:",
        "[::1]x:80", "h:x", "h:65536", "h:-1", "h: 80", "h:+80", "h:000080"}) {
    EXPECT_FALSE(SplitAuthority(text).has_value()) << text;
  }
}

TEST(ParsePortTest, IsANumberOfSixteenBits) {
  EXPECT_EQ(ParsePort("0"), 0);
  EXPECT_EQ(ParsePort("443"), 443);
  EXPECT_EQ(ParsePort("00443"), 443);
  EXPECT_EQ(ParsePort("65535"), 65535);
  for (const char* const text :
       {"", "65536", "99999", "100000", "-1", "+1", " 1", "1 ", "1x", "x"}) {
    EXPECT_FALSE(ParsePort(text).has_value()) << text;
  }
}

TEST(IsDnsNameTest, HasLabelsOfBoundedSize) {
  const std::string label(63, 'a');
  const std::string name =
      absl::StrCat(label, ".", label, ".", label, ".", std::string(61, 'a'));
  ASSERT_EQ(name.size(), 253);
  for (const std::string& text :
       {std::string("h"), std::string("a-b.C_9"), std::string("127.0.0.1"),
        std::string("_x.y"), label, name}) {
    EXPECT_TRUE(IsDnsName(text)) << text;
  }
  for (const std::string& text :
       {std::string(), std::string("."), std::string("h."), std::string(".h"),
        std::string("a..b"), std::string("-a"), std::string("a-"),
        std::string("a.-b"), std::string("a b"), std::string("h:80"),
        std::string("[::1]"), std::string("h\0", 2), std::string("b\xc3\xbc"),
        label + "a", name + "a"}) {
    EXPECT_FALSE(IsDnsName(text)) << text;
  }
}

TEST(IsHostAndPortTest, AcceptsWhatCanBeConnectedTo) {
  for (const char* const text :
       {"ghcr.io", "ghcr.io:443", "localhost:5000", "127.0.0.1", "1.2.3.4:80",
        "[::1]", "[2001:db8::1]:65535", "[::ffff:1.2.3.4]"}) {
    EXPECT_TRUE(IsHostAndPort(text)) << text;
  }
}

TEST(IsHostAndPortTest, RefusesAnythingElse) {
  for (const char* const text :
       {"", ":80", "h:0", "h:", "h:65536", "::1", "[]", "[1.2.3.4]", "[nope]",
        "[::1", "[::1]5000", "[fe80::1%25eth0]", "[::1]:0", "user@h", "h/path",
        "http://h", "h h"}) {
    EXPECT_FALSE(IsHostAndPort(text)) << text;
  }
}

}  // namespace
}  // namespace cvr
