#include "services/metadata/admin/access_token_admin.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "services/access/caller_claims.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/metadata/admin/sorted_page.h"
#include "services/metadata/conversion/access_token_conversion.h"
#include "services/metadata/resources/filter.h"
#include "services/metadata/resources/page_token.h"
#include "services/metadata/resources/update_mask.h"
#include "services/metadata/resources/validation.h"
#include "services/metadata/secrets/token_secret.h"
#include "services/metadata/store/key_encoding.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/tables/token_tables.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

// Last uses are written that often: whole pulls use a token within seconds.
constexpr absl::Duration kUseResolution = absl::Minutes(1);

using Token = stored::AccessTokenResource;

bool HasScope(const Token& token, Token::Scope scope) {
  return absl::c_linear_search(token.scopes(), scope);
}

Caller CallerOf(const Token& token) {
  Caller caller;
  caller.token_id = token.id();
  caller.token_name = token.name();
  caller.may_pull = HasScope(token, Token::SCOPE_READ_VIRTUAL_REGISTRY);
  caller.may_manage = HasScope(token, Token::SCOPE_WRITE_VIRTUAL_REGISTRY);
  caller.is_admin = HasScope(token, Token::SCOPE_ADMIN);
  caller.group = token.group();
  caller.all_groups = token.group().empty();
  caller.registry_ids.assign(token.registry_ids().begin(),
                             token.registry_ids().end());
  return caller;
}

std::string ScopeOf(const v1::ListAccessTokensRequest& request) {
  return KeyBuilder()
      .String("access_tokens")
      .String(request.group())
      .Rest(request.filter())
      .Build();
}

// That no token after `start_after`, an id, has the name where `token` would
// have it; moves `start_after` past those that were looked at. Tokens of
// earlier revisions may share a name.
absl::Status RequireFreeName(const ReadTransaction& transaction,
                             const v1::AccessToken& token,
                             int64_t& start_after) {
  return tables::VisitAccessTokens(
      transaction, start_after,
      [&](const stored::AccessToken& row) -> absl::StatusOr<bool> {
        const Token& other = row.access_token();
        start_after = other.id();
        if (other.name() != token.name() || other.group() != token.group()) {
          return true;
        }
        return errors::Exists(
            {"access_token", absl::StrCat(other.id())},
            absl::StrCat("access token ", other.id(), " is already named '",
                         other.name(), "'"));
      });
}

}  // namespace

absl::StatusOr<v1::CreateAccessTokenResponse> AccessTokenAdmin::Create(
    const v1::CreateAccessTokenRequest& request) {
  v1::AccessToken token = request.access_token();
  // Clients of before may send a secret there.
  token.DiscardUnknownFields();
  ClearOutputOnly(token);
  RETURN_IF_ERROR(Validate(token));
  if (HasExpired(ToStored(token))) {
    return errors::FieldInvalid("expire_time", "must be in the future");
  }
  *token.mutable_create_time() = ToWire(clock_.Now());
  const std::string secret = MakeTokenSecret();
  // All of them in a snapshot, so that nobody waits; then those made since.
  int64_t seen = 0;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    return RequireFreeName(transaction, token, seen);
  }));
  return WriteValue<v1::CreateAccessTokenResponse>(
      store_,
      [&](WriteTransaction& transaction)
          -> absl::StatusOr<v1::CreateAccessTokenResponse> {
        RETURN_IF_ERROR(CheckReferences(transaction, token));
        RETURN_IF_ERROR(RequireFreeName(transaction, token, seen));
        ASSIGN_OR_RETURN(const int64_t id,
                         tables::NextId(transaction, tables::kAccessTokenIds));
        token.set_id(id);
        stored::AccessToken row;
        *row.mutable_access_token() = ToStored(token);
        row.set_secret_hash(HashTokenSecret(secret));
        tables::PutAccessToken(transaction, row);
        v1::CreateAccessTokenResponse response;
        *response.mutable_access_token() = token;
        response.set_secret(secret);
        return response;
      });
}

