#include "gateway/http/request_gate.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/transport/steady_time.h"
#include "services/concurrency/keyed_counts.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

// Of the threads: well below the whole, and more than a deployment with one
// registry needs to keep its network busy.
constexpr size_t kShareDivisor = 4;
// The last eighth is for lanes that hold less than a thirty-second, so that
// four lanes that take their whole share keep no fifth out.
constexpr size_t kReserveDivisor = 8;
constexpr size_t kSmallDivisor = 32;

// Without another refusal.
constexpr absl::Duration kCalmAfter = absl::Seconds(10);

constexpr char kAllThreads[] = "all requests together";

size_t ShareOf(size_t threads, size_t wanted, size_t by_default) {
  return std::clamp<size_t>(wanted == 0 ? by_default : wanted, 1, threads);
}

}  // namespace

size_t RequestGate::Options::LaneMax() const {
  return ShareOf(threads_max, lane_max, threads_max / kShareDivisor);
}

size_t RequestGate::Options::ClientMax() const {
  return ShareOf(threads_max, client_max, LaneMax() / 2);
}

RequestGate::RequestGate(const Options& options, Start start)
    : options_(options),
      lane_max_(options.LaneMax()),
      client_max_(options.ClientMax()),
      start_(std::move(start)) {}

RequestGate::Outcome RequestGate::Enter(std::unique_ptr<Job>& job,
                                        RequestShare share) {
  MutexLock lock(&mutex_);
  Lane& lane = lanes_[share.lane];
  // Those that wait may not run either: Leave() has looked at them.
  if (MayRun(lane, share)) {
    job->share_ = std::move(share);
    Run(lane, *job);
    return Outcome::kRuns;
  }
  BreakOffStalled(lane, share);
  if (const std::string cause = WhyRefused(lane, share); !cause.empty()) {
    NoteRefusal(cause);
    if (lane.running.empty() && lane.waiting.empty()) lanes_.erase(share.lane);
    return Outcome::kRefused;
  }
  if (lane.waiting.empty()) turns_.push_back(share.lane);
  ++waiting_;
  if (!share.client.empty()) ++waiting_clients_[share.client];
  job->share_ = std::move(share);
  job->queued_at_ = SteadyTime();
  lane.waiting.push_back(std::move(job));
  return Outcome::kWaits;
}

void RequestGate::Leave(Job& job) {
  std::vector<std::unique_ptr<Job>> next;
  {
    MutexLock lock(&mutex_);
    const RequestShare& share = job.share_;
    const auto lane = lanes_.find(share.lane);
    lane->second.running.erase(job.place_);
    if (lane->second.running.empty() && lane->second.waiting.empty()) {
      lanes_.erase(lane);
    }
    ReduceCount(kinds_, share.kind);
    ReduceCount(clients_, share.client);
    --running_;
    while (!turns_.empty()) {
      next.push_back(TakeNext());
      if (next.back() == nullptr) {
        next.pop_back();
        break;
      }
    }
  }
  for (auto& started : next) start_(std::move(started));
}

std::vector<std::unique_ptr<RequestGate::Job>> RequestGate::TakeExpired(
    bool everyone) {
  std::vector<std::unique_ptr<Job>> expired;
  MutexLock lock(&mutex_);
  if (!refusals_.empty()) NoteCalm();
  if (turns_.empty()) return expired;
  const absl::Time limit = SteadyTime() - options_.wait_max;
  std::deque<std::string> left;
  for (std::string& name : turns_) {
    Lane& lane = lanes_[name];
    auto& waiting = lane.waiting;
    while (!waiting.empty() &&
           (everyone || waiting.front()->queued_at_ <= limit)) {
      expired.push_back(TakeWaiting(lane, waiting.begin()));
    }
    if (!waiting.empty()) {
      BreakOffStalled(lane, waiting.front()->share_);
      left.push_back(std::move(name));
    } else if (lane.running.empty()) {
      lanes_.erase(name);
    }
  }
  turns_ = std::move(left);
  return expired;
}

