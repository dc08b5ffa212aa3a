#include "tests/support/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/planted_secrets.h"
#include "tests/support/waiting/eventually.h"

extern char** environ;

namespace cvr::testing {
namespace {

// From the start of a server to its ready file, with sanitizers and on a
// machine that does much else.
constexpr absl::Duration kStartMax = absl::Minutes(2);
constexpr absl::Duration kRunMax = absl::Minutes(2);

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(
    const std::vector<std::string>& arguments, const std::string& log_path) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log_path.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t pid = 0;
  const int error =
      posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return absl::NotFoundError(
        absl::StrCat(arguments[0], ": ", std::strerror(error)));
  }
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid));
}

ChildProcess::~ChildProcess() {
  if (!reaped_) {
    Signal(SIGKILL);
    Wait();
  }
}

bool ChildProcess::running() {
  if (!reaped_ && waitpid(pid_, &status_, WNOHANG) == pid_) reaped_ = true;
  return !reaped_;
}

void ChildProcess::Signal(int signal) {
  if (running()) kill(pid_, signal);
}

int ChildProcess::Wait() {
  if (!reaped_) waitpid(pid_, &status_, 0);
  reaped_ = true;
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
}

ProgramResult RunProgram(const std::vector<std::string>& arguments) {
  const ScratchDirectory directory;
  const std::string log = directory.Join("output");
  const auto process = ChildProcess::Start(arguments, log);
  if (!process.ok()) {
    ADD_FAILURE() << process.status();
    return {-1, process.status().ToString()};
  }
  EXPECT_TRUE(Eventually([&] { return !(*process)->running(); }, kRunMax,
                         absl::StrCat(arguments[0], " ends")))
      << ReadFile(log);
  (*process)->Signal(SIGKILL);  // Nothing when it has ended.
  const int status = (*process)->Wait();
  return {status, ReadFile(log)};
}

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(
    Options options) {
  const std::string ready = options.directory + "/ready.json";
  std::filesystem::remove(ready);
  auto server = std::unique_ptr<ServerProcess>(new ServerProcess);
  server->log_path_ = options.directory + "/log";
  std::vector<std::string> arguments = {options.binary};
  arguments.insert(arguments.end(), options.flags.begin(), options.flags.end());
  arguments.push_back("--ready_file=" + ready);
  auto process = ChildProcess::Start(arguments, server->log_path_);
  if (!process.ok()) return process.status();
  server->process_ = *std::move(process);
  const auto is_ready = [&] { return std::filesystem::exists(ready); };
  const auto started =
      Eventually([&] { return !server->process_->running() || is_ready(); },
                 kStartMax, absl::StrCat(options.binary, " is ready"));
  if (!started) {
    return absl::DeadlineExceededError(
        absl::StrCat(started.message(), ":\n", server->Log()));
  }
  if (!is_ready()) {
    return absl::UnavailableError(absl::StrCat(options.binary, " ended with ",
                                               server->process_->Wait(), ":\n",
                                               server->Log()));
  }
  const auto addresses = nlohmann::json::parse(ReadFile(ready));
  server->http_ = addresses.value("http", "");
  server->grpc_ = addresses.value("grpc", "");
  return server;
}

ServerProcess::~ServerProcess() {
  process_.reset();
  EXPECT_EQ(SecretIn(Log()), "") << "a secret is in the log";
}

std::string ServerProcess::Log() const { return ReadFile(log_path_); }

ScratchDirectory::ScratchDirectory() {
  char path[] = "/tmp/cvr_test.XXXXXX";
  if (mkdtemp(path) == nullptr) std::abort();
  path_ = path;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace cvr::testing
