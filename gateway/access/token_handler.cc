#include "gateway/access/token_handler.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "gateway/access/token_scope.h"
#include "gateway/message/authorization_field.h"
#include "gateway/message/form.h"
#include "gateway/registry/http_error.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

constexpr char kFormType[] = "application/x-www-form-urlencoded";

absl::string_view QueryOf(absl::string_view target) {
  const size_t mark = target.find('?');
  return mark == target.npos ? "" : target.substr(mark + 1);
}

HttpReply TokenReply(const IssuedToken& issued) {
  const nlohmann::json body = {
      {"token", issued.token},
      {"access_token", issued.token},
      {"token_type", "Bearer"},
      {"expires_in", absl::ToInt64Seconds(issued.lifetime)},
      {"scope", absl::StrJoin(issued.access, " ",
                              [](std::string* out, const TokenAccess& access) {
                                out->append(ScopeFor(access));
                              })},
      {"issued_at", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", issued.issued_at,
                                     absl::UTCTimeZone())},
  };
  HttpReply reply;
  reply.fields.Add("Content-Type", "application/json");
  reply.body = body.dump();
  return reply;
}

}  // namespace

HttpReply TokenHandler::Handle(const HttpRequest& request,
                               absl::string_view client) {
  auto answer = Answer(request, client);
  HttpReply reply =
      answer.ok() ? *std::move(answer) : AccessErrorReply(answer.status());
  reply.fields.Add("Cache-Control", "no-store");
  if (reply.status == 401) {
    reply.fields.Add(
        "WWW-Authenticate",
        absl::StrCat("Basic realm=\"", authenticator_.service(), "\""));
  }
  return reply;
}

absl::StatusOr<HttpReply> TokenHandler::Answer(const HttpRequest& request,
                                               absl::string_view client) {
  ASSIGN_OR_RETURN(const Form form, FormOf(request));
  RETURN_IF_ERROR(CheckService(form.Get("service")));
  ASSIGN_OR_RETURN(const std::string secret, SecretOf(request, form));
  ASSIGN_OR_RETURN(const auto wanted, ParseScopes(form, routes_));
  ASSIGN_OR_RETURN(const IssuedToken issued,
                   authenticator_.IssueToken(secret, client, wanted));
  return TokenReply(issued);
}

absl::StatusOr<Form> TokenHandler::FormOf(const HttpRequest& request) {
  if (request.is_read()) return Form::Parse(QueryOf(request.target));
  if (request.method != "POST") {
    return errors::Unsupported(
        "method not allowed: the token endpoint supports GET and POST");
  }
  if (!absl::StartsWithIgnoreCase(
          request.fields.Get("Content-Type").value_or(""), kFormType)) {
    return errors::FieldInvalid("Content-Type",
                                absl::StrCat("must be ", kFormType));
  }
  return Form::Parse(request.body);
}

absl::StatusOr<std::string> TokenHandler::SecretOf(const HttpRequest& request,
                                                   const Form& form) {
  if (request.is_read()) {
    const ShownCredential shown =
        ParseAuthorization(request.fields.Get("Authorization"));
    if (shown.kind == ShownCredential::Kind::kNone) return std::string();
    if (shown.kind == ShownCredential::Kind::kSecret) return shown.value;
    return errors::Unauthenticated(
        "invalid credentials: use an access token as the password");
  }
  const absl::string_view grant = form.Get("grant_type");
  if (grant != "password" && grant != "refresh_token") {
    return errors::FieldInvalid("grant_type",
                                "must be password or refresh_token");
  }
  std::string secret(form.Get(grant));
  if (secret.empty()) {
    return errors::Unauthenticated(
        "invalid credentials: use an access token as the password");
  }
  return secret;
}

absl::Status TokenHandler::CheckService(absl::string_view service) const {
  if (service.empty() || service == authenticator_.service()) {
    return absl::OkStatus();
  }
  return errors::FieldInvalid("service",
                              "does not match the service name of this server");
}

}  // namespace cvr
