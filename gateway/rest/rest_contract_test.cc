// Where REST has other rules than the gRPC API behind it: in front of a real
// metadata service.

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "cvr/v1/upstream_service.pb.h"
#include "gateway/rest/rest_test_stack.h"
#include "gtest/gtest.h"

namespace cvr::rest {
namespace {

using RestContractTest = RestTest;

// Names of upstreams are unique in their group, titles are not.
TEST_F(RestContractTest, UpstreamsMayBeCalledAlike) {
  MakeRegistry("r");
  MakeUpstream(1, "hub");
  const std::string list = absl::StrCat(kBase, "/registries/1/upstreams");
  const auto name_of = [&](int64_t id) {
    v1::GetUpstreamRequest request;
    request.set_id(id);
    const auto upstream = stack_->upstreams().Get(request);
    return upstream.ok() ? upstream->name() : upstream.status().ToString();
  };
  EXPECT_EQ(AskFor(201, "POST", list,
                   R"({"name":"hub","url":"https://b.example"})")["name"],
            "hub");
  EXPECT_EQ(AskFor(201, "POST", list,
                   R"({"name":"hub-2","url":"https://c.example"})")["name"],
            "hub-2");
  EXPECT_EQ(name_of(1), "hub");
  EXPECT_EQ(name_of(2), "hub-2");
  EXPECT_EQ(name_of(3), "hub-2-2");
  // A new title leaves the name, by which others may refer to it.
  const std::string third = absl::StrCat(kBase, "/upstreams/3");
  EXPECT_EQ(AskFor(200, "PATCH", third, R"({"name":"Hub"})")["name"], "Hub");
  EXPECT_EQ(AskFor(200, "GET", third)["name"], "Hub");
  EXPECT_EQ(name_of(3), "hub-2-2");
  EXPECT_EQ(
      AskFor(200, "GET", absl::StrCat(kGroup, "/upstreams?upstream_name=HUB"))
          .size(),
      3);
  EXPECT_EQ(
      AskFor(200, "GET", absl::StrCat(kGroup, "/upstreams?upstream_name=hub-"))
          .size(),
      0);
  // It is the URL that stands in the way, whatever the name.
  for (const char* const name : {"hub", "other"}) {
    EXPECT_EQ(
        AskFor(400, "POST", list,
               Json({{"name", name}, {"url", "https://b.example/"}}).dump())
            .dump(),
        R"({"message":{"group":)"
        R"(["already has an upstream with the same credentials"]}})");
  }
  EXPECT_EQ(
      AskFor(400, "PATCH", third, R"({"url":"https://b.example"})").dump(),
      R"({"message":{"group":)"
      R"(["already has an upstream with the same credentials"]}})");
}

TEST_F(RestContractTest, AnUpstreamWithoutATitleIsCalledByItsName) {
  v1::CreateUpstreamRequest request;
  request.mutable_upstream()->set_group("default");
  request.mutable_upstream()->set_name("plain");
  request.mutable_upstream()->set_url("https://a.example");
  ASSERT_THAT(stack_->upstreams().Create(request), testing::IsOk());
  const Json found =
      AskFor(200, "GET", absl::StrCat(kGroup, "/upstreams?upstream_name=PLA"));
  ASSERT_EQ(found.size(), 1);
  EXPECT_EQ(found[0]["name"], "plain");
}

TEST_F(RestContractTest, HalfOfTheCredentialsChangesThatHalf) {
  MakeRegistry("r");
  MakeUpstream(1, "u1");
  const std::string one = absl::StrCat(kBase, "/upstreams/1");
  EXPECT_EQ(AskFor(400, "PATCH", one, R"({"password":"p"})").dump(),
            R"({"message":{"username":["must be set when password is"]}})");
  EXPECT_EQ(AskFor(400, "PATCH", one, R"({"username":"u"})").dump(),
            R"({"message":{"password":["must be set when username is"]}})");
  EXPECT_TRUE(
      AskFor(200, "PATCH", one, R"({"username":null})")["username"].is_null());
  AskFor(200, "PATCH", one, R"({"username":"u","password":"p"})");
  EXPECT_EQ(AskFor(200, "PATCH", one, R"({"username":"v"})")["username"], "v");
  EXPECT_EQ(AskFor(200, "PATCH", one, R"({"password":"q"})")["username"], "v");
  EXPECT_EQ(AskFor(400, "PATCH", one, R"({"password":null})").dump(),
            R"({"message":{"password":["must be set when username is"]}})");
  EXPECT_EQ(
      AskFor(400, "PATCH", one, R"({"username":"w","password":""})").dump(),
      R"({"message":{"password":["must be set when username is"]}})");
  const auto access = stack_->client().GetUpstreamAccess(1);
  ASSERT_THAT(access, testing::IsOk());
  EXPECT_EQ(access->username, "v");
  EXPECT_EQ(access->password, "q");
  // As bytes that are no UTF-8, which JSON cannot have.
  more_fields_.Add("Content-Type", "application/x-www-form-urlencoded");
  EXPECT_EQ(AskFor(200, "PATCH", one, "password=%FF")["username"], "v");
  EXPECT_EQ(stack_->client().GetUpstreamAccess(1)->password, "\xff");
  EXPECT_TRUE(
      AskFor(200, "PATCH", one, "username=&password=")["username"].is_null());
  EXPECT_EQ(stack_->client().GetUpstreamAccess(1)->password, "");
}

TEST_F(RestContractTest, FreshForEverIsZeroHours) {
  MakeRegistry("r");
  MakeUpstream(1, "u1");
  const std::string one = absl::StrCat(kBase, "/upstreams/1");
  EXPECT_EQ(AskFor(200, "GET", one)["cache_validity_hours"], 24);
  EXPECT_EQ(AskFor(200, "PATCH", one,
                   R"({"cache_validity_hours":0})")["cache_validity_hours"],
            0);
  v1::GetUpstreamRequest request;
  request.set_id(1);
  const auto upstream = stack_->upstreams().Get(request);
  ASSERT_THAT(upstream, testing::IsOk());
  EXPECT_EQ(upstream->cache_policy().tag_ttl().seconds(), 315'576'000'000);
}

TEST_F(RestContractTest, ARegistryTakesItsOwnUpstreamsWithIt) {
  MakeRegistry("r");
  MakeRegistry("s");
  MakeUpstream(1, "own");
  MakeUpstream(1, "shared");
  AskFor(201, "POST", absl::StrCat(kBase, "/registry_upstreams"),
         R"({"registry_id":2,"upstream_id":2})");
  EXPECT_EQ(Ask("DELETE", absl::StrCat(kBase, "/registries/1")).status, 204);
  EXPECT_EQ(Ask("GET", absl::StrCat(kBase, "/upstreams/1")).status, 404);
  EXPECT_EQ(Ask("GET", absl::StrCat(kBase, "/upstreams/2")).status, 200);
}

TEST_F(RestContractTest, PoliciesComeAndGo) {
  const std::string policy =
      "/api/v4/groups/default/-/virtual_registries/cleanup/policy";
  const std::string reader = Token(v1::AccessToken::SCOPE_READ, "default");
  EXPECT_EQ(Ask("GET", policy).status, 404);
  EXPECT_EQ(Ask("PATCH", policy, R"({"cadence":1})").status, 404);
  EXPECT_EQ(Ask("DELETE", policy).status, 404);
  Json now = AskFor(201, "POST", policy, R"({"notify_on_success":true})");
  EXPECT_EQ(now["enabled"], false);
  EXPECT_EQ(now["keep_n_days_after_download"], 30);
  EXPECT_EQ(now["cadence"], 7);
  EXPECT_EQ(now["notify_on_success"], true);
  EXPECT_TRUE(now["next_run_at"].is_null());
  EXPECT_EQ(AskFor(400, "POST", policy, "{}").dump(),
            R"({"message":{"group":["has already been taken"]}})");
  now = AskFor(200, "PATCH", policy, R"({"enabled":true,"cadence":90})");
  EXPECT_FALSE(now["next_run_at"].is_null());
  EXPECT_EQ(now["notify_on_success"], true);
  EXPECT_EQ(AskFor(200, "GET", policy), now);
  secret_ = reader;
  EXPECT_EQ(Ask("GET", policy).status, 200);
  EXPECT_EQ(Ask("POST", policy, "{}").status, 403);
  EXPECT_EQ(Ask("PATCH", policy, R"({"notify_on_success":false})").status, 403);
  EXPECT_EQ(Ask("DELETE", policy).status, 403);
  secret_.clear();
  EXPECT_EQ(AskFor(200, "GET", policy), now);
  EXPECT_EQ(Ask("DELETE", policy).status, 204);
  EXPECT_EQ(Ask("GET", policy).status, 404);
  EXPECT_EQ(Ask("DELETE", policy).status, 404);
  now = AskFor(201, "POST", policy, "{}");
  EXPECT_EQ(now["enabled"], false);
  EXPECT_EQ(now["cadence"], 7);
  EXPECT_EQ(now["notify_on_success"], false);
}

TEST_F(RestContractTest, WhatNoPathHasIsNotFound) {
  MakeRegistry("r");
  MakeUpstream(1, "u1");
  MakeEntry(1, "/library/a/manifests/latest");
  const std::string list =
      absl::StrCat(kBase, "/upstreams/1/cache_entries?search=");
  EXPECT_EQ(AskFor(200, "GET", list + "LIBRARY/A").size(), 1);
  for (const std::string& search :
       {std::string("%22"), std::string("%5C"), std::string("a%22+AND+b"),
        std::string(1025, 'a'), std::string("latest+")}) {
    const HttpReply reply = Ask("GET", list + search);
    EXPECT_EQ(reply.status, 200) << search;
    EXPECT_EQ(reply.body, "[]") << search;
    EXPECT_EQ(reply.fields.Get("X-Total"), "0") << search;
  }
}

}  // namespace
}  // namespace cvr::rest