bool RequestGate::HasRoom(const Lane& lane) const {
  const size_t threads = options_.threads_max;
  const size_t held = lane.running.size();
  if (running_ >= threads || held >= lane_max_) return false;
  const size_t reserve = std::max<size_t>(1, threads / kReserveDivisor);
  return running_ + reserve < threads ||
         held < std::max<size_t>(1, threads / kSmallDivisor);
}

bool RequestGate::MayRun(const Lane& lane, const RequestShare& share) const {
  return HasRoom(lane) &&
         (share.client.empty() ||
          CountOf(clients_, share.client) < client_max_) &&
         (share.kind.empty() || CountOf(kinds_, share.kind) < lane_max_);
}

std::string RequestGate::WhyRefused(const Lane& lane,
                                    const RequestShare& share) const {
  if (!share.kind.empty() && CountOf(kinds_, share.kind) >= lane_max_) {
    return share.kind;
  }
  if (!share.client.empty() &&
      CountOf(waiting_clients_, share.client) >= client_max_) {
    return absl::StrCat("client ", share.client);
  }
  if (lane.waiting.size() >= lane_max_) return share.lane;
  return waiting_ >= options_.threads_max ? kAllThreads : "";
}

std::unique_ptr<RequestGate::Job> RequestGate::TakeWaiting(
    Lane& lane, std::deque<std::unique_ptr<Job>>::iterator place) {
  std::unique_ptr<Job> job = std::move(*place);
  lane.waiting.erase(place);
  --waiting_;
  ReduceCount(waiting_clients_, job->share_.client);
  return job;
}

void RequestGate::Run(Lane& lane, Job& job) {
  job.broken_off_ = false;
  job.place_ = lane.running.insert(lane.running.end(), &job);
  if (!job.share_.kind.empty()) ++kinds_[job.share_.kind];
  if (!job.share_.client.empty()) ++clients_[job.share_.client];
  ++running_;
}

std::unique_ptr<RequestGate::Job> RequestGate::TakeNext() {
  for (size_t tries = turns_.size(); tries > 0; --tries) {
    const std::string name = std::move(turns_.front());
    turns_.pop_front();
    Lane& lane = lanes_[name];
    std::unique_ptr<Job> job;
    auto first = lane.waiting.begin();
    while (first != lane.waiting.end() && !MayRun(lane, (*first)->share_)) {
      ++first;
    }
    if (first != lane.waiting.end()) {
      job = TakeWaiting(lane, first);
      Run(lane, *job);
    }
    if (!lane.waiting.empty()) turns_.push_back(name);
    if (job != nullptr) return job;
  }
  return nullptr;
}

void RequestGate::BreakOffStalled(const Lane& lane, const RequestShare& share) {
  const absl::Time limit = SteadyTime() - options_.stall_grace;
  Job* longest = nullptr;
  const auto look_at = [&](Job* job) {
    const absl::Time since = job->stalled_since();
    if (since > limit || job->broken_off_) return;
    if (longest == nullptr || since < longest->stalled_since()) longest = job;
  };
  if (running_ >= options_.threads_max) {
    for (const auto& [name, other] : lanes_) {
      for (Job* const job : other.running) look_at(job);
    }
  } else if (lane.running.size() >= lane_max_) {
    for (Job* const job : lane.running) look_at(job);
  } else {
    for (const auto& [name, other] : lanes_) {
      for (Job* const job : other.running) {
        if (job->share_.client == share.client) look_at(job);
      }
    }
  }
  if (longest == nullptr) return;
  longest->broken_off_ = true;
  longest->BreakOff();
}

// Once for each time that it begins.
void RequestGate::NoteRefusal(const std::string& cause) {
  Refusals& refusals = refusals_[cause];
  refusals.last_at = SteadyTime();
  if (refusals.count++ > 0) return;
  spdlog::warn("http refuses requests: too many at once of {}", cause);
}

// And once when it is over.
void RequestGate::NoteCalm() {
  const absl::Time limit = SteadyTime() - kCalmAfter;
  absl::erase_if(refusals_, [&](const auto& entry) {
    const auto& [cause, refusals] = entry;
    if (refusals.last_at > limit) return false;
    spdlog::info("http has refused {} requests: too many at once of {}",
                 refusals.count, cause);
    return true;
  });
}

}  // namespace cvr
