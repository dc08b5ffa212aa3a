#include "tools/cvr/commands/operation_wait.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cvr/v1/operation_service.grpc.pb.h"
#include "services/common/errors.h"
#include "services/common/time_wire.h"

namespace cvr {
namespace {

// How long the server holds one call: short, so that progress moves and that
// every --timeout is longer.
constexpr absl::Duration kHold = absl::Milliseconds(250);

// The line on a terminal that says how far an operation has come. It is gone
// when this is.
class ProgressLine {
 public:
  explicit ProgressLine(Session& session)
      : session_(session),
        visible_(session.output.for_people() && session.environment.terminal) {}
  ~ProgressLine() {
    if (shown_) session_.output.stream() << kClear << std::flush;
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Show(const v1::Operation& operation) {
    if (!visible_) return;
    const std::string progress = ProgressText(operation);
    std::string line =
        absl::StrCat("operation ", operation.id(), ": ",
                     progress.empty() ? std::string("running") : progress);
    // A line that wraps would not be cleared.
    const int columns = std::max(session_.environment.terminal->columns - 1, 0);
    line.resize(std::min(line.size(), static_cast<size_t>(columns)));
    session_.output.stream() << kClear << line << std::flush;
    shown_ = true;
  }

 private:
  static constexpr char kClear[] = "\r\x1b[K";

  Session& session_;
  const bool visible_;
  bool shown_ = false;
};

}  // namespace

CLI::Option* AddNoWait(CLI::App& command, bool& no_wait) {
  return command.add_flag("--no-wait", no_wait,
                          "Show the operation and exit, without waiting for "
                          "its end (see cvr operation wait)");
}

absl::StatusOr<v1::Operation> WaitForEnd(Session& session,
                                         v1::Operation operation,
                                         absl::Duration timeout) {
  const int64_t id = operation.id();
  const absl::Time give_up = absl::Now() + timeout;
  ProgressLine line(session);
  while (!operation.done()) {
    line.Show(operation);
    const absl::Duration left =
        std::max(give_up - absl::Now(), absl::ZeroDuration());
    v1::WaitOperationRequest request;
    request.set_id(id);
    *request.mutable_timeout() = ToWire(std::min(kHold, left));
    auto waited = session.server.Call(
        &v1::OperationService::Stub::WaitOperation, request);
    if (!waited.ok()) {
      return Annotate(waited.status(),
                      absl::StrCat("cannot wait for operation ", id));
    }
    operation = *std::move(waited);
    if (!operation.done() && absl::Now() >= give_up) {
      return absl::DeadlineExceededError(
          absl::StrCat("operation ", id, " has not ended within ",
                       absl::FormatDuration(timeout), "; it goes on"));
    }
  }
  return operation;
}

void PrintOperation(Session& session, const v1::Operation& operation) {
  session.output.PrintObject(
      session.output.for_people() ? operation : WithKnownTypes(operation),
      OperationFields);
}

}  // namespace cvr