absl::Status AccessTokenAdmin::CheckReferences(
    const ReadTransaction& transaction, const v1::AccessToken& token) const {
  if (token.all_groups()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto group,
                   tables::FindGroup(transaction, token.group()));
  if (!group) return errors::NoSuch("group", token.group());
  for (const int64_t id : token.registry_ids()) {
    ASSIGN_OR_RETURN(const auto registry,
                     tables::FindRegistry(transaction, id));
    if (!registry || registry->group() != token.group()) {
      return errors::NoSuch("registry", absl::StrCat(id));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::AccessToken> AccessTokenAdmin::Get(
    const v1::GetAccessTokenRequest& request) const {
  ASSIGN_OR_RETURN(const auto row,
                   ReadValue<std::optional<stored::AccessToken>>(
                       store_, [&](const ReadTransaction& transaction) {
                         return tables::FindAccessToken(transaction,
                                                        request.id());
                       }));
  if (!row) return errors::NoSuch("access token", absl::StrCat(request.id()));
  return ToApi(row->access_token());
}

absl::StatusOr<v1::GetCallerResponse> AccessTokenAdmin::GetCaller(
    const v1::GetCallerRequest& /*request*/, const Caller& caller) const {
  v1::GetAccessTokenRequest get;
  get.set_id(caller.token_id);
  auto token = Get(get);
  // Revoked since the call came in.
  if (absl::IsNotFound(token.status())) return errors::Unauthenticated();
  if (!token.ok()) return token.status();
  v1::GetCallerResponse response;
  *response.mutable_access_token() = *std::move(token);
  return response;
}

absl::StatusOr<v1::ListAccessTokensResponse> AccessTokenAdmin::List(
    const v1::ListAccessTokensRequest& request) const {
  RETURN_IF_ERROR(RequireGroupOfList(request.group()));
  ASSIGN_OR_RETURN(const Filter filter,
                   Filter::Parse(request.filter(),
                                 *v1::AccessToken::descriptor(), {"name"}));
  const std::string scope = ScopeOf(request);
  ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const int64_t start_after,
                   ParseIdPageToken(scope, request.page_token()));
  v1::ListAccessTokensResponse response;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    return tables::VisitAccessTokens(
        transaction, start_after,
        [&](const stored::AccessToken& row) -> absl::StatusOr<bool> {
          v1::AccessToken token = ToApi(row.access_token());
          if (!IsAskedFor(request.group(), token.group()) ||
              !filter.Matches(token)) {
            return true;
          }
          if (response.access_tokens_size() == page_size) {
            response.set_next_page_token(MakePageToken(
                scope, response.access_tokens(page_size - 1).id()));
            return false;
          }
          *response.add_access_tokens() = std::move(token);
          return true;
        });
  }));
  return response;
}

absl::StatusOr<v1::RevokeAccessTokenResponse> AccessTokenAdmin::Revoke(
    const v1::RevokeAccessTokenRequest& request) {
  return WriteValue<v1::RevokeAccessTokenResponse>(
      store_,
      [&](WriteTransaction& transaction)
          -> absl::StatusOr<v1::RevokeAccessTokenResponse> {
        ASSIGN_OR_RETURN(const auto row,
                         tables::FindAccessToken(transaction, request.id()));
        if (row) {
          RETURN_IF_ERROR(ForgetOldRevocations(transaction));
          RevokeIn(transaction, *row);
        } else if (!request.allow_missing()) {
          return errors::NoSuch("access token", absl::StrCat(request.id()));
        }
        return v1::RevokeAccessTokenResponse();
      });
}

absl::StatusOr<bool> AccessTokenAdmin::RevokeSomeOfGroupIn(
    WriteTransaction& transaction, absl::string_view group,
    int64_t& start_after) {
  int left = limits::kRowsPerTransaction / 4;
  std::vector<stored::AccessToken> rows;
  RETURN_IF_ERROR(tables::VisitAccessTokens(
      transaction, start_after,
      [&](const stored::AccessToken& row) -> absl::StatusOr<bool> {
        start_after = row.access_token().id();
        if (row.access_token().group() == group) rows.push_back(row);
        return --left > 0;
      }));
  if (!rows.empty()) RETURN_IF_ERROR(ForgetOldRevocations(transaction));
  for (const auto& row : rows) RevokeIn(transaction, row);
  return left <= 0;
}

absl::Status AccessTokenAdmin::ForgetRegistry(int64_t registry_id) {
  std::vector<int64_t> naming;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    return tables::VisitAccessTokens(
        transaction, 0,
        [&](const stored::AccessToken& row) -> absl::StatusOr<bool> {
          const Token& token = row.access_token();
          if (absl::c_linear_search(token.registry_ids(), registry_id)) {
            naming.push_back(token.id());
          }
          return true;
        });
  }));
  constexpr size_t kTokensPerTransaction = limits::kRowsPerTransaction / 8;
  for (size_t next = 0; next < naming.size();) {
    const size_t end = std::min(naming.size(), next + kTokensPerTransaction);
    RETURN_IF_ERROR(store_.Write(
        [&](WriteTransaction& transaction) -> absl::Status {
          RETURN_IF_ERROR(ForgetOldRevocations(transaction));
          for (; next < end; ++next) {
            RETURN_IF_ERROR(
                ForgetRegistryIn(transaction, registry_id, naming[next]));
          }
          return absl::OkStatus();
        },
        Durability::kSynced));
  }
  return absl::OkStatus();
}

absl::Status AccessTokenAdmin::ForgetRegistryIn(WriteTransaction& transaction,
                                                int64_t registry_id,
                                                int64_t token_id) const {
  ASSIGN_OR_RETURN(auto row, tables::FindAccessToken(transaction, token_id));
  if (!row) return absl::OkStatus();
  auto& ids = *row->mutable_access_token()->mutable_registry_ids();
  ids.erase(std::remove(ids.begin(), ids.end(), registry_id), ids.end());
  if (ids.empty()) {
    spdlog::info(
        "access token {} revoked: registry {} was deleted, and the token was "
        "restricted to it",
        token_id, registry_id);
    RevokeIn(transaction, *row);
    return absl::OkStatus();
  }
  tables::PutAccessToken(transaction, *row);
  return absl::OkStatus();
}

