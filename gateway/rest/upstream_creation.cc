#include "gateway/rest/upstream_creation.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gateway/rest/operation_support.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/common/utf8.h"

namespace cvr::rest {
namespace {

// Each is lost only to another upstream that was created at the same time.
constexpr int kAttemptsMax = 8;

absl::StatusOr<absl::flat_hash_set<std::string>> NamesOfGroup(
    const RestCall& call, const std::string& group) {
  v1::ListUpstreamsRequest request;
  request.set_group(group);
  ASSIGN_OR_RETURN(const auto upstreams, ListAllUpstreams(call, request));
  absl::flat_hash_set<std::string> names;
  for (const v1::Upstream& upstream : upstreams) names.insert(upstream.name());
  return names;
}

}  // namespace

std::string FreeUpstreamName(const std::string& display_name,
                             const absl::flat_hash_set<std::string>& taken) {
  std::string name = display_name;
  for (int number = 2; taken.contains(name); ++number) {
    const std::string suffix = absl::StrCat("-", number);
    name = absl::StrCat(
        Utf8Prefix(display_name, limits::kNameCharsMax - suffix.size()),
        suffix);
  }
  return name;
}

absl::StatusOr<v1::Upstream> CreateUnderFreeName(
    const RestCall& call, v1::CreateUpstreamRequest request) {
  v1::Upstream& upstream = *request.mutable_upstream();
  upstream.set_name(upstream.display_name());
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    auto made = call.Ask(call.services.upstreams,
                         &v1::UpstreamService::Stub::CreateUpstream, request);
    if (!absl::IsAlreadyExists(made.status())) return made;
    ASSIGN_OR_RETURN(const auto taken, NamesOfGroup(call, upstream.group()));
    // Then it is the URL and the credentials that another one has.
    if (!taken.contains(upstream.name())) return made;
    upstream.set_name(FreeUpstreamName(upstream.display_name(), taken));
  }
  return absl::UnavailableError(absl::StrCat("no free name for an upstream in ",
                                             kAttemptsMax,
                                             " attempts: others take them"));
}

}  // namespace cvr::rest
