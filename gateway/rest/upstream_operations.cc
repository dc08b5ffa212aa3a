#include "gateway/rest/upstream_operations.h"

#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/rest/operation_support.h"
#include "gateway/rest/pages.h"
#include "gateway/rest/resources.h"
#include "gateway/rest/upstream_creation.h"
#include "google/protobuf/field_mask.pb.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/policy/upstream_password.h"

namespace cvr::rest {
namespace {

using Stub = v1::UpstreamService::Stub;

// How the fields are named here and there.
constexpr std::pair<const char*, const char*> kFields[] = {
    {"name", "display_name"},
    {"description", "description"},
    {"url", "url"},
    {"username", "credentials.basic.username"},
    {"password", "credentials.basic.password"},
    {"cache_validity_hours", "cache_policy.tag_ttl"},
};

// An empty user name and an empty password are absent, which removes them in an
// update, together or one of them.
v1::Upstream UpstreamFrom(const Arguments& arguments) {
  v1::Upstream upstream;
  upstream.set_display_name(arguments.Text("name"));
  upstream.set_description(arguments.Text("description"));
  upstream.set_url(arguments.Text("url"));
  const std::string username = arguments.Text("username");
  if (!username.empty()) {
    upstream.mutable_credentials()->mutable_basic()->set_username(username);
  }
  const std::string password = arguments.Text("password");
  if (!password.empty()) SetPassword(password, upstream);
  if (arguments.Has("cache_validity_hours")) {
    *upstream.mutable_cache_policy()->mutable_tag_ttl() =
        TtlOfHours(arguments.Integer("cache_validity_hours"));
  }
  return upstream;
}

// The paths of the fields that a request has.
google::protobuf::FieldMask MaskOf(const Arguments& arguments) {
  google::protobuf::FieldMask mask;
  for (const auto& [here, there] : kFields) {
    if (arguments.Has(here)) mask.add_paths(there);
  }
  return mask;
}

// Lists by display name, or by name where there is none: a filter of the
// service knows each of them alone.
bool IsCalled(const v1::Upstream& upstream, const std::string& part) {
  return absl::StrContains(absl::AsciiStrToLower(TitleOf(upstream)),
                           absl::AsciiStrToLower(part));
}

absl::StatusOr<RestAnswer> ListOfGroup(const RestCall& call) {
  v1::ListUpstreamsRequest request;
  request.set_group(call.arguments.Text("id"));
  RETURN_IF_ERROR(RequireGroup(call, request.group()));
  ASSIGN_OR_RETURN(auto all, ListAllUpstreams(call, request));
  const std::string part = call.arguments.Text("upstream_name");
  std::erase_if(all, [&](const v1::Upstream& upstream) {
    return !IsCalled(upstream, part);
  });
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
  ASSIGN_OR_RETURN(const auto all, ListAllUpstreams(call, request));
  Json list = Json::array();
  for (const v1::Upstream& upstream : all) {
    list.push_back(UpstreamInRegistryJson(upstream, id));
  }
  return Answer(std::move(list));
}

// A violation in the words of REST.
FieldViolation FieldError(FieldViolation violation) {
  // Of TestUpstreamRequest.
  const absl::string_view field =
      absl::StripPrefix(violation.field, "upstream.");
  const auto* const known = absl::c_find_if(kFields, [&](const auto& names) {
    // A password may stand in password_bytes.
    return field == names.second ||
           field == absl::StrCat(names.second, "_bytes");
  });
  violation.field =
      known == std::end(kFields) ? std::string(field) : known->first;
  if (violation.reason == v1::FIELD_REQUIRED) {
    if (violation.field == "username") {
      violation.description = "must be set when password is";
    } else if (violation.field == "password") {
      violation.description = "must be set when username is";
    }
  }
  return violation;
}

// What REST says of an upstream that cannot be as it should.
absl::Status UpstreamError(const absl::Status& status) {
  if (const auto limit = LimitOf(status)) {
    return errors::FieldInvalid(
        "registry_upstreams.position",
        absl::StrCat("must be less than or equal to ", *limit));
  }
  std::vector<FieldViolation> violations;
  for (const FieldViolation& violation : FieldViolationsOf(status)) {
    FieldViolation error = FieldError(violation);
    // What is wrong with a display name is wrong with the name made from it.
    const bool is_said = absl::c_any_of(violations, [&](const auto& other) {
      return other.field == error.field &&
             other.description == error.description;
    });
    if (!is_said) violations.push_back(std::move(error));
  }
  if (!violations.empty()) return errors::FieldsInvalid(std::move(violations));
  return AsFieldError(status, absl::StatusCode::kAlreadyExists, "group",
                      "already has an upstream with the same credentials");
}

absl::StatusOr<RestAnswer> Create(const RestCall& call) {
  const int64_t id = call.arguments.Integer("id");
  ASSIGN_OR_RETURN(const auto registry, GetRegistry(call, id));
  v1::CreateUpstreamRequest request;
  *request.mutable_upstream() = UpstreamFrom(call.arguments);
  request.mutable_upstream()->set_group(registry.group());
  request.set_registry_id(id);
  request.set_unique_target(true);
  const auto made = CreateUnderFreeName(call, std::move(request));
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
  request.set_id(call.arguments.Integer("id"));
  *request.mutable_upstream() = UpstreamFrom(call.arguments);
  *request.mutable_update_mask() = MaskOf(call.arguments);
  request.set_keep_cache(call.arguments.Flag("keep_cache"));
  request.set_unique_target(true);
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
  request.set_allow_missing(true);
  RETURN_IF_ERROR(
      call.Ask(call.services.upstreams, &Stub::DeleteUpstream, request)
          .status());
  return NoContent();
}

absl::StatusOr<RestAnswer> Purge(const RestCall& call) {
  v1::PurgeUpstreamCacheRequest request;
  request.set_upstream_id(call.arguments.Integer("id"));
  // Nothing is served any more once it has started; nobody waits for the end.
  RETURN_IF_ERROR(call.Ask(call.services.caches,
                           &v1::CacheService::Stub::PurgeUpstreamCache, request)
                      .status());
  return NoContent();
}

absl::StatusOr<RestAnswer> Try(const RestCall& call,
                               const v1::TestUpstreamRequest& request) {
  const auto result =
      call.Ask(call.services.tests,
               &v1::UpstreamTestService::Stub::TestUpstream, request);
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
  return Try(call, request);
}

absl::StatusOr<RestAnswer> Test(const RestCall& call) {
  v1::TestUpstreamRequest request;
  request.set_upstream_id(call.arguments.Integer("id"));
  for (const char* const field : {"url", "username", "password"}) {
    // To try something else than what is stored needs another right.
    if (!call.arguments.Has(field)) continue;
    *request.mutable_upstream() = UpstreamFrom(call.arguments);
  }
  return Try(call, request);
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
