#ifndef SERVICES_UPSTREAM_UPSTREAM_PROBER_H_
#define SERVICES_UPSTREAM_UPSTREAM_PROBER_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/common/reference.h"
#include "services/policy/upstream_access.h"
#include "services/upstream/http/curl/curl_transport.h"

namespace cvr {

// What became of a try. No secret is in it.
struct ProbeReport {
  enum class Outcome {
    kReachable,  // It answered, with the manifest or with 404.
    kAddressForbidden,
    kDnsFailed,
    kConnectFailed,
    kTlsFailed,
    kTokenFailed,  // Its token service cannot be asked.
    kRefused,      // 401 or 403.
    kRateLimited,
    kTimedOut,
    kBadAnswer,
  };
  struct Step {
    enum class Kind { kUrl, kDns, kConnect, kTls, kAuth, kManifest };
    Kind kind = Kind::kUrl;
    bool ok = false;
    std::string detail;
    absl::Duration duration;
  };

  // As far as it got.
  std::vector<Step> steps;
  Outcome outcome = Outcome::kBadAnswer;
  int http_status = 0;  // Of the upstream's last answer; 0 = there was none.
  std::string message;  // What to do about it.
};

// Tries upstreams as pulls would use them, past circuits, limits and remembered
// tokens, and keeps nothing. Thread-safe.
class UpstreamProber {
 public:
  virtual ~UpstreamProber() = default;

  // Blocks for as long as an upstream may take for some answers.
  virtual ProbeReport Probe(const UpstreamAccess& access,
                            const Repository& repository,
                            const Reference& reference) = 0;
};

// Real ones. Each wait is as `options` says, but at most ten seconds.
class HttpUpstreamProber : public UpstreamProber {
 public:
  explicit HttpUpstreamProber(CurlTransport::Options options);

  ProbeReport Probe(const UpstreamAccess& access, const Repository& repository,
                    const Reference& reference) override;

 private:
  CurlTransport::Options options_;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_UPSTREAM_PROBER_H_
