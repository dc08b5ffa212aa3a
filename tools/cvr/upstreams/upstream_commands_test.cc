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
          created_ = request;
          *response = request.upstream();
          response->set_id(5);
          response->clear_credentials();
          return grpc::Status::OK;
        });
    server_.On<v1::UpdateUpstreamRequest, v1::Upstream>(
        "UpstreamService/UpdateUpstream",
        [this](const auto& request, v1::Upstream* response) {
          upstream_ = request.upstream();
          updated_ = request;
          mask_.assign(request.update_mask().paths().begin(),
                       request.update_mask().paths().end());
          *response = request.upstream();
          return grpc::Status::OK;
        });
  }

  // What the server saw.
  v1::Upstream upstream_;
  v1::CreateUpstreamRequest created_;
  v1::UpdateUpstreamRequest updated_;
  std::vector<std::string> mask_;
};

TEST_F(UpstreamCommandsTest, UpstreamIsCreatedWithWhatIsGiven) {
  AcceptUpstreams();
  in_.str("s3cret\n");
  EXPECT_EQ(
      Cvr("upstream create hub --url https://registry-1.docker.io --group acme "
          "--username alice --password-stdin --tag-ttl 7d --stale-ttl 72h "
          "--source-namespace docker.io --trusted-token-realm auth.docker.io "
          "--source-namespace index.docker.io --disabled --display-name Hub"),
      0)
      << Err();
  EXPECT_EQ(upstream_.name(), "hub");
  EXPECT_EQ(upstream_.url(), "https://registry-1.docker.io");
  EXPECT_EQ(upstream_.group(), "acme");
  EXPECT_EQ(upstream_.display_name(), "Hub");
  EXPECT_EQ(upstream_.credentials().basic().username(), "alice");
  EXPECT_EQ(upstream_.credentials().basic().password(), "s3cret");
  EXPECT_EQ(upstream_.cache_policy().tag_ttl().seconds(), 7 * 86400);
  EXPECT_EQ(upstream_.cache_policy().stale_ttl().seconds(), 72 * 3600);
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
        auto& basic = *response->mutable_credentials()->mutable_basic();
        basic.set_username("alice");
        basic.set_password("s3cret");
        response->mutable_tls()->set_client_key_pem("s3cret");
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("upstream get 5 -o json"), 0) << Err();
  EXPECT_THAT(Out(), Not(HasSubstr("s3cret")));
  const json upstream = json::parse(Out());
  EXPECT_EQ(upstream["username"], "alice");
  EXPECT_EQ(upstream["description"], "");
  EXPECT_FALSE(upstream["credentials"]["basic"].contains("password"));
  EXPECT_FALSE(upstream["credentials"]["basic"].contains("password_bytes"));
  EXPECT_FALSE(upstream["tls"].contains("client_key_pem"));
  EXPECT_TRUE(upstream["tls"].contains("ca_bundle_pem"));
}

TEST_F(UpstreamCommandsTest, WhatIsNotSaidIsNotSent) {
  AcceptUpstreams();
  EXPECT_EQ(Cvr("upstream create hub --url http://a"), 0) << Err();
  EXPECT_FALSE(upstream_.has_cache_policy());
  EXPECT_FALSE(upstream_.has_limits());
  EXPECT_FALSE(upstream_.has_failure_policy());
  EXPECT_FALSE(upstream_.has_tls());
  EXPECT_FALSE(upstream_.disabled());
  EXPECT_FALSE(upstream_.has_credentials());
  // A group is always said.
  EXPECT_EQ(upstream_.group(), "default");
}

TEST_F(UpstreamCommandsTest, CreationCanBeRepeatedAndChecked) {
  AcceptUpstreams();
  EXPECT_EQ(Cvr("upstream create hub --url http://a --request-id u "
                "--validate-only --unique-target"),
            0)
      << Err();
  EXPECT_EQ(created_.request_id(), "u");
  EXPECT_TRUE(created_.validate_only());
  EXPECT_TRUE(created_.unique_target());
  EXPECT_THAT(Out(), HasSubstr("valid; nothing was changed\n"));
}

TEST_F(UpstreamCommandsTest, PasswordComesFromTheVariable) {
  AcceptUpstreams();
  variables_["CVR_UPSTREAM_PASSWORD"] = "s3cret";
  EXPECT_EQ(Cvr("upstream create hub --url http://a --username alice"), 0);
  EXPECT_EQ(upstream_.credentials().basic().password(), "s3cret");
}

