#include "gateway/native_rest/native_rest.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cvr/v1/operation_service.grpc.pb.h"
#include "cvr/v1/registry_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"
#include "services/concurrency/thread.h"
#include "services/rpc/call_guard.h"
#include "services/rpc/rpc_server.h"
#include "services/rpc/rpc_status.h"
#include "tests/support/waiting/gate.h"

namespace cvr {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kUuid[] = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

// One registry; remembers what it was asked, and by whom.
class OneRegistry final : public v1::RegistryService::Service {
 public:
  grpc::Status GetRegistry(grpc::ServerContext* context,
                           const v1::GetRegistryRequest* request,
                           v1::Registry* response) override {
    return Answer(*context, *request, *response);
  }
  grpc::Status CreateRegistry(grpc::ServerContext* context,
                              const v1::CreateRegistryRequest* request,
                              v1::Registry* response) override {
    return Answer(*context, *request, *response);
  }
  grpc::Status UpdateRegistry(grpc::ServerContext* context,
                              const v1::UpdateRegistryRequest* request,
                              v1::Registry* response) override {
    return Answer(*context, *request, *response);
  }
  grpc::Status DeleteRegistry(grpc::ServerContext* context,
                              const v1::DeleteRegistryRequest* request,
                              google::protobuf::Empty*) override {
    v1::Registry ignored;
    return Answer(*context, *request, ignored);
  }

  std::string seen;
  std::string secret;
  std::string peer;
  absl::Status status;
  v1::Registry registry;

 private:
  grpc::Status Answer(const grpc::ServerContext& context,
                      const google::protobuf::Message& request,
                      v1::Registry& response) {
    seen = request.ShortDebugString();
    secret = TokenOfCall(context);
    const auto& metadata = context.client_metadata();
    const auto client = metadata.find("cvr-client");
    if (client != metadata.end()) {
      peer = std::string(client->second.data(), client->second.size());
    }
    response = registry;
    return ToRpcStatus(status);
  }
};

// Holds every wait until its call is cancelled; tells of its timeout.
class EndlessOperations final : public v1::OperationService::Service {
 public:
  grpc::Status WaitOperation(grpc::ServerContext* context,
                             const v1::WaitOperationRequest* request,
                             v1::Operation*) override {
    timeout_s = request->timeout().seconds();
    deadline = absl::FromChrono(context->deadline());
    if (!waits) return grpc::Status::OK;
    arrived.Pass();
    while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
    return grpc::Status::CANCELLED;
  }

  bool waits = false;
  int64_t timeout_s = 0;
  absl::Time deadline;
  testing::Gate arrived;
};

class NativeRestTest : public ::testing::Test {
 protected:
  NativeRestTest() {
    server_ = *RpcServer::Start("127.0.0.1:0", {&registries_, &operations_});
    api_ = std::make_unique<NativeRest>(
        NativeRest::Options{server_->InProcessChannel()});
    registries_.registry.set_id(7);
    registries_.registry.set_name("web");
    registries_.registry.set_etag("v1");
  }

  HttpRequest RequestOf(const std::string& method, const std::string& path,
                        const std::string& body) {
    HttpRequest request;
    request.method = method;
    request.target = absl::StrCat("/api/cvr/v1/", path);
    request.body = body;
    request.fields = fields_;
    if (!secret_.empty()) {
      request.fields.Add("Authorization", absl::StrCat("Bearer ", secret_));
    }
    if (!body.empty() && !type_.empty()) {
      request.fields.Add("Content-Type", type_);
    }
    return request;
  }

  absl::StatusOr<std::string> Admit(const std::string& secret) {
    if (!admitted_.ok()) return admitted_;
    EXPECT_EQ(secret, secret_);
    return "192.0.2.1";
  }

  HttpReply Ask(const std::string& method, const std::string& path,
                const std::string& body = "") {
    return api_->Handle(
        RequestOf(method, path, body),
        [&](const std::string& secret) { return Admit(secret); });
  }

  std::optional<HttpReply> Refuse(const std::string& method,
                                  const std::string& path) {
    HttpRequest head = RequestOf(method, path, "x");
    head.body.clear();
    return api_->Refuse(
        head, [&](const std::string& secret) { return Admit(secret); });
  }

  static std::string StatusOf(const HttpReply& reply) {
    return json::parse(reply.body)["error"]["status"];
  }

