#include "services/process/redacted_json.h"

#include <string>

#include "cvr/v1/upstream_service.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace cvr {
namespace {

using nlohmann::json;

v1::UpdateUpstreamRequest Request() {
  v1::UpdateUpstreamRequest request;
  request.mutable_upstream()->set_id(7);
  request.mutable_upstream()->set_name("u");
  auto& login =
      *request.mutable_upstream()->mutable_credentials()->mutable_basic();
  login.set_username("robot");
  login.set_password("hunter2");
  login.set_password_bytes("hunter2\xff");
  return request;
}

TEST(WithoutSecretsTest, LeavesOutWhatIsSecret) {
  const auto told = json::parse(RedactedJson(Request(), 4096));
  EXPECT_EQ(told["upstream"]["name"], "u");
  const auto& login = told["upstream"]["credentials"]["basic"];
  EXPECT_EQ(login["username"], "robot");
  EXPECT_FALSE(login.contains("password"));
  EXPECT_FALSE(login.contains("password_bytes"));
}

// Who hides a change behind a long field must not succeed.
TEST(WithoutSecretsTest, WhatIsTooLongIsCutFieldByField) {
  auto request = Request();
  request.mutable_upstream()->set_url("https://example.com");
  request.mutable_upstream()->set_description(std::string(1 << 20, 'x'));
  for (int i = 0; i < 10'000; ++i) {
    request.mutable_upstream()->add_source_namespaces("example.com");
  }
  const std::string text = RedactedJson(request, 4096);
  EXPECT_LE(text.size(), 4096u);
  const auto told = json::parse(text);
  EXPECT_EQ(told["upstream"]["id"], "7");
  EXPECT_EQ(told["upstream"]["url"], "https://example.com");
  const std::string description = told["upstream"]["description"];
  EXPECT_NE(description.find("more bytes)"), std::string::npos);
  EXPECT_EQ(description.substr(0, 4), "xxxx");
  EXPECT_EQ(told["upstream"]["source_namespaces"][0], "example.com");
}

TEST(WithoutSecretsTest, CharactersAreNotCutInTwo) {
  auto request = Request();
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "\xe2\x82\xac";
  request.mutable_upstream()->set_description("a" + text);
  const auto told = json::parse(RedactedJson(request, 4096));
  const std::string description = told["upstream"]["description"];
  EXPECT_EQ(description.find("\xef\xbf\xbd"), std::string::npos);
}

TEST(WithoutSecretsTest, EvenTheNamesAloneAreBounded) {
  auto request = Request();
  request.mutable_upstream()->set_description(std::string(10'000, 'x'));
  for (const size_t bytes_max : {2u, 10u, 40u, 60u, 200u}) {
    const std::string text = RedactedJson(request, bytes_max);
    EXPECT_LE(text.size(), bytes_max);
    EXPECT_TRUE(json::accept(text)) << text;
  }
}

}  // namespace
}  // namespace cvr
