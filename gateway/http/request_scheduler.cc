#include "gateway/http/request_scheduler.h"

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
// The last eighth is for queues that hold less than a thirty-second, so that
// four queues that take their whole share keep no fifth out.
constexpr size_t kReserveDivisor = 8;
constexpr size_t kSmallDivisor = 32;

// Without another refusal.
constexpr absl::Duration kCalmAfter = absl::Seconds(10);

constexpr char kAllThreads[] = "all requests together";

size_t ShareOf(size_t threads, size_t wanted, size_t by_default) {
  return std::clamp<size_t>(wanted == 0 ? by_default : wanted, 1, threads);
}

}  // namespace

size_t RequestScheduler::Options::QueueMax() const {
  return ShareOf(threads_max, queue_max, threads_max / kShareDivisor);
}

size_t RequestScheduler::Options::ClientMax() const {
  return ShareOf(threads_max, client_max, QueueMax() / 2);
}

RequestScheduler::RequestScheduler(const Options& options, Start start)
    : options_(options),
      queue_max_(options.QueueMax()),
      client_max_(options.ClientMax()),
      start_(std::move(start)) {}

RequestScheduler::Outcome RequestScheduler::Enter(std::unique_ptr<Job>& job,
                                                  RequestShare share) {
  MutexLock lock(&mutex_);
  Queue& queue = queues_[share.queue];
  // Those that wait may not run either: Leave() has looked at them.
  if (MayRun(queue, share)) {
    job->share_ = std::move(share);
    Run(queue, *job);
    return Outcome::kRuns;
  }
  BreakOffStalled(queue, share);
  if (const std::string cause = WhyRefused(queue, share); !cause.empty()) {
    NoteRefusal(cause);
    if (queue.running.empty() && queue.waiting.empty()) {
      queues_.erase(share.queue);
    }
    return Outcome::kRefused;
  }
  if (queue.waiting.empty()) turns_.push_back(share.queue);
  ++waiting_;
  if (!share.client.empty()) ++waiting_clients_[share.client];
  job->share_ = std::move(share);
  job->queued_at_ = SteadyTime();
  queue.waiting.push_back(std::move(job));
  return Outcome::kWaits;
}

void RequestScheduler::Leave(Job& job) {
  std::vector<std::unique_ptr<Job>> next;
  {
    MutexLock lock(&mutex_);
    const RequestShare& share = job.share_;
    const auto queue = queues_.find(share.queue);
    queue->second.running.erase(job.place_);
    if (queue->second.running.empty() && queue->second.waiting.empty()) {
      queues_.erase(queue);
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

std::vector<std::unique_ptr<RequestScheduler::Job>>
RequestScheduler::TakeExpired(bool everyone) {
  std::vector<std::unique_ptr<Job>> expired;
  MutexLock lock(&mutex_);
  if (!refusals_.empty()) NoteCalm();
  if (turns_.empty()) return expired;
  const absl::Time limit = SteadyTime() - options_.wait_max;
  std::deque<std::string> left;
  for (std::string& name : turns_) {
    Queue& queue = queues_[name];
    auto& waiting = queue.waiting;
    while (!waiting.empty() &&
           (everyone || waiting.front()->queued_at_ <= limit)) {
      expired.push_back(TakeWaiting(queue, waiting.begin()));
    }
    if (!waiting.empty()) {
      BreakOffStalled(queue, waiting.front()->share_);
      left.push_back(std::move(name));
    } else if (queue.running.empty()) {
      queues_.erase(name);
    }
  }
  turns_ = std::move(left);
  return expired;
}

bool RequestScheduler::HasRoom(const Queue& queue) const {
  const size_t threads = options_.threads_max;
  const size_t held = queue.running.size();
  if (running_ >= threads || held >= queue_max_) return false;
  const size_t reserve = std::max<size_t>(1, threads / kReserveDivisor);
  return running_ + reserve < threads ||
         held < std::max<size_t>(1, threads / kSmallDivisor);
}

bool RequestScheduler::MayRun(const Queue& queue,
                              const RequestShare& share) const {
  return HasRoom(queue) &&
         (share.client.empty() ||
          CountOf(clients_, share.client) < client_max_) &&
         (share.kind.empty() || CountOf(kinds_, share.kind) < queue_max_);
}

std::string RequestScheduler::WhyRefused(const Queue& queue,
                                         const RequestShare& share) const {
  if (!share.kind.empty() && CountOf(kinds_, share.kind) >= queue_max_) {
    return share.kind;
  }
  if (!share.client.empty() &&
      CountOf(waiting_clients_, share.client) >= client_max_) {
    return absl::StrCat("client ", share.client);
  }
  if (queue.waiting.size() >= queue_max_) return share.queue;
  return waiting_ >= options_.threads_max ? kAllThreads : "";
}

std::unique_ptr<RequestScheduler::Job> RequestScheduler::TakeWaiting(
    Queue& queue, std::deque<std::unique_ptr<Job>>::iterator place) {
  std::unique_ptr<Job> job = std::move(*place);
  queue.waiting.erase(place);
  --waiting_;
  ReduceCount(waiting_clients_, job->share_.client);
  return job;
}

void RequestScheduler::Run(Queue& queue, Job& job) {
  job.broken_off_ = false;
  job.place_ = queue.running.insert(queue.running.end(), &job);
  if (!job.share_.kind.empty()) ++kinds_[job.share_.kind];
  if (!job.share_.client.empty()) ++clients_[job.share_.client];
  ++running_;
}

std::unique_ptr<RequestScheduler::Job> RequestScheduler::TakeNext() {
  for (size_t tries = turns_.size(); tries > 0; --tries) {
    const std::string name = std::move(turns_.front());
    turns_.pop_front();
    Queue& queue = queues_[name];
    std::unique_ptr<Job> job;
    auto first = queue.waiting.begin();
    while (first != queue.waiting.end() && !MayRun(queue, (*first)->share_)) {
      ++first;
    }
    if (first != queue.waiting.end()) {
      job = TakeWaiting(queue, first);
      Run(queue, *job);
    }
    if (!queue.waiting.empty()) turns_.push_back(name);
    if (job != nullptr) return job;
  }
  return nullptr;
}

void RequestScheduler::BreakOffStalled(const Queue& queue,
                                       const RequestShare& share) {
  const absl::Time limit = SteadyTime() - options_.stall_grace;
  Job* longest = nullptr;
  const auto look_at = [&](Job* job) {
    const absl::Time since = job->stalled_since();
    if (since > limit || job->broken_off_) return;
    if (longest == nullptr || since < longest->stalled_since()) longest = job;
  };
  if (running_ >= options_.threads_max) {
    for (const auto& [name, other] : queues_) {
      for (Job* const job : other.running) look_at(job);
    }
  } else if (queue.running.size() >= queue_max_) {
    for (Job* const job : queue.running) look_at(job);
  } else {
    for (const auto& [name, other] : queues_) {
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
void RequestScheduler::NoteRefusal(const std::string& cause) {
  Refusals& refusals = refusals_[cause];
  refusals.last_at = SteadyTime();
  if (refusals.count++ > 0) return;
  spdlog::warn("http refuses requests: too many at once of {}", cause);
}

// And once when it is over.
void RequestScheduler::NoteCalm() {
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
