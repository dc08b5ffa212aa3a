#include "services/process/data_directory.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace cvr::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class DataDirectoryTest : public ::testing::Test {
 protected:
  // Claims it, as a process that ends.
  void Use(const std::string& service = "cvr-blob") {
    auto directory = DataDirectory::Find(path_, service, false);
    ASSERT_THAT(directory, IsOk());
    ASSERT_THAT(directory->Claim(), IsOk());
    directory->Keep();
  }
  absl::Status Found(const std::string& service = "cvr-blob",
                     bool create = false) {
    return DataDirectory::Find(path_, service, create).status();
  }
  void ExpectRefused(const absl::Status& status, const std::string& why) {
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr("--data_dir=" + path_), HasSubstr(why)));
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.path() + "/data";
};

TEST_F(DataDirectoryTest, LookingMakesNothing) {
  const auto directory = DataDirectory::Find(path_, "cvr-blob", false);
  ASSERT_THAT(directory, IsOk());
  EXPECT_TRUE(directory->is_new());
  EXPECT_TRUE(fs::is_empty(directory_.path()));
}

TEST_F(DataDirectoryTest, WhatIsClaimedIsTheOwnersAlone) {
  path_ += "/deep";
  Use();
  struct stat status = {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  ASSERT_EQ(stat((path_ + "/cvr.lock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(DataDirectoryTest, OfAStartThatFailsNothingStays) {
  const auto fail = [&] {
    auto directory = DataDirectory::Find(path_, "cvr-blob", false);
    ASSERT_THAT(directory, IsOk());
    ASSERT_THAT(directory->Claim(), IsOk());
    std::ofstream(path_ + "/half") << "made";
  };
  fail();
  EXPECT_TRUE(fs::is_empty(directory_.path()));
  fs::create_directory(path_);
  fail();
  EXPECT_TRUE(fs::is_empty(path_));
  Use();
  fail();
  EXPECT_TRUE(fs::exists(path_ + "/half"));
}

TEST_F(DataDirectoryTest, RegistriesThatAreLostAreNotBegunAnewUnasked) {
  Use("cvr-metadata");
  EXPECT_THAT(Found("cvr-metadata"), IsOk());
  std::ofstream(path_ + "/admin-token") << "token";
  ExpectRefused(Found("cvr-metadata"), "its data are gone");
  EXPECT_THAT(Found("cvr-metadata", /*create=*/true), IsOk());
  fs::create_directories(path_ + "/store");
  std::ofstream(path_ + "/store/CURRENT") << "M";
  EXPECT_THAT(Found("cvr-metadata"), IsOk());
}

TEST_F(DataDirectoryTest, TheNextStartFindsIt) {
  Use();
  const auto directory = DataDirectory::Find(path_, "cvr-blob", false);
  ASSERT_THAT(directory, IsOk());
  EXPECT_FALSE(directory->is_new());
}

TEST_F(DataDirectoryTest, TheDirectoryOfAnotherServiceIsRefused) {
  Use();
  ExpectRefused(Found("cvr-metadata"), "holds the data of cvr-blob");
  ExpectRefused(Found("cvr-metadata", /*create=*/true), "of cvr-blob");
}

TEST_F(DataDirectoryTest, EarlierRevisionsLeftNoName) {
  fs::create_directories(path_ + "/store");
  EXPECT_THAT(Found("cvr-metadata"), IsOk());
  ExpectRefused(Found("cvr-blob"), "of cvr-metadata");
  fs::create_directories(path_ + "/metadata/store");
  EXPECT_THAT(Found("cvr-standalone"), IsOk());
}

TEST_F(DataDirectoryTest, WhatIsGoneIsNotMadeAnewUnasked) {
  Use();
  fs::remove_all(path_);
  ExpectRefused(Found(), "is missing, and has been a data directory");
  fs::create_directory(path_);  // An empty mount point.
  fs::create_directory(path_ + "/lost+found");
  ExpectRefused(Found(), "is empty, and has been a data directory");
  EXPECT_THAT(Found("cvr-blob", /*create=*/true), IsOk());
}

TEST_F(DataDirectoryTest, FilesOfOthersAreLeftAlone) {
  fs::create_directory(path_);
  std::ofstream(path_ + "/letter") << "dear";
  ExpectRefused(Found(), "has files but is no data directory");
  EXPECT_THAT(Found("cvr-blob", /*create=*/true), IsOk());
}

TEST_F(DataDirectoryTest, NeitherNothingNorAFileIsADirectory) {
  std::ofstream(path_) << "file";
  ExpectRefused(Found(), "exists but is not a directory");
  path_ = "";
  ExpectRefused(Found(), "must be set");
}

TEST_F(DataDirectoryTest, TwoProcessesDoNotUseOne) {
  int ready[2], done[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(done), 0);
  const pid_t other = fork();
  if (other == 0) {
    auto directory = DataDirectory::Find(path_, "cvr-blob", false);
    const bool claimed = directory.ok() && directory->Claim().ok();
    char byte = claimed ? '1' : '0';
    (void)!write(ready[1], &byte, 1);
    close(done[1]);
    (void)!read(done[0], &byte, 1);  // Until the test is done.
    _exit(0);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, '1');
  ExpectRefused(Found(), absl::StrCat("another process uses ", path_, " (pid ",
                                      other, ")"));
  close(done[1]);
  int status = 0;
  ASSERT_EQ(waitpid(other, &status, 0), other);
  EXPECT_THAT(Found(), IsOk());
  for (const int fd : {ready[0], ready[1], done[0]}) close(fd);
}

}  // namespace
}  // namespace cvr::testing
