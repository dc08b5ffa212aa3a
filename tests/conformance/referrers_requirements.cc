#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "tests/conformance/expectations.h"
#include "tests/conformance/requirement.h"

namespace cvr::testing {
namespace {

using ::nlohmann::json;

constexpr char kReferrers[] = "Listing Referrers";
constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";

const std::string& SubjectOf(const World& world) {
  return world.image().digest;
}

std::string IsAnIndex(const HttpResponse& response) {
  const json index = json::parse(response.body, nullptr, false);
  const bool good = index.is_object() && index.value("schemaVersion", 0) == 2 &&
                    index.contains("manifests") &&
                    index["manifests"].is_array();
  return FirstOf({Status(response, 200),
                  Header(response, "Content-Type", kIndexType),
                  good ? "" : "no index: " + response.body.substr(0, 100)});
}

std::string TypesIn(const HttpResponse& response) {
  const json index = json::parse(response.body, nullptr, false);
  std::vector<std::string> types;
  if (!index.is_object() || !index.contains("manifests")) return "no index";
  for (const auto& descriptor : index["manifests"]) {
    types.push_back(descriptor.value("artifactType", "<none>"));
  }
  return absl::StrJoin(types, " ");
}

std::string AllAreListed(const World& world) {
  const auto reply = world.Get(World::ReferrersTarget(SubjectOf(world)));
  return FirstOf({IsAnIndex(reply), Equal("types", TypesIn(reply),
                                          std::string(World::kSbomType) + " " +
                                              World::kSignatureType)});
}

std::string DescriptorsAreWhole(const World& world) {
  const auto reply = world.Get(World::ReferrersTarget(SubjectOf(world)));
  const json index = json::parse(reply.body, nullptr, false);
  if (!index.is_object() || index.value("manifests", json()).empty()) {
    return "no descriptors";
  }
  for (const auto& descriptor : index["manifests"]) {
    for (const char* member :
         {"mediaType", "digest", "size", "artifactType", "annotations"}) {
      if (!descriptor.contains(member)) return std::string("no ") + member;
    }
  }
  return "";
}

std::string TagSchemaIsRead(const World& world) {
  const auto reply = world.Get(World::ReferrersTarget(world.index().digest));
  return FirstOf({IsAnIndex(reply),
                  Equal("types", TypesIn(reply), World::kSignatureType)});
}

std::string NoneIsAnEmptyIndex(const World& world) {
  const auto reply = world.Get(World::ReferrersTarget(World::UnknownDigest()));
  return FirstOf({IsAnIndex(reply), Equal("types", TypesIn(reply), "")});
}

std::string BadDigestIs400(const World& world) {
  return FirstOf({OciError(world.Get(World::ReferrersTarget("sha256:short")),
                           400, "DIGEST_INVALID"),
                  Status(world.Get(World::ReferrersTarget("latest")), 400)});
}

std::string FilterIsApplied(const World& world) {
  const auto sbom = world.Get(World::ReferrersTarget(
      SubjectOf(world), "?artifactType=application%2Fspdx%2Bjson"));
  const auto none = world.Get(
      World::ReferrersTarget(SubjectOf(world), "?artifactType=a/none"));
  return FirstOf({IsAnIndex(sbom),
                  Equal("types", TypesIn(sbom), World::kSbomType),
                  IsAnIndex(none), Equal("types", TypesIn(none), "")});
}

std::string FilterIsTold(const World& world) {
  const auto filtered = world.Get(
      World::ReferrersTarget(SubjectOf(world), "?artifactType=a/none"));
  const auto plain = world.Get(World::ReferrersTarget(SubjectOf(world)));
  return FirstOf({Header(filtered, "OCI-Filters-Applied", "artifactType"),
                  Header(plain, "OCI-Filters-Applied", "")});
}

}  // namespace

std::vector<Requirement> ReferrersRequirements() {
  const auto must = [](std::string text, auto check) {
    return Requirement{kReferrers, Level::kMust, Level::kMust, std::move(text),
                       check};
  };
  return {
      must("the manifests that refer to a digest are an image index, with 200",
           AllAreListed),
      must("descriptors say their artifactType and annotations",
           DescriptorsAreWhole),
      must("nothing that refers to a digest is an empty index, not 404",
           NoneIsAnEmptyIndex),
      must("what is no digest is 400", BadDigestIs400),
      {"Enabling the Referrers API", Level::kShould, Level::kShould,
       "referrers that only a tag tells of are listed", TagSchemaIsRead},
      {kReferrers, Level::kShould, Level::kShould,
       "`artifactType` filters the index", FilterIsApplied},
      must("OCI-Filters-Applied says whether it did", FilterIsTold),
  };
}

}  // namespace cvr::testing
