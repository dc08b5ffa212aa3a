#include "gateway/access/trust_watch.h"

#include <utility>

#include "gateway/transport/steady_time.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {

TrustWatch::TrustWatch(TokenAuthority& client, const Options& options)
    : authority_(client), options_(options) {
  watching_.emplace("trust", [this] { Watch(); });
}

TrustWatch::~TrustWatch() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  sleeper_.Stop();
  watching_.reset();
}

void TrustWatch::Watch() {
  bool away = false;
  while (true) {
    uint64_t known = 0;
    {
      MutexLock lock(&mutex_);
      if (stopping_) return;
      if (trust_ != nullptr) known = trust_->version;
    }
    const absl::Time begin = SteadyTime();
    const absl::Status status =
        Ask(known, known == 0 ? absl::ZeroDuration() : options_.poll);
    if (status.ok() == away) {
      away = !status.ok();
      spdlog::log(away ? spdlog::level::warn : spdlog::level::info,
                  "token signing keys and revocations {}",
                  away ? "cannot be fetched from the metadata service; the "
                         "last known ones stay in use"
                       : "are up to date");
    }
    // An answer that did not wait is from a service that stops.
    const bool waited = known == 0 || SteadyTime() - begin >= options_.poll;
    if (!status.ok() || !waited) {
      sleeper_.Sleep(status.ok() ? absl::Milliseconds(20) : options_.retry);
    }
  }
}

absl::Status TrustWatch::Ask(uint64_t known_version, absl::Duration max_wait) {
  ASSIGN_OR_RETURN(auto trust, authority_.GetTrust(known_version, max_wait));
  auto shared = std::make_shared<const Trust>(std::move(trust));
  MutexLock lock(&mutex_);
  trust_ = std::move(shared);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Trust>> TrustWatch::Get() {
  {
    MutexLock lock(&mutex_);
    if (trust_ != nullptr) return trust_;
  }
  RETURN_IF_ERROR(Ask(0, absl::ZeroDuration()));
  MutexLock lock(&mutex_);
  return trust_;
}

void TrustWatch::Renew() {
  {
    MutexLock lock(&mutex_);
    const absl::Time now = SteadyTime();
    if (now - renewed_at_ < options_.renew_interval) return;
    renewed_at_ = now;
  }
  // Whoever renews has a trust already, which goes on when this fails.
  Ask(0, absl::ZeroDuration()).IgnoreError();
}

}  // namespace cvr
