#include "services/metadata/resources/validation.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::cvr::testing::StatusIs;
using ::testing::ElementsAre;

// The fields that are wrong; empty when none is.
template <typename Resource>
std::vector<std::string> WrongFields(const Resource& resource) {
  const absl::Status status = Validate(resource);
  std::vector<std::string> fields;
  for (const auto& violation : FieldViolationsOf(status)) {
    fields.push_back(violation.field);
  }
  EXPECT_EQ(status.ok(), fields.empty());
  return fields;
}

template <typename Resource>
struct Case {
  const char* what;
  void (*change)(Resource&);
  std::vector<std::string> wrong;
};

TEST(ValidationTest, GroupNames) {
  v1::Group group;
  for (const std::string& good :
       {std::string("a"), std::string("acme/team-1/x_y.z"),
        std::string(255, 'a')}) {
    group.set_name(good);
    EXPECT_THAT(Validate(group), IsOk()) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string("Acme"), std::string("a b"),
        std::string("/a"), std::string("a/"), std::string("a//b"),
        std::string("a/../b"), std::string("."), std::string("ä"),
        std::string(256, 'a')}) {
    group.set_name(bad);
    EXPECT_THAT(WrongFields(group), ElementsAre("name")) << bad;
  }
}

TEST(ValidationTest, Registries) {
  using R = v1::Registry;
  const std::vector<Case<R>> cases = {
      {"nothing", [](R&) {}, {}},
      {"a name of 255 umlauts",
       [](R& r) {
         std::string name;
         for (int i = 0; i < 255; ++i) name += "ü";
         r.set_name(name);
       },
       {}},
      {"no name", [](R& r) { r.clear_name(); }, {"name"}},
      {"no group", [](R& r) { r.clear_group(); }, {"group"}},
      {"a long name",
       [](R& r) { r.set_name(std::string(256, 'n')); },
       {"name"}},
      {"a name with a line break", [](R& r) { r.set_name("a\nb"); }, {"name"}},
      {"a description of 1024",
       [](R& r) { r.set_description(std::string(1024, 'd')); },
       {}},
      {"a long description",
       [](R& r) { r.set_description(std::string(1025, 'd')); },
       {"description"}},
      {"everything at once",
       [](R& r) {
         r.clear_name();
         r.set_description(std::string(1025, 'd'));
       },
       {"name", "description"}},
  };
  for (const auto& test : cases) {
    v1::Registry registry;
    registry.set_group("default");
    registry.set_name("images");
    test.change(registry);
    EXPECT_EQ(WrongFields(registry), test.wrong) << test.what;
  }
}

v1::BasicCredentials& LoginOf(v1::Upstream& upstream) {
  return *upstream.mutable_credentials()->mutable_basic();
}

v1::TagTtlOverride& AddOverride(v1::Upstream& upstream) {
  return *upstream.mutable_cache_policy()->add_tag_ttl_overrides();
}

// Each case changes an upstream that is right.
void ExpectWrong(const std::vector<Case<v1::Upstream>>& cases) {
  for (const auto& test : cases) {
    v1::Upstream upstream;
    upstream.set_group("default");
    upstream.set_name("hub");
    upstream.set_url("https://registry-1.docker.io");
    test.change(upstream);
    EXPECT_EQ(WrongFields(upstream), test.wrong) << test.what;
  }
}

