#include "services/metadata/admin/upstream_admin.h"

#include <sodium.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/admin/group_admin.h"
#include "services/metadata/admin/upstream_update.h"
#include "services/metadata/admin/visibility.h"
#include "services/metadata/conversion/registry_conversion.h"
#include "services/metadata/conversion/upstream_conversion.h"
#include "services/metadata/resources/etag.h"
#include "services/metadata/resources/page_token.h"
#include "services/metadata/resources/upstream_url.h"
#include "services/metadata/resources/validation.h"
#include "services/metadata/secrets/upstream_secrets.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/possession.h"
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
  return NormalizedUpstreamUrl(a.url()) == NormalizedUpstreamUrl(b.url()) &&
         a.username() == b.username() &&
         SameSecret(a.password(), b.password()) &&
         a.tls().SerializeAsString() == b.tls().SerializeAsString() &&
         a.disabled() == b.disabled();
}

bool Wanted(const v1::ListUpstreamsRequest& request,
            const stored::UpstreamResource& upstream) {
  return (request.group().empty() || upstream.group() == request.group()) &&
         absl::StrContains(absl::AsciiStrToLower(upstream.name()),
                           absl::AsciiStrToLower(request.name_contains()));
}

std::string ScopeOf(const v1::ListUpstreamsRequest& request) {
  return KeyBuilder()
      .String("upstreams")
      .String(request.group())
      .String(absl::StrCat(request.registry_id()))
      .Rest(request.name_contains())
      .Build();
}

}  // namespace

absl::StatusOr<v1::Upstream> UpstreamAdmin::Shown(
    const ReadTransaction& transaction, const stored::Upstream& row) const {
  ASSIGN_OR_RETURN(const auto secrets, OpenSecrets(box_, row));
  v1::Upstream upstream = RedactedUpstream(ToApi(row.upstream()));
  upstream.set_username(secrets.username());
  ASSIGN_OR_RETURN(const auto registries,
                   tables::RegistriesOfUpstream(transaction, upstream.id()));
  for (const int64_t registry_id : registries) {
    ASSIGN_OR_RETURN(const auto attachments,
                     tables::Attachments(transaction, registry_id));
    for (const auto& attachment : attachments) {
      if (attachment.upstream_id() != upstream.id()) continue;
      *upstream.add_registry_upstreams() = ToApi(attachment);
    }
  }
  return upstream;
}

absl::Status UpstreamAdmin::RequireUnlikeOthers(
    const ReadTransaction& transaction, const v1::Upstream& upstream) const {
  const std::string url = NormalizedUpstreamUrl(upstream.url());
  ASSIGN_OR_RETURN(const auto ids,
                   tables::UpstreamsOfGroup(transaction, upstream.group()));
  for (const int64_t id : ids) {
    if (id == upstream.id()) continue;
    ASSIGN_OR_RETURN(const auto row, Require(transaction, id));
    if (NormalizedUpstreamUrl(row.upstream().url()) != url) continue;
    ASSIGN_OR_RETURN(const auto other, OpenSecrets(box_, row));
    if (other.username() != upstream.username() ||
        !SameSecret(other.password(), upstream.password())) {
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
  v1::Upstream upstream = request.upstream();
  RETURN_IF_ERROR(GatherPassword(upstream));
  return WriteValue<v1::Upstream>(store_, [&](WriteTransaction& transaction) {
    if (request.registry_id() == 0) return CreateIn(transaction, upstream);
    return CreateAttached(transaction, upstream, request.registry_id());
  });
}

absl::StatusOr<v1::Upstream> UpstreamAdmin::CreateAttached(
    WriteTransaction& transaction, v1::Upstream upstream, int64_t registry_id) {
  ASSIGN_OR_RETURN(const auto registry,
                   tables::FindRegistry(transaction, registry_id));
  if (!registry) return errors::NoSuch("registry", absl::StrCat(registry_id));
  if (upstream.group().empty()) upstream.set_group(registry->group());
  // First, so that nothing is told of another group.
  if (upstream.group() != registry->group()) {
    return errors::PreconditionFailed(
        Reason::kCrossGroup, absl::StrCat("registry/", registry_id),
        absl::StrCat("registry ", registry_id, " belongs to another group"));
  }
  ASSIGN_OR_RETURN(v1::Upstream made,
                   CreateIn(transaction, std::move(upstream)));
  ASSIGN_OR_RETURN(*made.add_registry_upstreams(),
                   attachments_.AttachIn(transaction, registry_id, made.id()));
  return made;
}

absl::StatusOr<v1::Upstream> UpstreamAdmin::CreateIn(
    WriteTransaction& transaction, v1::Upstream upstream) {
  RETURN_IF_ERROR(Validate(upstream));
  if (upstream.group().empty()) upstream.set_group(kDefaultGroup);
  RETURN_IF_ERROR(RequireGroup(transaction, upstream.group()));
  upstream.set_id(0);
  RETURN_IF_ERROR(RequireUnlikeOthers(transaction, upstream));
  ASSIGN_OR_RETURN(const int64_t id,
                   tables::NextId(transaction, tables::kUpstreamIds));
  upstream.set_id(id);
  *upstream.mutable_create_time() = ToWire(clock_.Now());
  *upstream.mutable_update_time() = upstream.create_time();
  upstream.set_etag(NextEtag("", clock_.Now()));
  upstream.clear_registry_upstreams();
  stored::Upstream row = SealUpstream(box_, upstream);
  RETURN_IF_ERROR(possession::Assign(transaction, SecretsOf(upstream),
                                     /*secrets_before=*/nullptr,
                                     /*before=*/nullptr, row));
  tables::PutUpstream(transaction, row);
  return RedactedUpstream(std::move(upstream));
}

absl::StatusOr<v1::Upstream> UpstreamAdmin::Get(
    const v1::GetUpstreamRequest& request) const {
  return ReadValue<v1::Upstream>(
      store_,
      [&](const ReadTransaction& transaction) -> absl::StatusOr<v1::Upstream> {
        ASSIGN_OR_RETURN(const auto row, Require(transaction, request.id()));
        return Shown(transaction, row);
      });
}

absl::StatusOr<v1::ListUpstreamsResponse> UpstreamAdmin::List(
    const v1::ListUpstreamsRequest& request, const Caller& caller) const {
  if (request.registry_id() != 0) return ListOfRegistry(request);
  const std::string scope = ScopeOf(request);
  ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const int64_t start_after,
                   ParseIdPageToken(scope, request.page_token()));
  v1::ListUpstreamsResponse response;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    Visibility visibility(caller, transaction);
    return tables::VisitUpstreams(
        transaction, start_after,
        [&](const stored::Upstream& row) -> absl::StatusOr<bool> {
          if (!Wanted(request, row.upstream())) return true;
          ASSIGN_OR_RETURN(const bool seen,
                           visibility.OfUpstream(row.upstream().id()));
          if (!seen) return true;
          if (response.upstreams_size() == page_size) {
            response.set_next_page_token(
                MakePageToken(scope, response.upstreams(page_size - 1).id()));
            return false;
          }
          ASSIGN_OR_RETURN(*response.add_upstreams(), Shown(transaction, row));
          return true;
        });
  }));
  return response;
}

