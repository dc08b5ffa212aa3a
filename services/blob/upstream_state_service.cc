#include "services/blob/upstream_state_service.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "services/blob/id_page.h"
#include "services/common/status_macros.h"
#include "services/common/time_wire.h"

namespace cvr {
namespace {

v1::UpstreamState::CircuitState CircuitOnWire(UpstreamState::Circuit circuit) {
  switch (circuit) {
    case UpstreamState::Circuit::kClosed:
      return v1::UpstreamState::CIRCUIT_STATE_CLOSED;
    case UpstreamState::Circuit::kOpen:
      return v1::UpstreamState::CIRCUIT_STATE_OPEN;
    case UpstreamState::Circuit::kHalfOpen:
      return v1::UpstreamState::CIRCUIT_STATE_HALF_OPEN;
  }
  return v1::UpstreamState::CIRCUIT_STATE_UNSPECIFIED;
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
  *message.mutable_observe_time() = wall(budget.observe_time);
  return message;
}

v1::UpstreamState StateOnWire(const UpstreamState& state,
                              const WallTimes& wall) {
  v1::UpstreamState message;
  message.set_upstream_id(state.upstream_id);
  message.set_circuit_state(CircuitOnWire(state.circuit));
  message.set_failure_count(state.failure_count);
  message.set_last_failure(state.last_failure);
  if (state.last_failure_time != absl::InfinitePast()) {
    *message.mutable_last_failure_time() = wall(state.last_failure_time);
  }
  if (state.retry_time > wall.now()) {
    *message.mutable_retry_time() = wall(state.retry_time);
  }
  if (state.budget) {
    *message.mutable_rate_budget() = BudgetOnWire(*state.budget, wall);
  }
  message.set_running_count(state.running);
  message.set_waiting_count(state.waiting);
  return message;
}

std::string ScopeOf(int64_t upstream_id) {
  return absl::StrCat("upstream states ", upstream_id);
}

}  // namespace

absl::StatusOr<v1::ListUpstreamStatesResponse> UpstreamStateServiceImpl::List(
    const v1::ListUpstreamStatesRequest& request) const {
  const int64_t upstream_id = request.upstream_id();
  const std::string scope = ScopeOf(upstream_id);
  ASSIGN_OR_RETURN(const IdPage page, ParseIdPage(scope, request.page_size(),
                                                  request.page_token()));
  v1::ListUpstreamStatesResponse response;
  const WallTimes wall(clock_);
  for (const UpstreamState& state : health_.States()) {
    if (state.upstream_id <= page.after) continue;
    if (upstream_id != 0 && state.upstream_id != upstream_id) continue;
    if (static_cast<size_t>(response.states_size()) == page.size) {
      response.set_next_page_token(IdPageToken(
          scope, response.states(response.states_size() - 1).upstream_id()));
      break;
    }
    v1::UpstreamState& shown = *response.add_states();
    shown = StateOnWire(state, wall);
    shown.set_instance(instance_);
  }
  return response;
}

grpc::Status UpstreamStateServiceImpl::ListUpstreamStates(
    grpc::ServerContext* context, const v1::ListUpstreamStatesRequest* request,
    v1::ListUpstreamStatesResponse* response) {
  return guard_.Answer(*context, *request, response,
                       [&](const Caller&) { return List(*request); });
}

}  // namespace cvr
