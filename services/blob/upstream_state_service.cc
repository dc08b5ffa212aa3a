#include "services/blob/upstream_state_service.h"

#include <cstdint>

#include "services/common/content_wire.h"

namespace cvr {
namespace {

v1::UpstreamState::Circuit CircuitOnWire(UpstreamState::Circuit circuit) {
  switch (circuit) {
    case UpstreamState::Circuit::kClosed:
      return v1::UpstreamState::CLOSED;
    case UpstreamState::Circuit::kOpen:
      return v1::UpstreamState::OPEN;
    case UpstreamState::Circuit::kHalfOpen:
      return v1::UpstreamState::HALF_OPEN;
  }
  return v1::UpstreamState::CIRCUIT_UNSPECIFIED;
}

// Times as people read them: what is measured is on the steady clock.
class WallTimes {
 public:
  explicit WallTimes(const Clock& clock)
      : now_(clock.SteadyNow()), ahead_(clock.Now() - now_) {}

  absl::Time now() const { return now_; }
  google::protobuf::Timestamp operator()(absl::Time steady) const {
    return ToWire(steady + ahead_);
  }

 private:
  const absl::Time now_;
  const absl::Duration ahead_;
};

v1::RateBudget BudgetOnWire(const RateBudget& budget, const WallTimes& wall) {
  v1::RateBudget message;
  message.set_limit(budget.limit);
  message.set_remaining(budget.remaining);
  message.mutable_window()->set_seconds(absl::ToInt64Seconds(budget.window));
  *message.mutable_told_at() = wall(budget.observe_time);
  return message;
}

v1::UpstreamState StateOnWire(const UpstreamState& state,
                              const WallTimes& wall) {
  v1::UpstreamState message;
  message.set_upstream_id(state.upstream_id);
  message.set_circuit(CircuitOnWire(state.circuit));
  message.set_failures_in_a_row(state.failure_count);
  message.set_last_failure(state.last_failure);
  if (state.last_failure_time != absl::InfinitePast()) {
    *message.mutable_last_failure_at() = wall(state.last_failure_time);
  }
  if (state.retry_time > wall.now()) {
    *message.mutable_closed_until() = wall(state.retry_time);
  }
  if (state.budget)
    *message.mutable_budget() = BudgetOnWire(*state.budget, wall);
  message.set_running(state.running);
  message.set_waiting(state.waiting);
  return message;
}

}  // namespace

v1::ListUpstreamStatesResponse UpstreamStateServiceImpl::List(
    const v1::ListUpstreamStatesRequest& request) const {
  v1::ListUpstreamStatesResponse response;
  for (const UpstreamState& state : health_.States()) {
    if (request.upstream_id() == 0 ||
        state.upstream_id == request.upstream_id()) {
      *response.add_states() = StateOnWire(state, WallTimes(clock_));
    }
  }
  return response;
}

grpc::Status UpstreamStateServiceImpl::ListUpstreamStates(
    grpc::ServerContext* context, const v1::ListUpstreamStatesRequest* request,
    v1::ListUpstreamStatesResponse* response) {
  return guard_.Answer(
      *context, *request, response,
      [&](const Caller&) -> absl::StatusOr<v1::ListUpstreamStatesResponse> {
        return List(*request);
      });
}

}  // namespace cvr