// By position, which is what the token counts.
absl::StatusOr<v1::ListUpstreamsResponse> UpstreamAdmin::ListOfRegistry(
    const v1::ListUpstreamsRequest& request) const {
  const std::string scope = ScopeOf(request);
  ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const int64_t start_after,
                   ParseIdPageToken(scope, request.page_token()));
  v1::ListUpstreamsResponse response;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    ASSIGN_OR_RETURN(const auto attachments,
                     tables::Attachments(transaction, request.registry_id()));
    int64_t last = 0;
    for (const auto& attachment : attachments) {
      if (attachment.position() <= start_after) continue;
      ASSIGN_OR_RETURN(const auto row,
                       Require(transaction, attachment.upstream_id()));
      if (!Wanted(request, row.upstream())) continue;
      if (response.upstreams_size() == page_size) {
        response.set_next_page_token(MakePageToken(scope, last));
        break;
      }
      ASSIGN_OR_RETURN(*response.add_upstreams(), Shown(transaction, row));
      last = attachment.position();
    }
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::Upstream> UpstreamAdmin::Update(
    const v1::UpdateUpstreamRequest& request) {
  bool url_changes = false;
  ASSIGN_OR_RETURN(
      v1::Upstream updated,
      WriteValue<v1::Upstream>(store_, [&](WriteTransaction& transaction) {
        return UpdateIn(transaction, request, url_changes);
      }));
  if (!url_changes || request.keep_cache()) return updated;
  // Nothing of it is served any more since the change was written: the new URL
  // is another identity.
  v1::PurgeUpstreamCacheRequest purge;
  purge.set_upstream_id(updated.id());
  const absl::Status purged = caches_.PurgeUpstream(purge).status();
  if (purged.ok() || absl::IsNotFound(purged)) return updated;
  return Annotate(purged,
                  "the upstream is changed, but not all that was cached of its "
                  "old URL could be purged");
}

absl::StatusOr<v1::Upstream> UpstreamAdmin::UpdateIn(
    WriteTransaction& transaction, const v1::UpdateUpstreamRequest& request,
    bool& url_changes) {
  ASSIGN_OR_RETURN(const auto row,
                   Require(transaction, request.upstream().id()));
  RETURN_IF_ERROR(CheckEtag({"upstream", absl::StrCat(row.upstream().id())},
                            request.upstream().etag(), row.upstream().etag()));
  ASSIGN_OR_RETURN(const auto before, OpenUpstream(box_, row));
  ASSIGN_OR_RETURN(auto after, Updated(before, request));
  after.set_etag(NextEtag(before.etag(), clock_.Now()));
  RETURN_IF_ERROR(RequireUnlikeOthers(transaction, after));
  url_changes =
      NormalizedUpstreamUrl(before.url()) != NormalizedUpstreamUrl(after.url());
  // What was learnt of the upstream before is told by this time.
  *after.mutable_update_time() = ToWire(std::max(
      clock_.Now(), FromWire(before.update_time()) + absl::Nanoseconds(1)));
  const bool is_reached_otherwise = !IsReachedAlike(before, after);
  auto new_row = SealUpstream(box_, after);
  const stored::Secrets secrets_before = SecretsOf(before);
  RETURN_IF_ERROR(possession::Assign(transaction, SecretsOf(after),
                                     &secrets_before, &row, new_row));
  new_row.set_cache_epoch(row.cache_epoch());
  new_row.set_access_epoch(row.access_epoch());
  if (is_reached_otherwise) epochs::MoveAccessEpoch(new_row);
  tables::PutUpstream(transaction, new_row);
  return Shown(transaction, new_row);
}

absl::Status UpstreamAdmin::Delete(const v1::DeleteUpstreamRequest& request) {
  RETURN_IF_ERROR(store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const auto row,
                         tables::FindUpstream(transaction, request.id()));
        if (!row) return absl::OkStatus();
        RETURN_IF_ERROR(
            CheckEtag({"upstream", absl::StrCat(row->upstream().id())},
                      request.etag(), row->upstream().etag()));
        return RemoveUpstream(transaction, request.id());
      },
      Durability::kSynced));
  // Nothing has another id.
  if (request.id() > 0) sweeper_.Remove(request.id());
  return absl::OkStatus();
}

}  // namespace cvr
