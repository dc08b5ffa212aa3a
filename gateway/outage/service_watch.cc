#include "gateway/outage/service_watch.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/transport/steady_time.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

absl::Status NotReached(absl::string_view service) {
  return absl::UnavailableError(
      absl::StrCat("cannot connect to the ", service,
                   " service; check its address and that it is running"));
}

}  // namespace

ServiceWatch::ServiceWatch(std::vector<Service> services,
                           const Options& options)
    : options_(options) {
  for (Service& service : services) {
    auto watched = std::make_unique<Watched>();
    watched->answer = NotReached(service.name);
    watched->service = std::move(service);
    watched_.push_back(std::move(watched));
  }
  for (const auto& watched : watched_) {
    watched->thread = std::make_unique<Thread>(
        "service-watch", [this, &watched = *watched] { Watch(watched); });
  }
}

ServiceWatch::~ServiceWatch() { Stop(); }

void ServiceWatch::Watch(Watched& watched) {
  absl::Time probed_at = absl::InfinitePast();
  do {
    if (!watched.service.is_connected()) {
      Note(watched, NotReached(watched.service.name));
      probed_at = absl::InfinitePast();
      continue;
    }
    if (SteadyTime() - probed_at < options_.interval) continue;
    const absl::Status answer = watched.service.probe();
    probed_at = SteadyTime();
    if (answer.ok()) {
      Note(watched, absl::OkStatus());
    } else {
      Note(watched,
           absl::UnavailableError(absl::StrCat(
               "the ", watched.service.name,
               " service does not serve this gateway: ", answer.message())));
    }
  } while (sleeper_.Sleep(options_.look));
}

void ServiceWatch::Note(Watched& watched, absl::Status answer) {
  MutexLock lock(&mutex_);
  if (stopped_ || watched.answer == answer) return;
  if (answer.ok()) {
    spdlog::info("the {} service is there", watched.service.name);
  } else {
    spdlog::warn("{}", std::string(answer.message()));
  }
  watched.answer = std::move(answer);
  changed_.SignalAll();
}

absl::Status ServiceWatch::Check() const {
  // A connection may be lost between two looks.
  for (const auto& watched : watched_) {
    if (!watched->service.is_connected()) {
      return NotReached(watched->service.name);
    }
  }
  MutexLock lock(&mutex_);
  return CheckLocked();
}

absl::Status ServiceWatch::CheckLocked() const {
  for (const auto& watched : watched_) RETURN_IF_ERROR(watched->answer);
  return absl::OkStatus();
}

bool ServiceWatch::AwaitReady() {
  MutexLock lock(&mutex_);
  while (!stopped_ && !CheckLocked().ok()) changed_.Wait(&mutex_);
  return !stopped_;
}

void ServiceWatch::Stop() {
  sleeper_.Stop();
  MutexLock lock(&mutex_);
  stopped_ = true;
  changed_.SignalAll();
}

}  // namespace cvr
