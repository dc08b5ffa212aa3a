#include "tools/cvr/run.h"

#include "cvr/v1/group_service.pb.h"
#include "cvr/v1/registry_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/rpc/rpc_status.h"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class RunTest : public CvrTest {
 protected:
  void HaveGroups() {
    server_.On<v1::ListGroupsRequest, v1::ListGroupsResponse>(
        "GroupService/ListGroups", [](const auto&, auto* response) {
          response->add_groups()->set_name("acme");
          return grpc::Status::OK;
        });
  }
};

TEST_F(RunTest, HelpAndVersionGoToStandardOutput) {
  EXPECT_EQ(Cvr("--help"), 0);
  EXPECT_THAT(Out(), HasSubstr("Examples:"));
  EXPECT_EQ(Cvr("registry create --help"), 0);
  EXPECT_THAT(Out(), HasSubstr("--anonymous-pull"));
  EXPECT_EQ(Cvr("--version"), 0);
  EXPECT_THAT(Out(), MatchesRegex("cvr [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_THAT(Err(), IsEmpty());
}

TEST_F(RunTest, BadUsageIsOneLineThatSaysWhereToReadOn) {
  const struct {
    const char* line;
    const char* error;
  } kCases[] = {
      {"", "cvr: no command given (see cvr --help)\n"},
      {"bogus", "cvr: unknown command: bogus (see cvr --help)\n"},
      {"registry", "cvr: no command given (see cvr registry --help)\n"},
      {"registry bogus",
       "cvr: unknown command: bogus (see cvr registry --help)\n"},
      {"registry create",
       "cvr: NAME is required (see cvr registry create --help)\n"},
      {"registry get 0",
       "cvr: REGISTRY: '0' is not an ID above 0 (see cvr registry get "
       "--help)\n"},
      {"registry get a/",
       "cvr: REGISTRY: 'a/' is not an ID, a NAME or a GROUP/NAME (see cvr "
       "registry get --help)\n"},
      {"attachment get seven",
       "cvr: ID: 'seven' is not a positive integer (see cvr attachment get "
       "--help)\n"},
      {"upstream list --registry 0",
       "cvr: --registry: '0' is not an ID above 0 (see cvr upstream list "
       "--help)\n"},
      {"registry update 7",
       "cvr: no changes given (see cvr registry update --help)\n"},
      {"upstream update 7",
       "cvr: no changes given (see cvr upstream update --help)\n"},
      {"entry list -o yaml",
       "cvr: --output: 'yaml' is not a valid format (table, json) (see cvr "
       "entry list --help)\n"},
      {"entry list --timeout soon",
       "cvr: invalid duration 'soon' (examples: 5s, 24h, 90m, 7d, 0)\n"},
      {"upstream create u --url http://a --username alice",
       "cvr: password required: use --password-file, --password-stdin or "
       "CVR_UPSTREAM_PASSWORD\n"},
      {"upstream create u --url http://a --password-stdin",
       "cvr: --password-stdin requires --username (see cvr upstream create "
       "--help)\n"},
  };
  for (const auto& [line, error] : kCases) {
    EXPECT_EQ(Cvr(line), 1) << line;
    EXPECT_EQ(Err(), error) << line;
    EXPECT_THAT(Out(), IsEmpty()) << line;
  }
}

TEST_F(RunTest, PasswordsAreNotTakenFromTheCommandLine) {
  EXPECT_EQ(Cvr("upstream create u --url http://a --username a --password x"),
            1);
  EXPECT_THAT(Err(), HasSubstr("unknown option --"));
}

TEST_F(RunTest, UnreachableServerIsNamed) {
  EXPECT_EQ(Cvr("registry list --server unix:/no/such.sock"), 1);
  EXPECT_THAT(Err(), StartsWith("cvr: cannot reach the server at "
                                "unix:/no/such.sock (--server): "));
  EXPECT_THAT(Err(), EndsWith("\n"));
}

TEST_F(RunTest, ServerOptionWinsOverTheVariableWhereverItStands) {
  HaveGroups();
  variables_["CVR_SERVER"] = "unix:/no/such.sock";
  EXPECT_EQ(Cvr("group list"), 1);
  EXPECT_EQ(Cvr("group list --server " + server_.address()), 0) << Err();
  EXPECT_EQ(Cvr("--server " + server_.address() + " group list"), 0) << Err();
}

TEST_F(RunTest, ServerWithoutTheServiceIsNamed) {
  EXPECT_EQ(Cvr("registry list"), 1);
  EXPECT_THAT(Err(), HasSubstr("does not support this command"));
}

TEST_F(RunTest, ErrorsOfTheServerAreShownAsTheyAre) {
  server_.On<v1::GetRegistryRequest, v1::Registry>(
      "RegistryService/GetRegistry", [](const auto&, auto*) {
        return ToRpcStatus(errors::NoSuch("registry", "7"));
      });
  EXPECT_EQ(Cvr("registry get 7"), 1);
  EXPECT_EQ(Err(), "cvr: registry 7 does not exist\n");
}

TEST_F(RunTest, EveryFieldViolationIsListedOnOneLine) {
  server_.On<v1::CreateRegistryRequest, v1::Registry>(
      "RegistryService/CreateRegistry", [](const auto&, auto*) {
        return ToRpcStatus(errors::FieldsInvalid(
            {{"name", "is too long"}, {"description", "has a\nline break"}}));
      });
  EXPECT_EQ(Cvr("registry create x"), 1);
  EXPECT_EQ(Err(), "cvr: name: is too long; description: has a line break\n");
}

TEST_F(RunTest, OutputThatCannotBeWrittenIsAnError) {
  HaveGroups();
  out_.setstate(std::ios::badbit);
  EXPECT_EQ(Cvr("group list"), 1);
  EXPECT_EQ(Err(), "cvr: cannot write the output\n");
}

TEST_F(RunTest, MistypedCommandsAndOptionsGetTheNearest) {
  const struct {
    const char* line;
    const char* error;
  } kCases[] = {
      {"registri list",
       "cvr: unknown command: registri; did you mean registry? (see cvr "
       "--help)\n"},
      {"registry lst",
       "cvr: unknown command: lst; did you mean list? (see cvr registry "
       "--help)\n"},
      {"registry list --gruop a",
       "cvr: unknown option --gruop; did you mean --group? (see cvr registry "
       "list --help)\n"},
      {"group list --timeuot=5s",
       "cvr: unknown option --timeuot=5s; did you mean --timeout? (see cvr "
       "group list --help)\n"},
      {"help registri",
       "cvr: unknown command: registri; did you mean registry? (see cvr "
       "--help)\n"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Cvr(c.line), 1);
    EXPECT_EQ(Err(), c.error);
  }
}

TEST_F(RunTest, DashesAndUnderscoresOfOptionsAreTheSame) {
  HaveGroups();
  for (const char* line :
       {"--insecure-plaintext group list", "--insecure_plaintext group list",
        "group list --token_file=/dev/null --token a"}) {
    EXPECT_EQ(Cvr(line), 0) << line << Err();
  }
  // Values stay as they are.
  EXPECT_EQ(Cvr("group list --server=unix:/a-b_c"), 1);
  EXPECT_THAT(Err(), HasSubstr("the server at unix:/a-b_c"));
}

TEST_F(RunTest, AddressOfTheBlobServiceIsIgnoredWithANote) {
  HaveGroups();
  for (const char* line : {"group list --blob_server=localhost:1",
                           "--blob-server localhost:1 group list"}) {
    EXPECT_EQ(Cvr(line), 0) << line << Err();
    EXPECT_THAT(Err(), HasSubstr("is ignored: every service is at --server"));
    EXPECT_THAT(Out(), HasSubstr("acme"));
  }
  variables_["CVR_BLOB_SERVER"] = "localhost:1";
  EXPECT_EQ(Cvr("group list"), 0) << Err();
  EXPECT_EQ(Err(),
            "cvr: note: CVR_BLOB_SERVER is ignored: every service is at "
            "--server now\n");
}

TEST_F(RunTest, AddressesThatAreNoneAreExplained) {
  EXPECT_EQ(Cvr("--server http://localhost:8080 group list"), 1);
  EXPECT_THAT(Err(), StartsWith("cvr: --server: 'http://localhost:8080' is a "
                                "URL, and gRPC has none"));
  EXPECT_EQ(Cvr("--server localhost group list"), 1);
  EXPECT_EQ(Err(),
            "cvr: --server: 'localhost' has no port: want host:port, such as "
            "localhost:8081\n");
  EXPECT_EQ(Cvr("--timeout 5 group list"), 1);
  EXPECT_EQ(Err(), "cvr: a duration needs a unit: '5' (such as 5s)\n");
}

}  // namespace
}  // namespace cvr
