#include "services/process/process.h"

#include <malloc.h>
#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <system_error>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "services/process/server_flags.h"
#include "services/process/version.h"

ABSL_FLAG(std::string, log_level, "info",
          "Log level: debug, info, warn, error or off.");
ABSL_FLAG(bool, allow_core_dumps, false,
          "Allow core dumps, and tracing by other processes of the same user. "
          "Insecure, because the memory contains tokens and passwords; for "
          "debugging only.");

namespace cvr {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  return signals;
}

void ParseFlags(int argc, char** argv, const ProcessOptions& options) {
  const auto read =
      ReadServerArguments(std::vector<std::string>(argv + 1, argv + argc));
  if (!read.ok()) {
    std::cerr << options.name << ": " << read.status().message() << "\n";
    exit(1);
  }
  if (read->help) {
    fputs(ServerHelp(options.name, options.usage).c_str(), stdout);
    exit(0);
  }
  if (read->version) {
    fputs(absl::StrCat(options.name, " ", kVersion, "\n").c_str(), stdout);
    exit(0);
  }
  std::vector<std::string> words = read->flags;
  words.insert(words.begin(), options.name);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  absl::ParseCommandLine(static_cast<int>(pointers.size()), pointers.data());
}

absl::Status SetUpLogging(const std::string& name) {
  const std::string wanted = absl::GetFlag(FLAGS_log_level);
  const auto level = spdlog::level::from_str(wanted);
  if (level == spdlog::level::off && wanted != "off") {
    return absl::InvalidArgumentError(
        absl::StrCat("--log_level: unknown level '", wanted, "'"));
  }
  auto logger = spdlog::stderr_logger_mt(name);
  logger->set_level(level);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %n %v",
                      spdlog::pattern_time_type::utc);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  return absl::OkStatus();
}

// Connections and tables are files; what is usual to begin with is for shells.
void RaiseFileLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// What a dump or a debugger of the same user would show. Not inherited by what
// is executed; the library's threads share it.
void ForbidCoreDumps() {
  if (absl::GetFlag(FLAGS_allow_core_dumps)) return;
  const rlimit none = {};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

// Large blocks go back to the system as soon as they are freed. By default the
// allocator keeps as much in each of its arenas as was ever freed there at
// once: after some large documents, hundreds of MiB.
void ReturnMemory() {
  constexpr int kMappedBytesMin = 512 * 1024;
  constexpr int kKeptBytesMax = 4 * 1024 * 1024;
  mallopt(M_MMAP_THRESHOLD, kMappedBytesMin);
  mallopt(M_TRIM_THRESHOLD, kKeptBytesMax);
}

// Ends the process with what was written, and without destroying static
// objects: threads of gRPC 1.51 outlive the last object of gRPC and use them.
// They may also log, so the logger stays; it leaves nothing unwritten but in
// stdio. Returns instead where the leak checker works at the end.
int Exit(int status) {
#ifndef CVR_ASAN
  std::fflush(nullptr);
  std::_Exit(status);
#endif
  return status;
}

}  // namespace

void StopSignal::OnHangup(std::function<void()> action) {
  on_hangup_.push_back(std::move(action));
}

const char* StopSignal::Wait() {
  const sigset_t signals = StopSignals();
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal == SIGINT) return "SIGINT";
    if (signal == SIGTERM) return "SIGTERM";
    if (on_hangup_.empty()) {
      spdlog::info("SIGHUP is ignored: there is nothing to read again");
    } else {
      spdlog::info("SIGHUP: files are read again");
    }
    for (const auto& action : on_hangup_) action();
  }
}

int RunProcess(int argc, char** argv, const ProcessOptions& options,
               absl::FunctionRef<absl::Status(StopSignal& stop)> body) {
  ReturnMemory();
  umask(077);
  // Blocked here, so in every thread to come: only Wait() receives them.
  const sigset_t signals = StopSignals();
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  ParseFlags(argc, argv, options);
  ForbidCoreDumps();
  absl::Status status = SetUpLogging(options.name);
  RaiseFileLimit();
  StopSignal stop;
  if (status.ok()) status = body(stop);
  if (!status.ok()) {
    std::cerr << options.name << ": " << status.message() << "\n";
  }
  return Exit(status.ok() ? 0 : 1);
}

}  // namespace cvr
