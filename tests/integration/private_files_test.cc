// What processes leave on the disk, and in a core, is for their owner alone.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/integration/system.h"
#include "tests/support/child_process.h"
#include "tests/support/http_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {
namespace {

mode_t ModeOf(const std::string& path) {
  struct stat info = {};
  return lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 07777;
}

// What others than the owner have any right to.
std::vector<std::string> OpenToOthers(const std::string& directory) {
  std::vector<std::string> open;
  if ((ModeOf(directory) & 077) != 0) open.push_back(directory);
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.is_symlink()) continue;
    if ((ModeOf(entry.path()) & 077) != 0) open.push_back(entry.path());
  }
  return open;
}

std::string ContentOf(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

class PrivateFilesTest : public ::testing::Test {
 protected:
  PrivateFilesTest() { umask(0); }

  std::unique_ptr<ServerProcess> Start(std::vector<std::string> flags = {}) {
    flags.insert(
        flags.end(),
        {"--http_address=127.0.0.1:0",
         "--grpc_address=unix:" + directory_.Join("s"), "--data_dir=" + data_,
         "--allow_private_upstreams", "--bootstrap_upstream=" + upstream_.url(),
         "--bootstrap_anonymous_pull=true"});
    auto process = ServerProcess::Start(
        {"services/standalone/cvr-standalone", flags, directory_.path()});
    EXPECT_THAT(process, IsOk());
    return process.ok() ? *std::move(process) : nullptr;
  }

  FakeRegistry upstream_;
  const Image image_ = AddImage(upstream_, "library/alpine", "1", {200'000});
  const ScratchDirectory directory_;
  const std::string data_ = directory_.Join("data");
};

TEST_F(PrivateFilesTest, WhatIsMadeIsPrivateWhateverTheUmask) {
  const auto process = Start();
  ASSERT_NE(process, nullptr);
  ASSERT_EQ(
      HttpGet(process->http(), System::Target("library/alpine/manifests/1"))
          .status,
      200);
  EXPECT_TRUE(std::filesystem::exists(data_ + "/metadata"));
  EXPECT_TRUE(std::filesystem::exists(data_ + "/blobs"));
  EXPECT_TRUE(std::filesystem::exists(data_ + "/admin-token"));
  EXPECT_TRUE(std::filesystem::exists(data_ + "/audit.jsonl"));
  EXPECT_EQ(OpenToOthers(data_), std::vector<std::string>());
  EXPECT_EQ(ModeOf(directory_.Join("s")), 0600);
  process->process().Signal(SIGTERM);
  EXPECT_EQ(process->process().Wait(), 0);
}

TEST_F(PrivateFilesTest, WhatAnEarlierRevisionLeftOpenIsTightened) {
  Start()->process().Signal(SIGKILL);
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(data_)) {
    chmod(entry.path().c_str(), entry.is_directory() ? 0755 : 0644);
  }
  chmod(data_.c_str(), 0777);
  const auto process = Start();
  ASSERT_NE(process, nullptr);
  EXPECT_EQ(OpenToOthers(data_), std::vector<std::string>());
  EXPECT_TRUE(absl::StrContains(process->Log(), "were open to other users"));
}

// Its owner could change what is in it at will.
TEST_F(PrivateFilesTest, ADirectoryOfAnotherUserIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to give a directory away";
  mkdir(data_.c_str(), 0700);
  ASSERT_EQ(chown(data_.c_str(), 12345, 12345), 0);
  const ProgramResult result =
      RunProgram({"services/standalone/cvr-standalone", "--data_dir=" + data_});
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(absl::StrContains(result.output, "belongs to user 12345"))
      << result.output;
}

TEST_F(PrivateFilesTest, NoCoreIsLeftUnlessItIsAllowed) {
  const auto limit_of = [](ServerProcess& process) {
    const std::string limits =
        ContentOf(absl::StrCat("/proc/", process.process().pid(), "/limits"));
    const size_t begin = limits.find("Max core file size");
    return limits.substr(begin, limits.find('\n', begin) - begin);
  };
  const std::string none = limit_of(*Start());
  EXPECT_TRUE(absl::StrContains(none, " 0 ")) << none;
  // As it was before, whatever that is.
  const std::string self = ContentOf("/proc/self/limits");
  const std::string allowed = limit_of(*Start({"--allow_core_dumps"}));
  EXPECT_TRUE(absl::StrContains(self, allowed)) << allowed;
}

}  // namespace
}  // namespace cvr::testing
