#include "tools/cvr/commands/token_options.h"

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "cvr/v1/group_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/rpc/rpc_status.h"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class TokenOptionsTest : public CvrTest {
 protected:
  TokenOptionsTest() {
    server_.On<v1::ListGroupsRequest, v1::ListGroupsResponse>(
        "GroupService/ListGroups",
        [](const auto&, auto*) { return grpc::Status::OK; });
  }

  std::string HaveFile(const std::string& name, const std::string& content) {
    const std::string path = absl::StrCat(::testing::TempDir(), "/", name);
    std::ofstream(path, std::ios::trunc) << content;
    return path;
  }
};

TEST_F(TokenOptionsTest, NoTokenIsShownWhenThereIsNone) {
  EXPECT_EQ(Cvr("group list"), 0) << Err();
  EXPECT_THAT(server_.Metadata("authorization"), IsEmpty());
}

TEST_F(TokenOptionsTest, FirstOfTheFourPlacesCounts) {
  variables_["CVR_TOKEN_FILE"] = HaveFile("variable", "from-variable-file\n");
  EXPECT_EQ(Cvr("group list"), 0) << Err();
  EXPECT_THAT(server_.Metadata("authorization"),
              ElementsAre("Bearer from-variable-file"));
  variables_["CVR_TOKEN"] = "from-variable";
  EXPECT_EQ(Cvr("group list"), 0) << Err();
  EXPECT_THAT(server_.Metadata("authorization"),
              ElementsAre("Bearer from-variable"));
  const std::string file = HaveFile("option", "from-file\r\nsecond line\n");
  EXPECT_EQ(Cvr(absl::StrCat("group list --token-file ", file)), 0) << Err();
  EXPECT_THAT(server_.Metadata("authorization"),
              ElementsAre("Bearer from-file"));
  EXPECT_EQ(Cvr(absl::StrCat("--token from-option --token-file ", file,
                             " group list")),
            0)
      << Err();
  EXPECT_THAT(server_.Metadata("authorization"),
              ElementsAre("Bearer from-option"));
}

TEST_F(TokenOptionsTest, WhatIsNoTokenIsNotSentAndNotShown) {
  EXPECT_EQ(Cvr("group list --token-file /no/such"), 1);
  EXPECT_EQ(Err(), "cvr: cannot read /no/such: No such file or directory\n");
  const std::string empty = HaveFile("empty", "\ncvr_secret\n");
  EXPECT_EQ(Cvr(absl::StrCat("group list --token-file ", empty)), 1);
  EXPECT_EQ(Err(),
            absl::StrCat("cvr: the first line of ", empty,
                         " is not a valid access token (expected cvr_...)\n"));
  variables_["CVR_TOKEN"] = "cvr_with\x01control";
  EXPECT_EQ(Cvr("group list"), 1);
  EXPECT_EQ(Err(),
            "cvr: CVR_TOKEN is not a valid access token (expected cvr_...)\n");
}

TEST_F(TokenOptionsTest, RefusalSaysHowToGiveAToken) {
  server_.On<v1::ListGroupsRequest, v1::ListGroupsResponse>(
      "GroupService/ListGroups", [](const auto&, auto*) {
        return ToRpcStatus(errors::Unauthenticated());
      });
  EXPECT_EQ(Cvr("group list"), 1);
  EXPECT_EQ(
      Err(),
      absl::StrCat(
          "cvr: the server at ", server_.address(),
          " requires an access token (use --token-file or CVR_TOKEN; the "
          "administrator's token is in DATA_DIR/admin-token on the server)\n"));
  EXPECT_EQ(Cvr("group list --token cvr_wrong"), 1);
  EXPECT_THAT(
      Err(),
      AllOf(HasSubstr("rejected the access token"),
            HasSubstr("authentication required: log in with an access token"),
            HasSubstr("--token-file"), Not(HasSubstr("cvr_wrong"))));
}

TEST_F(TokenOptionsTest, MistypedOptionsDoNotShowSecrets) {
  const std::string secret = "cvr_0123456789abcdefghijklmnopqrstuvwxyz_-ABCDEF";
  EXPECT_EQ(Cvr(absl::StrCat("group list --tokn ", secret)), 1);
  EXPECT_THAT(Err(), AllOf(HasSubstr("--tokn"), Not(HasSubstr("0123456789"))));
  EXPECT_EQ(Cvr(absl::StrCat("group list --tokn=", secret)), 1);
  EXPECT_THAT(Err(), Not(HasSubstr("0123456789")));
  EXPECT_EQ(RedactedText(absl::StrCat("a cvr_main, ", secret, "! cvr_")),
            "a cvr_main, cvr_...! cvr_");
}

TEST_F(TokenOptionsTest, HelpDoesNotShowTheVariable) {
  variables_["CVR_TOKEN"] = "planted";
  EXPECT_EQ(Cvr("--help"), 0);
  EXPECT_THAT(Out(),
              AllOf(HasSubstr("--token-file"), Not(HasSubstr("planted"))));
}

}  // namespace
}  // namespace cvr
