#include "services/metadata/admin/registry_admin.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/admin/group_admin.h"
#include "services/metadata/admin/resource_key.h"
#include "services/metadata/admin/shown_resources.h"
#include "services/metadata/admin/sorted_page.h"
#include "services/metadata/admin/validate_only.h"
#include "services/metadata/admin/visibility.h"
#include "services/metadata/conversion/registry_conversion.h"
#include "services/metadata/resolution/registry_path.h"
#include "services/metadata/resources/etag.h"
#include "services/metadata/resources/filter.h"
#include "services/metadata/resources/order_by.h"
#include "services/metadata/resources/update_mask.h"
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

absl::StatusOr<stored::Registry> Require(const ReadTransaction& transaction,
                                         int64_t id) {
  ASSIGN_OR_RETURN(auto row, tables::FindRegistry(transaction, id));
  if (!row) return NoSuchRegistry(id);
  return *std::move(row);
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
      .Rest(request.filter())
      .Build();
}

// As it is answered when it is not created: what it would get then is not
// known.
v1::Registry OnlyTried(v1::Registry registry, int64_t chosen_id) {
  registry.set_id(chosen_id);
  registry.clear_uid();
  registry.clear_etag();
  return registry;
}

}  // namespace

// A registry that does not exist cannot be put into a token, so what is taken
// out before the creation stays out. As a rule its deletion has done that, or
// was interrupted in doing so.
absl::StatusOr<v1::Registry> RegistryAdmin::Create(
    const v1::CreateRegistryRequest& request) {
  const int64_t wanted_id = request.registry().id();
  if (wanted_id > 0 && !request.validate_only()) {
    v1::GetRegistryRequest get;
    get.set_id(wanted_id);
    if (absl::IsNotFound(Get(get).status())) {
      RETURN_IF_ERROR(tokens_.ForgetRegistry(wanted_id));
    }
  }
  ASSIGN_OR_RETURN(
      v1::Registry created,
      WriteOrTry<v1::Registry>(
          store_, request.validate_only(), [&](WriteTransaction& transaction) {
            return CreateIn(transaction, request.registry());
          }));
  if (!request.validate_only()) return created;
  return OnlyTried(std::move(created), wanted_id);
}

absl::StatusOr<v1::Registry> RegistryAdmin::CreateIn(
    WriteTransaction& transaction, v1::Registry registry) {
  ClearOutputOnly(registry);
  RETURN_IF_ERROR(Validate(registry));
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
  const stored::Registry row = ToStored(registry);
  tables::PutRegistry(transaction, nullptr, row);
  return ShownRegistry(transaction, row);
}

absl::StatusOr<v1::Registry> RegistryAdmin::Get(
    const v1::GetRegistryRequest& request) const {
  return ReadValue<v1::Registry>(
      store_,
      [&](const ReadTransaction& transaction) -> absl::StatusOr<v1::Registry> {
        ASSIGN_OR_RETURN(const auto row, Require(transaction, request.id()));
        return ShownRegistry(transaction, row);
      });
}

absl::StatusOr<v1::ListRegistriesResponse> RegistryAdmin::List(
    const v1::ListRegistriesRequest& request, const Caller& caller) const {
  RETURN_IF_ERROR(RequireGroupOfList(request.group()));
  ASSIGN_OR_RETURN(const Filter filter,
                   Filter::Parse(request.filter(), *v1::Registry::descriptor(),
                                 {"name", "anonymous_pull"}));
  ASSIGN_OR_RETURN(
      const OrderBy order,
      OrderBy::Parse(request.order_by(), {"id", "name", "create_time"}));
  ASSIGN_OR_RETURN(auto page,
                   SortedPage::Of(ScopeOf(request), order, request.page_size(),
                                  request.page_token()));
  v1::ListRegistriesResponse response;
  RETURN_IF_ERROR(
      store_.Read([&](const ReadTransaction& transaction) -> absl::Status {
        const Visibility visibility(caller, transaction);
        RETURN_IF_ERROR(tables::VisitRegistries(
            transaction, /*start_after=*/0,
            [&](const stored::Registry& row) -> absl::StatusOr<bool> {
              if (!IsAskedFor(request.group(), row.group())) return true;
              const v1::Registry registry = ToApi(row);
              if (filter.Matches(registry) &&
                  visibility.OfRegistry(row.group(), row.id())) {
                page.Offer(registry, row.id());
              }
              return true;
            }));
        for (const int64_t id : page.ids()) {
          ASSIGN_OR_RETURN(const auto row, Require(transaction, id));
          ASSIGN_OR_RETURN(*response.add_registries(),
                           ShownRegistry(transaction, row));
        }
        return absl::OkStatus();
      }));
  response.set_next_page_token(page.next_page_token());
  return response;
}