TEST_F(UpstreamCommandsTest, PasswordMayBeOfAnyBytes) {
  AcceptUpstreams();
  in_.str("\xff\xfe\n");
  EXPECT_EQ(Cvr("upstream update 5 --username a --password-stdin"), 0) << Err();
  EXPECT_EQ(upstream_.credentials().basic().password_bytes(), "\xff\xfe");
  EXPECT_THAT(upstream_.credentials().basic().password(), IsEmpty());
  EXPECT_THAT(mask_, ElementsAre("credentials"));
}

TEST_F(UpstreamCommandsTest, CreatedUpstreamIsAttachedInTheSameCall) {
  AcceptUpstreams();
  EXPECT_EQ(Cvr("upstream create hub --url http://a --registry 2 -o json"), 0)
      << Err();
  EXPECT_EQ(created_.registry_id(), 2);
  EXPECT_EQ(json::parse(Out())["id"], "5");
  // A registry without a group is of the upstream's.
  EXPECT_EQ(Cvr("upstream create hub --url http://a --group acme --registry "
                "web"),
            0)
      << Err();
  EXPECT_EQ(created_.registry_key().group(), "acme");
  EXPECT_EQ(created_.registry_key().name(), "web");
  EXPECT_EQ(Cvr("upstream create hub --url http://a --group acme --registry "
                "acme/eu/web"),
            0)
      << Err();
  EXPECT_EQ(created_.registry_key().group(), "acme/eu");
}

TEST_F(UpstreamCommandsTest, RefusedAttachmentCreatesNothing) {
  server_.On<v1::CreateUpstreamRequest, v1::Upstream>(
      "UpstreamService/CreateUpstream", [](const auto&, auto*) {
        return ToRpcStatus(errors::NoSuch("registry", "2"));
      });
  EXPECT_EQ(Cvr("upstream create hub --url http://a --registry 2"), 1);
  EXPECT_EQ(Err(), "cvr: registry 2 does not exist\n");
  EXPECT_THAT(server_.methods_called(),
              ElementsAre("/cvr.v1.UpstreamService/CreateUpstream"));
}

TEST_F(UpstreamCommandsTest, UpstreamUpdateSendsOnlyWhatIsGiven) {
  AcceptUpstreams();
  EXPECT_EQ(Cvr("upstream update 5 --url http://b --stale-ttl default "
                "--enabled --no-credentials --verify"),
            0)
      << Err();
  EXPECT_EQ(updated_.id(), 5);
  EXPECT_EQ(upstream_.url(), "http://b");
  EXPECT_FALSE(upstream_.cache_policy().has_stale_ttl());
  EXPECT_FALSE(upstream_.disabled());
  EXPECT_FALSE(upstream_.has_credentials());
  EXPECT_THAT(
      mask_, ElementsAre("url", "disabled", "credentials",
                         "cache_policy.stale_ttl", "tls.insecure_skip_verify"));
}

TEST_F(UpstreamCommandsTest, UpstreamsAreNamedByIdOrName) {
  AcceptUpstreams();
  EXPECT_EQ(Cvr("upstream update acme/hub --disabled --allow-missing "
                "--validate-only"),
            0)
      << Err();
  EXPECT_EQ(updated_.key().group(), "acme");
  EXPECT_EQ(updated_.key().name(), "hub");
  EXPECT_TRUE(updated_.allow_missing());
  EXPECT_TRUE(updated_.validate_only());
  EXPECT_EQ(Cvr("upstream update hub --disabled --group acme"), 0) << Err();
  EXPECT_EQ(updated_.key().group(), "acme");
  EXPECT_FALSE(updated_.allow_missing());
  v1::DeleteUpstreamRequest deleted;
  server_.On<v1::DeleteUpstreamRequest, Empty>("UpstreamService/DeleteUpstream",
                                               [&](const auto& request, auto*) {
                                                 deleted = request;
                                                 return grpc::Status::OK;
                                               });
  EXPECT_EQ(Cvr("upstream delete hub"), 0) << Err();
  EXPECT_EQ(deleted.key().group(), "default");
  EXPECT_TRUE(deleted.allow_missing());
  EXPECT_EQ(Out(), "upstream default/hub deleted\n");
}

