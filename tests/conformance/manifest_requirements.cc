#include <string>
#include <utility>
#include <vector>

#include "tests/conformance/expectations.h"
#include "tests/conformance/requirement.h"

namespace cvr::testing {
namespace {

constexpr char kPull[] = "Pulling manifests";
constexpr char kExist[] = "Checking if content exists in the registry";
constexpr char kManifestType[] = "application/vnd.oci.image.manifest.v1+json";
constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";

std::string ByTag(const World& world) {
  const auto image = world.Get(World::ManifestTarget(World::kImageTag));
  const auto index = world.Get(World::ManifestTarget(World::kIndexTag));
  return FirstOf({Status(image, 200), Body(image, world.image().bytes),
                  Status(index, 200), Body(index, world.index().bytes)});
}

std::string ByDigest(const World& world) {
  const std::string digest = world.image().digest;
  const auto plain = world.Get(World::ManifestTarget(digest));
  std::string encoded = digest;
  encoded.replace(encoded.find(':'), 1, "%3A");
  const auto same = world.Get(World::ManifestTarget(encoded));
  return FirstOf({Status(plain, 200), Body(plain, world.image().bytes),
                  Status(same, 200), Body(same, world.image().bytes)});
}

std::string HasItsType(const World& world) {
  return FirstOf({Header(world.Get(World::ManifestTarget(World::kImageTag)),
                         "Content-Type", kManifestType),
                  Header(world.Get(World::ManifestTarget(World::kIndexTag)),
                         "Content-Type", kIndexType)});
}

std::string TypeHasNoParameters(const World& world) {
  const std::string type =
      world.Get(World::ManifestTarget(World::kImageTag)).header("content-type");
  return type.find(';') == std::string::npos ? "" : type;
}

std::string HasItsDigest(const World& world) {
  std::vector<std::string> problems;
  for (const char* method : {"GET", "HEAD"}) {
    for (const std::string& reference :
         {std::string(World::kImageTag), world.image().digest}) {
      problems.push_back(
          Header(world.Request(method, World::ManifestTarget(reference)),
                 "Docker-Content-Digest", world.image().digest));
    }
  }
  return FirstOf(problems);
}

std::string UnknownIs404(const World& world, const char* method) {
  std::vector<std::string> problems;
  for (const std::string& target :
       {World::ManifestTarget("unknown"),
        World::ManifestTarget(World::UnknownDigest()),
        "/v2/" + World::UnknownName() + "/manifests/v1",
        std::string("/v2/unknown/manifests/v1")}) {
    problems.push_back(Status(world.Request(method, target), 404));
  }
  return FirstOf(problems);
}

std::string TagsOf128CharactersWork(const World& world) {
  const auto longest = world.Get(World::ManifestTarget(World::LongestTag()));
  const auto longer =
      world.Get(World::ManifestTarget(World::LongestTag() + "x"));
  return FirstOf({Status(longest, 200), Body(longest, world.image().bytes),
                  Status(longer, 404)});
}

std::string NamesOutsideTheGrammarAreRefused(const World& world) {
  std::vector<std::string> problems;
  for (const char* name : {"Upper", "a..b", "a/", "/a", "-a", "a_", "a/-b"}) {
    const auto reply =
        world.Get(std::string("/v2/virtual_registries/containers/1/") + name +
                  "/manifests/v1");
    if (reply.status != 400 && reply.status != 404) {
      problems.push_back(std::string(name) + ": " + Status(reply, 400));
    }
  }
  return FirstOf(problems);
}

std::string HeadIsLikeGet(const World& world) {
  std::vector<std::string> problems;
  for (const std::string& reference :
       {std::string(World::kImageTag), world.image().digest}) {
    const auto head = world.Request("HEAD", World::ManifestTarget(reference));
    problems.push_back(Status(head, 200));
    problems.push_back(Body(head, ""));
    problems.push_back(Header(head, "Content-Type", kManifestType));
  }
  return FirstOf(problems);
}

std::string HeadHasTheLength(const World& world) {
  return Header(world.Request("HEAD", World::ManifestTarget(World::kImageTag)),
                "Content-Length", std::to_string(world.image().bytes.size()));
}

}  // namespace

std::vector<Requirement> ManifestRequirements() {
  return {
      {kPull, Level::kMust, Level::kMust,
       "a manifest is answered to its tag with 200 and its exact bytes", ByTag},
      {kPull, Level::kMust, Level::kMust,
       "and to its digest, percent-encoded or not", ByDigest},
      {kPull, Level::kMust, Level::kMust,
       "Content-Type is the manifest's media type", HasItsType},
      {kPull, Level::kShould, Level::kShould, "Content-Type has no parameters",
       TypeHasNoParameters},
      {kPull, Level::kShould, Level::kMust,
       "Docker-Content-Digest is the digest of the bytes, on GET and HEAD",
       HasItsDigest},
      {kPull, Level::kMust, Level::kMust,
       "an unknown tag, digest or repository is 404",
       [](const World& world) { return UnknownIs404(world, "GET"); }},
      {kPull, Level::kMust, Level::kMust,
       "tags have up to 128 characters and no more", TagsOf128CharactersWork},
      {kPull, Level::kMust, Level::kMust,
       "names outside the grammar name nothing",
       NamesOutsideTheGrammarAreRefused},
      {kExist, Level::kMust, Level::kMust,
       "HEAD of a manifest is 200 with the fields of GET and no body",
       HeadIsLikeGet},
      {kExist, Level::kMust, Level::kMust, "HEAD of an unknown manifest is 404",
       [](const World& world) { return UnknownIs404(world, "HEAD"); }},
      {kExist, Level::kShould, Level::kShould,
       "HEAD of a manifest states its length", HeadHasTheLength},
  };
}

}  // namespace cvr::testing
