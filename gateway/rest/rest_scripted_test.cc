// Operations whose services are scripted here: what is asked of them, and what
// becomes of their answers.

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cvr/internal/v1/facade_service.grpc.pb.h"
#include "cvr/v1/cache_service.grpc.pb.h"
#include "cvr/v1/cleanup_policy_service.grpc.pb.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "cvr/v1/upstream_service.grpc.pb.h"
#include "gateway/rest/rest_api.h"
#include "gmock/gmock.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/rpc/rpc_server.h"
#include "services/rpc/rpc_status.h"

namespace cvr::rest {
namespace {

using Context = grpc::ServerContext;

class ScriptedCaches final : public v1::CacheService::Service {
 public:
  grpc::Status PurgeUpstreamCache(Context*,
                                  const v1::PurgeUpstreamCacheRequest* request,
                                  v1::Operation*) override {
    seen = request->ShortDebugString();
    return ToRpcStatus(status);
  }
  grpc::Status PurgeRegistryCache(Context*,
                                  const v1::PurgeRegistryCacheRequest* request,
                                  v1::Operation*) override {
    seen = request->ShortDebugString();
    return ToRpcStatus(status);
  }

  std::string seen;
  absl::Status status;
};

// Answers with one policy; remembers what it was asked to change.
class ScriptedPolicies final : public v1::CleanupPolicyService::Service {
 public:
  grpc::Status GetCleanupPolicy(Context*,
                                const v1::GetCleanupPolicyRequest* request,
                                v1::CleanupPolicy* response) override {
    EXPECT_EQ(request->group(), "acme/team");
    *response = policy;
    return grpc::Status::OK;
  }
  grpc::Status UpdateCleanupPolicy(
      Context*, const v1::UpdateCleanupPolicyRequest* request,
      v1::CleanupPolicy* response) override {
    *response = policy;
    const absl::Status status = request->validate_only() ? check : change;
    if (!status.ok() || request->validate_only()) return ToRpcStatus(status);
    seen = absl::StrCat(request->cleanup_policy().ShortDebugString(), " / ",
                        absl::StrJoin(request->update_mask().paths(), ","));
    return grpc::Status::OK;
  }

  std::string seen;
  absl::Status check;
  absl::Status change;
  v1::CleanupPolicy policy;
};

// Keeps the settings of one group.
class ScriptedFacade final : public internal::v1::FacadeService::Service {
 public:
  grpc::Status GetFacadeSettings(
      Context*, const internal::v1::GetFacadeSettingsRequest* request,
      internal::v1::GetFacadeSettingsResponse* response) override {
    EXPECT_EQ(request->group(), "acme/team");
    *response->mutable_settings() = settings;
    return ToRpcStatus(status);
  }
  grpc::Status UpdateFacadeSettings(
      Context*, const internal::v1::UpdateFacadeSettingsRequest* request,
      internal::v1::UpdateFacadeSettingsResponse* response) override {
    EXPECT_EQ(request->group(), "acme/team");
    settings = request->settings();
    *response->mutable_settings() = settings;
    ++changes;
    return ToRpcStatus(status);
  }

  internal::v1::FacadeSettings settings;
  int changes = 0;
  absl::Status status;
};

class ScriptedRegistries final : public v1::RegistryService::Service {
 public:
  grpc::Status GetRegistry(Context*, const v1::GetRegistryRequest* request,
                           v1::Registry* response) override {
    response->set_id(request->id());
    response->set_group("acme/team");
    response->set_etag("e3");
    return grpc::Status::OK;
  }
  grpc::Status DeleteRegistry(Context*,
                              const v1::DeleteRegistryRequest* request,
                              google::protobuf::Empty*) override {
    seen = request->ShortDebugString();
    return grpc::Status::OK;
  }

