#include "services/access/audit_file.h"

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
    (*file)->Write(AuditKind::kChange, {{"event", "one\ntwo"}, {"n", i}});
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
    (*file)->Write(AuditKind::kChange, {{"image",
                                         "a\xff"
                                         "b"}});
  }
  ASSERT_EQ(LinesOf(path_).size(), 1);
}

TEST_F(AuditFileTest, FullFilesArePutAsideAndTheOldestGo) {
  {
    const auto file = AuditFile::Open({path_, 300, 2});
    ASSERT_THAT(file, testing::IsOk());
    for (int i = 0; i < 100; ++i)
      (*file)->Write(AuditKind::kChange, {{"n", i}});
  }
  std::set<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(directory_.path())) {
    names.insert(entry.path().filename());
    EXPECT_LE(entry.file_size(), 300);
  }
  EXPECT_EQ(names, (std::set<std::string>{
                       "audit-reads.jsonl", "audit-refusals.jsonl",
                       "audit.1.jsonl", "audit.2.jsonl", "audit.jsonl"}));
  EXPECT_EQ(LinesOf(path_).back()["n"], 99);
  struct stat info;
  ASSERT_EQ(stat((directory_.path() + "/audit.1.jsonl").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600);
}

// Pulls are many and refusals can be made at will: neither may push out who
// changed what.
TEST_F(AuditFileTest, KindsDoNotPushOutEachOther) {
  {
    const auto file = AuditFile::Open({path_, 300, 1});
    ASSERT_THAT(file, testing::IsOk());
    (*file)->Write(AuditKind::kChange, {{"event", "change"}});
    for (int i = 0; i < 1000; ++i) {
      (*file)->Write(AuditKind::kRead, {{"n", i}});
      (*file)->Write(AuditKind::kRefusal, {{"n", i}});
    }
  }
  ASSERT_EQ(LinesOf(path_).size(), 1);
  EXPECT_EQ(LinesOf(path_)[0]["event"], "change");
  EXPECT_EQ(LinesOf(AuditPathOf(AuditKind::kRead, path_)).back()["n"], 999);
}

TEST_F(AuditFileTest, RefusalsAreBoundedAndSayWhatWasLeftOut) {
  {
    const auto file = AuditFile::Open({path_});
    ASSERT_THAT(file, testing::IsOk());
    for (int i = 0; i < 5000; ++i) {
      (*file)->Write(AuditKind::kRefusal, {{"event", "x"}});
    }
  }
  int64_t written = 0;
  int64_t left_out = 0;
  for (const auto& line : LinesOf(AuditPathOf(AuditKind::kRefusal, path_))) {
    if (line["event"] == "x") ++written;
    if (line["event"] == "RefusalsLeftOut") {
      left_out += line["count"].get<int64_t>();
    }
  }
  EXPECT_GT(written, 0);
  EXPECT_GT(left_out, 0);
  EXPECT_EQ(written + left_out, 5000);
}

TEST_F(AuditFileTest, ReopensWhatWasRenamed) {
  const auto file = AuditFile::Open({path_});
  ASSERT_THAT(file, testing::IsOk());
  (*file)->Write(AuditKind::kChange, {{"n", 1}});
  std::filesystem::rename(path_, path_ + ".old");
  ASSERT_THAT((*file)->Reopen(), testing::IsOk());
  EXPECT_EQ(LinesOf(path_ + ".old").size(), 1);
  (*file)->Write(AuditKind::kChange, {{"n", 2}});
  ASSERT_THAT((*file)->Reopen(), testing::IsOk());
  ASSERT_EQ(LinesOf(path_).size(), 1);
  EXPECT_EQ(LinesOf(path_)[0]["n"], 2);
}

TEST_F(AuditFileTest, NamesFollowFromThatOfChanges) {
  const auto reads = [](const std::string& path) {
    return AuditPathOf(AuditKind::kRead, path);
  };
  EXPECT_EQ(reads("/d/audit.jsonl"), "/d/audit-reads.jsonl");
  EXPECT_EQ(reads("/d.x/audit"), "/d.x/audit-reads");
  EXPECT_EQ(reads("audit"), "audit-reads");
  EXPECT_EQ(reads("/d/.hidden"), "/d/.hidden-reads");
}

TEST_F(AuditFileTest, APlaceThatCannotBeWrittenIsAnError) {
  EXPECT_THAT(AuditFile::Open({"/proc/nothing/audit.jsonl"}).status(),
              testing::StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace cvr