  OneRegistry registries_;
  EndlessOperations operations_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<NativeRest> api_;
  HttpFields fields_;
  std::string secret_ = absl::StrCat("cvr_", std::string(43, 'a'), "000000");
  std::string type_ = "application/json";
  absl::Status admitted_;
};

TEST_F(NativeRestTest, CallsForTheCallerAndAnswersAsJson) {
  const HttpReply reply = Ask("GET", "registries/7");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(registries_.seen, "id: 7");
  EXPECT_EQ(registries_.secret, secret_);
  EXPECT_EQ(registries_.peer, "192.0.2.1");
  EXPECT_EQ(json::parse(reply.body)["name"], "web");
  EXPECT_EQ(reply.fields.Get("Content-Type"), "application/json");
  EXPECT_EQ(reply.fields.Get("Cache-Control"), "no-store");
  EXPECT_EQ(reply.fields.Get("ETag"), "\"v1\"");
}

TEST_F(NativeRestTest, ReadsBodies) {
  const HttpReply made = Ask("POST", "registries?validate_only=true",
                             R"({"group":"acme","name":"a"})");
  EXPECT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(registries_.seen,
            "registry { group: \"acme\" name: \"a\" } validate_only: true");
  EXPECT_EQ(Ask("PATCH", "registries/7", R"({"description":""})").status, 200);
  EXPECT_EQ(registries_.seen,
            "id: 7 registry { } update_mask { paths: \"description\" }");
  const HttpReply gone = Ask("DELETE", "registries/7");
  EXPECT_EQ(gone.body, "{}");
  EXPECT_FALSE(gone.fields.Has("ETag"));
}

TEST_F(NativeRestTest, OnlyJsonIsRead) {
  for (const char* const good :
       {"application/json; charset=utf-8", "Application/JSON"}) {
    type_ = good;
    EXPECT_EQ(Ask("POST", "registries", "{}").status, 200) << good;
  }
  for (const char* const bad : {"", "text/plain", "application/jsonp",
                                "application/x-www-form-urlencoded"}) {
    type_ = bad;
    EXPECT_EQ(Ask("POST", "registries", "{}").status, 415) << bad;
    const auto refused = Refuse("POST", "registries");
    ASSERT_TRUE(refused) << bad;
    EXPECT_EQ(refused->status, 415) << bad;
  }
}

TEST_F(NativeRestTest, OnlyBearersOfSecretsAreLetIn) {
  admitted_ = errors::Unauthenticated();
  EXPECT_EQ(Ask("GET", "registries/7").status, 401);
  admitted_ = absl::ResourceExhaustedError("too many");
  EXPECT_EQ(Ask("GET", "registries/7").status, 429);
  admitted_ = absl::OkStatus();
  fields_.Add("PRIVATE-TOKEN", secret_);
  secret_ = "";
  const HttpReply anonymous = Ask("GET", "registries/7");
  EXPECT_EQ(anonymous.status, 401);
  EXPECT_EQ(anonymous.fields.Get("WWW-Authenticate"), "Bearer realm=\"cvr\"");
  EXPECT_EQ(StatusOf(anonymous), "UNAUTHENTICATED");
  fields_.Add("Authorization", "Basic dTpjdnJfYQ==");
  EXPECT_EQ(Ask("GET", "registries/7").status, 401);
  EXPECT_EQ(registries_.seen, "");
}

TEST_F(NativeRestTest, BodiesOfTheRefusedAreNotRead) {
  EXPECT_FALSE(Refuse("POST", "registries"));
  EXPECT_EQ(Refuse("POST", "nothing")->status, 404);
  EXPECT_EQ(Refuse("PUT", "registries")->status, 405);
  admitted_ = errors::Unauthenticated();
  EXPECT_EQ(Refuse("POST", "registries")->status, 401);
  EXPECT_TRUE(Refuse("POST", "registries")->fields.Has("X-Request-Id"));
}

TEST_F(NativeRestTest, OtherPathsAndMethodsAreToldBeforeAnything) {
  secret_ = "";
  EXPECT_EQ(Ask("GET", "nothing").status, 404);
  EXPECT_EQ(Ask("GET", "registries/7:nothing").status, 404);
  const HttpReply wrong = Ask("PUT", "registries/7");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.fields.Get("Allow"), "DELETE, GET, PATCH, HEAD");
}

TEST_F(NativeRestTest, TheDocumentIsPublic) {
  secret_ = "";
  const HttpReply reply = Ask("GET", "openapi.json");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(json::parse(reply.body)["openapi"], "3.0.3");
  EXPECT_EQ(Ask("POST", "openapi.json").status, 405);
}

