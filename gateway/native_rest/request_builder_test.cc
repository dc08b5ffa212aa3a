#include "gateway/native_rest/request_builder.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "cvr/v1/access_token_service.pb.h"
#include "cvr/v1/audit_service.pb.h"
#include "cvr/v1/registry_service.pb.h"
#include "cvr/v1/upstream_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr::native_rest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::StatusIs;
using ::testing::UnorderedElementsAre;

constexpr char kBase[] = "/api/cvr/v1/";

const RouteTable& Ours() {
  static const RouteTable* const table =
      new RouteTable(*RouteTable::Of(ApiFiles(), "cvr.v1"));
  return *table;
}

absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Build(
    absl::string_view method, absl::string_view path, absl::string_view query,
    absl::string_view body) {
  const auto match = Ours().Find(method, absl::StrCat(kBase, path));
  EXPECT_NE(match.route, nullptr) << method << " " << path;
  if (match.route == nullptr) return absl::InternalError("no route");
  return BuildRequest(*match.route, {match.bindings, query, body});
}

// The request as text, or the fields that are wrong.
std::string Built(absl::string_view method, absl::string_view path,
                  absl::string_view query = "", absl::string_view body = "") {
  const auto built = Build(method, path, query, body);
  if (built.ok()) {
    google::protobuf::TextFormat::Printer printer;
    printer.SetSingleLineMode(true);
    std::string text;
    printer.PrintToString(**built, &text);
    return text;
  }
  EXPECT_THAT(built, StatusIs(absl::StatusCode::kInvalidArgument));
  std::string wrong = "wrong:";
  for (const auto& violation : FieldViolationsOf(built.status())) {
    absl::StrAppend(&wrong, " ", violation.field);
  }
  return wrong;
}

TEST(RequestBuilderTest, PathsFillFields) {
  EXPECT_EQ(Built("GET", "registries/7"), "id: 7 ");
  EXPECT_EQ(Built("GET", "groups/acme%2Fteam"), "name: \"acme/team\" ");
  EXPECT_EQ(Built("DELETE", "registries/7/attachments/8"),
            "registry_id: 7 upstream_id: 8 ");
  EXPECT_EQ(Built("GET", "registries/x"), "wrong: id");
  EXPECT_EQ(Built("GET", "registries/9223372036854775807"),
            "id: 9223372036854775807 ");
  for (const char* const id :
       {"9223372036854775808", "+7", "%207", "7%20", "7.0", "0x7", "7%2F8"}) {
    EXPECT_EQ(Built("GET", absl::StrCat("registries/", id)), "wrong: id") << id;
  }
}

TEST(RequestBuilderTest, QueriesFillTheOtherFields) {
  EXPECT_EQ(Built("GET", "registries", "group=-&page_size=5&filter=name+%3D+a"),
            "group: \"-\" page_size: 5 filter: \"name = a\" ");
  EXPECT_EQ(Built("GET", "registries", "pageSize=5&orderBy=id"),
            "page_size: 5 order_by: \"id\" ");
  EXPECT_EQ(
      Built("GET", "fetches", "upstream_key.group=acme&upstream_key.name=hub"),
      "upstream_key { group: \"acme\" name: \"hub\" } ");
  EXPECT_EQ(Built("GET", "audit_events",
                  "start_time=2026-01-02T03:04:05Z&token_id=0"),
            "token_id: 0 start_time { seconds: 1767323045 } ");
  EXPECT_EQ(Built("DELETE", "registries/7", "allow_missing=true"),
            "id: 7 allow_missing: true ");
  EXPECT_EQ(Built("PATCH", "registries/7", "update_mask=name,anonymousPull",
                  R"({"name":"a"})"),
            "id: 7 registry { name: \"a\" } update_mask { paths: \"name\" "
            "paths: \"anonymous_pull\" } ");
}