  std::string seen;
};

// Has a group whose names others take just before we do.
class ScriptedUpstreams final : public v1::UpstreamService::Service {
 public:
  grpc::Status CreateUpstream(Context*,
                              const v1::CreateUpstreamRequest* request,
                              v1::Upstream* response) override {
    EXPECT_EQ(request->upstream().group(), "acme/team");
    EXPECT_TRUE(request->unique_target());
    const std::string& name = request->upstream().name();
    asked.push_back(name);
    if (static_cast<int>(asked.size()) <= lost) {
      taken.insert(name);
      return ToRpcStatus(errors::Exists({"upstream", name}, "x"));
    }
    *response = request->upstream();
    response->set_id(9);
    response->add_attachments()->set_registry_id(request->registry_id());
    return grpc::Status::OK;
  }
  grpc::Status ListUpstreams(Context*, const v1::ListUpstreamsRequest* request,
                             v1::ListUpstreamsResponse* response) override {
    EXPECT_EQ(request->group(), "acme/team");
    // One on each page.
    auto at = request->page_token().empty()
                  ? taken.begin()
                  : taken.upper_bound(request->page_token());
    if (at == taken.end()) return grpc::Status::OK;
    response->add_upstreams()->set_name(*at);
    response->set_next_page_token(*at);
    return grpc::Status::OK;
  }

