// Who did what: the audit log of a running system, and its metadata service's
// memory of it.
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cvr/internal/v1/cache_record_service.grpc.pb.h"
#include "cvr/v1/access_token_service.grpc.pb.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/integration/system_test.h"
#include "tests/support/admin_channel.h"
#include "tests/support/http_client.h"
#include "tests/support/planted_secrets.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {
namespace {

using nlohmann::json;

class AuditTest : public SystemFixture {
 protected:
  AuditTest() : SystemFixture(Shape::kStandalone) {}

  std::string MakeToken() {
    const auto stub = v1::AccessTokenService::NewStub(system_.channel());
    grpc::ClientContext context;
    v1::CreateAccessTokenRequest request;
    request.mutable_access_token()->set_name("ci");
    request.mutable_access_token()->add_scopes(
        v1::AccessToken::READ_VIRTUAL_REGISTRY);
    v1::CreateAccessTokenResponse made;
    EXPECT_TRUE(stub->CreateAccessToken(&context, request, &made).ok());
    return made.secret();
  }

  // Once there are as many; they are written shortly after.
  std::vector<json> Lines(size_t count, const std::string& kind = "") {
    std::vector<json> lines;
    const auto is_written = [&] {
      std::ifstream file(system_.data_directory() + "/audit" + kind + ".jsonl");
      lines.clear();
      for (std::string line; std::getline(file, line) && !file.eof();) {
        EXPECT_EQ(SecretIn(line), "");
        lines.push_back(json::parse(line));
      }
      return lines.size() >= count;
    };
    EXPECT_TRUE(Eventually(
        is_written, absl::StrCat("audit", kind, " has ", count, " lines")));
    return lines;
  }

  const Image image_ = AddImage(upstream_, "library/alpine", "1", {1000});
};

TEST_F(AuditTest, ChangesAndPullsAreWritten) {
  const std::string secret = MakeToken();
  const auto pulled = system_.Get("library/alpine/manifests/1",
                                  {"Authorization: Bearer " + secret});
  ASSERT_EQ(pulled.status, 200);
  // A line is written after its reply: each is waited for, to know their order.
  Lines(1, "-reads");
  const std::string blob = Digest::OfBytes(image_.blobs[1]).ToString();
  ASSERT_EQ(system_.Get("library/alpine/blobs/" + blob).status, 200);
  Lines(2, "-reads");
  ASSERT_EQ(system_.Get("library/alpine/manifests/none").status, 404);
  Lines(3, "-reads");
  ASSERT_EQ(HttpRequest("HEAD", system_.http(),
                        System::Target("library/alpine/manifests/1"))
                .status,
            200);
  Lines(4, "-reads");
  ASSERT_EQ(system_.Get("library/alpine/tags/list").status, 200);
  Lines(5, "-reads");
  ASSERT_EQ(HttpGet(system_.http(), "/v2/_catalog").status, 200);

  const auto changes = Lines(1);
  ASSERT_EQ(changes.size(), 1);
  EXPECT_EQ(changes[0]["event"], "AccessTokenService.CreateAccessToken");
  EXPECT_EQ(changes[0]["object"], "access token 2");
  EXPECT_EQ(changes[0]["token_name"], "first administrator");
  EXPECT_EQ(changes[0]["client"], "127.0.0.1");
  EXPECT_EQ(changes[0]["request"]["access_token"]["name"], "ci");

  const auto lines = Lines(6, "-reads");
  ASSERT_EQ(lines.size(), 6);
  EXPECT_EQ(lines[0]["event"], "Pull");
  EXPECT_EQ(lines[0]["token_name"], "ci");
  EXPECT_EQ(lines[0]["client"], "127.0.0.1");
  EXPECT_EQ(lines[0]["registry_id"], 1);
  EXPECT_EQ(lines[0]["image"], "library/alpine");
  EXPECT_EQ(lines[0]["reference"], "1");
  EXPECT_EQ(lines[0]["digest"], image_.manifest_digest.ToString());
  EXPECT_EQ(lines[0]["status"], 200);
  EXPECT_EQ(lines[0]["bytes"], image_.manifest.size());

  EXPECT_EQ(lines[1]["kind"], "blob");
  EXPECT_EQ(lines[1]["token_id"], 0);
  EXPECT_EQ(lines[1]["bytes"], 1000);
  EXPECT_EQ(lines[2]["status"], 404);
  EXPECT_EQ(lines[2]["digest"], "");
  EXPECT_EQ(lines[3]["event"], "Head");
  EXPECT_EQ(lines[3]["bytes"], 0);
  EXPECT_EQ(lines[4]["event"], "ListTags");
  EXPECT_EQ(lines[4]["image"], "library/alpine");
  EXPECT_EQ(lines[5]["event"], "ListRepositories");
}

// Wrong secrets by HTTP, REST and gRPC, and what is for processes only.
TEST_F(AuditTest, RefusedAttemptsAreWrittenApart) {
  const std::string reader = MakeToken();
  const std::string wrong = "Authorization: Bearer cvr_wrong";
  ASSERT_EQ(system_.Get("library/alpine/manifests/1", {wrong}).status, 401);
  ASSERT_EQ(HttpGet(system_.http(), "/jwt/auth", {wrong}).status, 401);
  ASSERT_EQ(HttpGet(system_.http(),
                    "/api/v4/virtual_registries/container/registries/1",
                    {"PRIVATE-TOKEN: cvr_wrong"})
                .status,
            401);
  for (const std::string& secret : {std::string("cvr_wrong"), reader}) {
    grpc::ClientContext context;
    v1::ListAccessTokensResponse response;
    EXPECT_FALSE(
        v1::AccessTokenService::NewStub(AdminChannel(system_.grpc(), secret))
            ->ListAccessTokens(&context, {}, &response)
            .ok());
  }
  grpc::ClientContext context;
  internal::v1::GetUpstreamAccessResponse access;
  EXPECT_EQ(internal::v1::CacheRecordService::NewStub(
                AdminChannel(system_.grpc(), reader))
                ->GetUpstreamAccess(&context, {}, &access)
                .error_code(),
            grpc::StatusCode::PERMISSION_DENIED);

  std::multiset<std::string> events;
  for (const json& line : Lines(6, "-refusals")) {
    events.insert(line["event"].get<std::string>() + " " +
                  (line.contains("result") ? line["result"].get<std::string>()
                                           : line["status"].dump()));
  }
  EXPECT_EQ(events.count("Pull 401"), 1);
  EXPECT_EQ(events.count("Login 401"), 1);
  EXPECT_EQ(events.count("Administration 401"), 1);
  EXPECT_EQ(events.count("AccessTokenService.ListAccessTokens UNAUTHENTICATED"),
            1);
  EXPECT_EQ(
      events.count("AccessTokenService.ListAccessTokens PERMISSION_DENIED"), 1);
  EXPECT_EQ(events.count("Call PERMISSION_DENIED"), 1);
  // Who was refused has changed nothing.
  EXPECT_EQ(Lines(1).size(), 1);
}

}  // namespace
}  // namespace cvr::testing
