#include "services/common/audit_file.h"

#include <sys/stat.h>

#include <cstdio>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "services/common/retry_loop.h"
#include "services/common/thread.h"
#include "spdlog/logger.h"
#include "spdlog/sinks/rotating_file_sink.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

constexpr absl::Duration kFlushInterval = absl::Milliseconds(500);

spdlog::file_event_handlers ForTheOwnerOnly() {
  spdlog::file_event_handlers handlers;
  handlers.after_open = [](const spdlog::filename_t&, std::FILE* file) {
    fchmod(fileno(file), 0600);
  };
  return handlers;
}

}  // namespace

class AuditFile::Lines {
 public:
  explicit Lines(std::shared_ptr<spdlog::logger> logger)
      : logger_(std::move(logger)),
        flushing_(std::in_place, "audit", [this] { KeepFlushed(); }) {}
  ~Lines() {
    sleeper_.Stop();
    flushing_.reset();
    logger_->flush();
  }

  spdlog::logger& logger() { return *logger_; }

 private:
  void KeepFlushed() {
    while (sleeper_.Sleep(kFlushInterval)) logger_->flush();
  }

  const std::shared_ptr<spdlog::logger> logger_;
  StoppableSleeper sleeper_;
  std::optional<Thread> flushing_;  // Uses both.
};

absl::StatusOr<std::unique_ptr<AuditFile>> AuditFile::Open(
    const Options& options) {
  try {
    auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        options.path, options.bytes_max, options.old_files_max,
        /*rotate_on_open=*/false, ForTheOwnerOnly());
    auto logger = std::make_shared<spdlog::logger>("audit", std::move(sink));
    logger->set_pattern("%v");
    logger->set_error_handler([path = options.path](const std::string& why) {
      spdlog::error("audit log {}: {}", path, why);
    });
    return std::unique_ptr<AuditFile>(
        new AuditFile(std::make_unique<Lines>(std::move(logger))));
  } catch (const spdlog::spdlog_ex& error) {
    return absl::FailedPreconditionError(
        absl::StrCat("audit log ", options.path, ": ", error.what()));
  }
}

AuditFile::AuditFile(std::unique_ptr<Lines> lines) : lines_(std::move(lines)) {}

AuditFile::~AuditFile() = default;

void AuditFile::Write(const nlohmann::json& line) {
  lines_->logger().info(
      line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace cvr