  // How many creations somebody else is faster at.
  int lost = 0;
  std::vector<std::string> asked;
  std::set<std::string> taken;
};

class RestScriptedTest : public ::testing::Test {
 protected:
  RestScriptedTest() {
    server_ = *RpcServer::Start("127.0.0.1:0", {&caches_, &policies_, &facade_,
                                                &registries_, &upstreams_});
    RestApi::Options options;
    options.metadata = server_->InProcessChannel();
    api_ = std::make_unique<RestApi>(std::move(options));
    policies_.policy.set_group("acme/team");
    policies_.policy.mutable_keep_after_last_pull()->set_seconds(30 * kDay);
    policies_.policy.mutable_run_interval()->set_seconds(7 * kDay);
    policies_.policy.mutable_create_time()->set_seconds(1704164645);
    policies_.policy.mutable_update_time()->set_seconds(1704164645);
    policies_.policy.set_etag("e7");
    facade_.settings.set_shows_cleanup_policy(true);
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

  static constexpr int64_t kDay = 24 * 3600;
  static constexpr char kPolicy[] =
      "/groups/acme%2Fteam/-/virtual_registries/cleanup/policy";

  ScriptedCaches caches_;
  ScriptedPolicies policies_;
  ScriptedFacade facade_;
  ScriptedRegistries registries_;
  ScriptedUpstreams upstreams_;
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
  policies_.policy.mutable_next_run_time()->set_seconds(1704164645);
  v1::CleanupRun& run = *policies_.policy.mutable_last_run();
  run.set_state(v1::CleanupRun::STATE_RUNNING);
  run.mutable_start_time()->set_seconds(1704164645);
  run.set_deleted_bytes(5'000'000'000);
  run.set_deleted_count(3);
  const HttpReply reply = Ask("GET", kPolicy);
  EXPECT_EQ(reply.status, 200);
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
  facade_.settings.set_shows_cleanup_policy(false);
  EXPECT_EQ(Ask("GET", kPolicy).status, 404);
  EXPECT_EQ(Ask("POST", kPolicy, R"({"enabled":true,"notify_on_failure":true})")
                .status,
            201);
  EXPECT_EQ(policies_.seen,
            "group: \"acme/team\" enabled: true "
            "keep_after_last_pull { seconds: 2592000 } "
            "run_interval { seconds: 604800 } / "
            "enabled,keep_after_last_pull,run_interval");
  EXPECT_TRUE(facade_.settings.shows_cleanup_policy());
  EXPECT_TRUE(facade_.settings.notify_on_failure());
  EXPECT_FALSE(facade_.settings.notify_on_success());
  policies_.seen.clear();
  const HttpReply reply = Ask("POST", kPolicy, "{}");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.body, R"({"message":{"group":["has already been taken"]}})");
  EXPECT_EQ(policies_.seen, "");
}

TEST_F(RestScriptedTest, WhoMayNotChangeAPolicyIsNotToldOfIt) {
  policies_.check = errors::Denied("no");
  for (const char* const method : {"POST", "PATCH"}) {
    for (const bool is_there : {true, false}) {
      facade_.settings.set_shows_cleanup_policy(is_there);
      EXPECT_EQ(Ask(method, kPolicy, R"({"enabled":true})").status, 403)
          << method;
    }
  }
  EXPECT_EQ(policies_.seen, "");
  EXPECT_EQ(facade_.changes, 0);
}

TEST_F(RestScriptedTest, APolicyChangesWhereItIsSaid) {
  EXPECT_EQ(Ask("PATCH", kPolicy, R"({"cadence":90,"enabled":false})").status,
            200);
  EXPECT_EQ(policies_.seen,
            "group: \"acme/team\" run_interval { seconds: 7776000 } / "
            "enabled,run_interval");
  EXPECT_EQ(facade_.changes, 0);
  policies_.seen.clear();
  facade_.settings.set_notify_on_failure(true);
  HttpReply reply = Ask("PATCH", kPolicy, R"({"notify_on_success":true})");
  EXPECT_EQ(reply.status, 200);
  EXPECT_NE(reply.body.find(R"("notify_on_success":true,)"
                            R"("notify_on_failure":true)"),
            std::string::npos)
      << reply.body;
  EXPECT_EQ(Ask("PATCH", kPolicy, "{}").status, 400);
  for (const char* const body :
       {R"({"cadence":2})", R"({"keep_n_days_after_download":0})",
        R"({"keep_n_days_after_download":366})", R"({"enabled":"maybe"})"}) {
    EXPECT_EQ(Ask("PATCH", kPolicy, body).status, 400) << body;
  }
  EXPECT_EQ(policies_.seen, "");
  facade_.settings.set_shows_cleanup_policy(false);
  EXPECT_EQ(Ask("PATCH", kPolicy, R"({"cadence":1})").status, 404);
  policies_.check = errors::NoSuch("group", "acme/team");
  EXPECT_EQ(Ask("PATCH", kPolicy, R"({"cadence":1})").status, 404);
  EXPECT_EQ(policies_.seen, "");
}

TEST_F(RestScriptedTest, APolicyIsDeletedAsItWasSeen) {
  constexpr char kReset[] = " / enabled,keep_after_last_pull,run_interval";
  const auto is_deleted = [&](const std::string& since, int status) {
    facade_.settings.set_shows_cleanup_policy(true);
    facade_.settings.set_notify_on_success(true);
    EXPECT_EQ(Ask("DELETE", kPolicy, "", since).status, status);
    EXPECT_EQ(facade_.settings.shows_cleanup_policy(), status != 204);
    EXPECT_EQ(facade_.settings.notify_on_success(), status != 204);
  };
  is_deleted("", 204);
  EXPECT_EQ(policies_.seen, absl::StrCat("group: \"acme/team\"", kReset));
  is_deleted("Tue, 02 Jan 2024 03:04:05 GMT", 204);
  EXPECT_EQ(policies_.seen,
            absl::StrCat("group: \"acme/team\" etag: \"e7\"", kReset));
  is_deleted("Tue, 02 Jan 2024 03:04:04 GMT", 412);
  // Changed between the two calls.
  policies_.change = absl::AbortedError("other etag");
  is_deleted("Tue, 02 Jan 2024 03:04:05 GMT", 412);
  policies_.change = absl::OkStatus();
  facade_.settings.set_shows_cleanup_policy(false);
  EXPECT_EQ(Ask("DELETE", kPolicy).status, 404);
  facade_.status = errors::NoSuch("group", "acme/team");
  EXPECT_EQ(Ask("DELETE", kPolicy).status, 404);
}

// It has never left upstreams behind that belong to nothing.
TEST_F(RestScriptedTest, ARegistryIsDeletedWithItsOrphans) {
  EXPECT_EQ(Ask("DELETE", "/virtual_registries/container/registries/8").status,
            204);
  EXPECT_EQ(registries_.seen,
            "id: 8 allow_missing: true delete_orphaned_upstreams: true");
}

TEST_F(RestScriptedTest, NamesThatOthersTakeMeanwhileAreTriedNoMore) {
  const std::string list =
      "/virtual_registries/container/registries/8/upstreams";
  const std::string body = R"({"name":"hub","url":"https://a.example"})";
  upstreams_.lost = 3;
  const HttpReply reply = Ask("POST", list, body);
  EXPECT_EQ(reply.status, 201) << reply.body;
  EXPECT_THAT(upstreams_.asked,
              ::testing::ElementsAre("hub", "hub-2", "hub-3", "hub-4"));
  EXPECT_NE(reply.body.find(R"("name":"hub")"), std::string::npos)
      << reply.body;
  // Not for ever, and not as if the URL were taken.
  upstreams_.asked.clear();
  upstreams_.lost = 1000;
  EXPECT_EQ(Ask("POST", list, body).status, 503);
  EXPECT_LE(upstreams_.asked.size(), 10);
}

}  // namespace
}  // namespace cvr::rest
