#include "services/upstream/list_page.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/digest.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(TagsPageTest, TagsComeInTheirOrder) {
  EXPECT_THAT(ParseTagsPage(R"({"name":"a/b","tags":["v2","v1","latest"]})"),
              Optional(ElementsAre("v2", "v1", "latest")));
}

TEST(TagsPageTest, NoTagsMayBeNullOrEmpty) {
  EXPECT_THAT(ParseTagsPage(R"({"tags":null})"), Optional(IsEmpty()));
  EXPECT_THAT(ParseTagsPage(R"({"tags":[]})"), Optional(IsEmpty()));
}

// As Google's registries answer.
TEST(TagsPageTest, OtherMembersAreLeftOut) {
  EXPECT_THAT(ParseTagsPage(R"({"child":["x"],"manifest":{"sha256:1":{
      "tag":["y"],"tags":["z"]}},"tags":["t"],"tag":["u"]})"),
              Optional(ElementsAre("t")));
}

TEST(TagsPageTest, WhatCanBeNoTagIsLeftOut) {
  const std::string page = absl::StrCat(
      R"({"tags":[7,true,null,1.5,-1,["in"],{"tags":["in"]},"",".dot","a b",)",
      R"("a/b","sha256:1","\u0000","\u00e9",")", std::string(129, 'x'),
      R"(","ok","\u0074wo"]})");
  EXPECT_THAT(ParseTagsPage(page), Optional(ElementsAre("ok", "two")));
}

TEST(TagsPageTest, WhatIsNoPageIsNone) {
  for (const std::string page :
       {"", "{", "[]", "null", "\"tags\"", "{}", R"({"tags":{}})",
        R"({"tags":"t"})", R"({"tags":7})", R"({"tags":true})",
        R"({"tags":["t"]}x)", R"({"tags":["t")", R"({"name":{"tags":["t"]}})",
        R"([{"tags":["t"]}])", "<html></html>", "{\"tags\":[\"\xff\"]}",
        R"({"errors":[{"code":"DENIED"}]})"}) {
    EXPECT_FALSE(ParseTagsPage(page).has_value()) << page;
  }
}

TEST(TagsPageTest, DeepNestingCostsNothing) {
  const std::string deep(1'000'000, '[');
  EXPECT_FALSE(ParseTagsPage(deep).has_value());
  EXPECT_FALSE(ParseTagsPage(absl::StrCat(R"({"tags":)", deep)).has_value());
  EXPECT_FALSE(
      ParseReferrersPage(absl::StrCat(R"({"manifests":)", deep)).has_value());
}

class ReferrersPageTest : public ::testing::Test {
 protected:
  const std::string digest_ =
      absl::StrCat(R"("digest":")", Digest::OfBytes("x").ToString(), "\"");
};

TEST_F(ReferrersPageTest, DescriptorsAreKeptAsTheyAre) {
  const std::string first = absl::StrCat(
      R"({"mediaType":"application/x",)", digest_,
      R"(,"size":123456789012,"annotations":{"a\"b":"\\ \n \u0001 é","c":""},)",
      R"("platform":{"os.features":["x",[],{},null,true,false,-1,1.50e3]}})");
  const std::string second = absl::StrCat("{", digest_, "}");
  EXPECT_THAT(ParseReferrersPage(
                  absl::StrCat(R"({"schemaVersion":2,"manifests":[ )", first,
                               " ,\n", second, R"(],"annotations":{}})")),
              Optional(ElementsAre(first, second)));
}

TEST_F(ReferrersPageTest, WhatHasNoDigestIsLeftOut) {
  const std::string page = absl::StrCat(
      R"({"manifests":[7,"x",null,{},[{)", digest_, R"(}],{"digest":"md5:1"},)",
      R"({"digest":7},{"a":{)", digest_, "}},{", digest_,
      R"(,"digest":{}},{"digest":[],)", digest_, "}]}");
  EXPECT_THAT(
      ParseReferrersPage(page),
      Optional(ElementsAre(absl::StrCat(R"({"digest":[],)", digest_, "}"))));
}

TEST_F(ReferrersPageTest, NullIsEmptyAndOthersAreNone) {
  EXPECT_THAT(ParseReferrersPage(R"({"manifests":null})"), Optional(IsEmpty()));
  for (const std::string page : {"{}", "[]", R"({"manifests":{}})", ""}) {
    EXPECT_FALSE(ParseReferrersPage(page).has_value()) << page;
  }
}

}  // namespace
}  // namespace cvr
