#include "gateway/rest/operation_support.h"

#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/common/time_wire.h"

namespace cvr::rest {
namespace {

constexpr char kUnmodifiedField[] = "If-Unmodified-Since";

// RFC 9110, section 5.6.7, but for its obsolete forms; or RFC 3339, which the
// reference product takes as well.
std::optional<absl::Time> ParseTime(const std::string& text) {
  absl::Time time;
  for (const char* const format :
       {"%a, %d %b %E4Y %H:%M:%S GMT", absl::RFC3339_full}) {
    if (absl::ParseTime(format, text, &time, nullptr)) return time;
  }
  return std::nullopt;
}

}  // namespace

absl::Status RequireGroup(const RestCall& call, const std::string& name) {
  v1::GetGroupRequest request;
  request.set_name(name);
  return call
      .Ask(call.services.groups, &v1::GroupService::Stub::GetGroup, request)
      .status();
}

absl::StatusOr<v1::Registry> GetRegistry(const RestCall& call, int64_t id) {
  v1::GetRegistryRequest request;
  request.set_id(id);
  return call.Ask(call.services.registries,
                  &v1::RegistryService::Stub::GetRegistry, request);
}

absl::StatusOr<v1::Upstream> GetUpstream(const RestCall& call, int64_t id) {
  v1::GetUpstreamRequest request;
  request.set_id(id);
  return call.Ask(call.services.upstreams,
                  &v1::UpstreamService::Stub::GetUpstream, request);
}

absl::StatusOr<std::vector<v1::Upstream>> ListAllUpstreams(
    const RestCall& call, v1::ListUpstreamsRequest request) {
  request.set_page_size(limits::kPageSizeMax);
  std::vector<v1::Upstream> all;
  do {
    ASSIGN_OR_RETURN(
        const auto page,
        call.Ask(call.services.upstreams,
                 &v1::UpstreamService::Stub::ListUpstreams, request));
    all.insert(all.end(), page.upstreams().begin(), page.upstreams().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

absl::Status AsFieldError(const absl::Status& status, absl::StatusCode code,
                          const std::string& field, const std::string& text) {
  return status.code() == code ? errors::FieldInvalid(field, text) : status;
}

absl::Status CheckUnmodified(const RestCall& call,
                             const google::protobuf::Timestamp& update_time) {
  const auto field = call.request.fields.Get(kUnmodifiedField);
  const auto since = field ? ParseTime(*field) : std::nullopt;
  if (!since) return absl::OkStatus();
  if (absl::ToUnixSeconds(FromWire(update_time)) <=
      absl::ToUnixSeconds(*since)) {
    return absl::OkStatus();
  }
  return absl::AbortedError(
      "the resource was modified after If-Unmodified-Since");
}

std::string EtagToInsistOn(const RestCall& call, const std::string& etag) {
  const auto field = call.request.fields.Get(kUnmodifiedField);
  return field && ParseTime(*field) ? etag : "";
}

RestAnswer Answer(Json body) { return {200, std::move(body)}; }
RestAnswer Created(Json body) { return {201, std::move(body)}; }
RestAnswer NoContent() { return {204, Json()}; }

}  // namespace cvr::rest
