#include "services/access/audit_file.h"

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "services/common/status_macros.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/periodic_thread.h"
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

constexpr AuditKind kKinds[] = {AuditKind::kChange, AuditKind::kRead,
                                AuditKind::kRefusal};
constexpr int kRefusalsPerSecondMax = 100;

using Logger = std::shared_ptr<spdlog::logger>;

absl::StatusOr<Logger> OpenLogger(const std::string& path, size_t bytes_max,
                                  size_t old_files_max) {
  try {
    auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        path, bytes_max, old_files_max, /*rotate_on_open=*/false,
        ForTheOwnerOnly());
    auto logger = std::make_shared<spdlog::logger>("audit", std::move(sink));
    logger->set_pattern("%v");
    logger->set_error_handler([path](const std::string& why) {
      spdlog::error("cannot write audit log {}: {}", path, why);
    });
    return logger;
  } catch (const spdlog::spdlog_ex& error) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot open audit log ", path, ": ", error.what()));
  }
}

// How many lines a second are let through, by a clock that does not jump.
class SecondMeter {
 public:
  // Whether one more is let through; else it is counted as left out.
  bool Take() {
    const auto now = std::chrono::steady_clock::now();
    if (now - begin_ >= std::chrono::seconds(1)) {
      begin_ = now;
      taken_ = 0;
    }
    if (taken_ == kRefusalsPerSecondMax) {
      ++left_out_;
      return false;
    }
    ++taken_;
    return true;
  }

  // Since the last call.
  int64_t TakeLeftOut() { return std::exchange(left_out_, 0); }

 private:
  std::chrono::steady_clock::time_point begin_;
  int taken_ = 0;
  int64_t left_out_ = 0;
};

std::string TextOf(const nlohmann::json& line) {
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string LeftOutLine(int64_t count) {
  return TextOf({{"time", absl::FormatTime(absl::RFC3339_full, absl::Now(),
                                           absl::UTCTimeZone())},
                 {"event", "RefusalsLeftOut"},
                 {"count", count}});
}

}  // namespace

std::string AuditPathOf(AuditKind kind, const std::string& path) {
  if (kind == AuditKind::kChange) return path;
  const absl::string_view name =
      kind == AuditKind::kRead ? "-reads" : "-refusals";
  const size_t dot = path.rfind('.');
  const size_t slash = path.rfind('/');
  const bool has_suffix =
      dot != path.npos && (slash == path.npos || dot > slash + 1);
  const size_t end = has_suffix ? dot : path.size();
  return absl::StrCat(path.substr(0, end), name, path.substr(end));
}

class AuditFile::Lines {
 public:
  explicit Lines(Options options) : options_(std::move(options)) {}
  ~Lines() {
    flushing_.reset();
    Flush();
  }

  absl::Status Open() {
    std::map<AuditKind, Logger> loggers;
    for (const AuditKind kind : kKinds) {
      ASSIGN_OR_RETURN(loggers[kind],
                       OpenLogger(AuditPathOf(kind, options_.path),
                                  options_.bytes_max, options_.old_files_max));
    }
    Flush();
    MutexLock lock(&mutex_);
    loggers_ = std::move(loggers);
    return absl::OkStatus();
  }

  void KeepFlushed() {
    flushing_.emplace("audit", [this] {
      Flush();
      return kFlushInterval;
    });
    flushing_->Start(kFlushInterval);
  }

  void Write(AuditKind kind, const nlohmann::json& line) {
    Logger logger;
    {
      MutexLock lock(&mutex_);
      if (kind == AuditKind::kRefusal && !refusals_.Take()) return;
      logger = loggers_[kind];
    }
    logger->info(TextOf(line));
  }

 private:
  void Flush() {
    int64_t left_out = 0;
    std::map<AuditKind, Logger> loggers;
    {
      MutexLock lock(&mutex_);
      left_out = refusals_.TakeLeftOut();
      loggers = loggers_;
    }
    if (left_out > 0) {
      loggers[AuditKind::kRefusal]->info(LeftOutLine(left_out));
    }
    for (const auto& [kind, logger] : loggers) logger->flush();
  }

  const Options options_;

  Mutex mutex_;
  std::map<AuditKind, Logger> loggers_ ABSL_GUARDED_BY(mutex_);
  SecondMeter refusals_ ABSL_GUARDED_BY(mutex_);

  std::optional<PeriodicThread> flushing_;  // Uses all of it.
};

absl::StatusOr<std::unique_ptr<AuditFile>> AuditFile::Open(
    const Options& options) {
  auto lines = std::make_unique<Lines>(options);
  RETURN_IF_ERROR(lines->Open());
  lines->KeepFlushed();
  return std::unique_ptr<AuditFile>(new AuditFile(std::move(lines)));
}

AuditFile::AuditFile(std::unique_ptr<Lines> lines) : lines_(std::move(lines)) {}

AuditFile::~AuditFile() = default;

void AuditFile::Write(AuditKind kind, const nlohmann::json& line) {
  lines_->Write(kind, line);
}

absl::Status AuditFile::Reopen() { return lines_->Open(); }

}  // namespace cvr
