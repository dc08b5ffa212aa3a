#include "services/upstream/manifest_type.h"

#include <string>

#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using testing::IsOkAndHolds;
using testing::StatusIs;

constexpr char kOci[] = "application/vnd.oci.image.manifest.v1+json";
constexpr char kIndex[] = "application/vnd.oci.image.index.v1+json";

TEST(ManifestTypeTest, WhatTheUpstreamSaysCountsIfItIsAManifestsType) {
  EXPECT_THAT(ManifestType(std::string(kOci) + "; charset=utf-8",
                           R"({"mediaType":"application/other"})"),
              IsOkAndHolds(kOci));
  for (const std::string active :
       {"text/html", "image/svg+xml", "application/xml; charset=utf-8"}) {
    EXPECT_THAT(ManifestType(active, R"({"layers":[]})"), IsOkAndHolds(kOci));
    EXPECT_THAT(ManifestType(active, "{\"mediaType\":\"" + active + "\"}"),
                IsOkAndHolds("application/octet-stream"));
  }
}

TEST(ManifestTypeTest, WhatClientsWouldUnderstandDifferentlyIsRefused) {
  for (const std::string bytes :
       {R"({"manifests":[],"layers":[]})", R"({"layers":[],"layers":[]})",
        R"({"manifests":[]})",
        R"({"mediaType":"application/vnd.oci.image.index.v1+json"})"}) {
    const auto type = ManifestType(kOci, bytes);
    EXPECT_THAT(type, StatusIs(absl::StatusCode::kInvalidArgument)) << bytes;
    EXPECT_THAT(type.status().message(), ::testing::HasSubstr("CVE-2021-41190"))
        << bytes;
  }
}

TEST(ManifestTypeTest, TheManifestSaysItWhenTheUpstreamSaysNothing) {
  for (const std::string nothing :
       {"", "text/plain", "application/octet-stream",
        "application/json; charset=utf-8", "not a type"}) {
    EXPECT_THAT(ManifestType(nothing,
                             std::string(R"({"mediaType":")") + kIndex + "\"}"),
                IsOkAndHolds(kIndex));
  }
}

TEST(ManifestTypeTest, ShapeDecidesWhenNobodySaysIt) {
  EXPECT_THAT(ManifestType("", R"({"schemaVersion":2,"manifests":[]})"),
              IsOkAndHolds(kIndex));
  EXPECT_THAT(
      ManifestType("", R"({"schemaVersion":2,"config":{},"layers":[]})"),
      IsOkAndHolds(kOci));
  EXPECT_THAT(ManifestType("", R"({"schemaVersion":1,"fsLayers":[]})"),
              IsOkAndHolds(
                  "application/vnd.docker.distribution.manifest.v1+prettyjws"));
  // Only the top of the manifest counts.
  EXPECT_THAT(
      ManifestType("", R"({"a":{"mediaType":"application/x","manifests":[]}})"),
      IsOkAndHolds("application/octet-stream"));
  EXPECT_THAT(ManifestType("", R"({"schemaVersion":2})"),
              IsOkAndHolds("application/octet-stream"));
}

TEST(ManifestTypeTest, WhatIsNoJsonObjectIsNoManifest) {
  for (const std::string bytes : {"", "<html>", "[]", "7", "{"}) {
    EXPECT_THAT(ManifestType(kOci, bytes),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << bytes;
  }
  // Deep nesting must exhaust neither stack nor memory.
  EXPECT_THAT(ManifestType(kOci, std::string(1000000, '[')),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace cvr