TEST_F(UpstreamCommandsTest, ZeroIsNoneAndForeverIsTheLongest) {
  AcceptUpstreams();
  EXPECT_EQ(Cvr("upstream update 5 --tag-ttl 0 --stale-ttl forever "
                "--negative-ttl refused=0 --concurrent-requests default "
                "--rate-reserve-percent 0"),
            0)
      << Err();
  const v1::CachePolicy& policy = upstream_.cache_policy();
  ASSERT_TRUE(policy.has_tag_ttl());
  EXPECT_EQ(policy.tag_ttl().seconds(), 0);
  EXPECT_EQ(policy.stale_ttl().seconds(), 315576000000);
  EXPECT_TRUE(policy.negative_ttls().has_refused());
  EXPECT_FALSE(upstream_.limits().has_concurrent_requests());
  EXPECT_TRUE(upstream_.limits().has_rate_reserve_percent());
  EXPECT_EQ(upstream_.limits().rate_reserve_percent(), 0);
  EXPECT_THAT(
      mask_,
      ElementsAre("cache_policy.tag_ttl", "cache_policy.stale_ttl",
                  "cache_policy.negative_ttls.refused",
                  "limits.concurrent_requests", "limits.rate_reserve_percent"));
}

TEST_F(UpstreamCommandsTest, FormerOptionsMeanWhatTheyMeant) {
  AcceptUpstreams();
  EXPECT_EQ(
      Cvr("upstream update 5 --cache-validity 0 --max-stale none "
          "--tag-validity latest=always --absence-ttl blob=1m --on-denied "
          "tag=next --open-for 1m --rate-reserve 0 --token-realm a"),
      0)
      << Err();
  const v1::CachePolicy& policy = upstream_.cache_policy();
  EXPECT_EQ(policy.tag_ttl().seconds(), 315576000000);
  EXPECT_FALSE(policy.has_stale_ttl());
  EXPECT_EQ(policy.tag_ttl_overrides(0).ttl().seconds(), 0);
  EXPECT_EQ(policy.negative_ttls().blob_not_found().seconds(), 60);
  EXPECT_EQ(upstream_.failure_policy().refused().tag(),
            v1::FailurePolicy::FAILURE_ACTION_NEXT);
  EXPECT_EQ(upstream_.limits().open_ttl().seconds(), 60);
  EXPECT_FALSE(upstream_.limits().has_rate_reserve_percent());
  EXPECT_THAT(upstream_.trusted_token_realms(), ElementsAre("a"));
  EXPECT_THAT(Err(), HasSubstr("cvr: note: --cache-validity 0 is now --tag-ttl "
                               "forever\n"));
}

TEST_F(UpstreamCommandsTest, PoliciesAreSentAsTheyAreTyped) {
  AcceptUpstreams();
  ASSERT_EQ(Cvr("upstream update 5 --tag-ttl-override v*.*.*=forever "
                "--tag-ttl-override re:night(ly|)=1h --tag-list-ttl 2m "
                "--referrers-ttl 3m --refresh-ahead --negative-ttl refused=5s "
                "--allow-repository library/* --deny-tag *-rc* "
                "--on-unavailable tag=next --on-refused cached=serve-stale "
                "--on-hidden tag=stop --concurrent-requests 3 "
                "--failures-to-open 4 --open-ttl 1m --rate-reserve-percent 20"),
            0)
      << Err();
  const v1::CachePolicy& policy = upstream_.cache_policy();
  ASSERT_EQ(policy.tag_ttl_overrides_size(), 2);
  EXPECT_EQ(policy.tag_ttl_overrides(0).tag().wildcard(), "v*.*.*");
  EXPECT_EQ(policy.tag_ttl_overrides(0).ttl().seconds(), 315576000000);
  EXPECT_EQ(policy.tag_ttl_overrides(1).tag().regex(), "night(ly|)");
  EXPECT_EQ(policy.tag_ttl_overrides(1).ttl().seconds(), 3600);
  EXPECT_EQ(policy.tag_list_ttl().seconds(), 120);
  EXPECT_EQ(policy.referrers_ttl().seconds(), 180);
  EXPECT_TRUE(policy.refresh_ahead());
  ASSERT_EQ(upstream_.rules_size(), 2);
  EXPECT_EQ(upstream_.rules(0).action(), v1::Rule::RULE_ACTION_ALLOW);
  EXPECT_EQ(upstream_.rules(1).target(), v1::Rule::RULE_TARGET_TAG);
  EXPECT_EQ(upstream_.rules(1).pattern().wildcard(), "*-rc*");
  EXPECT_EQ(upstream_.failure_policy().unavailable().tag(),
            v1::FailurePolicy::FAILURE_ACTION_NEXT);
  EXPECT_EQ(upstream_.failure_policy().hidden().tag(),
            v1::FailurePolicy::FAILURE_ACTION_STOP);
  EXPECT_EQ(upstream_.limits().concurrent_requests(), 3);
  EXPECT_EQ(upstream_.limits().open_ttl().seconds(), 60);
  EXPECT_THAT(
      mask_,
      ElementsAre("cache_policy.tag_list_ttl", "cache_policy.referrers_ttl",
                  "cache_policy.tag_ttl_overrides",
                  "cache_policy.negative_ttls.refused",
                  "cache_policy.refresh_ahead", "rules",
                  "failure_policy.unavailable.tag",
                  "failure_policy.refused.cached", "failure_policy.hidden.tag",
                  "limits.concurrent_requests", "limits.failures_to_open",
                  "limits.rate_reserve_percent", "limits.open_ttl"));
}

