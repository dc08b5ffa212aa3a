#include "services/common/audit_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace cvr {
namespace {

std::vector<nlohmann::json> LinesOf(const std::string& path) {
  std::ifstream file(path);
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(nlohmann::json::parse(line));
  }
  return lines;
}

class AuditFileTest : public ::testing::Test {
 protected:
  testing::TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/audit.jsonl";
};

TEST_F(AuditFileTest, LinesAreAppendedAndForTheOwnerOnly) {
  for (int i = 0; i < 2; ++i) {
    const auto file = AuditFile::Open({path_});
    ASSERT_THAT(file, testing::IsOk());
    (*file)->Write({{"event", "one\ntwo"}, {"n", i}});
  }
  const auto lines = LinesOf(path_);
  ASSERT_EQ(lines.size(), 2);
  EXPECT_EQ(lines[0]["event"], "one\ntwo");
  EXPECT_EQ(lines[1]["n"], 1);
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600);
}

TEST_F(AuditFileTest, WhatIsNoUtf8IsWrittenAllTheSame) {
  {
    const auto file = AuditFile::Open({path_});
    ASSERT_THAT(file, testing::IsOk());
    (*file)->Write({{"image",
                     "a\xff"
                     "b"}});
  }
  ASSERT_EQ(LinesOf(path_).size(), 1);
}

TEST_F(AuditFileTest, FullFilesArePutAsideAndTheOldestGo) {
  {
    const auto file = AuditFile::Open({path_, 300, 2});
    ASSERT_THAT(file, testing::IsOk());
    for (int i = 0; i < 100; ++i) (*file)->Write({{"n", i}});
  }
  std::set<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(directory_.path())) {
    names.insert(entry.path().filename());
    EXPECT_LE(entry.file_size(), 300);
  }
  EXPECT_EQ(names, (std::set<std::string>{"audit.1.jsonl", "audit.2.jsonl",
                                          "audit.jsonl"}));
  EXPECT_EQ(LinesOf(path_).back()["n"], 99);
  struct stat info;
  ASSERT_EQ(stat((directory_.path() + "/audit.1.jsonl").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600);
}

TEST_F(AuditFileTest, APlaceThatCannotBeWrittenIsAnError) {
  EXPECT_THAT(AuditFile::Open({"/proc/nothing/audit.jsonl"}).status(),
              testing::StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace cvr
