#include "services/upstream/upstream_prober.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/upstream/build_upstream_client.h"
#include "services/upstream/http/answer_observer.h"
#include "services/upstream/http/curl/connection_probe.h"
#include "services/upstream/http/endpoint.h"

namespace cvr {
namespace {

using Outcome = ProbeReport::Outcome;
using Kind = ProbeReport::Step::Kind;

constexpr absl::Duration kWaitMax = absl::Seconds(10);

class StatusKeeper : public AnswerObserver {
 public:
  void OnAnswer(int64_t /*upstream_id*/, const HttpHead& head) override {
    status_ = head.status;
  }
  int status() const { return status_; }

 private:
  std::atomic<int> status_ = 0;
};

Outcome OutcomeOf(ConnectionTrace::Failure failure) {
  switch (failure) {
    case ConnectionTrace::Failure::kAddressForbidden:
      return Outcome::kAddressForbidden;
    case ConnectionTrace::Failure::kDns:
      return Outcome::kDnsFailed;
    case ConnectionTrace::Failure::kTls:
      return Outcome::kTlsFailed;
    case ConnectionTrace::Failure::kTimeout:
      return Outcome::kTimedOut;
    case ConnectionTrace::Failure::kNone:
    case ConnectionTrace::Failure::kConnect:
      return Outcome::kConnectFailed;
  }
  return Outcome::kConnectFailed;
}

// `http_status` is the upstream's last answer that was no challenge; 0 = there
// was none. Who failed without one, and is not the upstream, is its token
// service or a host that it sends us to.
Outcome OutcomeOf(const absl::Status& status, int http_status, bool by_upstream,
                  bool in_time) {
  if (status.ok()) return Outcome::kReachable;
  switch (ReasonOf(status)) {
    case Reason::kDenied:
      return Outcome::kAddressForbidden;
    case Reason::kUpstreamRefused:
      return Outcome::kRefused;
    case Reason::kUpstreamRateLimited:
      return Outcome::kRateLimited;
    case Reason::kManifestUnknown:
      // Registries challenge for what they do not have, too. Without an answer,
      // the token service has refused an anonymous caller.
      return http_status != 0 ? Outcome::kReachable : Outcome::kRefused;
    default:
      if (http_status == 0 && !by_upstream) return Outcome::kTokenFailed;
      return in_time ? Outcome::kBadAnswer : Outcome::kTimedOut;
  }
}

const char* AdviceFor(Outcome outcome, bool has_credentials) {
  switch (outcome) {
    case Outcome::kReachable:
      return "the upstream works";
    case Outcome::kAddressForbidden:
      return "the upstream, or a host that it redirects to, has a private or "
             "reserved IP address, which is blocked; for private addresses set "
             "--allow_private_upstreams";
    case Outcome::kDnsFailed:
      return "DNS lookup failed; check the host name in the URL and the DNS "
             "servers";
    case Outcome::kConnectFailed:
      return "connection failed; check the host and port in the URL and the "
             "firewalls";
    case Outcome::kTlsFailed:
      return "TLS handshake failed; check the server certificate and the CA "
             "bundle of the upstream";
    case Outcome::kTokenFailed:
      return "the token service of the upstream, or a host that it redirects "
             "to, is unreachable";
    case Outcome::kRefused:
      return has_credentials ? "access denied; check the username and "
                               "password, and that they may pull this image"
                             : "authentication required, but the upstream has "
                               "no credentials configured";
    case Outcome::kRateLimited:
      return "rate limit exceeded (429); retry later, or set credentials with "
             "a higher limit";
    case Outcome::kTimedOut:
      return "the upstream did not respond in time";
    case Outcome::kBadAnswer:
      return "the response is not that of a container registry; check the URL";
  }
  return "";
}

void AddConnectionSteps(const Url& url, const ConnectionTrace& trace,
                        ProbeReport& report) {
  using Failure = ConnectionTrace::Failure;
  const auto add = [&](Kind kind, bool ok, std::string detail,
                       absl::Duration duration) {
    report.steps.push_back({kind, ok, std::move(detail), duration});
    return ok;
  };
  const bool resolved = trace.dns > absl::ZeroDuration();
  const bool connected = trace.connect > absl::ZeroDuration();
  const bool no_dns = trace.failure == Failure::kDns ||
                      (trace.failure == Failure::kTimeout && !resolved);
  if (!add(Kind::kDns, !no_dns, no_dns ? trace.detail : url.host(),
           trace.dns)) {
    return;
  }
  const bool no_connection = trace.failure == Failure::kConnect ||
                             trace.failure == Failure::kAddressForbidden ||
                             (trace.failure == Failure::kTimeout && !connected);
  const std::string peer = trace.through_proxy
                               ? absl::StrCat("proxy ", trace.address)
                               : trace.address;
  if (!add(Kind::kConnect, !no_connection, no_connection ? trace.detail : peer,
           trace.connect)) {
    return;
  }
  if (!url.is_https()) return;
  const bool good = trace.failure == Failure::kNone;
  add(Kind::kTls, good, good ? "" : trace.detail, trace.tls);
}

// HEAD, which registries do not count; GET when they do not know how.
absl::Status AskForManifest(UpstreamClient& client,
                            const UpstreamAccess& access,
                            const Repository& repository,
                            const Reference& reference) {
  const absl::Status head =
      client.HeadManifest(access, repository, reference).status();
  if (ReasonOf(head) != Reason::kUpstreamInvalid) return head;
  return client.GetManifest(access, repository, reference).status();
}

void AddAnswerSteps(const UpstreamAccess& access, const absl::Status& status,
                    absl::Duration duration, ProbeReport& report) {
  const Outcome outcome = report.outcome;
  const bool no_auth =
      outcome == Outcome::kTokenFailed || outcome == Outcome::kRefused;
  const std::string detail = status.ok() ? "" : std::string(status.message());
  if (no_auth || !access.username.empty()) {
    report.steps.push_back(
        {Kind::kAuth, !no_auth, no_auth ? detail : access.username, {}});
  }
  if (no_auth) return;
  report.steps.push_back({Kind::kManifest, outcome == Outcome::kReachable,
                          outcome == Outcome::kReachable
                              ? absl::StrCat(report.http_status)
                              : detail,
                          duration});
}

}  // namespace

HttpUpstreamProber::HttpUpstreamProber(CurlTransport::Options options)
    : options_(std::move(options)) {
  options_.connect_timeout = std::min(options_.connect_timeout, kWaitMax);
  options_.head_timeout = std::min(options_.head_timeout, kWaitMax);
  options_.stall_timeout = std::min(options_.stall_timeout, kWaitMax);
  options_.idle_handles_max = 0;
}

ProbeReport HttpUpstreamProber::Probe(const UpstreamAccess& access,
                                      const Repository& repository,
                                      const Reference& reference) {
  ProbeReport report;
  const auto endpoint = Endpoint::Of(access);
  report.steps.push_back({Kind::kUrl,
                          endpoint.ok(),
                          endpoint.ok()
                              ? endpoint->url().origin()
                              : std::string(endpoint.status().message()),
                          {}});
  if (endpoint.ok()) {
    const ConnectionTrace trace =
        ProbeConnection(endpoint->url(), access.tls, options_);
    AddConnectionSteps(endpoint->url(), trace, report);
    if (trace.failure != ConnectionTrace::Failure::kNone) {
      report.outcome = OutcomeOf(trace.failure);
    } else {
      StatusKeeper keeper;
      const auto client = BuildUpstreamClient(options_, Clock::Real(), &keeper);
      const absl::Time begin = Clock::Real().SteadyNow();
      const absl::Status status =
          AskForManifest(*client, access, repository, reference);
      const absl::Duration duration = Clock::Real().SteadyNow() - begin;
      report.http_status = keeper.status();
      report.outcome = OutcomeOf(
          status, report.http_status,
          absl::StrContains(status.message(), endpoint->url().host_and_port()),
          duration < options_.head_timeout);
      if (report.outcome == Outcome::kRefused && report.http_status == 0) {
        report.http_status = 401;  // The challenge.
      }
      AddAnswerSteps(access, status, duration, report);
    }
  }
  report.message = AdviceFor(report.outcome, !access.username.empty());
  if (report.outcome == Outcome::kReachable && report.http_status >= 400) {
    absl::StrAppend(&report.message, ", and has no ", repository.name(), " ",
                    reference.ToString(),
                    " for us; try another repository or reference");
  }
  return report;
}

}  // namespace cvr