// In the transaction that deletes the token: no crash leaves one of the two.
void AccessTokenAdmin::RevokeIn(WriteTransaction& transaction,
                                const stored::AccessToken& row) const {
  tables::DeleteAccessToken(transaction, row);
  stored::Revocation revocation;
  // Gateways take what was issued for so much longer, by clocks that may be so
  // much late.
  *revocation.mutable_until() =
      ToWire(std::max(clock_.Now(), clock_.SteadyNow()) + issued_lifetime_ +
             2 * kClockSkewMax);
  tables::PutRevocation(transaction, row.access_token().id(), revocation);
}

// What was issued is verified by wall clocks, which somebody may set forth and
// back: a revocation is over when it is by that and by the steady clock.
absl::Time AccessTokenAdmin::RevocationsNow() const {
  return std::min(clock_.Now(), clock_.SteadyNow());
}

// So that they do not pile up.
absl::Status AccessTokenAdmin::ForgetOldRevocations(
    WriteTransaction& transaction) const {
  const absl::Time now = RevocationsNow();
  int left = limits::kRowsPerTransaction / 4;
  std::vector<int64_t> old;
  RETURN_IF_ERROR(tables::VisitRevocations(
      transaction,
      [&](int64_t id, const stored::Revocation& one) -> absl::StatusOr<bool> {
        if (FromWire(one.until()) <= now) old.push_back(id);
        return --left > 0;
      }));
  for (const int64_t id : old) tables::DeleteRevocation(transaction, id);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> AccessTokenAdmin::Revoked() const {
  const absl::Time now = RevocationsNow();
  std::vector<int64_t> ids;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    return tables::VisitRevocations(
        transaction,
        [&](int64_t id, const stored::Revocation& one) -> absl::StatusOr<bool> {
          if (FromWire(one.until()) > now) ids.push_back(id);
          return true;
        });
  }));
  return ids;
}

absl::StatusOr<Caller> AccessTokenAdmin::Authenticate(
    absl::string_view secret) {
  ASSIGN_OR_RETURN(auto owner, FindOwner(secret));
  owner.caller.expires_at = owner.expires_at;
  return std::move(owner.caller);
}

absl::StatusOr<AccessTokenAdmin::Owner> AccessTokenAdmin::FindOwner(
    absl::string_view secret) {
  const absl::Status refused = errors::Unauthenticated(
      "invalid access token: unknown, revoked or expired");
  if (!IsTokenSecret(secret)) return refused;
  const std::string hash = HashTokenSecret(secret);
  ASSIGN_OR_RETURN(const auto row,
                   ReadValue<std::optional<stored::AccessToken>>(
                       store_, [&](const ReadTransaction& transaction) {
                         return tables::FindAccessTokenByHash(transaction,
                                                              hash);
                       }));
  if (!row || HasExpired(row->access_token())) return refused;
  const Token& token = row->access_token();
  NoteUse(token);
  return Owner{CallerOf(token), token.has_expire_time()
                                    ? FromWire(token.expire_time())
                                    : absl::InfiniteFuture()};
}

absl::StatusOr<bool> AccessTokenAdmin::IsGood(int64_t id) const {
  ASSIGN_OR_RETURN(const auto row,
                   ReadValue<std::optional<stored::AccessToken>>(
                       store_, [&](const ReadTransaction& transaction) {
                         return tables::FindAccessToken(transaction, id);
                       }));
  return row && !HasExpired(row->access_token());
}

absl::StatusOr<bool> AccessTokenAdmin::HasAny() const {
  return ReadValue<bool>(store_, [](const ReadTransaction& transaction) {
    return tables::IsUsed(transaction, tables::kAccessTokenIds);
  });
}

bool AccessTokenAdmin::HasExpired(const Token& token) const {
  return token.has_expire_time() &&
         FromWire(token.expire_time()) <= clock_.Now();
}

// Costs a write a minute at most; one that fails costs nothing else.
void AccessTokenAdmin::NoteUse(const Token& token) {
  const absl::Time now = clock_.Now();
  if (token.has_last_used_time() &&
      FromWire(token.last_used_time()) + kUseResolution > now) {
    return;
  }
  const absl::Status noted = store_.Write(
      [&](WriteTransaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(auto row,
                         tables::FindAccessToken(transaction, token.id()));
        if (!row) return absl::OkStatus();
        *row->mutable_access_token()->mutable_last_used_time() = ToWire(now);
        tables::PutAccessToken(transaction, *row);
        return absl::OkStatus();
      },
      Durability::kBuffered);
  if (!noted.ok())
    spdlog::warn("cannot update the last-used time of an access token: {}",
                 noted.ToString());
}

}  // namespace cvr
