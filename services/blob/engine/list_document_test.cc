#include "services/blob/engine/list_document.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Digest kA = Digest::OfBytes("a");
const Digest kB = Digest::OfBytes("b");

std::string Descriptor(const Digest& digest, const std::string& type = "t") {
  return absl::StrCat(R"({"artifactType":")", type, R"(","digest":")",
                      digest.ToString(), R"("})");
}

TEST(TagsDocumentTest, IsSortedAndHoldsEachOnce) {
  EXPECT_EQ(TagsDocument({"v2", "latest", "v10", "v2", "V1"}),
            R"({"tags":["V1","latest","v10","v2"]})");
  EXPECT_EQ(TagsDocument({}), R"({"tags":[]})");
}

TEST(TagsDocumentTest, ComesBack) {
  EXPECT_THAT(TagsIn(TagsDocument({"b", "a"})), ElementsAre("a", "b"));
}

TEST(TagsDocumentTest, WhatIsNotUnderstoodIsLeftOut) {
  EXPECT_THAT(TagsIn(R"({"tags":["a",1,null,["b"],"c"],"x":1})"),
              ElementsAre("a", "c"));
  for (const char* text : {"", "[]", "null", R"({"tags":null})",
                           R"({"tags":"a"})", "{", R"({"tags":["a")"}) {
    EXPECT_THAT(TagsIn(text), IsEmpty()) << text;
  }
}

TEST(ReferrersDocumentTest, ComesBackAsItWas) {
  const auto referrers = ParseReferrers({Descriptor(kA), Descriptor(kB)});
  ASSERT_EQ(referrers.size(), 2u);
  const auto again = ReferrersIn(ReferrersDocument(referrers));
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[0].digest, kA);
  EXPECT_EQ(again[0].json, Descriptor(kA));
  EXPECT_EQ(again[1].digest, kB);
}

TEST(ReferrersDocumentTest, OfOneDigestTheFirstCounts) {
  const auto referrers =
      ParseReferrers({Descriptor(kA, "first"), Descriptor(kA, "second")});
  ASSERT_EQ(referrers.size(), 1u);
  EXPECT_EQ(referrers[0].json, Descriptor(kA, "first"));
}

TEST(ReferrersDocumentTest, WhatHasNoDigestIsLeftOut) {
  EXPECT_THAT(ParseReferrers({"{}", "1", "nonsense", R"({"digest":7})",
                              R"({"digest":"sha256:abc"})", ""}),
              IsEmpty());
  for (const char* text :
       {"", "[]", R"({"manifests":{}})", R"({"manifests":[1,null,"x"]})"}) {
    EXPECT_THAT(ReferrersIn(text), IsEmpty()) << text;
  }
}

TEST(ReferrersDocumentTest, TheAnswerIsAnImageIndex) {
  EXPECT_EQ(ReferrersIndex(ParseReferrers({Descriptor(kA)})),
            absl::StrCat(R"({"schemaVersion":2,"mediaType":")", kIndexType,
                         R"(","manifests":[)", Descriptor(kA), "]}"));
}

TEST(ReferrersTagTest, NamesTheSubject) {
  EXPECT_EQ(ReferrersTag(kA).tag(), "sha256-" + kA.hex());
  // The specification cuts what would not fit a tag.
  const Digest wide = Digest::OfBytes("a", DigestAlgorithm::kSha512);
  EXPECT_LE(ReferrersTag(wide).tag().size(), 128u);
  EXPECT_EQ(ReferrersTag(wide).tag().substr(0, 7), "sha512-");
}

}  // namespace
}  // namespace cvr
