#ifndef TOOLS_CVR_CVR_TEST_FIXTURE_H_
#define TOOLS_CVR_CVR_TEST_FIXTURE_H_

#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tools/cvr/client/environment.h"
#include "tools/cvr/fake_server.h"
#include "tools/cvr/run.h"

namespace cvr {

// Types command lines at a scripted server.
class CvrTest : public ::testing::Test {
 protected:
  // Types `line`; words are split at spaces.
  int Cvr(const std::string& line) {
    out_.str("");
    err_.str("");
    std::vector<std::string> args =
        absl::StrSplit(line, ' ', absl::SkipEmpty());
    return cvr::Run(
        args, {in_, out_, err_,
               [this](const char* name) { return Variable(name); }, terminal_});
  }

  std::string Out() const { return out_.str(); }
  std::string Err() const { return err_.str(); }

  std::optional<std::string> Variable(const char* name) const {
    const auto found = variables_.find(name);
    if (found == variables_.end()) return std::nullopt;
    return found->second;
  }

  FakeServer server_;
  std::map<std::string, std::string> variables_{
      {"CVR_SERVER", server_.address()}};
  std::optional<Terminal> terminal_;
  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
};

}  // namespace cvr

#endif  // TOOLS_CVR_CVR_TEST_FIXTURE_H_
