#ifndef TOOLS_CVR_COMMANDS_OPERATION_WAIT_H_
#define TOOLS_CVR_COMMANDS_OPERATION_WAIT_H_

#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cvr/v1/operation.pb.h"
#include "tools/cvr/client/command.h"
#include "tools/cvr/commands/operation_view.h"

namespace cvr {

// `--no-wait`, of commands that start an operation.
CLI::Option* AddNoWait(CLI::App& command, bool& no_wait);

// Waits until `operation` has ended, and returns it as it is then; people at a
// terminal see its progress meanwhile. An interrupt ends the program and not
// the operation. Errors: those of WaitOperation; DEADLINE_EXCEEDED when it has
// not ended after `timeout`.
absl::StatusOr<v1::Operation> WaitForEnd(
    Session& session, v1::Operation operation,
    absl::Duration timeout = absl::InfiniteDuration());

// Shows `operation` as it is; programs get its JSON.
void PrintOperation(Session& session, const v1::Operation& operation);

// The end of a command that has started `operation`: waits for it unless
// `no_wait`. People see `as_text` of its response, programs the operation.
// Errors: those of WaitForEnd(), and the operation's own.
template <typename Response>
absl::Status FinishOperation(
    Session& session, const v1::Operation& operation, bool no_wait,
    absl::FunctionRef<std::string(const Response&)> as_text) {
  if (no_wait && !operation.done()) {
    PrintOperation(session, operation);
    return absl::OkStatus();
  }
  absl::StatusOr<v1::Operation> ended = WaitForEnd(session, operation);
  if (!ended.ok()) return std::move(ended).status();
  if (!session.output.for_people()) PrintOperation(session, *ended);
  const absl::Status error = ErrorOf(*ended);
  if (!error.ok() || !session.output.for_people()) return error;
  Response response;
  if (ended->response().UnpackTo(&response)) {
    session.output.stream() << as_text(response);
  } else {
    PrintOperation(session, *ended);
  }
  return absl::OkStatus();
}

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_OPERATION_WAIT_H_
