#include "services/metadata/admin/upstream_admin.h"

#include <sodium.h>

#include <algorithm>
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
#include "services/metadata/admin/upstream_update.h"
#include "services/metadata/admin/validate_only.h"
#include "services/metadata/admin/visibility.h"
#include "services/metadata/conversion/upstream_conversion.h"
#include "services/metadata/resources/etag.h"
#include "services/metadata/resources/filter.h"
#include "services/metadata/resources/order_by.h"
#include "services/metadata/resources/page_token.h"
#include "services/metadata/resources/update_mask.h"
#include "services/metadata/resources/upstream_url.h"
#include "services/metadata/resources/validation.h"
#include "services/metadata/secrets/upstream_secrets.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/name_tables.h"
#include "services/metadata/tables/possession.h"
#include "services/metadata/tables/purge_mark.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/tables/upstream_epoch.h"
#include "services/metadata/tables/upstream_removal.h"
#include "services/policy/upstream_password.h"

namespace cvr {
namespace {

absl::StatusOr<stored::Upstream> Require(const ReadTransaction& transaction,
                                         int64_t id) {
  ASSIGN_OR_RETURN(auto row, tables::FindUpstream(transaction, id));
  if (!row) return errors::NoSuch("upstream", absl::StrCat(id));
  return *std::move(row);
}

// The time taken says nothing about where the secrets differ.
bool SameSecret(const std::string& a, const std::string& b) {
  return a.size() == b.size() &&
         sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Whether what was got from one may be taken for what the other supplies. The
// secrets are in both.
bool IsReachedAlike(const v1::Upstream& a, const v1::Upstream& b) {
  const v1::BasicCredentials& login_a = a.credentials().basic();
  const v1::BasicCredentials& login_b = b.credentials().basic();
  return NormalizedUpstreamUrl(a.url()) == NormalizedUpstreamUrl(b.url()) &&
         login_a.username() == login_b.username() &&
         SameSecret(login_a.password(), login_b.password()) &&
         a.tls().SerializeAsString() == b.tls().SerializeAsString() &&
         a.disabled() == b.disabled();
}

// Names are unique in their group.
absl::Status RequireFreeName(const ReadTransaction& transaction,
                             const v1::Upstream& upstream) {
  ASSIGN_OR_RETURN(const auto taken,
                   tables::FindUpstreamByName(transaction, upstream.group(),
                                              upstream.name()));
  if (!taken || *taken == upstream.id()) return absl::OkStatus();
  return errors::Exists(
      {"upstream", absl::StrCat(*taken)},
      absl::StrCat("group ", upstream.group(),
                   " already has an upstream named '", upstream.name(), "'"));
}

std::string ScopeOf(const v1::ListUpstreamsRequest& request) {
  return KeyBuilder()
      .String("upstreams")
      .String(request.group())
      .String(absl::StrCat(request.registry_id()))
      .Rest(request.filter())
      .Build();
}

absl::StatusOr<Filter> FilterOf(const v1::ListUpstreamsRequest& request) {
  return Filter::Parse(request.filter(), *v1::Upstream::descriptor(),
                       {"name", "display_name", "disabled", "url"});
}

// As it is answered when it is not created: what it would get then is not
// known.
v1::Upstream OnlyTried(v1::Upstream upstream) {
  upstream.clear_id();
  upstream.clear_uid();
  upstream.clear_etag();
  for (v1::Attachment& attachment : *upstream.mutable_attachments()) {
    attachment.clear_id();
    attachment.clear_upstream_id();
  }
  return upstream;
}

// The row of `after`, an upstream whose row is `row` now: with what only rows
// have.
stored::Upstream RowOf(const SecretBox& box, const stored::Upstream& row,
                       const v1::Upstream& after) {
  stored::Upstream sealed = SealUpstream(box, after);
  stored::Upstream new_row = row;
  new_row.mutable_upstream()->Swap(sealed.mutable_upstream());
  new_row.set_sealed_secrets(sealed.sealed_secrets());
  return new_row;
}

}  // namespace

absl::Status UpstreamAdmin::RequireOtherTarget(
    const ReadTransaction& transaction, const v1::Upstream& upstream) const {
  const std::string url = NormalizedUpstreamUrl(upstream.url());
  const v1::BasicCredentials& login = upstream.credentials().basic();
  ASSIGN_OR_RETURN(const auto ids,
                   tables::UpstreamsOfGroup(transaction, upstream.group()));
  for (const int64_t id : ids) {
    if (id == upstream.id()) continue;
    ASSIGN_OR_RETURN(const auto row, Require(transaction, id));
    if (NormalizedUpstreamUrl(row.upstream().url()) != url) continue;
    ASSIGN_OR_RETURN(const auto other, OpenSecrets(box_, row));
    if (other.username() != login.username() ||
        !SameSecret(other.password(), login.password())) {
      continue;
    }
    return errors::Exists(
        {"upstream", absl::StrCat(id)},
        absl::StrCat("in group ", upstream.group(), ", upstream ", id,
                     " already has the same URL and credentials"));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Upstream> UpstreamAdmin::Create(
    const v1::CreateUpstreamRequest& request) {
  ASSIGN_OR_RETURN(v1::Upstream created,
                   WriteOrTry<v1::Upstream>(store_, request.validate_only(),
                                            [&](WriteTransaction& transaction) {
                                              return CreateFor(transaction,
                                                               request);
                                            }));
  if (!request.validate_only()) return created;
  return OnlyTried(std::move(created));
}

absl::StatusOr<v1::Upstream> UpstreamAdmin::CreateFor(
    WriteTransaction& transaction, const v1::CreateUpstreamRequest& request) {
  if (request.unique_target()) {
    v1::Upstream upstream = request.upstream();
    upstream.clear_id();
    RETURN_IF_ERROR(GatherPassword(upstream));
    RETURN_IF_ERROR(Validate(upstream));
    RETURN_IF_ERROR(RequireOtherTarget(transaction, upstream));
  }
  ASSIGN_OR_RETURN(v1::Upstream created,
                   CreateIn(transaction, request.upstream()));
  if (!request.has_registry_id()) return created;
  ASSIGN_OR_RETURN(
      *created.add_attachments(),
      attachments_.AttachIn(transaction, request.registry_id(), created.id()));
  return created;
}

absl::StatusOr<v1::Upstream> UpstreamAdmin::CreateIn(
    WriteTransaction& transaction, v1::Upstream upstream) {
  ClearOutputOnly(upstream);
  RETURN_IF_ERROR(GatherPassword(upstream));
  RETURN_IF_ERROR(Validate(upstream));
  RETURN_IF_ERROR(RequireGroup(transaction, upstream.group()));
  RETURN_IF_ERROR(RequireFreeName(transaction, upstream));
  ASSIGN_OR_RETURN(const int64_t id,
                   tables::NextId(transaction, tables::kUpstreamIds));
  upstream.set_id(id);
  *upstream.mutable_create_time() = ToWire(clock_.Now());
  *upstream.mutable_update_time() = upstream.create_time();
  const stored::Secrets secrets = SecretsOf(upstream);
  if (secrets.ByteSizeLong() > 0) {
    *upstream.mutable_credentials_update_time() = upstream.create_time();
  }
  upstream.set_etag(NextEtag("", clock_.Now()));
  stored::Upstream row = SealUpstream(box_, upstream);
  RETURN_IF_ERROR(possession::Assign(transaction, secrets,
                                     /*secrets_before=*/nullptr,
                                     /*before=*/nullptr, row));
  tables::PutUpstream(transaction, row);
  return ShownUpstream(transaction, box_, row);
}

absl::StatusOr<v1::Upstream> UpstreamAdmin::Get(
    const v1::GetUpstreamRequest& request) const {
  return ReadValue<v1::Upstream>(
      store_,
      [&](const ReadTransaction& transaction) -> absl::StatusOr<v1::Upstream> {
        ASSIGN_OR_RETURN(const auto row, Require(transaction, request.id()));
        return ShownUpstream(transaction, box_, row);
      });
}

absl::StatusOr<v1::ListUpstreamsResponse> UpstreamAdmin::List(
    const v1::ListUpstreamsRequest& request, const Caller& caller) const {
  if (request.has_registry_id()) return ListOfRegistry(request);
  RETURN_IF_ERROR(RequireGroupOfList(request.group()));
  ASSIGN_OR_RETURN(const Filter filter, FilterOf(request));
  ASSIGN_OR_RETURN(
      const OrderBy order,
      OrderBy::Parse(request.order_by(), {"id", "name", "create_time"}));
  ASSIGN_OR_RETURN(auto page,
                   SortedPage::Of(ScopeOf(request), order, request.page_size(),
                                  request.page_token()));
  v1::ListUpstreamsResponse response;
  RETURN_IF_ERROR(
      store_.Read([&](const ReadTransaction& transaction) -> absl::Status {
        Visibility visibility(caller, transaction);
        RETURN_IF_ERROR(tables::VisitUpstreams(
            transaction, /*start_after=*/0,
            [&](const stored::Upstream& row) -> absl::StatusOr<bool> {
              if (!IsAskedFor(request.group(), row.upstream().group())) {
                return true;
              }
              const v1::Upstream upstream = ToApi(row.upstream());
              if (!filter.Matches(upstream)) return true;
              ASSIGN_OR_RETURN(const bool seen,
                               visibility.OfUpstream(upstream.id()));
              if (seen) page.Offer(upstream, upstream.id());
              return true;
            }));
        for (const int64_t id : page.ids()) {
          ASSIGN_OR_RETURN(const auto row, Require(transaction, id));
          ASSIGN_OR_RETURN(*response.add_upstreams(),
                           ShownUpstream(transaction, box_, row));
        }
        return absl::OkStatus();
      }));
  response.set_next_page_token(page.next_page_token());
  return response;
}

// By position, which is what the token counts.
absl::StatusOr<v1::ListUpstreamsResponse> UpstreamAdmin::ListOfRegistry(
    const v1::ListUpstreamsRequest& request) const {
  if (!request.order_by().empty()) {
    return errors::FieldInvalid(
        "order_by", "must be empty for a registry, whose order counts");
  }
  ASSIGN_OR_RETURN(const Filter filter, FilterOf(request));
  const std::string scope = ScopeOf(request);
  ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const int64_t start_after,
                   ParseIdPageToken(scope, request.page_token()));
  v1::ListUpstreamsResponse response;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction)
                                  -> absl::Status {
    ASSIGN_OR_RETURN(const auto registry,
                     tables::FindRegistry(transaction, request.registry_id()));
    if (!registry) {
      return errors::NoSuch("registry", absl::StrCat(request.registry_id()));
    }
    ASSIGN_OR_RETURN(const auto attachments,
                     tables::Attachments(transaction, request.registry_id()));
    const bool is_of_group = request.group().empty() ||
                             IsAskedFor(request.group(), registry->group());
    int64_t last = 0;
    for (const auto& attachment : attachments) {
      if (!is_of_group || attachment.position() <= start_after) continue;
      ASSIGN_OR_RETURN(const auto row,
                       Require(transaction, attachment.upstream_id()));
      if (!filter.Matches(ToApi(row.upstream()))) continue;
      if (response.upstreams_size() == page_size) {
        response.set_next_page_token(MakePageToken(scope, last));
        break;
      }
      ASSIGN_OR_RETURN(*response.add_upstreams(),
                       ShownUpstream(transaction, box_, row));
      last = attachment.position();
    }
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::Upstream> UpstreamAdmin::Update(
    const v1::UpdateUpstreamRequest& request) {
  bool is_purged = false;
  ASSIGN_OR_RETURN(
      v1::Upstream updated,
      WriteOrTry<v1::Upstream>(
          store_, request.validate_only(), [&](WriteTransaction& transaction) {
            return UpdateIn(transaction, request, is_purged);
          }));
  if (is_purged && !request.validate_only()) caches_.NotePurged(updated.id());
  return updated;
}

absl::StatusOr<v1::Upstream> UpstreamAdmin::UpdateIn(
    WriteTransaction& transaction, const v1::UpdateUpstreamRequest& request,
    bool& is_purged) {
  if (request.has_key()) return Upsert(transaction, request, is_purged);
  ASSIGN_OR_RETURN(const auto row, Require(transaction, request.id()));
  return Change(transaction, row, request, is_purged);
}

absl::StatusOr<v1::Upstream> UpstreamAdmin::Upsert(
    WriteTransaction& transaction, const v1::UpdateUpstreamRequest& request,
    bool& is_purged) {
  const v1::UpstreamKey& key = request.key();
  ASSIGN_OR_RETURN(const auto id, tables::FindUpstreamByName(
                                      transaction, key.group(), key.name()));
  if (id) {
    ASSIGN_OR_RETURN(const auto row, Require(transaction, *id));
    return Change(transaction, row, request, is_purged);
  }
  const std::string path = absl::StrCat(key.group(), "/", key.name());
  if (!request.allow_missing()) return errors::NoSuch("upstream", path);
  v1::CreateUpstreamRequest create;
  v1::Upstream& upstream = *create.mutable_upstream();
  upstream = request.upstream();
  // Who has an etag has seen it.
  RETURN_IF_ERROR(CheckEtag({"upstream", path}, upstream.etag(), ""));
  RETURN_IF_ERROR(
      TakeKey(key, *upstream.mutable_group(), *upstream.mutable_name()));
  create.set_unique_target(request.unique_target());
  ASSIGN_OR_RETURN(v1::Upstream created, CreateFor(transaction, create));
  if (!request.validate_only()) return created;
  return OnlyTried(std::move(created));
}

absl::StatusOr<v1::Upstream> UpstreamAdmin::Change(
    WriteTransaction& transaction, const stored::Upstream& row,
    const v1::UpdateUpstreamRequest& request, bool& is_purged) {
  RETURN_IF_ERROR(CheckEtag({"upstream", absl::StrCat(row.upstream().id())},
                            request.upstream().etag(), row.upstream().etag()));
  ASSIGN_OR_RETURN(const auto before, OpenUpstream(box_, row));
  ASSIGN_OR_RETURN(auto after, Updated(before, request, clock_.Now()));
  after.set_etag(NextEtag(before.etag(), clock_.Now()));
  RETURN_IF_ERROR(RequireFreeName(transaction, after));
  if (request.unique_target()) {
    RETURN_IF_ERROR(RequireOtherTarget(transaction, after));
  }
  // What was learnt of the upstream before is told by this time.
  *after.mutable_update_time() = ToWire(std::max(
      clock_.Now(), FromWire(before.update_time()) + absl::Nanoseconds(1)));
  stored::Upstream new_row = RowOf(box_, row, after);
  const stored::Secrets secrets_before = SecretsOf(before);
  RETURN_IF_ERROR(possession::Assign(transaction, SecretsOf(after),
                                     &secrets_before, &row, new_row));
  if (!IsReachedAlike(before, after)) epochs::MoveAccessEpoch(new_row);
  if (NormalizedUpstreamUrl(before.url()) !=
          NormalizedUpstreamUrl(after.url()) &&
      !request.keep_cache()) {
    RETURN_IF_ERROR(purges::Begin(transaction, new_row));
    is_purged = true;
  }
  if (after.name() != before.name()) {
    tables::DeleteUpstreamName(transaction, row.upstream());
  }
  tables::PutUpstream(transaction, new_row);
  return ShownUpstream(transaction, box_, new_row);
}

absl::Status UpstreamAdmin::Delete(const v1::DeleteUpstreamRequest& request) {
  const int64_t id = request.id();
  RETURN_IF_ERROR(ChangeOrTry(
      store_, request.validate_only(),
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto row, tables::FindUpstream(transaction, id));
        if (!row) {
          return request.allow_missing()
                     ? absl::OkStatus()
                     : errors::NoSuch("upstream", absl::StrCat(id));
        }
        RETURN_IF_ERROR(CheckEtag({"upstream", absl::StrCat(id)},
                                  request.etag(), row->upstream().etag()));
        return RemoveUpstream(transaction, id);
      }));
  if (!request.validate_only()) sweeper_.Wake();
  return absl::OkStatus();
}

}  // namespace cvr
