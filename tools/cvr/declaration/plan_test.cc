#include "tools/cvr/declaration/plan.h"

#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cvr/v1/attachment_service.pb.h"
#include "cvr/v1/cleanup_policy_service.pb.h"
#include "cvr/v1/group_service.pb.h"
#include "cvr/v1/registry_service.pb.h"
#include "cvr/v1/upstream_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/rpc/rpc_status.h"
#include "tests/support/status_matchers.h"
#include "tools/cvr/fake_server.h"

namespace cvr::declaration {
namespace {

using ::cvr::testing::IsOk;
using ::testing::ElementsAre;
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
    return changes->front().carry_out(server, ids, validate_only_);
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

  // What registries and their attachments are to be is written to these.
  void AcceptRegistries() {
    server_.On<v1::UpdateRegistryRequest, v1::Registry>(
        "RegistryService/UpdateRegistry",
        [this](const auto& request, auto* response) {
          registry_ = request;
          response->set_id(5);
          return grpc::Status::OK;
        });
    server_.On<v1::CreateRegistryRequest, v1::Registry>(
        "RegistryService/CreateRegistry",
        [this](const auto& request, auto* response) {
          created_ = request;
          response->set_id(request.registry().id());
          return grpc::Status::OK;
        });
    server_.On<v1::SetAttachmentsRequest, v1::SetAttachmentsResponse>(
        "AttachmentService/SetAttachments", [this](const auto& request, auto*) {
          attachments_ = request;
          return grpc::Status::OK;
        });
  }

