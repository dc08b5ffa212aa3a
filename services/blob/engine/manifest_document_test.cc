#include "services/blob/engine/manifest_document.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Digest kA = Digest::OfBytes("a");
const Digest kB = Digest::OfBytes("b", DigestAlgorithm::kSha512);
const Digest kC = Digest::OfBytes("c");

std::string Descriptor(const Digest& digest) {
  return absl::StrCat(R"({"digest":")", digest.ToString(), R"("})");
}

std::string Image() {
  return absl::StrCat(R"({"config":)", Descriptor(kA), R"(,"layers":[)",
                      Descriptor(kB), ",", Descriptor(kC), ",", Descriptor(kB),
                      R"(],"subject":)", Descriptor(Digest::OfBytes("d")), "}");
}

TEST(ManifestReferencesTest, ImageNamesConfigAndLayersOnceEach) {
  EXPECT_THAT(ManifestReferences(Image()), ElementsAre(kA, kB, kC));
}

TEST(ManifestReferencesTest, IndexNamesItsManifests) {
  EXPECT_THAT(
      ManifestReferences(absl::StrCat(R"({"manifests":[)", Descriptor(kC), ",",
                                      Descriptor(kA), "]}")),
      ElementsAre(kC, kA));
}

TEST(ManifestReferencesTest, Schema1NamesItsLayers) {
  EXPECT_THAT(ManifestReferences(absl::StrCat(R"({"fsLayers":[{"blobSum":")",
                                              kA.ToString(), R"("}]})")),
              ElementsAre(kA));
}

TEST(ManifestReferencesTest, WhatIsNotUnderstoodIsLeftOut) {
  for (const char* const odd :
       {"", "{", "[]", "7", "null", R"({"config":7,"layers":{}})",
        R"({"layers":[1,"x",null,{"digest":5},{"digest":"md5:0"}]})",
        R"({"config":{"digest":null}})", "\xff\xfe"}) {
    EXPECT_THAT(ManifestReferences(odd), IsEmpty()) << odd;
  }
}

TEST(ManifestReferencesTest, DeepNestingIsHarmless) {
  const std::string deep(limits::kManifestBytesMax, '[');
  EXPECT_THAT(ManifestReferences(deep), IsEmpty());
  EXPECT_THAT(
      ManifestReferences(absl::StrCat(R"({"x":)", std::string(1000000, '['),
                                      std::string(1000000, ']'), "}")),
      IsEmpty());
}

TEST(ManifestReferencesTest, BracketsInStringsAreNoNesting) {
  EXPECT_THAT(
      ManifestReferences(absl::StrCat(R"({"x":"\\\"[[[)", std::string(100, '['),
                                      R"(","config":)", Descriptor(kA), "}")),
      ElementsAre(kA));
}

TEST(ManifestReferencesTest, TooLargeCountsAsEmpty) {
  EXPECT_THAT(ManifestReferences(absl::StrCat(
                  Image(), std::string(limits::kManifestBytesMax, ' '))),
              IsEmpty());
}

// Random damage never crashes and never invents a digest.
TEST(ManifestReferencesTest, DamagedInputYieldsOnlyDigestsThatItHolds) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 3000; ++round) {
    std::string text = Image();
    for (int damage = random() % 8; damage >= 0; --damage) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, random() % 20);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), 30));
      }
      if (text.empty()) text = "{";
    }
    for (const Digest& digest : ManifestReferences(text)) {
      EXPECT_NE(text.find(digest.ToString()), std::string::npos) << text;
    }
    ManifestMediaType(text);
  }
}

TEST(ManifestMediaTypeTest, ComesFromTheManifestOrFromItsForm) {
  EXPECT_EQ(ManifestMediaType(R"({"mediaType":"a/b","layers":[]})"), "a/b");
  EXPECT_EQ(ManifestMediaType(R"({"layers":[]})"),
            "application/vnd.oci.image.manifest.v1+json");
  EXPECT_EQ(ManifestMediaType(R"({"manifests":[]})"),
            "application/vnd.oci.image.index.v1+json");
  EXPECT_EQ(ManifestMediaType(R"({"fsLayers":[],"mediaType":"s/1"})"), "s/1");
  EXPECT_EQ(ManifestMediaType(R"({"architecture":"amd64"})"), "");
  EXPECT_EQ(ManifestMediaType(R"({"mediaType":"a/b","rootfs":{}})"), "");
  EXPECT_EQ(ManifestMediaType("layer"), "");
}

}  // namespace
}  // namespace cvr