TEST(RequestBuilderTest, BadQueriesNameTheField) {
  EXPECT_EQ(Built("GET", "registries", "nothing=1&page_size=x"),
            "wrong: nothing page_size");
  for (const char* const query :
       {"page_size=x", "page_size=", "page_size=2147483648",
        "page_size=1&page_size=2"}) {
    EXPECT_EQ(Built("GET", "registries", query), "wrong: page_size") << query;
  }
  EXPECT_EQ(Built("GET", "registries", "page_size.x=1"), "wrong: page_size.x");
  EXPECT_EQ(Built("DELETE", "registries/7", "allow_missing=1"),
            "wrong: allow_missing");
  EXPECT_EQ(Built("GET", "fetches", "upstream_key=acme"),
            "wrong: upstream_key");
  EXPECT_EQ(Built("GET", "fetches", "upstream_id=1&upstream_key.name=a"),
            "wrong: upstream_key.name");
  EXPECT_EQ(Built("GET", "audit_events", "start_time=yesterday"),
            "wrong: start_time");
  EXPECT_EQ(Built("GET", "registries", "filter=%ff"), "wrong: filter");
  EXPECT_EQ(Built("GET", "registries", "filter=%"), "wrong: query");
  for (const char* const mask : {"", "name,,description", "%ff", "a%20b"}) {
    EXPECT_EQ(Built("PATCH", "registries/7", absl::StrCat("update_mask=", mask),
                    "{}"),
              "wrong: update_mask")
        << mask;
  }
  std::string many;
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&many, "filter=a&");
  EXPECT_EQ(Built("GET", "registries", many), "wrong: query");
}

TEST(RequestBuilderTest, WhatTheBodyHasIsNotTakenFromTheQuery) {
  EXPECT_EQ(Built("POST", "registries", "registry.name=a", "{}"),
            "wrong: registry.name");
  EXPECT_EQ(Built("POST", "registries/7:purge", "include_shared=true", "{}"),
            "wrong: include_shared");
  // Nor what the path has, unless it is the same.
  EXPECT_EQ(Built("GET", "registries/7", "id=8"), "wrong: id");
  EXPECT_EQ(Built("GET", "registries/7", "key.name=a"), "wrong: id");
}

TEST(RequestBuilderTest, BodiesAreTheRequestOrAField) {
  EXPECT_EQ(Built("POST", "registries", "validate_only=true",
                  R"({"group":"acme","name":"a","anonymousPull":true})"),
            "registry { group: \"acme\" name: \"a\" anonymous_pull: true } "
            "validate_only: true ");
  EXPECT_EQ(Built("PUT", "registries/7/attachments", "",
                  R"({"upstream_ids":["3",4],"etag":"x"})"),
            "registry_id: 7 upstream_ids: 3 upstream_ids: 4 etag: \"x\" ");
  EXPECT_EQ(Built("POST", "registries/7:purge"), "registry_id: 7 ");
  EXPECT_EQ(Built("POST", "registries/7:purge", "", R"({"registry_id":"7"})"),
            "registry_id: 7 ");
  EXPECT_EQ(Built("POST", "registries/7:purge", "", R"({"registry_id":"8"})"),
            "wrong: registry_id");
  EXPECT_EQ(Built("POST", "registries/7:purge", "",
                  R"({"registry_key":{"name":"a"}})"),
            "wrong: registry_id");
  EXPECT_EQ(Built("GET", "registries/7", "", "{}"), "wrong: body");
}

TEST(RequestBuilderTest, ValuesAreThoseOfProtobufsJson) {
  EXPECT_EQ(
      Built("POST", "upstreams", "", R"({
        "cache_policy": {"tag_ttl": "3600s", "stale_ttl": "0.5s"},
        "rules": [{"action": "RULE_ACTION_DENY", "target": 2,
                   "pattern": {"wildcard": "v*"}}],
        "credentials": {"basic": {"password_bytes": "/w=="}},
        "limits": {"concurrent_requests": 3},
        "source_namespaces": ["docker.io", "a"], "display_name": null})"),
      "upstream { credentials { basic { password_bytes: \"\\377\" } } "
      "source_namespaces: \"docker.io\" source_namespaces: \"a\" "
      "cache_policy { tag_ttl { seconds: 3600 } stale_ttl { nanos: 500000000 } "
      "} rules { action: RULE_ACTION_DENY target: RULE_TARGET_TAG pattern { "
      "wildcard: \"v*\" } } limits { concurrent_requests: 3 } } ");
}