  FakeServer server_;
  ServerState state_;
  PlanOptions options_;
  bool validate_only_ = false;
  v1::UpdateRegistryRequest registry_;
  v1::CreateRegistryRequest created_;
  v1::SetAttachmentsRequest attachments_;
  std::map<std::string, std::string> variables_;
  std::istringstream in_;
  std::ostringstream out_;
};

TEST_F(PlanTest, PolicyIsMadeThenChangedThenPruned) {
  v1::UpdateCleanupPolicyRequest updated;
  server_.On<v1::UpdateCleanupPolicyRequest, v1::CleanupPolicy>(
      "CleanupPolicyService/UpdateCleanupPolicy",
      [&](const auto& request, auto*) {
        updated = request;
        return grpc::Status::OK;
      });
  EXPECT_EQ(Plan("cleanup_policy: {enabled: true}")->front().sign, '+');
  EXPECT_THAT(CarryOut("cleanup_policy: {enabled: true}"), IsOk());
  EXPECT_EQ(updated.cleanup_policy().group(), "acme");
  EXPECT_TRUE(updated.cleanup_policy().enabled());
  EXPECT_THAT(updated.update_mask().paths(), UnorderedElementsAre("enabled"));
  state_.cleanup_policies["acme"] = updated.cleanup_policy();
  state_.cleanup_policies["acme"].set_etag("e1");
  EXPECT_THAT(*Plan("cleanup_policy: {enabled: true}"), IsEmpty());
  // What the server has by default is no change, told or not.
  EXPECT_THAT(*Plan("cleanup_policy: {keep_after_last_pull: 30d}"), IsEmpty());
  EXPECT_EQ(Plan("cleanup_policy: {run_interval: 1d}")->front().sign, '~');
  EXPECT_THAT(CarryOut("cleanup_policy: {run_interval: 1d}"), IsOk());
  EXPECT_EQ(updated.cleanup_policy().etag(), "e1");
  EXPECT_THAT(updated.update_mask().paths(),
              UnorderedElementsAre("run_interval"));
  options_.prune = true;
  EXPECT_EQ(Plan("description: ~")->front().sign, '-');
  EXPECT_THAT(CarryOut("description: ~"), IsOk());
  EXPECT_EQ(updated.cleanup_policy().group(), "acme");
  EXPECT_EQ(updated.cleanup_policy().etag(), "e1");
  EXPECT_FALSE(updated.cleanup_policy().enabled());
  EXPECT_THAT(updated.update_mask().paths(), UnorderedElementsAre("enabled"));
}

TEST_F(PlanTest, WhatIsNewIsPutByItsName) {
  v1::UpdateUpstreamRequest put;
  server_.On<v1::UpdateUpstreamRequest, v1::Upstream>(
      "UpstreamService/UpdateUpstream", [&](const auto& request, auto*) {
        put = request;
        return grpc::Status::OK;
      });
  EXPECT_THAT(CarryOut("upstreams: [{name: hub, url: 'https://a'}]"), IsOk());
  EXPECT_EQ(put.key().group(), "acme");
  EXPECT_EQ(put.key().name(), "hub");
  EXPECT_TRUE(put.allow_missing());
  EXPECT_FALSE(put.validate_only());
  EXPECT_EQ(put.upstream().url(), "https://a");
  EXPECT_FALSE(put.has_update_mask());
}

TEST_F(PlanTest, OnlyWhatTheFileMentionsIsChanged) {
  v1::UpdateUpstreamRequest updated;
  v1::Upstream& hub = AddHub(updated);
  hub.mutable_cache_policy()->mutable_stale_ttl()->set_seconds(60);
  hub.mutable_limits()->set_failures_to_open(7);
  EXPECT_THAT(CarryOut("upstreams: [{name: hub, cache_policy: {tag_ttl: 1h}, "
                       "limits: {concurrent_requests: 8}}]"),
              IsOk());
  EXPECT_THAT(updated.update_mask().paths(),
              UnorderedElementsAre("cache_policy.tag_ttl",
                                   "limits.concurrent_requests"));
  EXPECT_FALSE(updated.allow_missing());
  // The whole truth.
  options_.prune = true;
  EXPECT_THAT(CarryOut("upstreams: [{name: hub, cache_policy: {tag_ttl: 1h}}]"),
              IsOk());
  EXPECT_THAT(
      updated.update_mask().paths(),
      UnorderedElementsAre("cache_policy.tag_ttl", "cache_policy.stale_ttl",
                           "limits.failures_to_open"));
}

TEST_F(PlanTest, AttachmentsAreSetAtOnceIfNobodyChangedThem) {
  AcceptRegistries();
  v1::Registry& web = state_.registries.emplace_back();
  web.set_id(3);
  web.set_group("acme");
  web.set_name("web");
  web.add_attachments()->set_upstream_id(7);
  state_.attachment_etags[3] = "a1";
  v1::UpdateUpstreamRequest unused;
  AddHub(unused);
  v1::Upstream& quay = state_.upstreams.emplace_back();
  quay.set_id(8);
  quay.set_group("acme");
  quay.set_name("quay");
  EXPECT_THAT(CarryOut("registries: [{name: web, upstreams: [quay, hub]}]"),
              IsOk());
  EXPECT_EQ(attachments_.registry_id(), 3);
  EXPECT_EQ(attachments_.etag(), "a1");
  EXPECT_THAT(attachments_.upstream_ids(), ElementsAre(8, 7));
  // The registry itself did not change.
  EXPECT_THAT(server_.methods_called(),
              ElementsAre("/cvr.v1.AttachmentService/SetAttachments"));
  EXPECT_THAT(*Plan("registries: [{name: web, upstreams: [hub]}]"), IsEmpty());
}

TEST_F(PlanTest, NewRegistryKeepsTheIdOfTheFile) {
  AcceptRegistries();
  v1::UpdateUpstreamRequest unused;
  AddHub(unused);
  EXPECT_THAT(CarryOut("registries: [{id: 12, name: web, upstreams: [hub]}]"),
              IsOk());
  EXPECT_EQ(created_.registry().id(), 12);
  EXPECT_EQ(attachments_.registry_id(), 12);
  EXPECT_THAT(CarryOut("registries: [{name: web, upstreams: [hub]}]"), IsOk());
  EXPECT_EQ(registry_.key().name(), "web");
  EXPECT_TRUE(registry_.allow_missing());
  EXPECT_EQ(attachments_.registry_id(), 5);
}

TEST_F(PlanTest, ServerChecksWhatItCanWithoutAnyChange) {
  AcceptRegistries();
  v1::UpdateUpstreamRequest unused;
  AddHub(unused);
  validate_only_ = true;
  EXPECT_THAT(CarryOut("registries: [{name: web, upstreams: [hub]}]"), IsOk());
  EXPECT_TRUE(registry_.validate_only());
  // There is nothing to attach to yet.
  EXPECT_THAT(server_.methods_called(),
              ElementsAre("/cvr.v1.RegistryService/UpdateRegistry"));
  EXPECT_THAT(CarryOut("registries: [{id: 12, name: web}]"), IsOk());
  EXPECT_TRUE(created_.validate_only());
  v1::Registry& web = state_.registries.emplace_back();
  web.set_id(3);
  web.set_group("acme");
  web.set_name("web");
  EXPECT_THAT(CarryOut("registries: [{name: web, upstreams: [hub]}]"), IsOk());
  EXPECT_TRUE(attachments_.validate_only());
}

TEST_F(PlanTest, NothingIsCheckedInAGroupThatIsNotThere) {
  state_.groups.clear();
  server_.On<v1::UpdateGroupRequest, v1::Group>(
      "GroupService/UpdateGroup", [&](const auto& request, auto*) {
        EXPECT_TRUE(request.validate_only());
        EXPECT_TRUE(request.allow_missing());
        return grpc::Status::OK;
      });
  const auto changes = Plan(
      "cleanup_policy: {enabled: true}, upstreams: [{name: hub, url: "
      "'https://a'}], registries: [{name: web, upstreams: [hub]}]");
  ASSERT_THAT(changes, IsOk());
  EXPECT_THAT(*changes, SizeIs(4));
  ServerConnection server(server_.address(), absl::Minutes(1),
                          grpc::InsecureChannelCredentials());
  UpstreamIds ids;
  for (const Change& change : *changes) {
    EXPECT_THAT(change.carry_out(server, ids, /*validate_only=*/true), IsOk())
        << change.object;
  }
  EXPECT_THAT(server_.methods_called(),
              ElementsAre("/cvr.v1.GroupService/UpdateGroup"));
}

TEST_F(PlanTest, PathsThatClientsCannotTellApartAreForeseen) {
  auto groups = ParseDeclaration("f", R"(groups:
- name: acme
  registries: [{name: web}]
- name: acme/web/eu
)");
  ASSERT_THAT(groups, IsOk());
  const auto plan = MakePlan(*groups, state_, options_,
                             {in_, out_, out_, [](const char*) {
                                return std::optional<std::string>();
                              }});
  EXPECT_EQ(plan.status().message(),
            "f:3: registry acme/web cannot be told from group acme/web/eu "
            "(f:4) in pull paths: rename one of them");
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
  EXPECT_EQ(updated.key().name(), "hub");
  EXPECT_EQ(updated.upstream().etag(), "e1");
  EXPECT_THAT(updated.update_mask().paths(),
              UnorderedElementsAre("tls.insecure_skip_verify"));
  const std::string renewed =
      "upstreams: [{name: hub, tls: {client_certificate_pem: NEW, "
      "client_key_env: KEY}}]";
  const auto refused = Plan(renewed);
  EXPECT_EQ(refused.status().message(),
            "f:2: the environment variable KEY is not set");
  variables_["KEY"] = "planted";
  EXPECT_THAT(CarryOut(renewed), IsOk());
  EXPECT_EQ(updated.upstream().tls().client_key_pem(), "planted\n");
  EXPECT_THAT(
      updated.update_mask().paths(),
      UnorderedElementsAre("tls.client_certificate_pem", "tls.client_key_pem"));
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
  hub.set_has_password(true);
  const auto changes = Plan("upstreams: [{name: hub, url: 'https://new'}]");
  ASSERT_THAT(changes, IsOk());
  ASSERT_THAT(changes->front().fields, SizeIs(3));
  EXPECT_EQ(changes->front().fields[1].after,
            "default (changing the url removes the credentials)");
}

TEST_F(PlanTest, CredentialsGoAsAWhole) {
  v1::UpdateUpstreamRequest updated;
  v1::Upstream& hub = AddHub(updated);
  hub.set_url("https://a");
  hub.set_username("bot");
  variables_["PW"] = "planted";
  const std::string same =
      "credentials: {basic: {username: bot, password_env: PW}}";
  EXPECT_THAT(*Plan(absl::StrCat("upstreams: [{name: hub, ", same, "}]")),
              IsEmpty());
  // The server would drop them with another url.
  EXPECT_THAT(CarryOut(absl::StrCat(
                  "upstreams: [{name: hub, url: 'https://b', ", same, "}]")),
              IsOk());
  EXPECT_EQ(updated.upstream().credentials().basic().password(), "planted");
  EXPECT_THAT(updated.update_mask().paths(),
              UnorderedElementsAre("url", "credentials"));
  EXPECT_THAT(CarryOut("upstreams: [{name: hub, credentials: ~}]"), IsOk());
  EXPECT_FALSE(updated.upstream().has_credentials());
  EXPECT_THAT(updated.update_mask().paths(),
              UnorderedElementsAre("credentials"));
}

}  // namespace
}  // namespace cvr::declaration
