// Operations whose services are scripted here: what is asked of them, and what
// becomes of their answers.

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cvr/v1/cache_service.grpc.pb.h"
#include "cvr/v1/cleanup_policy_service.grpc.pb.h"
#include "gateway/rest/rest_api.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/rpc/rpc_server.h"
#include "services/rpc/rpc_status.h"

namespace cvr::rest {
namespace {

using Context = grpc::ServerContext;
using Empty = google::protobuf::Empty;

class ScriptedCaches final : public v1::CacheService::Service {
 public:
  grpc::Status PurgeUpstreamCache(Context*,
                                  const v1::PurgeUpstreamCacheRequest* request,
                                  v1::PurgeResult*) override {
    seen = request->ShortDebugString();
    return ToRpcStatus(status);
  }
  grpc::Status PurgeRegistryCache(Context*,
                                  const v1::PurgeRegistryCacheRequest* request,
                                  v1::PurgeResult*) override {
    seen = request->ShortDebugString();
    return ToRpcStatus(status);
  }

  std::string seen;
  absl::Status status;
};

// Answers with one policy; remembers what it was asked.
class ScriptedPolicies final : public v1::CleanupPolicyService::Service {
 public:
  grpc::Status CreateCleanupPolicy(
      Context*, const v1::CreateCleanupPolicyRequest* request,
      v1::CleanupPolicy* response) override {
    seen = request->cleanup_policy().ShortDebugString();
    return Answered(response);
  }
  grpc::Status GetCleanupPolicy(Context*,
                                const v1::GetCleanupPolicyRequest* request,
                                v1::CleanupPolicy* response) override {
    seen = request->group();
    return Answered(response);
  }
  grpc::Status UpdateCleanupPolicy(
      Context*, const v1::UpdateCleanupPolicyRequest* request,
      v1::CleanupPolicy* response) override {
    seen = absl::StrCat(request->cleanup_policy().ShortDebugString(), " / ",
                        absl::StrJoin(request->update_mask().paths(), ","));
    return Answered(response);
  }
  grpc::Status DeleteCleanupPolicy(
      Context*, const v1::DeleteCleanupPolicyRequest* request,
      Empty*) override {
    seen =
        absl::StrCat("delete ", request->group(), " '", request->etag(), "'");
    return ToRpcStatus(deletion);
  }

  std::string seen;
  absl::Status status;
  absl::Status deletion;
  v1::CleanupPolicy policy;

 private:
  grpc::Status Answered(v1::CleanupPolicy* response) {
    *response = policy;
    return ToRpcStatus(status);
  }
};

class RestScriptedTest : public ::testing::Test {
 protected:
  RestScriptedTest() {
    server_ = *RpcServer::Start("127.0.0.1:0", {&caches_, &policies_});
    RestApi::Options options;
    options.metadata = server_->InProcessChannel();
    options.blob = options.metadata;
    api_ = std::make_unique<RestApi>(std::move(options));
    policies_.policy.set_group("acme/team");
    policies_.policy.set_keep_n_days_after_download(30);
    policies_.policy.set_cadence_days(7);
    policies_.policy.set_status(v1::CleanupPolicy::SCHEDULED);
    policies_.policy.mutable_create_time()->set_seconds(1704164645);
    policies_.policy.mutable_update_time()->set_seconds(1704164645);
    policies_.policy.set_etag("e7");
  }

  HttpReply Ask(const std::string& method, const std::string& target,
                const std::string& body = "", const std::string& since = "") {
    HttpRequest request;
    request.method = method;
    request.target = absl::StrCat("/api/v4", target);
    request.body = body;
    request.fields.Add("PRIVATE-TOKEN", "cvr_x");
    if (!since.empty()) request.fields.Add("If-Unmodified-Since", since);
    return api_->Handle(request,
                        [](const std::string&) -> absl::StatusOr<std::string> {
                          return "192.0.2.1";
                        });
  }

  static constexpr char kPolicy[] =
      "/groups/acme%2Fteam/-/virtual_registries/cleanup/policy";

