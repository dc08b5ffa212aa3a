#include "services/process/whole_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace cvr {
namespace {

namespace fs = std::filesystem;

using testing::IsOk;
using testing::StatusIs;

class WholeFileTest : public ::testing::TestWithParam<FileSync> {
 protected:
  std::string Path(const std::string& name) {
    return directory_.path() + "/" + name;
  }
  static std::string ContentOf(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void Put(const std::string& path, const std::string& content) {
    std::ofstream(path) << content;
  }
  // The names in the directory.
  int file_count() {
    int count = 0;
    for (const auto& entry : fs::directory_iterator(directory_.path())) {
      count += entry.exists() ? 1 : 0;
    }
    return count;
  }

  testing::TemporaryDirectory directory_;
};

TEST_P(WholeFileTest, IsForItsOwnerOnlyWhateverTheUmaskIs) {
  const mode_t before = umask(0);
  EXPECT_THAT(ReplaceFile(Path("a"), "text", GetParam()), IsOk());
  EXPECT_THAT(CreateFile(Path("b"), "text", GetParam()), IsOk());
  umask(before);
  for (const char* const name : {"a", "b"}) {
    struct stat info = {};
    ASSERT_EQ(stat(Path(name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 07777, 0600) << name;
    EXPECT_EQ(info.st_nlink, 1) << name;
    EXPECT_EQ(ContentOf(Path(name)), "text");
  }
  EXPECT_EQ(file_count(), 2) << "nothing is left aside";
}

// A process that still reads the earlier file must not see it change.
TEST_P(WholeFileTest, ReplacesTheNameAndNotTheBytes) {
  Put(Path("a"), "before");
  chmod(Path("a").c_str(), 0644);
  ASSERT_EQ(link(Path("a").c_str(), Path("kept").c_str()), 0);
  EXPECT_THAT(ReplaceFile(Path("a"), "", GetParam()), IsOk());
  EXPECT_EQ(ContentOf(Path("a")), "");
  EXPECT_EQ(ContentOf(Path("kept")), "before");
  struct stat info = {};
  ASSERT_EQ(stat(Path("a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600);
}

TEST_P(WholeFileTest, CreatesNothingInPlaceOfAnother) {
  Put(Path("a"), "before");
  EXPECT_THAT(CreateFile(Path("a"), "after", GetParam()),
              StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(ContentOf(Path("a")), "before");
  EXPECT_EQ(file_count(), 1) << "nothing is left aside";
}

TEST_P(WholeFileTest, ACrashBeforeLeavesNothingThatMatters) {
  Put(Path("a.new"), "half of something else, and longer");
  EXPECT_THAT(ReplaceFile(Path("a"), "text", GetParam()), IsOk());
  EXPECT_EQ(ContentOf(Path("a")), "text");
  Put(Path("b.new"), "half");
  EXPECT_THAT(CreateFile(Path("b"), "text", GetParam()), IsOk());
  EXPECT_EQ(ContentOf(Path("b")), "text");
  EXPECT_EQ(file_count(), 2);
}

TEST_P(WholeFileTest, NamesWhatItCannotWrite) {
  const std::string path = Path("missing/a");
  const absl::Status status = ReplaceFile(path, "text", GetParam());
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(status.message(), path + ": No such file or directory");
  fs::create_directory(Path("directory"));
  EXPECT_THAT(ReplaceFile(Path("directory"), "text", GetParam()),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(file_count(), 1) << "nothing is left aside";
}

INSTANTIATE_TEST_SUITE_P(EachSync, WholeFileTest,
                         ::testing::Values(FileSync::kNone, FileSync::kDurable),
                         [](const auto& sync) {
                           return sync.param == FileSync::kNone ? "None"
                                                                : "Durable";
                         });

}  // namespace
}  // namespace cvr
