#include "gateway/rest/api_document.h"

#include <set>
#include <string>

#include "absl/strings/str_replace.h"
#include "gateway/rest/openapi_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr::rest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::StatusIs;

const ApiDocument& Ours() {
  static const ApiDocument* const document =
      new ApiDocument(*ApiDocument::Parse(OpenApiText()));
  return *document;
}

std::string IdOf(absl::string_view method, absl::string_view path) {
  const auto match = Ours().Find(method, path);
  return match.operation == nullptr ? "" : match.operation->id;
}

TEST(ApiDocumentTest, OursIsRead) {
  std::set<std::string> ids;
  for (const Operation& operation : Ours().operations()) {
    EXPECT_TRUE(ids.insert(operation.id).second) << operation.id;
    EXPECT_EQ(operation.is_public, operation.id == "getApiDocument");
    EXPECT_EQ(operation.takes_body,
              operation.method == "POST" || operation.method == "PATCH");
    EXPECT_EQ(operation.segments[0], "api");
    for (const auto* const list :
         {&operation.path, &operation.query, &operation.body}) {
      for (const Parameter& parameter : *list) {
        EXPECT_NE(parameter.name, "") << operation.id;
        EXPECT_EQ(parameter.is_secret, parameter.name == "password");
      }
    }
  }
  EXPECT_EQ(ids.size(), 25);
}

TEST(ApiDocumentTest, PathsAreFoundInBothSpellings) {
  for (const char* const format : {"container", "containers"}) {
    const auto path = [&](absl::string_view text) {
      return absl::StrReplaceAll(text, {{"$", format}});
    };
    EXPECT_EQ(IdOf("PATCH", path("/api/v4/virtual_registries/$/registries/7")),
              "updateRegistry");
    EXPECT_EQ(
        IdOf("POST",
             path("/api/v4/groups/a/-/virtual_registries/$/upstreams/test")),
        "testNewUpstream");
    EXPECT_EQ(IdOf("HEAD", path("/api/v4/virtual_registries/$/upstreams/7")),
              "getUpstream");
  }
  EXPECT_EQ(IdOf("GET", "/api/openapi.json"), "getApiDocument");
  EXPECT_EQ(IdOf("GET", "/api/v4/groups/a/-/virtual_registries/cleanup/policy"),
            "getCleanupPolicy");
}

TEST(ApiDocumentTest, ValuesAreDecodedOnceAfterSplitting) {
  const auto find = [](absl::string_view group) {
    return Ours()
        .Find("GET", absl::StrCat("/api/v4/groups/", group,
                                  "/-/virtual_registries/cleanup/policy"))
        .values;
  };
  EXPECT_THAT(find("acme%2Fteam"), ElementsAre("acme/team"));
  EXPECT_THAT(find("acme%252Fteam"), ElementsAre("acme%2Fteam"));
  EXPECT_THAT(find(".."), ElementsAre(".."));
  EXPECT_THAT(find("acme/team"), IsEmpty());
  EXPECT_THAT(find(""), IsEmpty());
  EXPECT_THAT(find("a%"), IsEmpty());
  EXPECT_THAT(find("a%00b"), IsEmpty());
  EXPECT_THAT(find("a%0d%0ab"), IsEmpty());
  EXPECT_THAT(find("%ff"), IsEmpty());
}

TEST(ApiDocumentTest, WhatCannotBeAsked) {
  const auto match =
      Ours().Find("PUT", "/api/v4/virtual_registries/container/registries/7");
  EXPECT_EQ(match.operation, nullptr);
  EXPECT_THAT(match.methods, ElementsAre("GET", "PATCH", "DELETE"));
  for (const char* const path :
       {"", "/", "/api/v4", "/api/v4/", "/api/v4/virtual_registries",
        "/api/v4/virtual_registries/container/registries/7/",
        "/api/v4/virtual_registries/container/registries//7",
        "/api/v4/virtual_registries/maven/registries/7",
        "/api/v4/containers/containers/registries/7",
        "/api/v5/virtual_registries/container/registries/7"}) {
    EXPECT_THAT(Ours().Find("GET", path).methods, IsEmpty()) << path;
  }
}

TEST(ApiDocumentTest, RefusesWhatItDoesNotUnderstand) {
  for (const char* const text :
       {"", "[]", "{}", R"({"paths":{}})", R"({"paths":{"/a":{"get":{}}}})",
        R"({"paths":{"/a":[]}})",
        R"({"paths":{"/a/{id}":{"get":{"operationId":"a"}}}})",
        R"({"paths":{"/a":{"get":{"operationId":"a",
            "parameters":[{"$ref":"#/nowhere"}]}}}})",
        R"({"paths":{"/a":{"get":{"operationId":"a",
            "parameters":[{"name":"n","in":"query",
                           "schema":{"type":"array"}}]}}}})",
        R"({"paths":{"/a":{"post":{"operationId":"a","requestBody":{}}}}})"}) {
    EXPECT_THAT(ApiDocument::Parse(text),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

}  // namespace
}  // namespace cvr::rest