TEST_F(NativeRestTest, ErrorsOfRequestsAndServicesHaveOneForm) {
  const HttpReply bad = Ask("GET", "registries/x");
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(StatusOf(bad), "INVALID_ARGUMENT");
  EXPECT_THAT(bad.body, HasSubstr("\"field\":\"id\""));
  registries_.status = WithReason(absl::NotFoundError("registry 7 is hidden"),
                                  Reason::kNameUnknown);
  const HttpReply hidden = Ask("GET", "registries/7");
  EXPECT_EQ(hidden.status, 404);
  EXPECT_THAT(hidden.body, HasSubstr("NAME_UNKNOWN"));
  EXPECT_TRUE(hidden.fields.Has("X-Request-Id"));
}

TEST_F(NativeRestTest, EtagsAreConditions) {
  fields_.Add("If-None-Match", "\"v1\"");
  const HttpReply same = Ask("GET", "registries/7");
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  EXPECT_EQ(same.fields.Get("ETag"), "\"v1\"");
  registries_.registry.set_etag("v2");
  EXPECT_EQ(Ask("GET", "registries/7").status, 200);

  fields_ = {};
  fields_.Add("If-Match", "\"v1\"");
  EXPECT_EQ(Ask("PATCH", "registries/7", R"({"name":"a"})").status, 200);
  EXPECT_THAT(registries_.seen, HasSubstr("etag: \"v1\""));
  EXPECT_THAT(registries_.seen, HasSubstr("update_mask { paths: \"name\" }"));
  registries_.status =
      WithReason(absl::AbortedError("another etag"), Reason::kEtagMismatch);
  EXPECT_EQ(Ask("DELETE", "registries/7").status, 412);
}

TEST_F(NativeRestTest, IdempotencyKeysArePassedOn) {
  fields_.Add("Idempotency-Key", kUuid);
  EXPECT_EQ(Ask("POST", "registries", "{}").status, 200);
  EXPECT_THAT(registries_.seen,
              HasSubstr(absl::StrCat("request_id: \"", kUuid, "\"")));
  EXPECT_EQ(Ask("DELETE", "registries/7").status, 400);
  fields_ = {};
  fields_.Add("Idempotency-Key", "again");
  EXPECT_EQ(Ask("POST", "registries", "{}").status, 400);
}

TEST_F(NativeRestTest, RequestsHaveNames) {
  fields_.Add("X-Request-Id", "build-7");
  EXPECT_EQ(Ask("GET", "registries/7").fields.Get("X-Request-Id"), "build-7");
  EXPECT_EQ(Ask("GET", "nothing").fields.Get("X-Request-Id"), "build-7");
  fields_ = {};
  fields_.Add("X-Request-Id", "a\r\nb");
  const auto made = Ask("GET", "registries/7").fields.Get("X-Request-Id");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->size(), 36);
}

TEST_F(NativeRestTest, WaitsAreBounded) {
  EXPECT_EQ(Ask("POST", "operations/7:wait", R"({"timeout":"86400s"})").status,
            200);
  EXPECT_EQ(operations_.timeout_s, 60);
  // The service answers before the call ends.
  EXPECT_GT(operations_.deadline, absl::Now() + absl::Seconds(60));
  EXPECT_EQ(Ask("POST", "operations/7:wait", R"({"timeout":"3s"})").status,
            200);
  EXPECT_EQ(operations_.timeout_s, 3);
}

TEST_F(NativeRestTest, CancelEndsCallsNowAndLater) {
  operations_.waits = true;
  operations_.arrived.Open();
  HttpReply reply;
  {
    const Thread asking("asking",
                        [&] { reply = Ask("POST", "operations/7:wait"); });
    operations_.arrived.AwaitArrivals(1);
    api_->Cancel();
  }
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(StatusOf(reply), "UNAVAILABLE");
  EXPECT_EQ(Ask("GET", "registries/7").status, 503);
}

TEST_F(NativeRestTest, WithoutTheServiceAnswersAreUnavailable) {
  server_->Shutdown(absl::InfinitePast());
  NativeRest api({MakeRpcChannel("127.0.0.1:1")});
  const HttpReply reply =
      api.Handle(RequestOf("GET", "registries/7", ""),
                 [&](const std::string& secret) { return Admit(secret); });
  EXPECT_EQ(reply.status, 503);
  EXPECT_TRUE(reply.fields.Has("Retry-After"));
  EXPECT_THAT(reply.body, Not(HasSubstr("127.0.0.1")));
}

}  // namespace
}  // namespace cvr
