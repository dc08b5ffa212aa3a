#include "services/upstream/http/hop_runner.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"

namespace cvr {
namespace {

// Bodies of redirects and refusals are read up to here, so that the connection
// can be used again; a longer one is not worth it.
constexpr size_t kUnusedBytesMax = 64 * 1024;

bool IsSuccess(int status) { return status >= 200 && status < 300; }

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 ||
         status == 308;
}

// Keeps the head and passes on what belongs to a success.
class HopTap : public HttpReceiver {
 public:
  HopTap(const Url& url, HopReceiver& receiver)
      : url_(url), receiver_(receiver) {}

  absl::Status OnHead(const HttpHead& head) override {
    head_ = head;
    return IsSuccess(head.status) ? receiver_.OnHead(url_, head)
                                  : absl::OkStatus();
  }

  absl::Status OnBytes(absl::string_view bytes) override {
    if (IsSuccess(head_->status)) return receiver_.OnBytes(bytes);
    unused_bytes_ += bytes.size();
    if (unused_bytes_ <= kUnusedBytesMax) return absl::OkStatus();
    return absl::CancelledError("response body discarded");
  }

  // The head, once there was one; else or when a success broke off, `status`.
  absl::StatusOr<HttpHead> Outcome(const absl::Status& status) const {
    if (!head_ || (IsSuccess(head_->status) && !status.ok())) return status;
    return *head_;
  }

 private:
  const Url& url_;
  HopReceiver& receiver_;
  std::optional<HttpHead> head_;
  size_t unused_bytes_ = 0;
};

absl::StatusOr<Url> RedirectTarget(const HopRequest& request,
                                   const HttpHead& head) {
  const std::string host = request.url.host_and_port();
  const absl::StatusOr<Url> target =
      request.url.Resolve(head.fields.First("Location"));
  if (!target.ok()) {
    return errors::UpstreamInvalid(
        host, "redirect with a missing or invalid Location header");
  }
  if (request.url.is_https() && !target->is_https() && !request.is_verified) {
    return errors::UpstreamInvalid(
        host, absl::StrCat("insecure redirect from https to http (",
                           target->host_and_port(), ") refused"));
  }
  return target;
}

}  // namespace

absl::StatusOr<HopAnswer> HopRunner::Run(HopRequest request, HopGuard& guard,
                                         HopReceiver& receiver) {
  for (int redirects = 0; redirects <= limits::kRedirectsMax; ++redirects) {
    ASSIGN_OR_RETURN(HttpHead head, RunHop(request, guard, receiver));
    if (!IsRedirect(head.status)) {
      return HopAnswer{request.url, std::move(head)};
    }
    ASSIGN_OR_RETURN(request.url, RedirectTarget(request, head));
  }
  return errors::UpstreamInvalid(request.url.host_and_port(),
                                 "too many redirects");
}

absl::StatusOr<HttpHead> HopRunner::RunHop(const HopRequest& request,
                                           HopGuard& guard,
                                           HopReceiver& receiver) {
  ASSIGN_OR_RETURN(
      HttpHead head,
      Ask(request, guard.AuthorizationFor(request.url), guard, receiver));
  if ((head.status == 401 || head.status == 403) &&
      guard.ForgetRejected(request.url, head)) {
    ASSIGN_OR_RETURN(head, Ask(request, "", guard, receiver));
  }
  if (head.status != 401) return head;
  ASSIGN_OR_RETURN(const std::optional<std::string> authorization,
                   guard.OnChallenge(request.url, head));
  if (!authorization) return head;
  return Ask(request, *authorization, guard, receiver);
}

absl::StatusOr<HttpHead> HopRunner::Ask(const HopRequest& request,
                                        const std::string& authorization,
                                        HopGuard& guard,
                                        HopReceiver& receiver) {
  HttpCall hop = {request.method, request.url,
                  request.fields, guard.TlsFor(request.url),
                  request.cancel, request.timeout};
  hop.fields.Add("Accept-Encoding", "identity");
  if (!authorization.empty()) hop.fields.Add("Authorization", authorization);
  HopTap tap(request.url, receiver);
  return tap.Outcome(transport_->Perform(hop, tap));
}

}  // namespace cvr
