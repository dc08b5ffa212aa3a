#include "tools/cvr/upstreams/upstream_state_commands.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cvr/v1/upstream_state_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/cli_options.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"

namespace cvr {
namespace {

using Stub = v1::UpstreamStateService::Stub;

std::string CircuitText(const v1::UpstreamState& state) {
  switch (state.circuit()) {
    case v1::UpstreamState::CLOSED:
      return "closed";
    case v1::UpstreamState::OPEN:
      return "open";
    case v1::UpstreamState::HALF_OPEN:
      return "half-open";
    default:
      return "";
  }
}

// `20 of 100 in 6h`.
std::string BudgetText(const v1::UpstreamState& state) {
  if (!state.has_budget()) return "";
  const v1::RateBudget& budget = state.budget();
  return absl::StrCat(budget.remaining(), " of ", budget.limit(), " in ",
                      DurationText(budget.window()));
}

std::string AsTable(const std::vector<v1::UpstreamState>& states) {
  TextTable table({{"UPSTREAM", TextTable::Align::kRight},
                   {"CIRCUIT"},
                   {"FAILURES", TextTable::Align::kRight},
                   {"NOT ASKED UNTIL"},
                   {"RUNNING", TextTable::Align::kRight},
                   {"WAITING", TextTable::Align::kRight},
                   {"RATE LIMIT LEFT"},
                   {"LAST FAILURE"},
                   {"AT"}});
  for (const v1::UpstreamState& state : states) {
    table.AddRow({absl::StrCat(state.upstream_id()), CircuitText(state),
                  absl::StrCat(state.failures_in_a_row()),
                  TimeText(state.closed_until()), absl::StrCat(state.running()),
                  absl::StrCat(state.waiting()), BudgetText(state),
                  state.last_failure(), TimeText(state.last_failure_at())});
  }
  return table.ToString();
}

}  // namespace

void AddStateCommands(CommandGroup& upstreams) {
  const auto id = std::make_shared<int64_t>(0);
  CLI::App& command = upstreams.Add(
      "states",
      "Show the state of upstreams: circuit breaker, failures and remaining "
      "rate limit",
      [id](Session& session) -> absl::Status {
        v1::ListUpstreamStatesRequest request;
        request.set_upstream_id(*id);
        ASSIGN_OR_RETURN(
            const auto found,
            session.blob_server.Call(&Stub::ListUpstreamStates, request));
        const std::vector<v1::UpstreamState> states(found.states().begin(),
                                                    found.states().end());
        session.output.PrintList(states, AsTable);
        return absl::OkStatus();
      });
  AddId(command, "ID", *id,
        "ID of the upstream (default: all that were asked in the last day)");
}

}  // namespace cvr