TEST(ValidationTest, Upstreams) {
  using U = v1::Upstream;
  const std::vector<Case<U>> cases = {
      {"nothing", [](U&) {}, {}},
      {"no name", [](U& u) { u.clear_name(); }, {"name"}},
      {"no url", [](U& u) { u.clear_url(); }, {"url"}},
      {"a url with credentials",
       [](U& u) { u.set_url("https://u:p@h"); },
       {"url"}},
      {"no group", [](U& u) { u.clear_group(); }, {"group"}},
      {"a display name",
       [](U& u) { u.set_display_name(std::string(255, 'd')); },
       {}},
      {"a long display name",
       [](U& u) { u.set_display_name(std::string(256, 'd')); },
       {"display_name"}},
      {"a display name with a line break",
       [](U& u) { u.set_display_name("a\nb"); },
       {"display_name"}},
      {"always to be revalidated",
       [](U& u) { u.mutable_cache_policy()->mutable_tag_ttl(); },
       {}},
      {"for ever",
       [](U& u) {
         u.mutable_cache_policy()->mutable_tag_ttl()->set_seconds(
             315'576'000'000);
       },
       {}},
      {"negative times",
       [](U& u) {
         u.mutable_cache_policy()->mutable_tag_ttl()->set_seconds(-1);
         u.mutable_cache_policy()->mutable_stale_ttl()->set_nanos(-1);
       },
       {"cache_policy.tag_ttl", "cache_policy.stale_ttl"}},
      {"times out of range",
       [](U& u) {
         u.mutable_cache_policy()->mutable_tag_ttl()->set_seconds(
             315'576'000'001);
         u.mutable_cache_policy()->mutable_stale_ttl()->set_nanos(
             1'000'000'000);
       },
       {"cache_policy.tag_ttl", "cache_policy.stale_ttl"}},
      {"what is no PEM",
       [](U& u) {
         u.mutable_tls()->set_ca_bundle_pem("nonsense");
         u.mutable_tls()->set_client_certificate_pem("nonsense");
         u.mutable_tls()->set_client_key_pem("nonsense");
       },
       {"tls.ca_bundle_pem", "tls.client_certificate_pem",
        "tls.client_key_pem"}},
      {"keys of several kinds",
       [](U& u) {
         u.mutable_tls()->set_client_certificate_pem(
             "-----BEGIN CERTIFICATE-----");
         u.mutable_tls()->set_client_key_pem("-----BEGIN EC PRIVATE KEY-----");
       },
       {}},
      {"a certificate without its key",
       [](U& u) {
         u.mutable_tls()->set_client_certificate_pem(
             "-----BEGIN CERTIFICATE-----");
       },
       {"tls.client_key_pem"}},
      {"hosts",
       [](U& u) {
         u.add_source_namespaces("docker.io");
         u.add_source_namespaces("localhost:5000");
         u.add_trusted_token_realms("auth.docker.io");
       },
       {}},
      {"what is no host",
       [](U& u) {
         u.add_source_namespaces("docker.io");
         u.add_source_namespaces("https://docker.io");
         u.add_trusted_token_realms("");
       },
       {"source_namespaces[1]", "trusted_token_realms[0]"}},
      {"too many hosts",
       [](U& u) {
         for (int i = 0; i < 33; ++i) u.add_source_namespaces("h");
       },
       {"source_namespaces"}},
  };
  ExpectWrong(cases);
}

TEST(ValidationTest, CredentialsOfUpstreams) {
  using U = v1::Upstream;
  const std::vector<Case<U>> cases = {
      {"credentials",
       [](U& u) {
         LoginOf(u).set_username(std::string(510, 'u'));
         LoginOf(u).set_password(std::string(16 * 1024 - 2, 'p') + "\n\xff");
       },
       {}},
      {"credentials of no kind",
       [](U& u) { u.mutable_credentials(); },
       {"credentials.basic"}},
      {"only a username",
       [](U& u) { LoginOf(u).set_username("u"); },
       {"credentials.basic.password"}},
      {"only a password",
       [](U& u) { LoginOf(u).set_password("p"); },
       {"credentials.basic.username"}},
      {"long credentials",
       [](U& u) {
         LoginOf(u).set_username(std::string(511, 'u'));
         LoginOf(u).set_password(std::string(16 * 1024 + 1, 'p'));
       },
       {"credentials.basic.username", "credentials.basic.password"}},
      {"credentials that cannot be sent",
       [](U& u) {
         LoginOf(u).set_username("a:b");
         LoginOf(u).set_password(std::string("p\0", 2));
       },
       {"credentials.basic.username", "credentials.basic.password"}},
  };
  ExpectWrong(cases);
}

TEST(ValidationTest, UpstreamPolicies) {
  using U = v1::Upstream;
  const std::vector<Case<U>> cases = {
      {"all of them",
       [](U& u) {
         AddOverride(u).mutable_tag()->set_wildcard("v*");
         u.mutable_cache_policy()->mutable_tag_ttl_overrides(0)->mutable_ttl();
         auto& rule = *u.add_rules();
         rule.set_action(v1::Rule::RULE_ACTION_ALLOW);
         rule.set_target(v1::Rule::RULE_TARGET_TAG);
         rule.mutable_pattern()->set_regex("v[0-9]+");
         u.mutable_limits()->set_rate_reserve_percent(100);
         auto& policy = *u.mutable_cache_policy();
         policy.mutable_tag_list_ttl();
         policy.mutable_referrers_ttl()->set_seconds(1);
         policy.mutable_negative_ttls()->mutable_refused();
       },
       {}},
      {"an override without its parts",
       [](U& u) { AddOverride(u); },
       {"cache_policy.tag_ttl_overrides[0].tag",
        "cache_policy.tag_ttl_overrides[0].ttl"}},
      {"a regex that is none",
       [](U& u) {
         auto& one = AddOverride(u);
         one.mutable_tag()->set_regex("(");
         one.mutable_ttl()->set_seconds(-1);
       },
       {"cache_policy.tag_ttl_overrides[0].tag",
        "cache_policy.tag_ttl_overrides[0].ttl"}},
      {"rules without their parts",
       [](U& u) {
         u.add_rules();
         u.add_rules()->set_action(v1::Rule::RULE_ACTION_DENY);
         auto& rule = *u.add_rules();
         rule.set_action(v1::Rule::RULE_ACTION_DENY);
         rule.set_target(v1::Rule::RULE_TARGET_TAG);
       },
       {"rules[0].action", "rules[1].target", "rules[2].pattern"}},
      {"too many",
       [](U& u) {
         for (int i = 0; i < 33; ++i) {
           auto& one = AddOverride(u);
           one.mutable_tag()->set_wildcard("v");
           one.mutable_ttl();
         }
       },
       {"cache_policy.tag_ttl_overrides"}},
      {"negative times",
       [](U& u) {
         auto& policy = *u.mutable_cache_policy();
         policy.mutable_tag_list_ttl()->set_seconds(-1);
         policy.mutable_referrers_ttl()->set_seconds(-1);
         policy.mutable_negative_ttls()->mutable_refused()->set_seconds(-1);
       },
       {"cache_policy.tag_list_ttl", "cache_policy.referrers_ttl",
        "cache_policy.negative_ttls.refused"}},
  };
  ExpectWrong(cases);
}

TEST(ValidationTest, LimitsOfUpstreams) {
  using U = v1::Upstream;
  const std::vector<Case<U>> cases = {
      {"the least limits",
       [](U& u) {
         u.mutable_limits()->set_concurrent_requests(1);
         u.mutable_limits()->set_failures_to_open(1);
         u.mutable_limits()->set_rate_reserve_percent(0);
         u.mutable_limits()->mutable_open_ttl()->set_seconds(1);
       },
       {}},
      {"the largest limits",
       [](U& u) {
         u.mutable_limits()->set_concurrent_requests(1000);
         u.mutable_limits()->set_failures_to_open(1000);
         u.mutable_limits()->set_rate_reserve_percent(100);
         u.mutable_limits()->mutable_open_ttl()->set_seconds(3600);
       },
       {}},
      {"limits below their range",
       [](U& u) {
         u.mutable_limits()->set_concurrent_requests(0);
         u.mutable_limits()->set_failures_to_open(0);
         u.mutable_limits()->set_rate_reserve_percent(-1);
         u.mutable_limits()->mutable_open_ttl();
       },
       {"limits.concurrent_requests", "limits.failures_to_open",
        "limits.rate_reserve_percent", "limits.open_ttl"}},
      {"limits above their range",
       [](U& u) {
         u.mutable_limits()->set_concurrent_requests(1001);
         u.mutable_limits()->set_failures_to_open(1001);
         u.mutable_limits()->set_rate_reserve_percent(101);
         u.mutable_limits()->mutable_open_ttl()->set_seconds(3601);
       },
       {"limits.concurrent_requests", "limits.failures_to_open",
        "limits.rate_reserve_percent", "limits.open_ttl"}},
  };
  ExpectWrong(cases);
}

TEST(ValidationTest, AccessTokens) {
  using T = v1::AccessToken;
  const std::vector<Case<T>> cases = {
      {"of a group", [](T&) {}, {}},
      {"of some registries", [](T& t) { t.add_registry_ids(7); }, {}},
      {"of all groups", [](T& t) { t.set_all_groups(true); }, {}},
      {"an administrator's",
       [](T& t) {
         t.set_all_groups(true);
         t.add_scopes(T::SCOPE_ADMIN);
       },
       {}},
      {"of nothing", [](T& t) { t.clear_group(); }, {"group"}},
      {"of all groups, which is said not to be so",
       [](T& t) { t.set_all_groups(false); },
       {"all_groups"}},
      {"of an empty group", [](T& t) { t.set_group(""); }, {"group"}},
      {"an administrator's of a group",
       [](T& t) { t.add_scopes(T::SCOPE_ADMIN); },
       {"all_groups"}},
      {"an administrator's of nothing",
       [](T& t) {
         t.clear_group();
         t.add_scopes(T::SCOPE_ADMIN);
       },
       {"all_groups"}},
      {"of some registries of all groups",
       [](T& t) {
         t.set_all_groups(true);
         t.add_registry_ids(7);
       },
       {"registry_ids"}},
      {"without a scope", [](T& t) { t.clear_scopes(); }, {"scopes"}},
      {"of no known scope",
       [](T& t) {
         t.add_scopes(T::SCOPE_UNSPECIFIED);
         t.add_scopes(static_cast<T::Scope>(99));
       },
       {"scopes[1]", "scopes[2]"}},
      {"without a name", [](T& t) { t.clear_name(); }, {"name"}},
  };
  for (const auto& test : cases) {
    v1::AccessToken token;
    token.set_name("ci");
    token.set_group("acme");
    token.add_scopes(T::SCOPE_READ);
    test.change(token);
    EXPECT_EQ(WrongFields(token), test.wrong) << test.what;
  }
}

}  // namespace
}  // namespace cvr
