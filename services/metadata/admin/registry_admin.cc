#include "services/metadata/admin/registry_admin.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/admin/group_admin.h"
#include "services/metadata/admin/visibility.h"
#include "services/metadata/conversion/registry_conversion.h"
#include "services/metadata/resolution/registry_path.h"
#include "services/metadata/resources/etag.h"
#include "services/metadata/resources/field_masks.h"
#include "services/metadata/resources/page_token.h"
#include "services/metadata/resources/validation.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/tables/upstream_removal.h"

namespace cvr {
namespace {

// Leaves ids for as long as registries are made, and fits into what programs
// take for a number (2^53).
constexpr int64_t kChosenIdMax = 1'000'000'000;

absl::Status NoSuchRegistry(int64_t id) {
  return errors::NoSuch("registry", absl::StrCat(id));
}

absl::Status FillUpstreams(const ReadTransaction& transaction,
                           v1::Registry& registry) {
  ASSIGN_OR_RETURN(const auto attachments,
                   tables::Attachments(transaction, registry.id()));
  registry.clear_upstreams();
  for (const auto& attachment : attachments) {
    *registry.add_upstreams() = ToApi(attachment);
  }
  return absl::OkStatus();
}

// The registry with its upstreams. Errors: NOT_FOUND.
absl::StatusOr<v1::Registry> Require(const ReadTransaction& transaction,
                                     int64_t id) {
  ASSIGN_OR_RETURN(const auto row, tables::FindRegistry(transaction, id));
  if (!row) return NoSuchRegistry(id);
  v1::Registry registry = ToApi(*row);
  RETURN_IF_ERROR(FillUpstreams(transaction, registry));
  return registry;
}

absl::Status RequireFreeName(const ReadTransaction& transaction,
                             const v1::Registry& registry) {
  ASSIGN_OR_RETURN(const auto taken,
                   tables::FindRegistryByName(transaction, registry.group(),
                                              registry.name()));
  if (!taken || *taken == registry.id()) return absl::OkStatus();
  return errors::Exists(
      {"registry", absl::StrCat(*taken)},
      absl::StrCat("group ", registry.group(),
                   " already has a registry named '", registry.name(), "'"));
}

// The id that a new registry gets: `wanted`, or the next one if that is 0.
// Later ones are larger. Errors: INVALID_ARGUMENT, ALREADY_EXISTS.
absl::StatusOr<int64_t> TakeId(WriteTransaction& transaction, int64_t wanted) {
  if (wanted == 0) return tables::NextId(transaction, tables::kRegistryIds);
  if (wanted < 0 || wanted > kChosenIdMax) {
    return errors::FieldInvalid("id",
                                absl::StrCat("must be 1 to ", kChosenIdMax));
  }
  ASSIGN_OR_RETURN(const auto taken, tables::FindRegistry(transaction, wanted));
  if (taken) {
    return errors::Exists({"registry", absl::StrCat(wanted)},
                          absl::StrCat("registry id ", wanted, " is taken by ",
                                       taken->group(), "/", taken->name()));
  }
  ASSIGN_OR_RETURN(const auto last,
                   transaction.Get(Table::kSequences, tables::kRegistryIds));
  int64_t last_id = 0;
  if (last && !KeyReader(*last).Int(last_id)) {
    return absl::DataLossError("the sequence of registry ids is damaged");
  }
  transaction.Put(Table::kSequences, tables::kRegistryIds,
                  KeyBuilder().Int(std::max(last_id, wanted)).Build());
  return wanted;
}

std::string ScopeOf(const v1::ListRegistriesRequest& request) {
  return KeyBuilder()
      .String("registries")
      .String(request.group())
      .Rest(request.name_contains())
      .Build();
}

}  // namespace

// A registry that does not exist cannot be put into a token, so what is taken
// out before the creation stays out. As a rule its deletion has done that, or
// was interrupted in doing so.
absl::StatusOr<v1::Registry> RegistryAdmin::Create(
    const v1::CreateRegistryRequest& request) {
  const int64_t wanted_id = request.registry().id();
  if (wanted_id > 0) {
    v1::GetRegistryRequest get;
    get.set_id(wanted_id);
    if (absl::IsNotFound(Get(get).status())) {
      RETURN_IF_ERROR(tokens_.ForgetRegistry(wanted_id));
    }
  }
  return WriteValue<v1::Registry>(store_, [&](WriteTransaction& transaction) {
    return CreateIn(transaction, request.registry());
  });
}

absl::StatusOr<v1::Registry> RegistryAdmin::CreateIn(
    WriteTransaction& transaction, v1::Registry registry) {
  RETURN_IF_ERROR(Validate(registry));
  if (registry.group().empty()) registry.set_group(kDefaultGroup);
  RETURN_IF_ERROR(RequireGroup(transaction, registry.group()));
  const int64_t wanted_id = registry.id();
  registry.set_id(0);
  RETURN_IF_ERROR(RequireFreeName(transaction, registry));
  RETURN_IF_ERROR(RequireFreePath(transaction, ToStored(registry)));
  ASSIGN_OR_RETURN(const int count,
                   tables::CountRegistries(transaction, registry.group()));
  if (count >= limits_.registries_per_group) {
    return errors::LimitReached(absl::StrCat("group ", registry.group()),
                                "registries", limits_.registries_per_group);
  }
  ASSIGN_OR_RETURN(const int64_t id, TakeId(transaction, wanted_id));
  registry.set_id(id);
  *registry.mutable_create_time() = ToWire(clock_.Now());
  *registry.mutable_update_time() = registry.create_time();
  registry.set_etag(NextEtag("", clock_.Now()));
  registry.clear_upstreams();
  tables::PutRegistry(transaction, nullptr, ToStored(registry));
  return registry;
}

absl::StatusOr<v1::Registry> RegistryAdmin::Get(
    const v1::GetRegistryRequest& request) const {
  return ReadValue<v1::Registry>(store_,
                                 [&](const ReadTransaction& transaction) {
                                   return Require(transaction, request.id());
                                 });
}

absl::StatusOr<v1::ListRegistriesResponse> RegistryAdmin::List(
    const v1::ListRegistriesRequest& request, const Caller& caller) const {
  const std::string scope = ScopeOf(request);
  ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const int64_t start_after,
                   ParseIdPageToken(scope, request.page_token()));
  v1::ListRegistriesResponse response;
  const auto wanted = [&](const stored::Registry& registry) {
    return (request.group().empty() || registry.group() == request.group()) &&
           absl::StrContains(absl::AsciiStrToLower(registry.name()),
                             absl::AsciiStrToLower(request.name_contains()));
  };
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    const Visibility visibility(caller, transaction);
    return tables::VisitRegistries(
        transaction, start_after,
        [&](const stored::Registry& registry) -> absl::StatusOr<bool> {
          if (!wanted(registry) ||
              !visibility.OfRegistry(registry.group(), registry.id())) {
            return true;
          }
          if (response.registries_size() == page_size) {
            response.set_next_page_token(
                MakePageToken(scope, response.registries(page_size - 1).id()));
            return false;
          }
          v1::Registry& shown = *response.add_registries();
          shown = ToApi(registry);
          RETURN_IF_ERROR(FillUpstreams(transaction, shown));
          return true;
        });
  }));
  return response;
}