  ScriptedCaches caches_;
  ScriptedPolicies policies_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<RestApi> api_;
};

TEST_F(RestScriptedTest, CachesAreEmptied) {
  HttpReply reply =
      Ask("DELETE", "/virtual_registries/container/upstreams/7/cache");
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(caches_.seen, "upstream_id: 7");
  // Exclusive upstreams only.
  reply = Ask("DELETE", "/virtual_registries/containers/registries/8/cache");
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(caches_.seen, "registry_id: 8");
  caches_.status = errors::NoSuch("registry", "8");
  EXPECT_EQ(
      Ask("DELETE", "/virtual_registries/container/registries/8/cache").status,
      404);
  EXPECT_EQ(
      Ask("DELETE", "/virtual_registries/container/upstreams/7/cache").status,
      404);
  EXPECT_EQ(
      Ask("DELETE", "/virtual_registries/container/upstreams/x/cache").status,
      400);
}

TEST_F(RestScriptedTest, APolicyIsShownWhole) {
  policies_.policy.set_enabled(true);
  policies_.policy.set_status(v1::CleanupPolicy::RUNNING);
  policies_.policy.mutable_next_run_time()->set_seconds(1704164645);
  policies_.policy.mutable_last_run_time()->set_seconds(1704164645);
  policies_.policy.set_last_run_deleted_bytes(5'000'000'000);
  policies_.policy.set_last_run_deleted_entries(3);
  const HttpReply reply = Ask("GET", kPolicy);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(policies_.seen, "acme/team");
  EXPECT_EQ(reply.body,
            R"({"group_id":"acme/team","enabled":true,)"
            R"("keep_n_days_after_download":30,"cadence":7,)"
            R"("notify_on_success":false,"notify_on_failure":false,)"
            R"("status":"running","next_run_at":"2024-01-02T03:04:05.000Z",)"
            R"("last_run_at":"2024-01-02T03:04:05.000Z",)"
            R"("last_run_deleted_size":5000000000,)"
            R"("last_run_deleted_entries_count":3,)"
            R"("last_run_detailed_metrics":{"container":)"
            R"({"deleted_entries_count":3,"deleted_size":5000000000}},)"
            R"("failure_message":null,)"
            R"("created_at":"2024-01-02T03:04:05.000Z",)"
            R"("updated_at":"2024-01-02T03:04:05.000Z"})");
}

TEST_F(RestScriptedTest, APolicyIsMadeWithDefaults) {
  EXPECT_EQ(Ask("POST", kPolicy, R"({"enabled":true})").status, 201);
  EXPECT_EQ(policies_.seen,
            "group: \"acme/team\" enabled: true keep_n_days_after_download: 30 "
            "cadence_days: 7");
  policies_.status = absl::AlreadyExistsError("x");
  const HttpReply reply = Ask("POST", kPolicy, "{}");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.body, R"({"message":{"group":["has already been taken"]}})");
}

TEST_F(RestScriptedTest, APolicyChangesWhereItIsSaid) {
  EXPECT_EQ(Ask("PATCH", kPolicy, R"({"cadence":90,"enabled":false})").status,
            200);
  EXPECT_EQ(policies_.seen,
            "group: \"acme/team\" cadence_days: 90 / enabled,cadence_days");
  policies_.seen.clear();
  EXPECT_EQ(Ask("PATCH", kPolicy, "{}").status, 400);
  for (const char* const body :
       {R"({"cadence":2})", R"({"keep_n_days_after_download":0})",
        R"({"keep_n_days_after_download":366})", R"({"enabled":"maybe"})"}) {
    EXPECT_EQ(Ask("PATCH", kPolicy, body).status, 400) << body;
  }
  EXPECT_EQ(policies_.seen, "");
  policies_.status = errors::NoSuch("cleanup policy", "acme/team");
  EXPECT_EQ(Ask("PATCH", kPolicy, R"({"cadence":1})").status, 404);
}

TEST_F(RestScriptedTest, APolicyIsDeletedAsItWasSeen) {
  EXPECT_EQ(Ask("DELETE", kPolicy).status, 204);
  EXPECT_EQ(policies_.seen, "delete acme/team ''");
  EXPECT_EQ(Ask("DELETE", kPolicy, "", "Tue, 02 Jan 2024 03:04:05 GMT").status,
            204);
  EXPECT_EQ(policies_.seen, "delete acme/team 'e7'");
  EXPECT_EQ(Ask("DELETE", kPolicy, "", "Tue, 02 Jan 2024 03:04:04 GMT").status,
            412);
  // Changed between the two calls.
  policies_.deletion = absl::AbortedError("other etag");
  EXPECT_EQ(Ask("DELETE", kPolicy, "", "Tue, 02 Jan 2024 03:04:05 GMT").status,
            412);
  policies_.status = errors::NoSuch("cleanup policy", "acme/team");
  EXPECT_EQ(Ask("DELETE", kPolicy).status, 404);
}

}  // namespace
}  // namespace cvr::rest
