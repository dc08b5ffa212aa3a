#include "tools/cvr/declaration/plan.h"

#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cvr/v1/cleanup_policy_service.pb.h"
#include "cvr/v1/upstream_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "services/rpc/rpc_status.h"
#include "tests/support/status_matchers.h"
#include "tools/cvr/fake_server.h"

namespace cvr::declaration {
namespace {

using ::cvr::testing::IsOk;
using ::google::protobuf::Empty;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class PlanTest : public ::testing::Test {
 protected:
  PlanTest() { state_.groups["acme"].set_name("acme"); }

  absl::StatusOr<std::vector<Change>> Plan(const std::string& group) {
    auto groups = ParseDeclaration(
        "f", absl::StrCat("groups:\n- {name: acme, ", group, "}"));
    EXPECT_THAT(groups, IsOk());
    return MakePlan(*groups, state_, options_,
                    {in_, out_, out_, [this](const char* name) {
                       const auto found = variables_.find(name);
                       return found == variables_.end()
                                  ? std::nullopt
                                  : std::optional(found->second);
                     }});
  }

  // Carries out the only change of the plan.
  absl::Status CarryOut(const std::string& group) {
    auto changes = Plan(group);
    EXPECT_THAT(changes, IsOk());
    EXPECT_THAT(*changes, SizeIs(1));
    ServerConnection server(server_.address(), absl::Minutes(1),
                            grpc::InsecureChannelCredentials());
    UpstreamIds ids = IdsOf(state_);
    return changes->front().carry_out(server, ids);
  }

  // An upstream of the server; what it is to be is written to `updated`.
  v1::Upstream& AddHub(v1::UpdateUpstreamRequest& updated) {
    server_.On<v1::UpdateUpstreamRequest, v1::Upstream>(
        "UpstreamService/UpdateUpstream", [&](const auto& request, auto*) {
          updated = request;
          return grpc::Status::OK;
        });
    v1::Upstream& hub = state_.upstreams.emplace_back();
    hub.set_id(7);
    hub.set_group("acme");
    hub.set_name("hub");
    return hub;
  }

  FakeServer server_;
  ServerState state_;
  PlanOptions options_;
  std::map<std::string, std::string> variables_;
  std::istringstream in_;
  std::ostringstream out_;
};

TEST_F(PlanTest, PolicyIsMadeThenChangedThenPruned) {
  v1::CleanupPolicy created;
  v1::UpdateCleanupPolicyRequest updated;
  v1::DeleteCleanupPolicyRequest deleted;
  server_.On<v1::CreateCleanupPolicyRequest, v1::CleanupPolicy>(
      "CleanupPolicyService/CreateCleanupPolicy",
      [&](const auto& request, auto*) {
        created = request.cleanup_policy();
        return grpc::Status::OK;
      });
  server_.On<v1::UpdateCleanupPolicyRequest, v1::CleanupPolicy>(
      "CleanupPolicyService/UpdateCleanupPolicy",
      [&](const auto& request, auto*) {
        updated = request;
        return grpc::Status::OK;
      });
  server_.On<v1::DeleteCleanupPolicyRequest, Empty>(
      "CleanupPolicyService/DeleteCleanupPolicy",
      [&](const auto& request, auto*) {
        deleted = request;
        return grpc::Status::OK;
      });
  EXPECT_THAT(CarryOut("cleanup_policy: {enabled: true}"), IsOk());
  EXPECT_EQ(created.group(), "acme");
  EXPECT_TRUE(created.enabled());
  EXPECT_EQ(created.keep_n_days_after_download(), 30);
  created.set_etag("e1");
  state_.cleanup_policies["acme"] = created;
  EXPECT_THAT(*Plan("cleanup_policy: {enabled: true}"), IsEmpty());
  EXPECT_THAT(CarryOut("cleanup_policy: {cadence_days: 1}"), IsOk());
  EXPECT_EQ(updated.cleanup_policy().etag(), "e1");
  EXPECT_THAT(updated.update_mask().paths(),
              UnorderedElementsAre("cadence_days"));
  options_.prune = true;
  EXPECT_THAT(CarryOut("description: ~"), IsOk());
  EXPECT_EQ(deleted.group(), "acme");
  EXPECT_EQ(deleted.etag(), "e1");
}

TEST_F(PlanTest, AnotherUrlSaysWhatBecomesOfTheCache) {
  v1::UpdateUpstreamRequest updated;
  v1::Upstream& hub = AddHub(updated);
  hub.set_url("https://old");
  const std::string moved = "upstreams: [{name: hub, url: 'https://new'}]";
  const auto note_in = [&](const std::string& yaml) -> std::string {
    const auto plan = Plan(yaml);
    EXPECT_THAT(plan, IsOk());
    for (const FieldChange& field : plan->at(0).fields) {
      if (field.field == "cache") return field.after;
    }
    return "";
  };
  EXPECT_THAT(note_in(moved), ::testing::HasSubstr("purged"));
  EXPECT_THAT(CarryOut(moved), IsOk());
  EXPECT_FALSE(updated.keep_cache());
  options_.keep_cache = true;
  EXPECT_THAT(note_in(moved), ::testing::HasSubstr("kept"));
  EXPECT_THAT(CarryOut(moved), IsOk());
  EXPECT_TRUE(updated.keep_cache());
  EXPECT_EQ(note_in("upstreams: [{name: hub, url: 'https://old', description: "
                    "d}]"),
            "");
}

TEST_F(PlanTest, ClientKeyGoesWithItsCertificateAndTlsKeepsIt) {
  v1::UpdateUpstreamRequest updated;
  v1::Upstream& hub = AddHub(updated);
  hub.set_etag("e1");
  hub.mutable_tls()->set_client_certificate_pem("OLD");
  EXPECT_THAT(CarryOut("upstreams: [{name: hub, tls: {client_certificate_pem: "
                       "OLD, insecure_skip_verify: true}}]"),
              IsOk());
  EXPECT_EQ(updated.upstream().id(), 7);
  EXPECT_EQ(updated.upstream().etag(), "e1");
  EXPECT_THAT(
      updated.update_mask().paths(),
      UnorderedElementsAre("tls.ca_bundle_pem", "tls.client_certificate_pem",
                           "tls.insecure_skip_verify"));
  const std::string renewed =
      "upstreams: [{name: hub, tls: {client_certificate_pem: NEW, "
      "client_key_env: KEY}}]";
  const auto refused = Plan(renewed);
  EXPECT_EQ(refused.status().message(),
            "f:2: the environment variable KEY is not set");
  variables_["KEY"] = "planted";
  EXPECT_THAT(CarryOut(renewed), IsOk());
  EXPECT_EQ(updated.upstream().tls().client_key_pem(), "planted\n");
  EXPECT_THAT(updated.update_mask().paths(),
              ::testing::Contains("tls.client_key_pem"));
}

TEST_F(PlanTest, WhoComesTooLateIsTold) {
  server_.On<v1::UpdateUpstreamRequest, v1::Upstream>(
      "UpstreamService/UpdateUpstream", [](const auto& request, auto*) {
        EXPECT_EQ(request.upstream().etag(), "e1");
        return ToRpcStatus(absl::AbortedError("it was changed meanwhile"));
      });
  v1::Upstream& hub = state_.upstreams.emplace_back();
  hub.set_group("acme");
  hub.set_name("hub");
  hub.set_etag("e1");
  const auto status = CarryOut("upstreams: [{name: hub, disabled: true}]");
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("changed meanwhile"));
}

TEST_F(PlanTest, NewUrlDropsCredentialsAndSaysSo) {
  v1::Upstream& hub = state_.upstreams.emplace_back();
  hub.set_group("acme");
  hub.set_name("hub");
  hub.set_url("https://old.example");
  hub.set_username("bot");
  const auto changes = Plan("upstreams: [{name: hub, url: 'https://new'}]");
  ASSERT_THAT(changes, IsOk());
  ASSERT_THAT(changes->front().fields, SizeIs(3));
  EXPECT_EQ(changes->front().fields[1].after,
            "default (changing the url removes the credentials)");
}

}  // namespace
}  // namespace cvr::declaration