absl::StatusOr<v1::Registry> RegistryAdmin::Update(
    const v1::UpdateRegistryRequest& request) {
  return WriteValue<v1::Registry>(
      store_,
      [&](WriteTransaction& transaction) -> absl::StatusOr<v1::Registry> {
        ASSIGN_OR_RETURN(const auto before,
                         Require(transaction, request.registry().id()));
        RETURN_IF_ERROR(CheckEtag({"registry", absl::StrCat(before.id())},
                                  request.registry().etag(), before.etag()));
        v1::Registry after = before;
        using R = v1::Registry;
        RETURN_IF_ERROR(ApplyMask<R>(
            request.update_mask(),
            {{"name", [](const R& f, R& t) { t.set_name(f.name()); }},
             {"description",
              [](const R& f, R& t) { t.set_description(f.description()); }},
             {"anonymous_pull",
              [](const R& f, R& t) {
                t.set_anonymous_pull(f.anonymous_pull());
              }}},
            request.registry(), after));
        RETURN_IF_ERROR(Validate(after));
        RETURN_IF_ERROR(RequireFreeName(transaction, after));
        // One that has shared its path since an earlier revision may stay.
        if (after.name() != before.name()) {
          RETURN_IF_ERROR(RequireFreePath(transaction, ToStored(after)));
        }
        *after.mutable_update_time() = ToWire(clock_.Now());
        after.set_etag(NextEtag(before.etag(), clock_.Now()));
        const stored::Registry row_before = ToStored(before);
        tables::PutRegistry(transaction, &row_before, ToStored(after));
        return after;
      });
}

absl::Status RegistryAdmin::Delete(const v1::DeleteRegistryRequest& request) {
  std::vector<int64_t> removed;
  RETURN_IF_ERROR(store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto registry,
                         tables::FindRegistry(transaction, request.id()));
        if (!registry) return absl::OkStatus();
        RETURN_IF_ERROR(CheckEtag({"registry", absl::StrCat(registry->id())},
                                  request.etag(), registry->etag()));
        ASSIGN_OR_RETURN(const auto attachments,
                         tables::Attachments(transaction, request.id()));
        RETURN_IF_ERROR(tables::SetAttachments(transaction, request.id(), {}));
        for (const auto& attachment : attachments) {
          const int64_t upstream_id = attachment.upstream_id();
          ASSIGN_OR_RETURN(const auto others, tables::RegistriesOfUpstream(
                                                  transaction, upstream_id));
          if (!others.empty()) continue;
          RETURN_IF_ERROR(RemoveUpstream(transaction, upstream_id));
          removed.push_back(upstream_id);
        }
        tables::DeleteRegistry(transaction, *registry);
        return absl::OkStatus();
      },
      Durability::kSynced));
  RETURN_IF_ERROR(tokens_.ForgetRegistry(request.id()));
  for (const int64_t id : removed) sweeper_.Remove(id);
  return absl::OkStatus();
}

}  // namespace cvr
