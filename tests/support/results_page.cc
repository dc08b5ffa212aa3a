#include "tests/support/results_page.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cvr::testing {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

// Empty when the page has no place for the table.
std::string WithTable(const std::string& page, const std::string& name,
                      const std::string& table) {
  const std::string begin = absl::StrCat("<!-- begin of ", name, " -->\n");
  const std::string end = absl::StrCat("<!-- end of ", name, " -->\n");
  const size_t from = page.find(begin);
  const size_t to = page.find(end);
  if (from == std::string::npos || to == std::string::npos) return "";
  return absl::StrCat(page.substr(0, from), begin, table, page.substr(to));
}

bool IsWriting() { return std::getenv("CVR_WRITE_RESULTS") != nullptr; }

}  // namespace

void WriteMeasured(const std::string& path, const std::string& name,
                   const std::string& table) {
  if (!IsWriting()) return;
  const char* const workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  ASSERT_NE(workspace, nullptr) << "use bazel run";
  const std::string source = absl::StrCat(workspace, "/", path);
  const std::string page = WithTable(ReadFile(source), name, table);
  ASSERT_NE(page, "") << path << " has no place for " << name;
  std::ofstream(source) << page;
}

void CheckResults(const std::string& path, const std::string& name,
                  const std::string& table, const std::string& how_to) {
  if (IsWriting()) return WriteMeasured(path, name, table);
  const std::string page = ReadFile(path);
  EXPECT_TRUE(page == WithTable(page, name, table))
      << path << " is not what was seen: call " << how_to;
}

}  // namespace cvr::testing
