#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "tests/conformance/expectations.h"
#include "tests/conformance/requirement.h"

namespace cvr::testing {
namespace {

constexpr char kBase[] = "Determining Support";
constexpr char kErrors[] = "Error Codes";
constexpr char kWarnings[] = "Warnings";
constexpr char kProxy[] = "Registry Proxying";

std::string IsSupported(const World& world) {
  return FirstOf({Status(world.Get("/v2/"), 401),
                  Status(world.Request("HEAD", "/v2/"), 401)});
}

std::string ErrorsHaveTheForm(const World& world) {
  std::vector<std::string> problems;
  const auto check = [&](const std::string& method, const std::string& target,
                         int status) {
    const auto reply = world.Request(method, target, world.Credentials());
    const std::string problem =
        FirstOf({OciError(reply, status, ""),
                 Header(reply, "Content-Type", "application/json")});
    if (!problem.empty()) {
      problems.push_back(method + " " + target + ": " + problem);
    }
  };
  check("GET", World::ManifestTarget("unknown"), 404);
  check("GET", World::BlobTarget(World::UnknownDigest()), 404);
  check("GET", World::BlobTarget("sha256:short"), 400);
  check("GET", World::BlobTarget("md5:d41d8cd98f00b204e9800998ecf8427e"), 400);
  check("GET", World::TagsTarget("?n=x"), 400);
  check("GET", "/v2/unknown", 404);
  check("GET", "/v2/virtual_registries/containers/99/a/manifests/1", 404);
  check("POST", "/v2/" + World::Name() + "/blobs/uploads/", 405);
  check("PUT", World::ManifestTarget(World::kImageTag), 405);
  check("DELETE", World::ManifestTarget(World::kImageTag), 405);
  return FirstOf(problems);
}

std::string CodesSayWhatIsUnknown(const World& world) {
  const std::string nowhere = "/v2/virtual_registries/containers/99/a/";
  return FirstOf(
      {OciError(world.Get(World::ManifestTarget("unknown")), 404,
                "MANIFEST_UNKNOWN"),
       OciError(world.Get(World::BlobTarget(World::UnknownDigest())), 404,
                "BLOB_UNKNOWN"),
       OciError(world.Get(World::BlobTarget("sha256:short")), 400,
                "DIGEST_INVALID"),
       OciError(world.Get(nowhere + "manifests/1", world.Credentials()), 404,
                "NAME_UNKNOWN"),
       OciError(world.Get(nowhere + "manifests/1"), 401, "UNAUTHORIZED"),
       OciError(
           world.Get("/v2/virtual_registries/containers/1/Upper/manifests/v1"),
           400, "NAME_INVALID"),
       OciError(world.Request("PUT", World::ManifestTarget(World::kImageTag)),
                405, "UNSUPPORTED")});
}

std::string TooManyRequestsIsTold(const World& world) {
  return OciError(world.Get(World::ManifestTarget(World::kLimitedTag)), 429,
                  "TOOMANYREQUESTS");
}

std::string TooManyRequestsSaysWhen(const World& world) {
  const auto reply = world.Get(World::ManifestTarget(World::kLimitedTag));
  return reply.header("retry-after").empty() ? "no Retry-After" : "";
}

std::string StaleIsWarned(const World& world) {
  const auto reply = world.Get(World::ManifestTarget(World::kStaleTag));
  const std::string warning = reply.header("warning");
  const bool good = absl::StartsWith(warning, "299 - \"") &&
                    absl::EndsWith(warning, "\"") && warning.size() <= 4096;
  return FirstOf({Status(reply, 200), Body(reply, world.image().bytes),
                  good ? "" : "Warning: " + warning});
}

std::string NamespaceIsHonoured(const World& world) {
  std::vector<std::string> problems;
  for (const std::string& target :
       {World::ManifestTarget(World::kImageTag), World::TagsTarget(),
        World::BlobTarget(world.blobs()[0].digest)}) {
    const auto reply =
        world.Get(target + "?ns=" + std::string(World::kNamespace));
    problems.push_back(Status(reply, 200));
    problems.push_back(Header(reply, "OCI-Namespace", World::kNamespace));
  }
  return FirstOf(problems);
}

std::string UnknownNamespaceIsNotHonoured(const World& world) {
  const auto reply =
      world.Get(World::ManifestTarget(World::kImageTag) + "?ns=evil.example");
  return FirstOf({OciError(reply, 404, "NAME_UNKNOWN"),
                  Header(reply, "OCI-Namespace", "")});
}

std::string NoNamespaceIsNotEchoed(const World& world) {
  return Header(world.Get(World::ManifestTarget(World::kImageTag)),
                "OCI-Namespace", "");
}

}  // namespace

std::vector<Requirement> ErrorRequirements() {
  return {
      {kBase, Level::kMust, Level::kMust,
       "/v2/ is answered, and asks for a login", IsSupported},
      {kErrors, Level::kMust, Level::kMust,
       "errors are a list of objects with codes in capitals",
       ErrorsHaveTheForm},
      {kErrors, Level::kMust, Level::kMust,
       "codes are those that stand for what is wrong", CodesSayWhatIsUnknown},
      {kProxy, Level::kNone, Level::kShould,
       "a namespace that decided who answers is echoed", NamespaceIsHonoured},
      {kProxy, Level::kNone, Level::kShould,
       "a namespace that nobody stands for is not answered for",
       UnknownNamespaceIsNotHonoured},
      {kProxy, Level::kNone, Level::kShould,
       "OCI-Namespace is left out when none was asked for",
       NoNamespaceIsNotEchoed},
      {kWarnings, Level::kMust, Level::kMust,
       "what is stale says so in a Warning of the wanted form", StaleIsWarned},
      // Last: see World::kLimitedTag.
      {kErrors, Level::kMust, Level::kMust,
       "an upstream that is asked too often is 429 TOOMANYREQUESTS",
       TooManyRequestsIsTold},
      {kErrors, Level::kNone, Level::kShould, "429 has Retry-After",
       TooManyRequestsSaysWhen},
  };
}

}  // namespace cvr::testing