TEST_F(UpstreamCommandsTest, PoliciesThatMakeNoSenseAreRefusedInOneLine) {
  AcceptUpstreams();
  for (const char* option :
       {"--tag-ttl-override v1", "--tag-ttl-override v1=soon",
        "--tag-ttl never", "--negative-ttl tag=1s", "--on-refused cached=maybe",
        "--on-refused blob=stop", "--on-hidden tag=maybe",
        "--concurrent-requests many", "--open-ttl 5"}) {
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
        upstream.mutable_effective_cache_policy()
            ->mutable_tag_ttl()
            ->set_seconds(86400);
        upstream.add_attachments()->set_registry_id(1);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("upstream list --registry 1"), 0) << Err();
  EXPECT_EQ(seen.registry_id(), 1);
  EXPECT_EQ(Out(),
            "ID  GROUP    NAME  URL                           USERNAME  "
            "TAG TTL        ENABLED  REGISTRIES\n"
            " 1  default  hub   https://registry-1.docker.io  -         "
            "24h (default)  yes      1\n");
  EXPECT_THAT(seen.group(), IsEmpty());
  EXPECT_EQ(Cvr("upstream list --name hub"), 0) << Err();
  EXPECT_EQ(seen.group(), "-");
  EXPECT_EQ(seen.filter(), "name : \"hub\"");
  EXPECT_EQ(Cvr("upstream list --registry web --group acme"), 0) << Err();
  EXPECT_EQ(seen.registry_key().group(), "acme");
}

TEST_F(UpstreamCommandsTest, GetShowsWhatIsInForce) {
  server_.On<v1::GetUpstreamRequest, v1::Upstream>(
      "UpstreamService/GetUpstream", [](const auto&, auto* response) {
        response->set_id(1);
        response->set_username("bot");
        response->set_has_password(true);
        response->mutable_tls()->set_has_client_key(true);
        response->mutable_cache_policy()->mutable_stale_ttl()->set_seconds(0);
        v1::CachePolicy& effective =
            *response->mutable_effective_cache_policy();
        effective.mutable_tag_ttl()->set_seconds(86400);
        effective.mutable_stale_ttl()->set_seconds(0);
        effective.mutable_negative_ttls()->mutable_refused()->set_seconds(30);
        v1::UpstreamLimits& limits = *response->mutable_effective_limits();
        limits.set_concurrent_requests(64);
        limits.set_failures_to_open(5);
        limits.mutable_open_ttl()->set_seconds(30);
        limits.set_rate_reserve_percent(10);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("upstream get 1"), 0) << Err();
  for (const char* line :
       {"username:              bot\n", "password:              stored\n",
        "client key:            stored\n",
        "tag ttl:               24h (default)\n", "stale ttl:             0\n",
        "tag list ttl:          default\n", "refused=30s\n",
        "limits:                concurrent-requests=64, failures-to-open=5, "
        "open-ttl=30s, rate-reserve-percent=10\n"}) {
    EXPECT_THAT(Out(), HasSubstr(line));
  }
}

}  // namespace
}  // namespace cvr
