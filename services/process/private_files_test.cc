#include "services/process/private_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace cvr {
namespace {

using testing::IsOkAndHolds;
using testing::StatusIs;

class PrivateFilesTest : public ::testing::Test {
 protected:
  PrivateFilesTest() { chmod(directory_.path().c_str(), 0700); }

  std::string Make(const std::string& name, mode_t mode) {
    const std::string path = directory_.path() + "/" + name;
    std::ofstream(path) << "x";
    chmod(path.c_str(), mode);
    return path;
  }
  static mode_t ModeOf(const std::string& path) {
    struct stat info = {};
    stat(path.c_str(), &info);
    return info.st_mode & 07777;
  }

  const testing::TemporaryDirectory directory_;
};

TEST_F(PrivateFilesTest, TakesTheRightsOfOthersOnly) {
  std::filesystem::create_directory(directory_.path() + "/d");
  chmod((directory_.path() + "/d").c_str(), 0755);
  const std::string open = Make("d/open", 0666);
  const std::string script = Make("script", 0710);
  const std::string own = Make("own", 0400);
  EXPECT_THAT(MakePrivate(directory_.path()), IsOkAndHolds(3));
  EXPECT_EQ(ModeOf(directory_.path() + "/d"), 0700);
  EXPECT_EQ(ModeOf(open), 0600);
  EXPECT_EQ(ModeOf(script), 0700);
  EXPECT_EQ(ModeOf(own), 0400);
  EXPECT_THAT(MakePrivate(directory_.path()), IsOkAndHolds(0));
}

// Else whoever may write here could have us change any file of ours.
TEST_F(PrivateFilesTest, FollowsNoLinks) {
  const testing::TemporaryDirectory elsewhere;
  const std::string target = elsewhere.path() + "/target";
  std::ofstream(target) << "x";
  chmod(target.c_str(), 0644);
  std::filesystem::create_symlink(target, directory_.path() + "/link");
  std::filesystem::create_directory_symlink(elsewhere.path(),
                                            directory_.path() + "/links");
  EXPECT_THAT(MakePrivate(directory_.path()), IsOkAndHolds(0));
  EXPECT_EQ(ModeOf(target), 0644);
}

TEST_F(PrivateFilesTest, WhatBelongsToAnotherUserIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to give a file away";
  const std::string path = Make("theirs", 0600);
  ASSERT_EQ(chown(path.c_str(), 12345, 12345), 0);
  const auto made = MakePrivate(directory_.path());
  EXPECT_THAT(made, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(made.status().message()),
              ::testing::HasSubstr("theirs belongs to user 12345"));
}

}  // namespace
}  // namespace cvr
