#include "tools/cvr/client/secrets.h"

#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOkAndHolds;
using ::cvr::testing::StatusIs;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

class SecretsTest : public ::testing::Test {
 protected:
  std::string WriteFile(const std::string& content) {
    std::string path = ::testing::TempDir() + "/secret";
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::istringstream in_;
  std::ostringstream out_;
  std::optional<std::string> variable_;
  const Environment environment_{in_, out_, out_,
                                 [this](const char*) { return variable_; }};
};

TEST_F(SecretsTest, PasswordFileLosesItsLineBreakOnly) {
  EXPECT_THAT(ReadPassword({.file = WriteFile(" s3cret \n")}, environment_),
              IsOkAndHolds(" s3cret "));
  EXPECT_THAT(ReadPassword({.file = WriteFile("s3cret\r\n")}, environment_),
              IsOkAndHolds("s3cret"));
}

TEST_F(SecretsTest, StandardInputIsReadWhenAskedFor) {
  in_.str("from stdin\n");
  EXPECT_THAT(ReadPassword({.from_stdin = true}, environment_),
              IsOkAndHolds("from stdin"));
}

TEST_F(SecretsTest, VariableIsTheLastResort) {
  variable_ = "from variable";
  EXPECT_THAT(ReadPassword({}, environment_), IsOkAndHolds("from variable"));
  EXPECT_THAT(ReadPassword({.file = WriteFile("from file")}, environment_),
              IsOkAndHolds("from file"));
}

TEST_F(SecretsTest, NoPasswordIsAnError) {
  EXPECT_THAT(ReadPassword({}, environment_), StatusIs(kInvalid));
  EXPECT_THAT(ReadPassword({.file = WriteFile("\n")}, environment_),
              StatusIs(kInvalid));
}

TEST_F(SecretsTest, UnreadableFilesAreNamed) {
  const auto missing = ReadFile("/no/such/file");
  ASSERT_THAT(missing, StatusIs(kInvalid));
  EXPECT_THAT(std::string(missing.status().message()),
              HasSubstr("/no/such/file: No such file"));
  EXPECT_THAT(ReadFile(::testing::TempDir()), StatusIs(kInvalid));
}

TEST_F(SecretsTest, FilesAreReadWhole) {
  const std::string content(100000, 'x');
  EXPECT_THAT(ReadFile(WriteFile(content)), IsOkAndHolds(content));
  EXPECT_THAT(ReadFile(WriteFile("")), IsOkAndHolds(""));
}

}  // namespace
}  // namespace cvr