TEST(RequestBuilderTest, BadValuesNameTheField) {
  EXPECT_EQ(Built("POST", "upstreams", "", R"({
        "cache_policy": {"tag_ttl": 3600, "stale_ttl": "1h", "nothing": 1},
        "rules": [{"action": "DENY"}, 7,
                  {"pattern": {"wildcard": "a", "regex": "b"}}],
        "credentials": {"basic": {"password_bytes": "*"}},
        "limits": [], "source_namespaces": "docker.io",
        "name": 7, "disabled": "true"})"),
            "wrong: upstream.cache_policy.tag_ttl "
            "upstream.cache_policy.stale_ttl upstream.cache_policy.nothing "
            "upstream.rules[0].action upstream.rules[1] "
            "upstream.rules[2].pattern.regex "
            "upstream.credentials.basic.password_bytes upstream.limits "
            "upstream.source_namespaces upstream.name upstream.disabled");
  EXPECT_EQ(Built("POST", "upstreams", "",
                  R"({"display_name":"a","displayName":"a"})"),
            "wrong: upstream.display_name");
}

TEST(RequestBuilderTest, DurationsAreHeldToTheirForm) {
  const auto built = [](const std::string& text) {
    return Built("POST", "operations/7:wait", "",
                 absl::StrCat(R"({"timeout":")", text, "\"}"));
  };
  EXPECT_EQ(built("315576000000s"), "id: 7 timeout { seconds: 315576000000 } ");
  EXPECT_EQ(built("-1.000000001s"), "id: 7 timeout { seconds: -1 nanos: -1 } ");
  for (const char* const text :
       {"", "s", "1", " 1s", "1s ", "1 s", "+1s", "--1s", "1.s", ".5s",
        "1.1234567890s", "1.-5s", "315576000001s", "1e3s", "infs"}) {
    EXPECT_EQ(built(text), "wrong: timeout") << text;
  }
}

TEST(RequestBuilderTest, ValuesAreNotRepeated) {
  const auto built = Build("POST", "upstreams", "",
                           R"({"disabled":"s3cret","tls":{"s\u0007":1}})");
  ASSERT_FALSE(built.ok());
  EXPECT_EQ(built.status().message().find("s3cret"), std::string::npos);
  EXPECT_THAT(std::string(built.status().message()), HasSubstr("s\\x07"));
}

TEST(RequestBuilderTest, DeepAndBrokenBodiesAreRefused) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"a\":";
  for (const std::string& body :
       {deep, std::string(100'000, '['), std::string("{"), std::string("[]"),
        std::string("7"), std::string("{} {}"),
        std::string("{\"name\":\"\xff\"}"), std::string("{'name':1}")}) {
    EXPECT_EQ(Built("POST", "registries", "", body), "wrong: body");
  }
}

std::vector<std::string> MaskFor(absl::string_view body) {
  const auto built = Build("PATCH", "upstreams/7", "", body);
  if (!built.ok()) return {std::string(built.status().message())};
  const auto& request = dynamic_cast<v1::UpdateUpstreamRequest&>(**built);
  return {request.update_mask().paths().begin(),
          request.update_mask().paths().end()};
}

TEST(RequestBuilderTest, MaskOfAPatchIsWhatTheBodyHas) {
  EXPECT_THAT(MaskFor(R"({"displayName":"","disabled":false})"),
              UnorderedElementsAre("display_name", "disabled"));
  EXPECT_THAT(MaskFor(R"({"limits":{"concurrent_requests":0,"open_ttl":"1s"},
                  "rules":[{"target":1}],"tls":{}})"),
              UnorderedElementsAre("limits.concurrent_requests",
                                   "limits.open_ttl", "rules", "tls"));
  EXPECT_THAT(
      MaskFor(R"({"credentials":null,"cache_policy":{"tag_ttl":null}})"),
      UnorderedElementsAre("credentials", "cache_policy.tag_ttl"));
}

// So that what was read can be sent back.
TEST(RequestBuilderTest, MaskHasNoFieldsThatCallersCannotChange) {
  EXPECT_THAT(MaskFor(R"({"id":"7","uid":"u","group":"acme","etag":"e",
                          "create_time":"2026-01-02T03:04:05Z",
                          "tls":{"has_client_key":true},"name":"a"})"),
              ElementsAre("name"));
}

TEST(RequestBuilderTest, OnlyPatchesHaveAMask) {
  EXPECT_EQ(Built("POST", "registries", "", R"({"name":"a"})"),
            "registry { name: \"a\" } ");
  EXPECT_EQ(Built("PATCH", "registries/7", "", R"({"etag":"e"})"),
            "id: 7 registry { etag: \"e\" } ");
}

}  // namespace
}  // namespace cvr::native_rest
