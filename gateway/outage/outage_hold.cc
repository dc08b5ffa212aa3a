#include "gateway/outage/outage_hold.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "gateway/transport/steady_time.h"

namespace cvr {
namespace {

size_t HalfOf(size_t count) { return std::max<size_t>(1, count / 2); }

}  // namespace

OutageHold::OutageHold(const Options& options,
                       const RequestScheduler::Options& threads)
    : options_(options),
      all_(HalfOf(threads.threads_max)),
      queues_(HalfOf(threads.QueueMax())),
      clients_(HalfOf(threads.ClientMax())) {}

HttpReply OutageHold::Answer(const RequestShare& share,
                             absl::FunctionRef<HttpReply(bool first)> attempt) {
  const absl::Time begin = SteadyTime();
  HttpReply reply = attempt(/*first=*/true);
  const absl::Time end = begin + options_.wait_max;
  if (!reply.outage || SteadyTime() >= end) return reply;
  const Places places = TakePlaces(share);
  if (places.empty()) return reply;
  while (reply.outage && SteadyTime() < end) {
    const absl::Time again =
        std::min(end, SteadyTime() + options_.attempt_interval);
    if (!AwaitServices(again)) break;
    reply = attempt(/*first=*/false);
  }
  return reply;
}

// The first look comes after a pause as well: a service that has just broken
// off seems to be there for a moment.
bool OutageHold::AwaitServices(absl::Time until) {
  do {
    // Those who were held together do not all come back at once.
    const absl::Duration pause = options_.look * (0.5 + RandomFraction() / 2);
    if (!sleeper_.Sleep(std::min(pause, until - SteadyTime()))) return false;
  } while (!ServicesSeemThere() && SteadyTime() < until);
  return true;
}

bool OutageHold::ServicesSeemThere() const {
  return options_.services && options_.services().ok();
}

OutageHold::Places OutageHold::TakePlaces(const RequestShare& share) {
  Places places;
  places.push_back(all_.TryTake(""));
  places.push_back(queues_.TryTake(share.queue));
  if (!share.client.empty()) places.push_back(clients_.TryTake(share.client));
  const bool is_full =
      std::any_of(places.begin(), places.end(),
                  [](const auto& place) { return place == nullptr; });
  if (is_full) places.clear();
  return places;
}

}  // namespace cvr
