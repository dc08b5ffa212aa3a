#include "tools/cvr/commands/token_commands.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cvr/v1/access_token_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/resource_name.h"
#include "tools/cvr/client/text.h"
#include "tools/cvr/commands/token_view.h"

namespace cvr {
namespace {

using Stub = v1::AccessTokenService::Stub;
using v1::AccessToken;

constexpr std::pair<const char*, AccessToken::Scope> kScopes[] = {
    {"read", AccessToken::SCOPE_READ},
    {"manage", AccessToken::SCOPE_MANAGE},
    {"admin", AccessToken::SCOPE_ADMIN},
};

// With the secret by itself, where it is easily copied.
std::string CreatedText(const v1::CreateAccessTokenResponse& response) {
  return absl::StrCat(TokenFields(response.access_token()),
                      "\nAccess token (it is shown only once):\n\n  ",
                      response.secret(), "\n");
}

struct TokenCreateOptions {
  std::string name;
  std::optional<std::string> group;
  bool all_groups = false;
  std::vector<std::string> scopes;
  std::vector<int64_t> registry_ids;
  std::string expire_time = "never";
  std::string request_id;
};

// An administrator's token is for all groups, and can be for nothing less.
void SetAccess(const TokenCreateOptions& options, AccessToken& token) {
  const bool is_admin = std::find(options.scopes.begin(), options.scopes.end(),
                                  "admin") != options.scopes.end();
  if (options.group) {
    token.set_group(*options.group);
  } else if (options.all_groups || is_admin) {
    token.set_all_groups(true);
  } else {
    token.set_group(kDefaultGroup);
  }
}

absl::Status Create(Session& session, const TokenCreateOptions& options) {
  v1::CreateAccessTokenRequest request;
  request.set_request_id(options.request_id);
  AccessToken& token = *request.mutable_access_token();
  token.set_name(options.name);
  SetAccess(options, token);
  for (const std::string& word : options.scopes) {
    for (const auto& [name, scope] : kScopes) {
      if (word == name) token.add_scopes(scope);
    }
  }
  token.mutable_registry_ids()->Add(options.registry_ids.begin(),
                                    options.registry_ids.end());
  if (options.expire_time != "never") {
    ASSIGN_OR_RETURN(*token.mutable_expire_time(),
                     ParseTimeAfter(options.expire_time, absl::Now()));
  }
  ASSIGN_OR_RETURN(const v1::CreateAccessTokenResponse created,
                   session.server.Call(&Stub::CreateAccessToken, request));
  session.output.PrintNewSecret(created, CreatedText);
  return absl::OkStatus();
}

CLI::Validator ScopeName() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        for (const auto& [name, scope] : kScopes) {
          if (text == name) return "";
        }
        return absl::StrCat("'", text,
                            "' is not a valid scope (read, manage, admin)");
      },
      "");
}

void AddAccess(CLI::App& command, TokenCreateOptions& options) {
  CLI::Option* const group =
      command.add_option("--group", options.group,
                         "Group that the token can access (default: "
                         "\"default\"; with scope admin: all groups)");
  command
      .add_flag("--all-groups", options.all_groups,
                "Give access to all groups, also to those that are created "
                "later")
      ->excludes(group);
  AddIds(command, "--registry-id", options.registry_ids,
         "Limit the token to the registry with this ID. May be repeated")
      ->allow_extra_args(false);
}

void AddCreate(CommandGroup& tokens) {
  const auto options = std::make_shared<TokenCreateOptions>();
  CLI::App& command = tokens.Add(
      "create", "Create an access token; its secret is shown only once",
      [options](Session& session) { return Create(session, *options); });
  command
      .add_option("--name", options->name,
                  "Name, for example the user or purpose; unique in the group")
      ->required();
  command
      .add_option("--scope", options->scopes,
                  "Scope: read (pull and view), manage (change and view) or "
                  "admin (everything in all groups). May be repeated")
      ->allow_extra_args(false)
      ->check(ScopeName())
      ->type_name("SCOPE")
      ->required();
  AddAccess(command, *options);
  command
      .add_option("--expire-time", options->expire_time,
                  "Expiry: a duration from now (720h, 30d), a timestamp "
                  "(2027-01-01T00:00:00Z) or never")
      ->type_name("WHEN")
      ->capture_default_str();
  AddRequestId(command, options->request_id);
}

