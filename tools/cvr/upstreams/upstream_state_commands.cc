#include "tools/cvr/upstreams/upstream_state_commands.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cvr/v1/upstream_state_service.grpc.pb.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/resource_name.h"
#include "tools/cvr/client/table.h"
#include "tools/cvr/client/text.h"

namespace cvr {
namespace {

using Stub = v1::UpstreamStateService::Stub;

// `20 of 100 in 6h`, as far as the upstream said it.
std::string BudgetText(const v1::UpstreamState& state) {
  if (!state.has_rate_budget()) return "";
  const v1::RateBudget& budget = state.rate_budget();
  std::string text = absl::StrCat(budget.remaining());
  if (budget.limit() != 0) absl::StrAppend(&text, " of ", budget.limit());
  if (budget.has_window()) {
    absl::StrAppend(&text, " in ", DurationText(budget.window()));
  }
  return text;
}

std::string AsTable(const std::vector<v1::UpstreamState>& states) {
  TextTable table({{"UPSTREAM", TextTable::Align::kRight},
                   {"INSTANCE"},
                   {"CIRCUIT"},
                   {"FAILURES", TextTable::Align::kRight},
                   {"NOT ASKED UNTIL"},
                   {"RUNNING", TextTable::Align::kRight},
                   {"WAITING", TextTable::Align::kRight},
                   {"RATE LIMIT LEFT"},
                   {"LAST FAILURE"},
                   {"AT"}});
  for (const v1::UpstreamState& state : states) {
    table.AddRow(
        {absl::StrCat(state.upstream_id()), state.instance(),
         EnumText(state.circuit_state()), absl::StrCat(state.failure_count()),
         TimeText(state.retry_time()), absl::StrCat(state.running_count()),
         absl::StrCat(state.waiting_count()), BudgetText(state),
         state.last_failure(), TimeText(state.last_failure_time())});
  }
  return table.ToString();
}

struct StateOptions {
  std::string upstream;
  std::optional<std::string> group;
};

absl::Status List(Session& session, const StateOptions& options) {
  v1::ListUpstreamStatesRequest request;
  if (!options.upstream.empty()) {
    SetResource("upstream", options.upstream, options.group, request);
  }
  ASSIGN_OR_RETURN(
      const auto found,
      session.server.List(&Stub::ListUpstreamStates,
                          &v1::ListUpstreamStatesResponse::states, request));
  session.output.PrintList(found, AsTable);
  return absl::OkStatus();
}

}  // namespace

void AddStateCommands(CommandGroup& upstreams) {
  const auto options = std::make_shared<StateOptions>();
  CLI::App& command = upstreams.Add(
      "states",
      "Show the state of upstreams: circuit breaker, failures and remaining "
      "rate limit",
      [options](Session& session) { return List(session, *options); });
  AddResourceName(command, "UPSTREAM", options->upstream,
                  "Upstream (default: all that were asked in the last day)");
  AddGroupOfName(command, options->group);
}

}  // namespace cvr
