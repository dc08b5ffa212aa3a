#include "gateway/referrers_filter.h"

#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::cvr::testing::StatusIs;
using ::nlohmann::json;

constexpr char kIndex[] = R"({
  "schemaVersion": 2,
  "mediaType": "application/vnd.oci.image.index.v1+json",
  "manifests": [
    {"digest": "sha256:1", "artifactType": "a/sbom", "size": 9007199254740993,
     "annotations": {"artifactType": "a/none", "x": "\u00e9\""}},
    {"digest": "sha256:2", "artifactType": "a/none"},
    {"digest": "sha256:3"},
    {"digest": "sha256:4", "artifactType": 7},
    {"artifactType": "a/sbom", "digest": "sha256:5"}
  ],
  "annotations": {"artifactType": "a/sbom"}
})";

absl::StatusOr<std::string> Filter(const std::string& index,
                                   absl::string_view type) {
  std::istringstream document(index);
  return FilterReferrers(document, type);
}

TEST(ReferrersFilterTest, OnlyDescriptorsOfTheTypeStayAndTheyStayWhole) {
  const auto filtered = Filter(kIndex, "a/sbom");
  ASSERT_THAT(filtered, IsOk());
  const json index = json::parse(*filtered);
  const json all = json::parse(kIndex)["manifests"];
  EXPECT_EQ(index["manifests"], json::array({all[0], all[4]}));
  EXPECT_EQ(index["schemaVersion"], 2);
  EXPECT_EQ(index["mediaType"], kIndexMediaType);
}

TEST(ReferrersFilterTest, NothingOfTheTypeIsAnEmptyIndex) {
  for (const char* type : {"a/other", "A/SBOM", "7", "a"}) {
    const auto filtered = Filter(kIndex, type);
    ASSERT_THAT(filtered, IsOk());
    EXPECT_EQ(*filtered, EmptyIndex()) << type;
  }
  EXPECT_EQ(json::parse(EmptyIndex())["manifests"], json::array());
}

TEST(ReferrersFilterTest, BottomlessDescriptorsDoNoHarm) {
  const std::string deep(1'000'000, '[');
  const std::string index = R"({"manifests":[{"artifactType":"a","x":)" + deep +
                            std::string(deep.size(), ']') + "}]}";
  const auto filtered = Filter(index, "a");
  ASSERT_THAT(filtered, IsOk());
  EXPECT_LT(filtered->size(), 1000);
}

TEST(ReferrersFilterTest, WhatIsNoIndexIsRefused) {
  for (const char* bad : {"", "[]", "{}", R"({"manifests":null})",
                          R"({"manifests":[{"artifactType":"a")", "x"}) {
    EXPECT_THAT(Filter(bad, "a"), StatusIs(absl::StatusCode::kInternal)) << bad;
  }
}

}  // namespace
}  // namespace cvr