absl::StatusOr<AccessToken> Get(Session& session, int64_t id) {
  v1::GetAccessTokenRequest request;
  request.set_id(id);
  return session.server.Call(&Stub::GetAccessToken, request);
}

void AddGet(CommandGroup& tokens) {
  const auto id = std::make_shared<int64_t>(0);
  CLI::App& command =
      tokens.Add("get", "Show an access token, without its secret",
                 [id](Session& session) -> absl::Status {
                   ASSIGN_OR_RETURN(const AccessToken token, Get(session, *id));
                   session.output.PrintObject(token, TokenFields);
                   return absl::OkStatus();
                 });
  AddId(command, "ID", *id, "ID of the access token")->required();
}

void AddList(CommandGroup& tokens) {
  const auto request = std::make_shared<v1::ListAccessTokensRequest>();
  request->set_group(kAllGroups);
  CLI::App& command = tokens.Add(
      "list", "List access tokens, without their secrets",
      [request](Session& session) -> absl::Status {
        ASSIGN_OR_RETURN(
            const auto found,
            session.server.List(&Stub::ListAccessTokens,
                                &v1::ListAccessTokensResponse::access_tokens,
                                *request));
        session.output.PrintList(found, TokenTable);
        return absl::OkStatus();
      });
  command.add_option("--group", *request->mutable_group(),
                     "Only tokens of this group (default: all tokens)");
  command
      .add_option("--filter", *request->mutable_filter(),
                  "Only tokens that match: 'name = \"ci\"' (equal), 'name : "
                  "\"ci\"' (contains)")
      ->type_name("FILTER");
}

struct RevokeOptions {
  std::vector<int64_t> ids;
  bool allow_missing = true;
};

absl::Status Revoke(Session& session, const RevokeOptions& options) {
  for (const int64_t id : options.ids) {
    // Somebody may revoke it between the two calls; then both sentences are
    // true.
    const bool is_missing = absl::IsNotFound(Get(session, id).status());
    v1::RevokeAccessTokenRequest request;
    request.set_id(id);
    request.set_allow_missing(options.allow_missing);
    RETURN_IF_ERROR(
        session.server.Call(&Stub::RevokeAccessToken, request).status());
    session.output.PrintNote(
        is_missing ? absl::StrCat("there is no access token ", id,
                                  ": nothing to revoke")
                   : absl::StrCat("access token ", id, " revoked"));
  }
  return absl::OkStatus();
}

void AddRevoke(CommandGroup& tokens) {
  const auto options = std::make_shared<RevokeOptions>();
  CLI::App& command = tokens.Add(
      "revoke", "Revoke access tokens permanently",
      [options](Session& session) { return Revoke(session, *options); });
  AddIds(command, "ID", options->ids, "IDs of the access tokens")->required();
  AddAllowMissing(command, options->allow_missing);
}

std::string CallerText(const v1::GetCallerResponse& response) {
  return TokenFields(response.access_token());
}

}  // namespace

void AddTokenCommands(CLI::App& root, Action* chosen) {
  CommandGroup tokens(
      root, "token",
      "Manage access tokens for docker login, the APIs and this command",
      chosen);
  AddCreate(tokens);
  AddGet(tokens);
  AddList(tokens);
  AddRevoke(tokens);
  AddCommand(root, "whoami", "Show the access token that this command uses",
             chosen, [](Session& session) -> absl::Status {
               ASSIGN_OR_RETURN(const v1::GetCallerResponse caller,
                                session.server.Call(&Stub::GetCaller,
                                                    v1::GetCallerRequest()));
               session.output.PrintObject(caller, CallerText);
               return absl::OkStatus();
             });
}

}  // namespace cvr
