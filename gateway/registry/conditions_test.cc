#include "gateway/registry/conditions.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

constexpr char kManifest[] = "application/vnd.oci.image.manifest.v1+json";

TEST(ConditionsTest, NoneMatchTakesListsAndUnquotedDigests) {
  const Digest digest = Digest::OfBytes("hello");
  const std::string text = digest.ToString();
  EXPECT_TRUE(NamesDigest(EntityTagOf(digest), digest));
  EXPECT_TRUE(NamesDigest(text, digest));
  EXPECT_TRUE(NamesDigest("*", digest));
  EXPECT_TRUE(NamesDigest(absl::StrCat(" \"x\" ,W/\"", text, "\" "), digest));
  EXPECT_FALSE(NamesDigest("", digest));
  EXPECT_FALSE(NamesDigest("\"x\"", digest));
  EXPECT_FALSE(NamesDigest(absl::StrCat("\"", text), digest));
  EXPECT_FALSE(NamesDigest(EntityTagOf(Digest::OfBytes("other")), digest));
}

TEST(ConditionsTest, IfRangeWantsTheStrongTag) {
  const Digest digest = Digest::OfBytes("hello");
  EXPECT_TRUE(IfRangeHolds(EntityTagOf(digest), digest));
  EXPECT_FALSE(IfRangeHolds(absl::StrCat("W/", EntityTagOf(digest)), digest));
  EXPECT_FALSE(IfRangeHolds("Wed, 21 Oct 2015 07:28:00 GMT", digest));
  EXPECT_FALSE(IfRangeHolds("", digest));
}

TEST(ConditionsTest, AcceptTakesNamedTypesAndWildcards) {
  for (const char* accept :
       {"", " ", "*/*", "application/*", kManifest, "text/html, */*;q=0.1",
        "APPLICATION/vnd.oci.image.manifest.v1+JSON",
        "text/html;q=1,application/vnd.oci.image.manifest.v1+json;q=0.5",
        "*/*;q=0, application/vnd.oci.image.manifest.v1+json"}) {
    EXPECT_TRUE(Accepts(accept, kManifest)) << accept;
  }
  for (const char* accept :
       {"application/json", "text/*", "application", "*/*;q=0",
        "*/*, application/vnd.oci.image.manifest.v1+json;q=0.0",
        "application/vnd.oci.image.index.v1+json"}) {
    EXPECT_FALSE(Accepts(accept, kManifest)) << accept;
  }
}

}  // namespace
}  // namespace cvr
