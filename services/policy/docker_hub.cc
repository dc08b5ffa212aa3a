#include "services/policy/docker_hub.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cvr::docker_hub {
namespace {

constexpr absl::string_view kOfficial = "library/";

bool IsOneWord(absl::string_view repository) {
  return !absl::StrContains(repository, '/');
}

}  // namespace

bool IsHost(absl::string_view host) {
  absl::ConsumeSuffix(&host, ".");
  const std::string name = absl::AsciiStrToLower(host);
  return name == "docker.io" || name == "index.docker.io" ||
         name == "registry.hub.docker.com" || name == kApiHost;
}

Repository CanonicalName(const Repository& repository) {
  if (!IsOneWord(repository.name())) return repository;
  auto official = Repository::Parse(absl::StrCat(kOfficial, repository.name()));
  // Too long to be anything there.
  return official.ok() ? *std::move(official) : repository;
}

std::optional<std::string> OtherSpelling(absl::string_view repository) {
  if (IsOneWord(repository)) return absl::StrCat(kOfficial, repository);
  if (!absl::ConsumePrefix(&repository, kOfficial)) return std::nullopt;
  if (!IsOneWord(repository)) return std::nullopt;
  return std::string(repository);
}

}  // namespace cvr::docker_hub
