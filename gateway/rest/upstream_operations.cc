#include "gateway/rest/upstream_operations.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/rest/operation_support.h"
#include "gateway/rest/pages.h"
#include "gateway/rest/resources.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/policy/upstream_password.h"

namespace cvr::rest {
namespace {

using Stub = v1::UpstreamService::Stub;

constexpr int64_t kSecondsPerHour = 3600;

// How the fields are named here and there.
constexpr std::pair<const char*, const char*> kFields[] = {
    {"name", "name"},         {"description", "description"},
    {"url", "url"},           {"username", "username"},
    {"password", "password"}, {"cache_validity_hours", "cache_validity"},
};

v1::Upstream UpstreamFrom(const Arguments& arguments) {
  v1::Upstream upstream;
  upstream.set_name(arguments.Text("name"));
  upstream.set_description(arguments.Text("description"));
  upstream.set_url(arguments.Text("url"));
  upstream.set_username(arguments.Text("username"));
  SetPassword(arguments.Text("password"), upstream);
  if (arguments.Has("cache_validity_hours")) {
    upstream.mutable_cache_validity()->set_seconds(
        arguments.Integer("cache_validity_hours") * kSecondsPerHour);
  }
  return upstream;
}

absl::StatusOr<std::vector<v1::Upstream>> ListAll(
    const RestCall& call, v1::ListUpstreamsRequest request) {
  request.set_page_size(limits::kPageSizeMax);
  std::vector<v1::Upstream> all;
  do {
    ASSIGN_OR_RETURN(const auto page, call.Ask(call.services.upstreams,
                                               &Stub::ListUpstreams, request));
    all.insert(all.end(), page.upstreams().begin(), page.upstreams().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

absl::StatusOr<RestAnswer> ListOfGroup(const RestCall& call) {
  v1::ListUpstreamsRequest request;
  request.set_group(call.arguments.Text("id"));
  RETURN_IF_ERROR(RequireGroup(call, request.group()));
  request.set_name_contains(call.arguments.Text("upstream_name"));
  ASSIGN_OR_RETURN(const auto all, ListAll(call, request));
  const PageWanted wanted = PageOf(call.arguments);
  RestAnswer answer = Answer(Json::array());
  for (size_t i = wanted.first();
       i < all.size() && answer.body.size() < wanted.per_page; ++i) {
    answer.body.push_back(UpstreamJson(all[i]));
  }
  AddPageFields(call, wanted, all.size(), answer.fields);
  return answer;
}

absl::StatusOr<RestAnswer> ListOfRegistry(const RestCall& call) {
  const int64_t id = call.arguments.Integer("id");
  RETURN_IF_ERROR(GetRegistry(call, id).status());
  v1::ListUpstreamsRequest request;
  request.set_registry_id(id);
  ASSIGN_OR_RETURN(const auto all, ListAll(call, request));
  Json list = Json::array();
  for (const v1::Upstream& upstream : all) {
    list.push_back(UpstreamInRegistryJson(upstream, id));
  }
  return Answer(std::move(list));
}

// What REST says of an upstream that cannot be as it should.
absl::Status UpstreamError(const absl::Status& status) {
  if (const auto limit = LimitOf(status)) {
    return errors::FieldInvalid(
        "registry_upstreams.position",
        absl::StrCat("must be less than or equal to ", *limit));
  }
  std::vector<FieldViolation> violations = FieldViolationsOf(status);
  if (violations.empty()) {
    return AsFieldError(status, absl::StatusCode::kAlreadyExists, "group",
                        "already has an upstream with the same credentials");
  }
  for (FieldViolation& violation : violations) {
    for (const auto& [here, there] : kFields) {
      if (violation.field == there) violation.field = here;
    }
  }
  return errors::FieldsInvalid(std::move(violations));
}

absl::StatusOr<RestAnswer> Create(const RestCall& call) {
  const int64_t id = call.arguments.Integer("id");
  v1::CreateUpstreamRequest request;
  *request.mutable_upstream() = UpstreamFrom(call.arguments);
  request.set_registry_id(id);
  const auto made =
      call.Ask(call.services.upstreams, &Stub::CreateUpstream, request);
  if (!made.ok()) return UpstreamError(made.status());
  return Created(UpstreamInRegistryJson(*made, id));
}

absl::StatusOr<RestAnswer> Get(const RestCall& call) {
  ASSIGN_OR_RETURN(const auto upstream,
                   GetUpstream(call, call.arguments.Integer("id")));
  return Answer(UpstreamWithRegistriesJson(upstream));
}

absl::StatusOr<RestAnswer> Update(const RestCall& call) {
  v1::UpdateUpstreamRequest request;
  *request.mutable_upstream() = UpstreamFrom(call.arguments);
  request.mutable_upstream()->set_id(call.arguments.Integer("id"));
  for (const auto& [here, there] : kFields) {
    if (call.arguments.Has(here)) {
      request.mutable_update_mask()->add_paths(there);
    }
  }
  request.set_keep_cache(call.arguments.Flag("keep_cache"));
  const auto now =
      call.Ask(call.services.upstreams, &Stub::UpdateUpstream, request);
  if (!now.ok()) return UpstreamError(now.status());
  return Answer(UpstreamJson(*now));
}

absl::StatusOr<RestAnswer> Delete(const RestCall& call) {
  ASSIGN_OR_RETURN(const auto upstream,
                   GetUpstream(call, call.arguments.Integer("id")));
  RETURN_IF_ERROR(CheckUnmodified(call, upstream.update_time()));
  v1::DeleteUpstreamRequest request;
  request.set_id(upstream.id());
  request.set_etag(EtagToInsistOn(call, upstream.etag()));
  RETURN_IF_ERROR(
      call.Ask(call.services.upstreams, &Stub::DeleteUpstream, request)
          .status());
  return NoContent();
}

absl::StatusOr<RestAnswer> Purge(const RestCall& call) {
  v1::PurgeUpstreamCacheRequest request;
  request.set_upstream_id(call.arguments.Integer("id"));
  RETURN_IF_ERROR(call.Ask(call.services.caches,
                           &v1::CacheService::Stub::PurgeUpstreamCache, request)
                      .status());
  return NoContent();
}

absl::StatusOr<RestAnswer> Probe(const RestCall& call,
                                 const v1::TestUpstreamRequest& request) {
  const auto result =
      call.Ask(call.services.probes,
               &v1::UpstreamProbeService::Stub::TestUpstream, request);
  if (!result.ok()) return UpstreamError(result.status());
  return Answer(TestResultJson(*result));
}

absl::StatusOr<RestAnswer> TestNew(const RestCall& call) {
  const Arguments& arguments = call.arguments;
  if (arguments.Text("username").empty() !=
      arguments.Text("password").empty()) {
    return absl::InvalidArgumentError(
        "username, password provide all or none of parameters");
  }
  v1::TestUpstreamRequest request;
  *request.mutable_upstream() = UpstreamFrom(arguments);
  request.mutable_upstream()->set_group(arguments.Text("id"));
  return Probe(call, request);
}

absl::StatusOr<RestAnswer> Test(const RestCall& call) {
  v1::TestUpstreamRequest request;
  request.set_upstream_id(call.arguments.Integer("id"));
  for (const char* const field : {"url", "username", "password"}) {
    // To try something else than what is stored needs another right.
    if (!call.arguments.Has(field)) continue;
    *request.mutable_upstream() = UpstreamFrom(call.arguments);
  }
  return Probe(call, request);
}

}  // namespace

RestHandlers UpstreamOperations() {
  return {
      {"listUpstreams", ListOfGroup}, {"listRegistryUpstreams", ListOfRegistry},
      {"createUpstream", Create},     {"getUpstream", Get},
      {"updateUpstream", Update},     {"deleteUpstream", Delete},
      {"purgeUpstreamCache", Purge},  {"testNewUpstream", TestNew},
      {"testUpstream", Test}};
}

}  // namespace cvr::rest
