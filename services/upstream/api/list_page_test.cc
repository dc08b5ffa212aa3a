#include "services/upstream/api/list_page.h"

#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/digest.h"
#include "services/common/document_limits.h"
#include "services/common/referrer_line.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

using Texts = std::vector<std::string>;

std::optional<Texts> ParseTagsPage(const std::string& page) {
  std::istringstream json(page);
  UpstreamList tags(1000);
  if (!ReadTagsPage(json, tags)) return std::nullopt;
  return Texts(tags.texts().begin(), tags.texts().end());
}

// Their descriptors.
std::optional<Texts> ParseReferrersPage(const std::string& page) {
  std::istringstream json(page);
  UpstreamList referrers(1000);
  if (!ReadReferrersPage(json, referrers)) return std::nullopt;
  Texts descriptors;
  for (const absl::string_view line : referrers.texts()) {
    const auto referrer = ParseReferrerLine(line);
    EXPECT_TRUE(referrer) << line;
    if (referrer) descriptors.emplace_back(referrer->descriptor);
  }
  return descriptors;
}

TEST(TagsPageTest, NoMoreThanAreTaken) {
  for (const bool fits : {true, false}) {
    std::istringstream json(R"({"tags":["a","b","c"]})");
    UpstreamList tags(fits ? 3 : 2);
    EXPECT_EQ(ReadTagsPage(json, tags), fits);
  }
}

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
       {"", "{", "[]", "null", "\"tags\"", R"({"tags":{}})", R"({"tags":"t"})",
        R"({"tags":7})", R"({"tags":true})", R"({"tags":["t"]}x)",
        R"({"tags":["t")", R"({"name":{"tags":["t"]}})", R"([{"tags":["t"]}])",
        "<html></html>", R"({"errors":[{"code":"DENIED"}]})"}) {
    EXPECT_FALSE(ParseTagsPage(page).has_value()) << page;
  }
}

TEST(TagsPageTest, TagsMayBeLeftOutOrNoText) {
  for (const std::string page :
       {"{}", R"({"name":"a/b"})", "{\"tags\":[\"\xff\"]}"}) {
    EXPECT_THAT(ParseTagsPage(page), Optional(ElementsAre())) << page;
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

TEST_F(ReferrersPageTest, TypesStandBesideTheDescriptors) {
  const auto type_of = [this](const std::string& members) {
    std::istringstream json(
        absl::StrCat(R"({"manifests":[{)", digest_, members, "}]}"));
    UpstreamList referrers(1);
    EXPECT_TRUE(ReadReferrersPage(json, referrers));
    return std::string(
        ParseReferrerLine(referrers.texts().front())->artifact_type);
  };
  EXPECT_EQ(type_of(R"(,"artifactType":"a/b+json")"), "a/b+json");
  EXPECT_EQ(type_of(R"(,"artifactType":"a/b","artifactType":"c/d")"), "c/d");
  // What would be two words, or lines, is none.
  for (const char* const odd :
       {"", R"(,"artifactType":7)", R"(,"artifactType":"a b")",
        R"(,"artifactType":"a\nb")", R"(,"x":{"artifactType":"a/b"})"}) {
    EXPECT_EQ(type_of(odd), "") << odd;
  }
}

TEST_F(ReferrersPageTest, ADescriptorIsBounded) {
  const std::string page =
      absl::StrCat(R"({"manifests":[{)", digest_, R"(,"x":[)",
                   std::string(limits::kReferrerBytesMax, '['), "]}]}");
  EXPECT_FALSE(ParseReferrersPage(page));
}

TEST_F(ReferrersPageTest, NullIsEmptyAndOthersAreNone) {
  EXPECT_THAT(ParseReferrersPage(R"({"manifests":null})"), Optional(IsEmpty()));
  for (const std::string page : {"{}", "[]", R"({"manifests":{}})", ""}) {
    EXPECT_FALSE(ParseReferrersPage(page).has_value()) << page;
  }
}

}  // namespace
}  // namespace cvr
