#include "gateway/rest/registry_operations.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/rest/operation_support.h"
#include "gateway/rest/resources.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"

namespace cvr::rest {
namespace {

using Stub = v1::RegistryService::Stub;

absl::StatusOr<RestAnswer> List(const RestCall& call) {
  const std::string group = call.arguments.Text("id");
  RETURN_IF_ERROR(RequireGroup(call, group));
  v1::ListRegistriesRequest request;
  request.set_group(group);
  request.set_page_size(limits::kPageSizeMax);
  Json all = Json::array();
  do {
    ASSIGN_OR_RETURN(const auto page, call.Ask(call.services.registries,
                                               &Stub::ListRegistries, request));
    for (const auto& registry : page.registries()) {
      all.push_back(RegistryJson(registry));
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return Answer(std::move(all));
}

absl::Status NameTaken(const absl::Status& status) {
  return AsFieldError(status, absl::StatusCode::kAlreadyExists, "name",
                      "has already been taken");
}

absl::StatusOr<RestAnswer> Create(const RestCall& call) {
  v1::CreateRegistryRequest request;
  v1::Registry& registry = *request.mutable_registry();
  registry.set_group(call.arguments.Text("id"));
  registry.set_name(call.arguments.Text("name"));
  registry.set_description(call.arguments.Text("description"));
  const auto made =
      call.Ask(call.services.registries, &Stub::CreateRegistry, request);
  if (made.ok()) return Created(RegistryJson(*made));
  if (const auto limit = LimitOf(made.status())) {
    return errors::FieldInvalid(
        "base", absl::StrCat(*limit,
                             " registries is the maximum allowed per "
                             "top-level group."));
  }
  return NameTaken(made.status());
}

absl::StatusOr<RestAnswer> Get(const RestCall& call) {
  ASSIGN_OR_RETURN(const auto registry,
                   GetRegistry(call, call.arguments.Integer("id")));
  return Answer(RegistryWithUpstreamsJson(registry));
}

absl::StatusOr<RestAnswer> Update(const RestCall& call) {
  v1::UpdateRegistryRequest request;
  v1::Registry& registry = *request.mutable_registry();
  request.set_id(call.arguments.Integer("id"));
  registry.set_name(call.arguments.Text("name"));
  registry.set_description(call.arguments.Text("description"));
  for (const char* const field : {"name", "description"}) {
    if (call.arguments.Has(field))
      request.mutable_update_mask()->add_paths(field);
  }
  const auto now =
      call.Ask(call.services.registries, &Stub::UpdateRegistry, request);
  if (!now.ok()) return NameTaken(now.status());
  return Answer(RegistryJson(*now));
}

absl::StatusOr<RestAnswer> Delete(const RestCall& call) {
  ASSIGN_OR_RETURN(const auto registry,
                   GetRegistry(call, call.arguments.Integer("id")));
  RETURN_IF_ERROR(CheckUnmodified(call, registry.update_time()));
  v1::DeleteRegistryRequest request;
  request.set_id(registry.id());
  request.set_etag(EtagToInsistOn(call, registry.etag()));
  request.set_allow_missing(true);
  request.set_delete_orphaned_upstreams(true);
  RETURN_IF_ERROR(
      call.Ask(call.services.registries, &Stub::DeleteRegistry, request)
          .status());
  return NoContent();
}

absl::StatusOr<RestAnswer> Purge(const RestCall& call) {
  v1::PurgeRegistryCacheRequest request;
  request.set_registry_id(call.arguments.Integer("id"));
  // Nothing is served any more once it has started; nobody waits for the end.
  RETURN_IF_ERROR(call.Ask(call.services.caches,
                           &v1::CacheService::Stub::PurgeRegistryCache, request)
                      .status());
  return NoContent();
}

}  // namespace

RestHandlers RegistryOperations() {
  return {{"listRegistries", List},   {"createRegistry", Create},
          {"getRegistry", Get},       {"updateRegistry", Update},
          {"deleteRegistry", Delete}, {"purgeRegistryCache", Purge}};
}

}  // namespace cvr::rest
