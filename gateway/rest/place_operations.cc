#include "gateway/rest/place_operations.h"

#include "absl/strings/str_cat.h"
#include "gateway/rest/operations.h"
#include "gateway/rest/resources.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr::rest {
namespace {

using Stub = v1::UpstreamService::Stub;

absl::StatusOr<v1::RegistryUpstream> GetPlace(const RestCall& call) {
  v1::GetRegistryUpstreamRequest request;
  request.set_id(call.arguments.Integer("id"));
  return call.Ask(call.services.upstreams, &Stub::GetRegistryUpstream, request);
}

absl::StatusOr<RestAnswer> Create(const RestCall& call) {
  v1::AttachUpstreamRequest request;
  request.set_registry_id(call.arguments.Integer("registry_id"));
  request.set_upstream_id(call.arguments.Integer("upstream_id"));
  const auto place =
      call.Ask(call.services.upstreams, &Stub::AttachUpstream, request);
  if (place.ok()) return Created(RegistryUpstreamJson(*place));
  if (const auto limit = LimitOf(place.status())) {
    return errors::FieldInvalid(
        "position", absl::StrCat("must be less than or equal to ", *limit));
  }
  // Of another group, which is as good as none.
  if (absl::IsFailedPrecondition(place.status())) {
    return absl::NotFoundError(place.status().message());
  }
  return AsFieldError(place.status(), absl::StatusCode::kAlreadyExists,
                      "upstream_id", "has already been taken");
}

absl::StatusOr<RestAnswer> Update(const RestCall& call) {
  ASSIGN_OR_RETURN(const auto place, GetPlace(call));
  v1::MoveUpstreamRequest request;
  request.set_registry_id(place.registry_id());
  request.set_upstream_id(place.upstream_id());
  request.set_position(
      static_cast<int32_t>(call.arguments.Integer("position")));
  ASSIGN_OR_RETURN(const auto moved, call.Ask(call.services.upstreams,
                                              &Stub::MoveUpstream, request));
  return Answer(RegistryUpstreamJson(moved));
}

absl::StatusOr<RestAnswer> Delete(const RestCall& call) {
  ASSIGN_OR_RETURN(const auto place, GetPlace(call));
  v1::DetachUpstreamRequest request;
  request.set_registry_id(place.registry_id());
  request.set_upstream_id(place.upstream_id());
  RETURN_IF_ERROR(
      call.Ask(call.services.upstreams, &Stub::DetachUpstream, request)
          .status());
  return NoContent();
}

}  // namespace

RestHandlers PlaceOperations() {
  return {{"createRegistryUpstream", Create},
          {"updateRegistryUpstream", Update},
          {"deleteRegistryUpstream", Delete}};
}

}  // namespace cvr::rest
