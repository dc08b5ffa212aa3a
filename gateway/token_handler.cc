#include "gateway/token_handler.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gateway/authorization_field.h"
#include "gateway/form.h"
#include "gateway/http_error.h"
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
  std::string secret;
  if (request.is_read()) {
    ASSIGN_OR_RETURN(secret, SecretOfGet(request));
  } else if (request.method == "POST") {
    ASSIGN_OR_RETURN(secret, SecretOfPost(request));
  } else {
    return errors::Unsupported("the token endpoint takes GET and POST");
  }
  ASSIGN_OR_RETURN(const IssuedToken issued,
                   authenticator_.IssueToken(secret, client));
  return TokenReply(issued);
}

absl::StatusOr<std::string> TokenHandler::SecretOfGet(
    const HttpRequest& request) const {
  ASSIGN_OR_RETURN(const Form form, Form::Parse(QueryOf(request.target)));
  RETURN_IF_ERROR(CheckService(form.Get("service")));
  const ShownCredential shown =
      ParseAuthorization(request.fields.Get("Authorization"));
  if (shown.kind == ShownCredential::Kind::kNone) return std::string();
  if (shown.kind == ShownCredential::Kind::kSecret) return shown.value;
  return errors::Unauthenticated("the credentials are not good");
}

absl::StatusOr<std::string> TokenHandler::SecretOfPost(
    const HttpRequest& request) const {
  if (!absl::StartsWithIgnoreCase(
          request.fields.Get("Content-Type").value_or(""), kFormType)) {
    return errors::FieldInvalid("Content-Type",
                                absl::StrCat("is no ", kFormType));
  }
  ASSIGN_OR_RETURN(const Form form, Form::Parse(request.body));
  RETURN_IF_ERROR(CheckService(form.Get("service")));
  const absl::string_view grant = form.Get("grant_type");
  if (grant != "password" && grant != "refresh_token") {
    return errors::FieldInvalid("grant_type",
                                "must be password or refresh_token");
  }
  std::string secret(form.Get(grant));
  if (secret.empty()) {
    return errors::Unauthenticated("the credentials are not good");
  }
  return secret;
}

absl::Status TokenHandler::CheckService(absl::string_view service) const {
  if (service.empty() || service == authenticator_.service()) {
    return absl::OkStatus();
  }
  return errors::FieldInvalid("service", "is not known here");
}

}  // namespace cvr
