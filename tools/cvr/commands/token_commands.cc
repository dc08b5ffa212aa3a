#include "tools/cvr/commands/token_commands.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "cvr/v1/access_token_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"

namespace cvr {
namespace {

using Stub = v1::AccessTokenService::Stub;
using v1::AccessToken;

constexpr std::pair<const char*, AccessToken::Scope> kScopes[] = {
    {"read_virtual_registry", AccessToken::READ_VIRTUAL_REGISTRY},
    {"write_virtual_registry", AccessToken::WRITE_VIRTUAL_REGISTRY},
    {"admin", AccessToken::ADMIN},
};

std::string ScopesText(const AccessToken& token) {
  return absl::StrJoin(token.scopes(), ",", [](std::string* out, int scope) {
    absl::StrAppend(out, absl::AsciiStrToLower(AccessToken::Scope_Name(
                             static_cast<AccessToken::Scope>(scope))));
  });
}

std::string RegistriesText(const AccessToken& token) {
  return token.registry_ids().empty()
             ? "all"
             : absl::StrJoin(token.registry_ids(), ",");
}

std::string ExpiryText(const AccessToken& token) {
  return token.has_expire_time() ? TimeText(token.expire_time()) : "never";
}

std::string AsTable(const std::vector<AccessToken>& tokens) {
  TextTable table({{"ID", TextTable::Align::kRight},
                   {"NAME"},
                   {"GROUP"},
                   {"SCOPES"},
                   {"REGISTRIES"},
                   {"EXPIRES"},
                   {"LAST USED"},
                   {"CREATED"}});
  for (const AccessToken& token : tokens) {
    table.AddRow({absl::StrCat(token.id()), token.name(), token.group(),
                  ScopesText(token), RegistriesText(token), ExpiryText(token),
                  TimeText(token.last_used_time()),
                  TimeText(token.create_time())});
  }
  return table.ToString();
}

// With the secret by itself, where it is easily copied.
std::string AsFields(const v1::CreateAccessTokenResponse& created) {
  const AccessToken& token = created.access_token();
  FieldTable fields;
  fields.Add("id", absl::StrCat(token.id()));
  fields.Add("name", token.name());
  fields.Add("group", token.group());
  fields.Add("scopes", ScopesText(token));
  fields.Add("registries", RegistriesText(token));
  fields.Add("expires", ExpiryText(token));
  fields.Add("created", TimeText(token.create_time()));
  return absl::StrCat(fields.ToString(),
                      "\nAccess token (it is shown only once):\n\n  ",
                      created.secret(), "\n");
}

struct CreateOptions {
  AccessToken token;
  std::vector<std::string> scopes;
  std::vector<int64_t> registry_ids;
  std::string expires;
};

absl::Status Create(Session& session, const CreateOptions& options) {
  v1::CreateAccessTokenRequest request;
  AccessToken& token = *request.mutable_access_token();
  token = options.token;
  for (const std::string& word : options.scopes) {
    for (const auto& [name, scope] : kScopes) {
      if (word == name) token.add_scopes(scope);
    }
  }
  token.mutable_registry_ids()->Add(options.registry_ids.begin(),
                                    options.registry_ids.end());
  if (options.expires != "never") {
    ASSIGN_OR_RETURN(*token.mutable_expire_time(),
                     ParseTimeAfter(options.expires, absl::Now()));
  }
  ASSIGN_OR_RETURN(const auto created,
                   session.server.Call(&Stub::CreateAccessToken, request));
  session.output.PrintNewSecret(created, AsFields);
  return absl::OkStatus();
}

CLI::Validator ScopeName() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        for (const auto& [name, scope] : kScopes) {
          if (text == name) return "";
        }
        return absl::StrCat("'", text,
                            "' is not a valid scope (read_virtual_registry, "
                            "write_virtual_registry, admin)");
      },
      "");
}

void AddCreate(CommandGroup& tokens) {
  const auto options = std::make_shared<CreateOptions>();
  options->expires = "never";
  CLI::App& command = tokens.Add(
      "create", "Create an access token; its secret is shown only once",
      [options](Session& session) { return Create(session, *options); });
  command
      .add_option("--name", *options->token.mutable_name(),
                  "Name, for example the user or purpose")
      ->required();
  command
      .add_option("--scope", options->scopes,
                  "Scope: read_virtual_registry (pull and view), "
                  "write_virtual_registry (manage) or admin (everything). May "
                  "be repeated")
      ->allow_extra_args(false)
      ->check(ScopeName())
      ->type_name("SCOPE")
      ->required();
  command.add_option("--group", *options->token.mutable_group(),
                     "Group that the token can access (default: \"default\"; "
                     "with scope admin: all groups)");
  AddIds(command, "--registry", options->registry_ids,
         "Limit the token to the registry with this ID. May be repeated")
      ->allow_extra_args(false);
  command
      .add_option("--expires", options->expires,
                  "Expiry: a duration from now (720h, 30d), a timestamp "
                  "(2027-01-01T00:00:00Z) or never")
      ->type_name("WHEN")
      ->capture_default_str();
}

void AddList(CommandGroup& tokens) {
  const auto request = std::make_shared<v1::ListAccessTokensRequest>();
  CLI::App& command = tokens.Add(
      "list", "List access tokens, without their secrets",
      [request](Session& session) -> absl::Status {
        ASSIGN_OR_RETURN(
            const auto found,
            session.server.List(&Stub::ListAccessTokens,
                                &v1::ListAccessTokensResponse::access_tokens,
                                *request));
        session.output.PrintList(found, AsTable);
        return absl::OkStatus();
      });
  command.add_option("--group", *request->mutable_group(),
                     "Only tokens of this group");
}

bool HasId(const std::vector<v1::AccessToken>& tokens, int64_t id) {
  return std::any_of(
      tokens.begin(), tokens.end(),
      [id](const v1::AccessToken& token) { return token.id() == id; });
}

void AddRevoke(CommandGroup& tokens) {
  const auto ids = std::make_shared<std::vector<int64_t>>();
  CLI::App& command = tokens.Add(
      "revoke", "Revoke access tokens permanently",
      [ids](Session& session) -> absl::Status {
        const auto known =
            session.server.List(&Stub::ListAccessTokens,
                                &v1::ListAccessTokensResponse::access_tokens,
                                v1::ListAccessTokensRequest());
        for (const int64_t id : *ids) {
          v1::RevokeAccessTokenRequest request;
          request.set_id(id);
          RETURN_IF_ERROR(
              session.server.Call(&Stub::RevokeAccessToken, request).status());
          // Who may revoke but not list is told by the revocation alone.
          const bool is_missing = known.ok() && !HasId(*known, id);
          session.output.PrintNote(
              is_missing ? absl::StrCat("there is no access token ", id,
                                        ": nothing to revoke")
                         : absl::StrCat("access token ", id, " revoked"));
        }
        return absl::OkStatus();
      });
  AddIds(command, "ID", *ids, "IDs of the access tokens")->required();
}

}  // namespace

void AddTokenCommands(CLI::App& root, Action* chosen) {
  CommandGroup tokens(
      root, "token",
      "Manage access tokens for docker login, the APIs and this command",
      chosen);
  AddCreate(tokens);
  AddList(tokens);
  AddRevoke(tokens);
}

}  // namespace cvr
