#ifndef GATEWAY_REST_REST_TEST_STACK_H_
#define GATEWAY_REST_REST_TEST_STACK_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cvr/v1/upstream_test_service.grpc.pb.h"
#include "gateway/rest/rest_api.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/content.h"
#include "services/common/digest.h"
#include "services/metadata/metadata_stack.h"
#include "services/rpc/rpc_server.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

// REST in front of a real metadata service, for tests.
namespace cvr::rest {

// Answers as a test says.
class ScriptedUpstreamTests final : public v1::UpstreamTestService::Service {
 public:
  using Script = std::function<grpc::Status(grpc::ServerContext&,
                                            const v1::TestUpstreamRequest&,
                                            v1::TestUpstreamResponse&)>;

  grpc::Status TestUpstream(grpc::ServerContext* context,
                            const v1::TestUpstreamRequest* request,
                            v1::TestUpstreamResponse* response) override {
    return script(*context, *request, *response);
  }

  // Not to be changed while a call is under way.
  Script script;
};

class RestTest : public ::testing::Test {
 protected:
  static constexpr char kBase[] = "/api/v4/virtual_registries/container";
  static constexpr char kGroup[] =
      "/api/v4/groups/default/-/virtual_registries/container";

  RestTest() {
    MetadataStack::Options options;
    options.data_dir = directory_.path() + "/metadata";
    stack_ = *MetadataStack::Open(options);
    std::vector<grpc::Service*> services = stack_->admin_services();
    services.push_back(&upstream_tests_);
    metadata_ = *RpcServer::Start("127.0.0.1:0", services);
    RestApi::Options rest;
    rest.metadata = metadata_->InProcessChannel();
    api_ = std::make_unique<RestApi>(std::move(rest));
    admin_ = Token(v1::AccessToken::SCOPE_ADMIN, "");
  }
  ~RestTest() override { stack_->Shutdown(); }

  // Of all groups when `group` is empty.
  std::string Token(v1::AccessToken::Scope scope, const std::string& group) {
    v1::CreateAccessTokenRequest request;
    v1::AccessToken& token = *request.mutable_access_token();
    token.set_name(absl::StrCat("t", ++tokens_));
    token.add_scopes(scope);
    if (group.empty()) {
      token.set_all_groups(true);
    } else {
      token.set_group(group);
    }
    const auto made = stack_->access_tokens().Create(request);
    EXPECT_THAT(made, testing::IsOk());
    return made.ok() ? made->secret() : "";
  }

  void MakeGroup(const std::string& name) {
    v1::CreateGroupRequest request;
    request.mutable_group()->set_name(name);
    ASSERT_THAT(stack_->groups().Create(request), testing::IsOk());
  }

  void MakeEntry(int64_t upstream_id, const std::string& path) {
    const auto access = stack_->client().GetUpstreamAccess(upstream_id);
    ASSERT_THAT(access, testing::IsOk());
    const auto content = ParseRelativePath(path);
    ASSERT_THAT(content, testing::IsOk());
    const auto digest =
        Digest::Parse(absl::StrCat("sha256:", std::string(64, 'a')));
    ASSERT_THAT(digest, testing::IsOk());
    CacheRecord record{
        upstream_id, *content,
        Descriptor{"application/vnd.oci.image.manifest.v1+json", *digest, 7}};
    record.cache_epoch = access->cache_epoch;
    ASSERT_THAT(stack_->client().Record(record), testing::IsOk());
  }

  HttpReply Ask(const std::string& method, const std::string& target,
                const std::string& body = "") {
    HttpRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    request.client = "192.0.2.1";
    request.fields.Add("Host", "cvr.example.com:8080");
    request.fields.Add("PRIVATE-TOKEN", secret_.empty() ? admin_ : secret_);
    if (!body.empty() && !more_fields_.Get("Content-Type")) {
      request.fields.Add("Content-Type", "application/json");
    }
    for (const auto& [name, value] : more_fields_) {
      request.fields.Add(name, value);
    }
    return api_->Handle(request,
                        [&](const std::string&) -> absl::StatusOr<std::string> {
                          return request.client;
                        });
  }

  // Also checks the status.
  Json AskFor(int status, const std::string& method, const std::string& target,
              const std::string& body = "") {
    const HttpReply reply = Ask(method, target, body);
    EXPECT_EQ(reply.status, status)
        << method << " " << target << " " << body << ": " << reply.body;
    return Json::parse(reply.body, nullptr, false);
  }

  int64_t MakeRegistry(const std::string& name) {
    const Json made = AskFor(201, "POST", absl::StrCat(kGroup, "/registries"),
                             Json({{"name", name}}).dump());
    return made.value("id", int64_t{0});
  }
  int64_t MakeUpstream(int64_t registry_id, const std::string& name) {
    const Json made = AskFor(
        201, "POST",
        absl::StrCat(kBase, "/registries/", registry_id, "/upstreams"),
        Json({{"name", name}, {"url", "https://" + name + ".example"}}).dump());
    return made.value("id", int64_t{0});
  }

  cvr::testing::TemporaryDirectory directory_;
  std::unique_ptr<MetadataStack> stack_;
  ScriptedUpstreamTests upstream_tests_;
  std::unique_ptr<RpcServer> metadata_;
  std::unique_ptr<RestApi> api_;
  std::string admin_;
  // Whose requests are sent; empty = the administrator's.
  std::string secret_;
  HttpFields more_fields_;
  int tokens_ = 0;  // That were created.
};

}  // namespace cvr::rest

#endif  // GATEWAY_REST_REST_TEST_STACK_H_
