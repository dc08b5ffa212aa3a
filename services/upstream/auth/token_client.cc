#include "services/upstream/auth/token_client.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/errors.h"
#include "services/common/json_reader.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/policy/transfer_limits.h"
#include "services/upstream/http/answer_status.h"

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
      return errors::UpstreamInvalid(
          host_, "the response of the token service is too large");
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
bool IsToken(absl::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), absl::ascii_isgraph);
}

// Keeps what an answer says at its top. A tree of it could cost a hundred times
// its size.
class AnswerReader final : public JsonReader {
 public:
  // Empty when there is none.
  std::string token() const {
    if (!is_object_) return "";
    return token_.empty() ? access_token_ : token_;
  }
  absl::Duration lifetime() const {
    return absl::Seconds(
        std::clamp(lifetime_seconds_, 0.0, kLifetimeSecondsMax));
  }

  bool start_object(size_t) override {
    if (depth_ == 0) is_object_ = true;
    ++depth_;
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(size_t) override {
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1) key_ = name;
    return true;
  }
  bool string(string_t& value) override {
    if (depth_ != 1 || !IsToken(value)) return true;
    if (key_ == "token") token_ = value;
    if (key_ == "access_token") access_token_ = value;
    return true;
  }
  bool number_integer(number_integer_t value) override {
    return OnNumber(static_cast<double>(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return OnNumber(static_cast<double>(value));
  }
  bool number_float(number_float_t value, const string_t&) override {
    return OnNumber(value);
  }

 private:
  bool OnNumber(double value) {
    if (depth_ == 1 && key_ == "expires_in") lifetime_seconds_ = value;
    return true;
  }

  int depth_ = 0;
  bool is_object_ = false;
  std::string key_;  // The last one at the top.
  std::string token_;
  std::string access_token_;
  double lifetime_seconds_ = kLifetimeSecondsDefault;
};

}  // namespace

std::string BasicAuthorization(const UpstreamAccess& access) {
  if (access.username.empty() && access.password.empty()) return "";
  return absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(
                                    access.username, ":", access.password)));
}

absl::StatusOr<Authorization> TokenClient::Fetch(const TokenRequest& request) {
  RealmGuard guard(request);
  TokenReceiver receiver;
  const absl::Time asked = clock_->SteadyNow();
  HopRequest ask = {HttpCall::Method::kGet, TokenUrl(request)};
  ask.cancel = request.cancel;
  ask.timeout = absl::Seconds(limits::kDocumentSecondsMax);
  ASSIGN_OR_RETURN(const HopAnswer answer,
                   hops_->Run(std::move(ask), guard, receiver));
  if (answer.head.status != 200) {
    return Annotate(AnswerStatus(answer.url, answer.head, clock_->Now()),
                    "token request");
  }
  AnswerReader body;
  const bool is_json = ReadJson(receiver.bytes(), body);
  const std::string token = is_json ? body.token() : "";
  if (token.empty()) {
    return errors::UpstreamInvalid(
        answer.url.host_and_port(),
        "the response of the token service has no token");
  }
  return Authorization{
      absl::StrCat("Bearer ", token),
      asked + body.lifetime() * kUsedPartOfLifetime,
      !request.authorization.empty() && !answer.url.SameOrigin(request.realm)};
}

}  // namespace cvr
