#include "gateway/registry_handler.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gateway/http_error.h"
#include "services/common/errors.h"

namespace cvr {
namespace {

constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";

HttpReply TypedReply(absl::string_view media_type, std::string body) {
  HttpReply reply;
  reply.fields.Add("Content-Type", media_type);
  reply.body = std::move(body);
  return reply;
}

}  // namespace

HttpReply RegistryHandler::ApiVersion() const {
  return TypedReply("application/json", "{}");
}

HttpReply RegistryHandler::Referrers(const ReferrersRoute& route) {
  // Asked only to learn whether there is such a registry.
  const auto resolution = resolver_.Resolve(
      {route.registry_id,
       {route.repository, Reference(route.subject), ContentKind::kManifest},
       /*counts_as_download=*/false});
  if (!resolution.ok()) return ErrorReply(resolution.status());
  return TypedReply(kIndexType,
                    absl::StrCat(R"({"schemaVersion":2,"mediaType":")",
                                 kIndexType, R"(","manifests":[]})"));
}

HttpReply RegistryHandler::Tags(const TagsRoute& route) const {
  return ErrorReply(
      WithReason(absl::NotFoundError(absl::StrCat(
                     "listing the tags of '", route.repository.name(),
                     "' is not supported; pull by tag works")),
                 Reason::kUnsupported));
}

}  // namespace cvr
