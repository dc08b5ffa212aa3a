#include "services/upstream/token_client.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/upstream/answer_status.h"

namespace cvr {
namespace {

// What the specification assumes when the answer does not say.
constexpr double kLifetimeSecondsDefault = 60;
// Nobody's clock and nobody's revocation is worth more than this.
constexpr double kLifetimeSecondsMax = 24 * 60 * 60;
constexpr double kUsedPartOfLifetime = 0.8;

// Shows the credentials to the realm itself, and to no redirect elsewhere.
class RealmGuard : public HopGuard {
 public:
  explicit RealmGuard(const TokenRequest& request) : request_(request) {}

  std::string AuthorizationFor(const Url& url) override {
    return url.SameOrigin(request_.realm) ? request_.authorization : "";
  }
  absl::StatusOr<std::optional<std::string>> OnChallenge(
      const Url&, const HttpHead&) override {
    return std::nullopt;
  }
  TlsAccess TlsFor(const Url& url) override { return request_.tls_for(url); }

 private:
  const TokenRequest& request_;
};

class TokenReceiver : public HopReceiver {
 public:
  absl::Status OnHead(const Url& url, const HttpHead&) override {
    host_ = url.host_and_port();
    return absl::OkStatus();
  }
  absl::Status OnBytes(absl::string_view bytes) override {
    if (bytes_.size() + bytes.size() > limits::kTokenAnswerBytesMax) {
      return errors::UpstreamInvalid(host_, "a huge token answer");
    }
    absl::StrAppend(&bytes_, bytes);
    return absl::OkStatus();
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string host_;
  std::string bytes_;
};

Url TokenUrl(const TokenRequest& request) {
  Url url = request.realm;
  if (!request.service.empty()) {
    url = url.WithParameter("service", request.service);
  }
  for (const absl::string_view scope :
       absl::StrSplit(request.scope, ' ', absl::SkipEmpty())) {
    url = url.WithParameter("scope", scope);
  }
  return url;
}

// What would break the header that it is put in is no token.
std::string TokenIn(const nlohmann::json& answer) {
  for (const char* const name : {"token", "access_token"}) {
    const auto member = answer.find(name);
    if (member == answer.end() || !member->is_string()) continue;
    const auto& token = member->get_ref<const std::string&>();
    const bool is_clean =
        std::all_of(token.begin(), token.end(), absl::ascii_isgraph);
    if (!token.empty() && is_clean) return token;
  }
  return "";
}

absl::Duration LifetimeIn(const nlohmann::json& answer) {
  const auto member = answer.find("expires_in");
  const bool is_said = member != answer.end() && member->is_number();
  const double seconds =
      is_said ? member->get<double>() : kLifetimeSecondsDefault;
  return absl::Seconds(std::clamp(seconds, 0.0, kLifetimeSecondsMax));
}

}  // namespace

std::string BasicAuthorization(const UpstreamAccess& access) {
  if (access.username.empty() && access.password.empty()) return "";
  return absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(
                                    access.username, ":", access.password)));
}

absl::StatusOr<Authorization> TokenClient::Fetch(const TokenRequest& request) {
  RealmGuard guard(request);
  TokenReceiver receiver;
  const absl::Time asked = clock_->Now();
  ASSIGN_OR_RETURN(
      const HopAnswer answer,
      hops_->Run({HttpCall::Method::kGet, TokenUrl(request)}, guard, receiver));
  if (answer.head.status != 200) {
    return Annotate(AnswerStatus(answer.url, answer.head, clock_->Now()),
                    "asking for a token");
  }
  const nlohmann::json body = nlohmann::json::parse(receiver.bytes(), nullptr,
                                                    /*allow_exceptions=*/false);
  const std::string token = body.is_object() ? TokenIn(body) : "";
  if (token.empty()) {
    return errors::UpstreamInvalid(answer.url.host_and_port(),
                                   "a token answer without a token");
  }
  return Authorization{absl::StrCat("Bearer ", token),
                       asked + LifetimeIn(body) * kUsedPartOfLifetime};
}

}  // namespace cvr
