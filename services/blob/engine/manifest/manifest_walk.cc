#include "services/blob/engine/manifest/manifest_walk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/blob/engine/walk/upstream_failures.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/concurrency/clock.h"
#include "spdlog/spdlog.h"

namespace cvr {

using Action = FailurePolicy::Action;
using Question = ManifestLoader::Question;

namespace {

// What flights are shared by: about the same, at the same upstream, which was
// neither purged nor changed in between.
std::string FlightKey(const Question& question) {
  return absl::StrCat(question.candidate.upstream_id, "@",
                      question.candidate.cache_epoch,
                      question.content.RelativePath());
}

}  // namespace

ManifestFlights::Ticket BeginManifestFlight(ManifestWalk::Tools& tools,
                                            const Question& question,
                                            absl::Time asked_at) {
  return tools.flights.Begin(
      FlightKey(question), question.share(),
      [&loader = tools.loader,
       question]() -> absl::StatusOr<std::shared_ptr<const ManifestAnswer>> {
        ASSIGN_OR_RETURN(auto found, loader.FromUpstream(question));
        return std::make_shared<const ManifestAnswer>(std::move(found));
      },
      asked_at);
}

ManifestWalk::ManifestWalk(Tools& tools, const FetchRequest& request,
                           Purpose purpose)
    : tools_(tools),
      request_(request),
      purpose_(purpose),
      unknown_(errors::ManifestUnknown(request.content.repository.name(),
                                       request.content.reference.ToString())),
      ahead_(request.plan.candidates.size()) {}

Question ManifestWalk::QuestionFor(size_t turn) const {
  Question question = {candidate(turn).ContentOf(request_.content),
                       candidate(turn), purpose_ == Purpose::kPull};
  question.insists = purpose_ == Purpose::kRefresh;
  question.group = request_.plan.group;
  return question;
}

std::string ManifestWalk::KeyOf(size_t turn) const {
  return FlightKey(QuestionFor(turn));
}

absl::Status ManifestWalk::KnownAnswerOf(size_t turn) const {
  return KnownAnswer(candidate(turn).upstream_id,
                     candidate(turn).negative_answer, unknown_);
}

absl::StatusOr<ManifestWalk::Found> ManifestWalk::Run() {
  CandidateWalk walk(request_.content.is_addressed_by_digest(), unknown_);
  for (size_t turn = 0; turn < ahead_.size(); ++turn) {
    const int64_t upstream_id = candidate(turn).upstream_id;
    auto answer = TakeTurn(turn);
    if (answer.ok()) return Found{*std::move(answer), upstream_id};
    const absl::Status& failure = answer.status();
    if (request_.cancel.stop_requested()) return failure;
    std::optional<ManifestAnswer> copy;
    switch (OnFailure(walk, turn, failure, copy)) {
      case Action::kServeStale:
        if (purpose_ == Purpose::kRefresh) return failure;
        spdlog::warn("serving {} of upstream {} stale, revalidation failed: {}",
                     request_.content.RelativePath(), upstream_id,
                     failure.ToString());
        return Found{*std::move(copy), upstream_id};
      case Action::kStop:
        return walk.status();
      case Action::kNext:
        break;
    }
  }
  return walk.status();
}

// The bytes of a copy are read only to be served.
Action ManifestWalk::OnFailure(CandidateWalk& walk, size_t turn,
                               const absl::Status& failure,
                               std::optional<ManifestAnswer>& copy) {
  const FailurePolicy& policy = candidate(turn).failure_policy;
  const Question question = QuestionFor(turn);
  const bool has_copy =
      MayHaveStandIn(failure) && tools_.loader.HasStaleCopy(question);
  const Action action = walk.OnFailure(failure, policy, has_copy);
  if (action != Action::kServeStale) return action;
  copy = tools_.loader.StaleCopy(question);
  // What is damaged is no copy.
  return copy ? action : walk.OnFailure(failure, policy);
}

absl::StatusOr<ManifestAnswer> ManifestWalk::TakeTurn(size_t turn) {
  RETURN_IF_ERROR(KnownAnswerOf(turn));
  Question question = QuestionFor(turn);
  if (auto stored = tools_.loader.FindStored(question)) {
    tools_.loader.NoteServed(question, *stored);
    return *std::move(stored);
  }
  next_ahead_ = std::max(next_ahead_, turn + 1);
  return Ask(turn, std::move(question));
}

template <typename Flights>
auto ManifestWalk::Await(Flights& flights,
                         const typename Flights::Ticket& ticket) {
  while (next_ahead_ < ahead_.size()) {
    const absl::Time until = std::min(
        request_.deadline, Clock::Real().SteadyNow() + tools_.overlap_delay);
    if (flights.AwaitLanding(ticket, {until, request_.cancel})) break;
    if (until == request_.deadline || request_.cancel.stop_requested()) break;
    AskAhead();
  }
  return flights.Wait(ticket, {request_.deadline, request_.cancel});
}

absl::StatusOr<ManifestAnswer> ManifestWalk::Ask(size_t turn,
                                                 Question question) {
  auto& [probe, flight] = ahead_[turn];
  const std::string key = KeyOf(turn);
  // Another request may be asking ahead just now.
  if (!probe && !flight) probe = tools_.probes.Join(key);
  if (probe) {
    auto head = Await(tools_.probes, *probe);
    const bool is_answer =
        !head.ok() && ReasonOf(head.status()) != Reason::kUpstreamInvalid;
    if (is_answer) return head.status();
    question.head = std::move(head);
  }
  if (!flight) {
    flight = BeginManifestFlight(tools_, question, request_.plan.resolved_at);
  }
  ASSIGN_OR_RETURN(const auto answer, AwaitFlight(question, flight));
  // The leader's download is counted where it is recorded.
  if (!flight->led() && question.counts_as_pull &&
      answer->cache_status != CacheStatus::kStale) {
    const absl::Status touched = tools_.metadata.Touch(
        question.candidate.epoch(), question.content, answer->target.digest,
        /*counts_as_pull=*/true);
    if (!touched.ok())
      spdlog::warn("cannot update the revalidation time of a cache entry: {}",
                   touched.ToString());
  }
  return *answer;
}

// Somebody else's question may have been answered with a copy. Bytes of an
// answer that is remembered are in the store, unless they were evicted since.
absl::StatusOr<std::shared_ptr<const ManifestAnswer>> ManifestWalk::AwaitFlight(
    const Question& question, std::optional<ManifestFlights::Ticket>& flight) {
  while (true) {
    auto answer = Await(tools_.flights, *flight);
    if (answer.ok() && (*answer)->bytes.empty()) {
      auto reopened = tools_.loader.Reopen(**answer);
      if (!reopened) {
        flight = BeginManifestFlight(tools_, question);
        continue;
      }
      answer = std::make_shared<const ManifestAnswer>(*std::move(reopened));
    }
    const bool is_enough = !answer.ok() || !question.insists || flight->led() ||
                           (*answer)->cache_status != CacheStatus::kStale;
    if (is_enough) return answer;
    flight = BeginManifestFlight(tools_, question);
  }
}

// Asks one candidate more, unless its turn cannot come or needs no request.
void ManifestWalk::AskAhead() {
  while (next_ahead_ < ahead_.size()) {
    const size_t turn = next_ahead_++;
    const absl::Status known = KnownAnswerOf(turn);
    if (!known.ok()) {
      const FailureContext context = {request_.content.reference.is_digest()};
      if (ActionOn(known, candidate(turn).failure_policy, context) ==
          Action::kNext) {
        continue;
      }
    } else if (Question question = QuestionFor(turn);
               !tools_.loader.NeedsNoRequest(question)) {
      const std::string key = KeyOf(turn);
      ahead_[turn].flight = tools_.flights.Join(key);
      if (ahead_[turn].flight) return;
      ahead_[turn].probe = tools_.probes.Begin(
          key, question.share(),
          [&loader = tools_.loader, question = std::move(question)] {
            return loader.Head(question);
          });
      return;
    }
    // The walk ends there.
    next_ahead_ = ahead_.size();
  }
}

}  // namespace cvr
