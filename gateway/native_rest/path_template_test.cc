#include "gateway/native_rest/path_template.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr::native_rest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::StatusIs;

// `field=value` of each variable; `-` when the path does not match.
std::vector<std::string> MatchOf(absl::string_view text,
                                 absl::string_view path) {
  const auto parsed = PathTemplate::Parse(text);
  EXPECT_THAT(parsed, IsOk()) << text;
  const auto request = RequestPath::Parse(path);
  if (!request) return {"-"};
  const auto bindings = parsed->Match(*request);
  if (!bindings) return {"-"};
  std::vector<std::string> found;
  for (const auto& binding : *bindings) {
    found.push_back(absl::StrCat(binding.field, "=", binding.value));
  }
  return found;
}

TEST(PathTemplateTest, WordsStandForThemselves) {
  EXPECT_THAT(MatchOf("/v1/groups", "/v1/groups"), IsEmpty());
  EXPECT_THAT(MatchOf("/v1/groups", "/v1/%67roups"), IsEmpty());
  for (const char* const other :
       {"/v1/group", "/v1", "/v1/groups/a", "/v1/groups/", "v1/groups", "",
        "/v1//groups", "/V1/groups", "/v1/groups:x"}) {
    EXPECT_THAT(MatchOf("/v1/groups", other), ElementsAre("-")) << other;
  }
}

TEST(PathTemplateTest, VariableIsOneSegment) {
  const char kText[] = "/v1/registries/{registry_id}/attachments/{upstream.id}";
  EXPECT_THAT(MatchOf(kText, "/v1/registries/7/attachments/8"),
              ElementsAre("registry_id=7", "upstream.id=8"));
  // A slash that is encoded belongs to the value.
  EXPECT_THAT(MatchOf(kText, "/v1/registries/7%2F9/attachments/%38"),
              ElementsAre("registry_id=7/9", "upstream.id=8"));
  EXPECT_THAT(MatchOf(kText, "/v1/registries/7/9/attachments/8"),
              ElementsAre("-"));
}

TEST(PathTemplateTest, DoubleStarIsTheRestOfThePath) {
  const char kText[] = "/v1/groups/{name=**}";
  EXPECT_THAT(MatchOf(kText, "/v1/groups/acme"), ElementsAre("name=acme"));
  EXPECT_THAT(MatchOf(kText, "/v1/groups/acme/team"),
              ElementsAre("name=acme/team"));
  EXPECT_THAT(MatchOf(kText, "/v1/groups/acme%2fteam"),
              ElementsAre("name=acme/team"));
  EXPECT_THAT(MatchOf(kText, "/v1/groups"), ElementsAre("-"));
}

// A value must not lead elsewhere when somebody takes it for a path.
TEST(PathTemplateTest, ValuesHoldNoDotsNorEmptySegments) {
  for (const char* const path :
       {"/v1/groups/a/../b", "/v1/groups/a%2F..%2Fb", "/v1/groups/%2e%2e",
        "/v1/groups/.", "/v1/groups/a//b", "/v1/groups/a%2F%2Fb",
        "/v1/groups/%2Fa", "/v1/groups/a%2F", "/v1/groups/a%00",
        "/v1/groups/a%0d%0a", "/v1/groups/%ff", "/v1/groups/%", "/v1/groups/%4",
        "/v1/groups/%zz"}) {
    EXPECT_THAT(MatchOf("/v1/groups/{name=**}", path), ElementsAre("-"))
        << path;
  }
  // Decoded once.
  EXPECT_THAT(MatchOf("/v1/groups/{name=**}", "/v1/groups/a%252Fb"),
              ElementsAre("name=a%2Fb"));
}

TEST(PathTemplateTest, VerbFollowsTheLastColon) {
  EXPECT_THAT(MatchOf("/v1/x/{id}:run", "/v1/x/7:run"), ElementsAre("id=7"));
  EXPECT_THAT(MatchOf("/v1/x/{id}:run", "/v1/x/sha256:7:run"),
              ElementsAre("id=sha256:7"));
  EXPECT_THAT(MatchOf("/v1/x:run", "/v1/x:run"), IsEmpty());
  EXPECT_THAT(MatchOf("/v1/x/{id}:run", "/v1/x/7"), ElementsAre("-"));
  EXPECT_THAT(MatchOf("/v1/x/{id}:run", "/v1/x/7:stop"), ElementsAre("-"));
  EXPECT_THAT(MatchOf("/v1/x/{id}", "/v1/x/7:run"), ElementsAre("-"));
  EXPECT_THAT(MatchOf("/v1/x/{id}", "/v1/x/7:"), ElementsAre("-"));
  // An encoded colon is part of the value.
  EXPECT_THAT(MatchOf("/v1/x/{id}", "/v1/x/7%3Arun"), ElementsAre("id=7:run"));
}

TEST(PathTemplateTest, VariablesCanHaveWords) {
  EXPECT_THAT(MatchOf("/v1/{name=a/*/b/*}", "/v1/a/1/b/2"),
              ElementsAre("name=a/1/b/2"));
  EXPECT_THAT(MatchOf("/v1/{name=a/**}", "/v1/a/1/2"),
              ElementsAre("name=a/1/2"));
  EXPECT_THAT(MatchOf("/v1/*/{name=**}", "/v1/a/1/2"), ElementsAre("name=1/2"));
}

TEST(PathTemplateTest, OtherTextIsRefused) {
  for (const char* const text :
       {"", "/", "v1", "/v1/", "/v1//a", "/v1/{", "/v1/{}", "/v1/{a",
        "/v1/{a=}", "/v1/{a=**}/b", "/v1/**/b", "/v1/a:", "/v1/a:b/c",
        "/v1/{a.}", "/v1/{a}b", "/v1/a b"}) {
    EXPECT_THAT(PathTemplate::Parse(text),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

}  // namespace
}  // namespace cvr::native_rest
