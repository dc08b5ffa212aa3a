// Who did what: the audit log of a running system, and its metadata service's
// memory of it.
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "protos/cvr/v1/access_token_service.grpc.pb.h"
#include "protos/cvr/v1/registry_service.grpc.pb.h"
#include "tests/integration/system.h"
#include "tests/support/fake_registry.h"
#include "tests/support/planted_secrets.h"

namespace cvr::testing {
namespace {

using nlohmann::json;

class AuditTest : public ::testing::Test {
 protected:
  AuditTest() : system_(Shape::kStandalone, upstream_.url()) {
    system_.Start();
  }
  ~AuditTest() override {
    if (HasFailure()) std::cerr << system_.Log();
  }

  std::string MakeToken() {
    const auto stub = v1::AccessTokenService::NewStub(system_.channel());
    grpc::ClientContext context;
    v1::CreateAccessTokenRequest request;
    request.mutable_access_token()->set_name("ci");
    request.mutable_access_token()->add_scopes(
        v1::AccessToken::READ_VIRTUAL_REGISTRY);
    v1::AccessToken token;
    EXPECT_TRUE(stub->CreateAccessToken(&context, request, &token).ok());
    return token.secret();
  }

  // Once there are as many; they are written shortly after.
  std::vector<json> Lines(size_t count) {
    while (true) {
      std::ifstream file(system_.data_directory() + "/audit.jsonl");
      std::vector<json> lines;
      for (std::string line; std::getline(file, line) && !file.eof();) {
        EXPECT_EQ(SecretIn(line), "");
        lines.push_back(json::parse(line));
      }
      if (lines.size() >= count) return lines;
      absl::SleepFor(absl::Milliseconds(10));
    }
  }

  FakeRegistry upstream_;
  const Image image_ = AddImage(upstream_, "library/alpine", "1", {1000});
  System system_;
};

TEST_F(AuditTest, ChangesAndPullsAreWritten) {
  const std::string secret = MakeToken();
  const auto pulled = system_.Get("library/alpine/manifests/1",
                                  {"Authorization: Bearer " + secret});
  ASSERT_EQ(pulled.status, 200);
  const std::string blob = Digest::OfBytes(image_.blobs[1]).ToString();
  ASSERT_EQ(system_.Get("library/alpine/blobs/" + blob).status, 200);
  ASSERT_EQ(system_.Get("library/alpine/manifests/none").status, 404);

  const auto lines = Lines(4);
  ASSERT_EQ(lines.size(), 4);
  EXPECT_EQ(lines[0]["event"], "AccessTokenService.CreateAccessToken");
  EXPECT_EQ(lines[0]["object"], "access token 2");
  EXPECT_EQ(lines[0]["token_name"], "first administrator");
  EXPECT_EQ(lines[0]["client"], "127.0.0.1");
  EXPECT_EQ(lines[0]["request"]["access_token"]["name"], "ci");

  EXPECT_EQ(lines[1]["event"], "Pull");
  EXPECT_EQ(lines[1]["token_name"], "ci");
  EXPECT_EQ(lines[1]["client"], "127.0.0.1");
  EXPECT_EQ(lines[1]["registry_id"], 1);
  EXPECT_EQ(lines[1]["image"], "library/alpine");
  EXPECT_EQ(lines[1]["reference"], "1");
  EXPECT_EQ(lines[1]["digest"], image_.manifest_digest.ToString());
  EXPECT_EQ(lines[1]["status"], 200);
  EXPECT_EQ(lines[1]["bytes"], image_.manifest.size());

  EXPECT_EQ(lines[2]["kind"], "blob");
  EXPECT_EQ(lines[2]["token_id"], 0);
  EXPECT_EQ(lines[2]["bytes"], 1000);
  EXPECT_EQ(lines[3]["status"], 404);
  EXPECT_EQ(lines[3]["digest"], "");
}

}  // namespace
}  // namespace cvr::testing
