#include "services/metadata/resources/filter.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "cvr/v1/audit_event.pb.h"
#include "cvr/v1/registry.pb.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

constexpr absl::string_view kFields[] = {"name", "anonymous_pull", "id"};

absl::StatusOr<Filter> Parse(const std::string& text) {
  return Filter::Parse(text, *v1::Registry::descriptor(), kFields);
}

v1::Registry Web() {
  v1::Registry registry;
  registry.set_id(7);
  registry.set_name("Web \"1\"");
  registry.set_anonymous_pull(true);
  return registry;
}

bool Matches(const std::string& text) {
  const auto filter = Parse(text);
  EXPECT_THAT(filter, testing::IsOk()) << text;
  return filter.ok() && filter->Matches(Web());
}

TEST(FilterTest, Terms) {
  EXPECT_TRUE(Matches(""));
  EXPECT_TRUE(Matches("  "));
  EXPECT_TRUE(Matches(R"(name = "Web \"1\"")"));
  EXPECT_FALSE(Matches(R"(name = "web \"1\"")"));
  EXPECT_FALSE(Matches(R"(name = "Web")"));
  EXPECT_TRUE(Matches(R"(name : "WEB")"));
  EXPECT_TRUE(Matches("name:web"));
  EXPECT_FALSE(Matches("name:wib"));
  EXPECT_TRUE(Matches("anonymous_pull=true"));
  EXPECT_FALSE(Matches("anonymous_pull = false"));
  EXPECT_TRUE(Matches("id = 7"));
  EXPECT_FALSE(Matches("id = -7"));
  EXPECT_TRUE(Matches("id = 7 AND name : web"));
  EXPECT_FALSE(Matches("id = 7 AND name : wib"));
  // What is not set counts as its default.
  EXPECT_FALSE(Parse("anonymous_pull = true")->Matches(v1::Registry()));
  EXPECT_TRUE(Parse("id = 0")->Matches(v1::Registry()));
}

TEST(FilterTest, FieldsOfMessages) {
  constexpr absl::string_view kNested[] = {"resource.type", "resource.id"};
  v1::AuditEvent event;
  event.mutable_resource()->set_type("upstream");
  event.mutable_resource()->set_id(3);
  const auto filter =
      Filter::Parse(R"(resource.type = "upstream" AND resource.id = 3)",
                    *v1::AuditEvent::descriptor(), kNested);
  ASSERT_THAT(filter, testing::IsOk());
  EXPECT_TRUE(filter->Matches(event));
  EXPECT_FALSE(filter->Matches(v1::AuditEvent()));
}

TEST(FilterTest, WhatItIsEqualTo) {
  const auto filter = Parse(R"(name = "web" AND id = 3)");
  ASSERT_NE(filter->EqualTo("name"), nullptr);
  EXPECT_EQ(*filter->EqualTo("name"), "web");
  EXPECT_EQ(filter->EqualTo("id"), nullptr);
  EXPECT_EQ(Parse("name : web")->EqualTo("name"), nullptr);
}

TEST(FilterTest, WhatIsWrongIsSaid) {
  const auto why = [](const std::string& text) {
    const auto filter = Parse(text);
    EXPECT_THAT(filter, testing::StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
    const auto violations = FieldViolationsOf(filter.status());
    EXPECT_EQ(violations.size(), 1);
    if (violations.empty()) return std::string();
    EXPECT_EQ(violations[0].field, "filter");
    return violations[0].description;
  };
  EXPECT_EQ(why("description = x"),
            "character 1: one of name, anonymous_pull, id expected");
  EXPECT_EQ(why("name"), "character 5: '=' or ':' expected");
  EXPECT_EQ(why("name >= x"), "character 6: '=' or ':' expected");
  EXPECT_EQ(why("name ="), "character 7: a value expected");
  EXPECT_EQ(why("name = \"x"), "character 10: '\"' expected");
  EXPECT_EQ(why("id = x"), "character 6: a number expected");
  EXPECT_EQ(why("id = \"7\""), "character 6: a number expected");
  EXPECT_EQ(why("id = 99999999999999999999"), "character 6: a number expected");
  EXPECT_EQ(why("id : 7"), "character 6: ':' is for texts; '=' expected");
  EXPECT_EQ(why("anonymous_pull = yes"),
            "character 18: true or false expected");
  EXPECT_EQ(why("id = 7 OR id = 8"), "character 10: 'AND' expected");
  EXPECT_EQ(why("id = 7 AND"), "character 11: a term expected");
  EXPECT_EQ(
      why(std::string(Filter::kBytesMax + 1, ' ')),
      absl::StrCat("must not have more than ", Filter::kBytesMax, " bytes"));
  std::string many = "id = 1";
  for (size_t i = 0; i < Filter::kTermsMax; ++i) many += " AND id = 1";
  EXPECT_NE(why(many).find("more than 16 terms"), std::string::npos);
}

}  // namespace
}  // namespace cvr
