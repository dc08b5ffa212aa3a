#include "tools/cvr/upstreams/upstream_commands.h"

#include <algorithm>
#include <string>
#include <vector>

#include "cvr/v1/upstream_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"
#include "services/rpc/rpc_status.h"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::google::protobuf::Empty;
using ::nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class UpstreamCommandsTest : public CvrTest {
 protected:
  // Echoes what is created, with an id.
  void AcceptUpstreams() {
    server_.On<v1::CreateUpstreamRequest, v1::Upstream>(
        "UpstreamService/CreateUpstream",
        [this](const auto& request, v1::Upstream* response) {
          upstream_ = request.upstream();
          *response = request.upstream();
          response->set_id(5);
          response->clear_password();
          return grpc::Status::OK;
        });
    server_.On<v1::UpdateUpstreamRequest, v1::Upstream>(
        "UpstreamService/UpdateUpstream",
        [this](const auto& request, v1::Upstream* response) {
          upstream_ = request.upstream();
          mask_.assign(request.update_mask().paths().begin(),
                       request.update_mask().paths().end());
          *response = request.upstream();
          return grpc::Status::OK;
        });
  }

  // What the server saw.
  v1::Upstream upstream_;
  std::vector<std::string> mask_;
};

TEST_F(UpstreamCommandsTest, UpstreamIsCreatedWithWhatIsGiven) {
  AcceptUpstreams();
  in_.str("s3cret\n");
  EXPECT_EQ(
      Cvr("upstream create hub --url https://registry-1.docker.io --group acme "
          "--username alice --password-stdin --cache-validity 7d --max-stale "
          "72h --source-namespace docker.io --token-realm auth.docker.io "
          "--source-namespace index.docker.io --disabled"),
      0)
      << Err();
  EXPECT_EQ(upstream_.name(), "hub");
  EXPECT_EQ(upstream_.url(), "https://registry-1.docker.io");
  EXPECT_EQ(upstream_.group(), "acme");
  EXPECT_EQ(upstream_.username(), "alice");
  EXPECT_EQ(upstream_.password(), "s3cret");
  EXPECT_EQ(upstream_.cache_validity().seconds(), 7 * 86400);
  EXPECT_EQ(upstream_.max_stale().seconds(), 72 * 3600);
  EXPECT_THAT(upstream_.source_namespaces(),
              ElementsAre("docker.io", "index.docker.io"));
  EXPECT_THAT(upstream_.trusted_token_realms(), ElementsAre("auth.docker.io"));
  EXPECT_TRUE(upstream_.disabled());
  EXPECT_THAT(Out(), HasSubstr("id:                    5\n"));
  EXPECT_THAT(Out(), Not(HasSubstr("s3cret")));
}

