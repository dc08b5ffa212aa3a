#ifndef GATEWAY_ACCESS_TRUST_WATCH_H_
#define GATEWAY_ACCESS_TRUST_WATCH_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/retry_loop.h"
#include "services/concurrency/thread.h"
#include "services/metadata/api/token_authority.h"

namespace cvr {

// Keeps the public keys and revocations that bearer tokens are verified with,
// so that a pull is authenticated without a call to the metadata service. A
// background thread long-polls TokenAuthority for changes.
//
// While the metadata service is unavailable, the last known keys and
// revocations stay in use: pulls go on, but new revocations are not seen.
// Access tokens (`cvr_...`) cannot be verified with it; see Authenticator.
// Thread-safe.
class TrustWatch {
 public:
  struct Options {
    // How long one question waits for news. Destruction may take as long,
    // unless the other side lets go.
    absl::Duration poll = absl::Seconds(2);
    // After an error.
    absl::Duration retry = absl::Seconds(1);
    // Between two calls of Renew() that really ask.
    absl::Duration renew_interval = absl::Seconds(1);
  };

  // `client` must outlive it. Asks from now on.
  TrustWatch(TokenAuthority& client, const Options& options);
  ~TrustWatch();

  // Never null. Errors: those of TokenAuthority when it never answered.
  absl::StatusOr<std::shared_ptr<const Trust>> Get();

  // Asks at once: for a token whose key is too new to be known. Not more often
  // than the options say, so that forged tokens cause no calls of their own.
  void Renew();

 private:
  void Watch();
  absl::Status Ask(uint64_t known_version, absl::Duration max_wait);

  TokenAuthority& authority_;
  const Options options_;
  StoppableSleeper sleeper_;
  Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<const Trust> trust_ ABSL_GUARDED_BY(mutex_);
  absl::Time renewed_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::optional<Thread> watching_;  // Uses all of the above.
};

}  // namespace cvr

#endif  // GATEWAY_ACCESS_TRUST_WATCH_H_
