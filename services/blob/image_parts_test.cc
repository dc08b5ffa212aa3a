#include "services/blob/image_parts.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string DigestOf(const std::string& name) {
  return Digest::OfBytes(name).ToString();
}

TEST(ImagePartsTest, ImageNamesItsConfigAndLayers) {
  const auto parts = ReadImageParts(absl::StrCat(
      R"({"schemaVersion":2,"config":{"digest":")", DigestOf("config"),
      R"(","platform":{"os":"x"}},"layers":[{"mediaType":"a/b","digest":")",
      DigestOf("one"), R"("},{"digest":")", DigestOf("two"),
      R"(","mediaType":)",
      R"("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}]})"));
  ASSERT_THAT(parts, SizeIs(3));
  EXPECT_EQ(parts[0].digest, Digest::OfBytes("config"));
  EXPECT_EQ(parts[1].digest, Digest::OfBytes("one"));
  EXPECT_EQ(parts[2].digest, Digest::OfBytes("two"));
  for (const ImagePart& part : parts) EXPECT_FALSE(part.is_manifest);
  EXPECT_FALSE(parts[1].is_foreign);
  EXPECT_TRUE(parts[2].is_foreign);
}

TEST(ImagePartsTest, OciHasForeignLayersToo) {
  const auto parts = ReadImageParts(absl::StrCat(
      R"({"layers":[{"mediaType":)",
      R"("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",)",
      R"("digest":")", DigestOf("x"), R"("}]})"));
  ASSERT_THAT(parts, SizeIs(1));
  EXPECT_TRUE(parts[0].is_foreign);
}

TEST(ImagePartsTest, IndexNamesManifestsWithTheirPlatforms) {
  const auto parts = ReadImageParts(absl::StrCat(
      R"({"manifests":[{"digest":")", DigestOf("arm"),
      R"(","platform":{"architecture":"arm64","os":"linux","variant":"v8",)",
      R"("os.features":[{"os":"odd"}]},"annotations":{"os":"other"}},)",
      R"({"digest":")", DigestOf("none"), R"("},{"mediaType":)",
      R"("application/vnd.oci.image.index.v1+json","digest":")",
      DigestOf("index"), R"("}]})"));
  ASSERT_THAT(parts, SizeIs(3));
  for (const ImagePart& part : parts) EXPECT_TRUE(part.is_manifest);
  ASSERT_TRUE(parts[0].platform.has_value());
  EXPECT_EQ(parts[0].platform->ToString(), "linux/arm64/v8");
  EXPECT_FALSE(parts[0].is_index);
  EXPECT_FALSE(parts[1].platform.has_value());
  EXPECT_TRUE(parts[2].is_index);
}

TEST(ImagePartsTest, OlderFormsAreRead) {
  const auto schema1 = ReadImageParts(
      absl::StrCat(R"({"fsLayers":[{"blobSum":")", DigestOf("x"), R"("}]})"));
  ASSERT_THAT(schema1, SizeIs(1));
  EXPECT_EQ(schema1[0].digest, Digest::OfBytes("x"));
  EXPECT_THAT(ReadImageParts(absl::StrCat(R"({"blobs":[{"digest":")",
                                          DigestOf("x"), R"("}]})")),
              SizeIs(1));
}

TEST(ImagePartsTest, NonsenseHasNoParts) {
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{"),
        std::string(R"({"layers":[{"digest":"sha256:0"},7,null,[]]})"),
        std::string(R"({"layers":{"digest":[]},"config":[{}]})"),
        absl::StrCat(R"({"layers":{"a":{"digest":")", DigestOf("x"), R"("}}})"),
        absl::StrCat(R"({"config":[{"digest":")", DigestOf("x"), R"("}]})"),
        absl::StrCat(R"({"subject":{"digest":")", DigestOf("x"), R"("}})"),
        absl::StrCat(R"({"layers":[{"inner":{"digest":")", DigestOf("x"),
                     R"("}}]})")}) {
    EXPECT_THAT(ReadImageParts(text), IsEmpty()) << text;
  }
}

TEST(PlatformTest, WantedOnesMatchAnyVariantUnlessTheyNameOne) {
  const Platform v8 = {"linux", "arm64", "v8"};
  EXPECT_TRUE(Platform::Parse("linux/arm64")->Matches(v8));
  EXPECT_TRUE(Platform::Parse("linux/arm64/v8")->Matches(v8));
  EXPECT_FALSE(Platform::Parse("linux/arm64/v7")->Matches(v8));
  EXPECT_FALSE(Platform::Parse("linux/amd64")->Matches(v8));
  EXPECT_FALSE(Platform::Parse("windows/arm64")->Matches(v8));
}

TEST(PlatformTest, WordsAreChecked) {
  for (const char* const text :
       {"", "linux", "linux/", "/amd64", "linux/arm64/v8/x", "linux/amd 64"}) {
    EXPECT_THAT(Platform::Parse(text),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

}  // namespace
}  // namespace cvr::testing