// Servers do not answer with secrets; one that does is not repeated.
TEST_F(UpstreamCommandsTest, SecretsInAnswersAreNotPrinted) {
  server_.On<v1::GetUpstreamRequest, v1::Upstream>(
      "UpstreamService/GetUpstream", [](const auto& request, auto* response) {
        response->set_id(request.id());
        response->set_username("alice");
        response->set_password("s3cret");
        response->mutable_tls()->set_client_key_pem("s3cret");
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("upstream get 5 -o json"), 0) << Err();
  EXPECT_THAT(Out(), Not(HasSubstr("s3cret")));
  const json upstream = json::parse(Out());
  EXPECT_EQ(upstream["username"], "alice");
  EXPECT_EQ(upstream["description"], "");
  EXPECT_FALSE(upstream.contains("password"));
  EXPECT_FALSE(upstream.contains("password_bytes"));
  EXPECT_FALSE(upstream["tls"].contains("client_key_pem"));
  EXPECT_TRUE(upstream["tls"].contains("ca_bundle_pem"));
}

TEST_F(UpstreamCommandsTest, WhatIsNotSaidIsNotSent) {
  AcceptUpstreams();
  EXPECT_EQ(Cvr("upstream create hub --url http://a"), 0) << Err();
  EXPECT_FALSE(upstream_.has_cache_validity());
  EXPECT_FALSE(upstream_.has_max_stale());
  EXPECT_FALSE(upstream_.disabled());
  EXPECT_THAT(upstream_.username(), IsEmpty());
}

TEST_F(UpstreamCommandsTest, PasswordComesFromTheVariable) {
  AcceptUpstreams();
  variables_["CVR_UPSTREAM_PASSWORD"] = "s3cret";
  EXPECT_EQ(Cvr("upstream create hub --url http://a --username alice"), 0);
  EXPECT_EQ(upstream_.password(), "s3cret");
}

TEST_F(UpstreamCommandsTest, CreatedUpstreamCanBeAttachedAtOnce) {
  AcceptUpstreams();
  v1::AttachUpstreamRequest attached;
  server_.On<v1::AttachUpstreamRequest, v1::RegistryUpstream>(
      "UpstreamService/AttachUpstream", [&](const auto& request, auto*) {
        attached = request;
        return grpc::Status::OK;
      });
  server_.On<v1::GetUpstreamRequest, v1::Upstream>(
      "UpstreamService/GetUpstream", [](const auto& request, auto* response) {
        response->set_id(request.id());
        response->add_registry_upstreams()->set_registry_id(2);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("upstream create hub --url http://a --registry 2 -o json"), 0)
      << Err();
  EXPECT_EQ(attached.registry_id(), 2);
  EXPECT_EQ(attached.upstream_id(), 5);
  EXPECT_EQ(json::parse(Out())["registry_upstreams"][0]["registry_id"], "2");
}

TEST_F(UpstreamCommandsTest, FailedAttachmentSaysThatTheUpstreamIsThere) {
  AcceptUpstreams();
  server_.On<v1::AttachUpstreamRequest, v1::RegistryUpstream>(
      "UpstreamService/AttachUpstream", [](const auto&, auto*) {
        return ToRpcStatus(errors::NoSuch("registry", "2"));
      });
  EXPECT_EQ(Cvr("upstream create hub --url http://a --registry 2"), 1);
  EXPECT_EQ(Err(),
            "cvr: upstream 5 was created, but could not be attached to "
            "registry 2: registry 2 does not exist\n");
}

TEST_F(UpstreamCommandsTest, UpstreamUpdateSendsOnlyWhatIsGiven) {
  AcceptUpstreams();
  EXPECT_EQ(Cvr("upstream update 5 --url http://b --max-stale none --enabled "
                "--no-credentials --verify"),
            0)
      << Err();
  EXPECT_EQ(upstream_.id(), 5);
  EXPECT_EQ(upstream_.url(), "http://b");
  EXPECT_FALSE(upstream_.has_max_stale());
  EXPECT_FALSE(upstream_.disabled());
  EXPECT_THAT(mask_, ElementsAre("url", "disabled", "username", "password",
                                 "max_stale", "tls.insecure_skip_verify"));
}

TEST_F(UpstreamCommandsTest, PoliciesAreSentAsTheyAreTyped) {
  AcceptUpstreams();
  ASSERT_EQ(Cvr("upstream update 5 --tag-validity v*.*.*=0 --tag-validity "
                "re:night(ly|)=1h --tags-validity 2m --referrers-validity 3m "
                "--refresh-ahead --absence-ttl refused=5s --allow-repository "
                "library/* --deny-tag *-rc* --on-unavailable tag=next "
                "--on-denied cached=serve-stale --on-hidden tag=stop "
                "--concurrent-requests 3 "
                "--failures-to-open 4 --open-for 1m --rate-reserve 20"),
            0)
      << Err();
  ASSERT_EQ(upstream_.tag_validities_size(), 2);
  EXPECT_EQ(upstream_.tag_validities(0).tag().wildcard(), "v*.*.*");
  EXPECT_TRUE(upstream_.tag_validities(0).has_cache_validity());
  EXPECT_EQ(upstream_.tag_validities(1).tag().regex(), "night(ly|)");
  EXPECT_EQ(upstream_.tag_validities(1).cache_validity().seconds(), 3600);
  ASSERT_EQ(upstream_.rules_size(), 2);
  EXPECT_EQ(upstream_.rules(0).action(), v1::Rule::ALLOW);
  EXPECT_EQ(upstream_.rules(1).target(), v1::Rule::TAG);
  EXPECT_EQ(upstream_.rules(1).pattern().wildcard(), "*-rc*");
  EXPECT_EQ(upstream_.failure_policy().unavailable().tag(),
            v1::FailurePolicy::NEXT);
  EXPECT_EQ(upstream_.failure_policy().hidden().tag(), v1::FailurePolicy::STOP);
  EXPECT_EQ(upstream_.limits().open_for().seconds(), 60);
  EXPECT_THAT(
      mask_,
      ElementsAre("tag_validities", "absence_ttls.refused", "tags_validity",
                  "referrers_validity", "refresh_ahead", "rules",
                  "failure_policy.unavailable.tag",
                  "failure_policy.denied.cached", "failure_policy.hidden.tag",
                  "limits.concurrent_requests", "limits.failures_to_open",
                  "limits.rate_reserve_percent", "limits.open_for"));
}

TEST_F(UpstreamCommandsTest, PoliciesThatMakeNoSenseAreRefusedInOneLine) {
  AcceptUpstreams();
  for (const char* option :
       {"--tag-validity v1", "--tag-validity v1=soon", "--absence-ttl tag=1s",
        "--on-denied cached=maybe", "--on-denied blob=stop",
        "--on-hidden tag=maybe"}) {
    EXPECT_EQ(Cvr(std::string("upstream update 5 ") + option), 1) << option;
    const std::string said = Err();
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
  }
}

TEST_F(UpstreamCommandsTest, UpstreamsAreListedAndShown) {
  v1::ListUpstreamsRequest seen;
  server_.On<v1::ListUpstreamsRequest, v1::ListUpstreamsResponse>(
      "UpstreamService/ListUpstreams",
      [&](const auto& request, auto* response) {
        seen = request;
        v1::Upstream& upstream = *response->add_upstreams();
        upstream.set_id(1);
        upstream.set_group("default");
        upstream.set_name("hub");
        upstream.set_url("https://registry-1.docker.io");
        upstream.mutable_cache_validity()->set_seconds(86400);
        upstream.add_registry_upstreams()->set_registry_id(1);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("upstream list --registry 1"), 0) << Err();
  EXPECT_EQ(seen.registry_id(), 1);
  EXPECT_EQ(Out(),
            "ID  GROUP    NAME  URL                           USERNAME  "
            "CACHE VALIDITY  ENABLED  REGISTRIES\n"
            " 1  default  hub   https://registry-1.docker.io  -         "
            "24h             yes      1\n");
}

TEST_F(UpstreamCommandsTest, PlacesInARegistryAreChanged) {
  v1::MoveUpstreamRequest moved;
  v1::DetachUpstreamRequest detached;
  server_.On<v1::MoveUpstreamRequest, v1::RegistryUpstream>(
      "UpstreamService/MoveUpstream", [&](const auto& request, auto* response) {
        moved = request;
        response->set_registry_id(request.registry_id());
        response->set_upstream_id(request.upstream_id());
        response->set_position(2);
        return grpc::Status::OK;
      });
  server_.On<v1::DetachUpstreamRequest, Empty>("UpstreamService/DetachUpstream",
                                               [&](const auto& request, auto*) {
                                                 detached = request;
                                                 return grpc::Status::OK;
                                               });
  EXPECT_EQ(Cvr("upstream move --registry 1 --upstream 5 --position 9"), 0);
  EXPECT_EQ(moved.position(), 9);
  EXPECT_EQ(Out(), "registry:  1\nupstream:  5\nposition:  2\n");
  EXPECT_EQ(Cvr("upstream detach --registry 1 --upstream 5"), 0);
  EXPECT_EQ(detached.upstream_id(), 5);
  EXPECT_EQ(Out(), "upstream 5 detached from registry 1\n");
}

}  // namespace
}  // namespace cvr
