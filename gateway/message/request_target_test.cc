#include "gateway/message/request_target.h"

#include <string>

#include "gtest/gtest.h"

namespace cvr {
namespace {

struct Case {
  const char* target;
  const char* path_and_query;
  const char* authority;
};

TEST(RequestTargetTest, EveryFormLeadsToTheSamePath) {
  for (const Case& c : {
           Case{"/v2/?n=1", "/v2/?n=1", ""},
           Case{"//v2/", "//v2/", ""},
           Case{"/a%2Fb/../c", "/a%2Fb/../c", ""},
           Case{"http://h/v2/?n=1", "/v2/?n=1", "h"},
           Case{"hTTps://h:443/v2", "/v2", "h:443"},
           Case{"http://h:/", "/", "h"},
           Case{"http://[::1]:80/x", "/x", "[::1]:80"},
           Case{"http://h", "/", "h"},
           Case{"http://h?a=/b", "/?a=/b", "h"},
           Case{"http://h//x", "//x", "h"},
       }) {
    const auto parsed = ParseRequestTarget("GET", c.target);
    ASSERT_TRUE(parsed.has_value()) << c.target;
    EXPECT_EQ(parsed->path_and_query, c.path_and_query) << c.target;
    EXPECT_EQ(parsed->authority, c.authority) << c.target;
  }
}

TEST(RequestTargetTest, WhatIsNoTargetIsRefused) {
  for (const char* target :
       {"", "v2/", "*", "h:443", "ftp://h/", "http:/v2/", "http:///v2/",
        "http://", "http://:80/", "http://u@h/", "http://u:p@h/", "http://h:x/",
        "http://h:1:2/", "http://h\\/v2/", "/a#b", "/a\x7f", "/a\tb",
        "http://[::1/", "http://h<>/"}) {
    EXPECT_FALSE(ParseRequestTarget("GET", target).has_value()) << target;
  }
  EXPECT_FALSE(ParseRequestTarget("GET", std::string("/\0", 2)).has_value());
}

TEST(RequestTargetTest, OptionsMayBeAboutTheWholeServer) {
  EXPECT_EQ(ParseRequestTarget("OPTIONS", "*")->path_and_query, "*");
  EXPECT_EQ(ParseRequestTarget("OPTIONS", "http://h")->path_and_query, "*");
  EXPECT_EQ(ParseRequestTarget("OPTIONS", "http://h/")->path_and_query, "/");
}

}  // namespace
}  // namespace cvr