absl::StatusOr<v1::Registry> RegistryAdmin::Update(
    const v1::UpdateRegistryRequest& request) {
  return WriteOrTry<v1::Registry>(store_, request.validate_only(),
                                  [&](WriteTransaction& transaction) {
                                    return UpdateIn(transaction, request);
                                  });
}

absl::StatusOr<v1::Registry> RegistryAdmin::UpdateIn(
    WriteTransaction& transaction, const v1::UpdateRegistryRequest& request) {
  if (request.has_key()) return Upsert(transaction, request);
  ASSIGN_OR_RETURN(const auto row, Require(transaction, request.id()));
  return Change(transaction, row, request);
}

absl::StatusOr<v1::Registry> RegistryAdmin::Upsert(
    WriteTransaction& transaction, const v1::UpdateRegistryRequest& request) {
  const v1::RegistryKey& key = request.key();
  ASSIGN_OR_RETURN(const auto id, tables::FindRegistryByName(
                                      transaction, key.group(), key.name()));
  if (id) {
    ASSIGN_OR_RETURN(const auto row, Require(transaction, *id));
    return Change(transaction, row, request);
  }
  const std::string path = absl::StrCat(key.group(), "/", key.name());
  if (!request.allow_missing()) return errors::NoSuch("registry", path);
  v1::Registry registry = request.registry();
  // Who has an etag has seen it.
  RETURN_IF_ERROR(CheckEtag({"registry", path}, registry.etag(), ""));
  RETURN_IF_ERROR(
      TakeKey(key, *registry.mutable_group(), *registry.mutable_name()));
  if (registry.id() != 0) {
    return errors::FieldInvalid("id", "can be chosen by CreateRegistry alone");
  }
  ASSIGN_OR_RETURN(v1::Registry created,
                   CreateIn(transaction, std::move(registry)));
  if (!request.validate_only()) return created;
  return OnlyTried(std::move(created), /*chosen_id=*/0);
}

absl::StatusOr<v1::Registry> RegistryAdmin::Change(
    WriteTransaction& transaction, const stored::Registry& before,
    const v1::UpdateRegistryRequest& request) {
  RETURN_IF_ERROR(CheckEtag({"registry", absl::StrCat(before.id())},
                            request.registry().etag(), before.etag()));
  v1::Registry after = ToApi(before);
  RETURN_IF_ERROR(
      ApplyUpdate(request.update_mask(), request.registry(), after));
  RETURN_IF_ERROR(Validate(after));
  RETURN_IF_ERROR(RequireFreeName(transaction, after));
  // One that has shared its path since an earlier revision may stay.
  if (after.name() != before.name()) {
    RETURN_IF_ERROR(RequireFreePath(transaction, ToStored(after)));
  }
  *after.mutable_update_time() = ToWire(clock_.Now());
  after.set_etag(NextEtag(before.etag(), clock_.Now()));
  stored::Registry row = ToStored(after);
  row.set_attachments_version(before.attachments_version());
  tables::PutRegistry(transaction, &before, row);
  return ShownRegistry(transaction, row);
}

absl::Status RegistryAdmin::Delete(const v1::DeleteRegistryRequest& request) {
  bool is_swept = false;
  RETURN_IF_ERROR(ChangeOrTry(store_, request.validate_only(),
                              [&](WriteTransaction& transaction) {
                                return DeleteIn(transaction, request, is_swept);
                              }));
  if (request.validate_only()) return absl::OkStatus();
  if (is_swept) sweeper_.Wake();
  return tokens_.ForgetRegistry(request.id());
}

absl::Status RegistryAdmin::DeleteIn(WriteTransaction& transaction,
                                     const v1::DeleteRegistryRequest& request,
                                     bool& is_swept) {
  const int64_t id = request.id();
  ASSIGN_OR_RETURN(const auto registry, tables::FindRegistry(transaction, id));
  if (!registry) {
    return request.allow_missing() ? absl::OkStatus() : NoSuchRegistry(id);
  }
  RETURN_IF_ERROR(CheckEtag({"registry", absl::StrCat(id)}, request.etag(),
                            registry->etag()));
  ASSIGN_OR_RETURN(const auto attachments,
                   tables::Attachments(transaction, id));
  RETURN_IF_ERROR(tables::SetAttachments(transaction, id, {}));
  tables::DeleteRegistry(transaction, *registry);
  if (!request.delete_orphaned_upstreams()) return absl::OkStatus();
  for (const auto& attachment : attachments) {
    const int64_t upstream_id = attachment.upstream_id();
    ASSIGN_OR_RETURN(const auto others,
                     tables::RegistriesOfUpstream(transaction, upstream_id));
    if (!others.empty()) continue;
    RETURN_IF_ERROR(RemoveUpstream(transaction, upstream_id));
    is_swept = true;
  }
  return absl::OkStatus();
}

}  // namespace cvr
