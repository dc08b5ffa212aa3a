#include "tools/cvr/declaration/declaration.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr::declaration {
namespace {

using ::cvr::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

TEST(ParseDeclarationTest, FieldsAreThoseOfTheMessages) {
  const auto groups = ParseDeclaration("f", R"(
groups:
  - name: acme
    description: ~
    cleanup_policy: {enabled: true, run_interval: 14d}
    upstreams:
      - name: hub
        display_name: The hub
        url: https://a.example
        credentials: {basic: {username: bot, password_env: HUB}}
        source_namespaces: [docker.io, index.docker.io]
        cache_policy:
          tag_ttl: 7d
          stale_ttl: 0
          tag_ttl_overrides: [{tag: "re:v[0-9]+", ttl: forever}]
        rules: [{action: deny, target: tag, pattern: "*-rc*"}]
        failure_policy: {unavailable: {tag: next}}
        limits: {concurrent_requests: 8}
        tls: {client_certificate_pem: PEM, client_key_file: key.pem}
    registries:
      - name: team
        anonymous_pull: true
        upstreams: [hub, other]
)");
  ASSERT_THAT(groups, IsOk());
  ASSERT_EQ(groups->size(), 1);
  const DeclaredGroup& group = (*groups)[0];
  EXPECT_THAT(group.mentioned, ElementsAre("description"));
  EXPECT_TRUE(group.cleanup_policy->value.enabled());
  EXPECT_EQ(group.cleanup_policy->value.run_interval().seconds(), 14 * 86400);
  ASSERT_EQ(group.upstreams.size(), 1);
  const DeclaredUpstream& hub = group.upstreams[0];
  EXPECT_EQ(hub.where, "f:7");
  EXPECT_EQ(hub.password->name, "HUB");
  EXPECT_EQ(hub.client_key->kind, SecretSource::Kind::kFile);
  EXPECT_EQ(hub.value.display_name(), "The hub");
  EXPECT_EQ(hub.value.credentials().basic().username(), "bot");
  const v1::CachePolicy& policy = hub.value.cache_policy();
  EXPECT_EQ(policy.tag_ttl().seconds(), 7 * 86400);
  EXPECT_TRUE(policy.has_stale_ttl());
  EXPECT_EQ(policy.stale_ttl().seconds(), 0);
  EXPECT_EQ(policy.tag_ttl_overrides(0).tag().regex(), "v[0-9]+");
  EXPECT_EQ(policy.tag_ttl_overrides(0).ttl().seconds(), 315576000000);
  EXPECT_EQ(hub.value.rules(0).pattern().wildcard(), "*-rc*");
  EXPECT_EQ(hub.value.rules(0).action(), v1::Rule::RULE_ACTION_DENY);
  EXPECT_EQ(hub.value.failure_policy().unavailable().tag(),
            v1::FailurePolicy::FAILURE_ACTION_NEXT);
  EXPECT_EQ(hub.value.limits().concurrent_requests(), 8);
  EXPECT_THAT(hub.mentioned,
              UnorderedElementsAre(
                  "display_name", "url", "credentials", "source_namespaces",
                  "cache_policy.tag_ttl", "cache_policy.stale_ttl",
                  "cache_policy.tag_ttl_overrides", "rules",
                  "failure_policy.unavailable.tag",
                  "limits.concurrent_requests", "tls.client_certificate_pem"));
  EXPECT_THAT(*group.registries[0].upstreams, ElementsAre("hub", "other"));
}

TEST(ParseDeclarationTest, NothingInAMessageIsAllOfItsDefaults) {
  for (const char* limits : {"~", "{}"}) {
    const auto groups = ParseDeclaration(
        "f", absl::StrCat("groups:\n- name: a\n  upstreams:\n  - {name: u, "
                          "limits: ",
                          limits, "}"));
    ASSERT_THAT(groups, IsOk());
    EXPECT_THAT((*groups)[0].upstreams[0].mentioned,
                UnorderedElementsAre(
                    "limits.concurrent_requests", "limits.failures_to_open",
                    "limits.open_ttl", "limits.rate_reserve_percent"));
  }
}

TEST(ParseDeclarationTest, EnumsMayStandAsTheProtosHaveThem) {
  const auto groups = ParseDeclaration(
      "f",
      "groups:\n- name: a\n  upstreams:\n  - {name: u, rules: [{action: "
      "RULE_ACTION_ALLOW, target: RULE_TARGET_TAG, pattern: a}]}");
  ASSERT_THAT(groups, IsOk());
  const v1::Rule& rule = (*groups)[0].upstreams[0].value.rules(0);
  EXPECT_EQ(rule.action(), v1::Rule::RULE_ACTION_ALLOW);
  EXPECT_EQ(rule.target(), v1::Rule::RULE_TARGET_TAG);
}

// Files of earlier releases mean what they meant.
TEST(ParseDeclarationTest, FormerFieldsAreReadAsThoseOfNow) {
  const auto groups = ParseDeclaration("f", R"(
groups:
  - name: acme
    cleanup_policy: {keep_n_days_after_download: 14, cadence_days: 1,
                     notify_on_success: true}
    upstreams:
      - name: hub
        username: bot
        password_env: HUB
        cache_validity: 0
        max_stale: 72h
        tag_validities: [{tag: v*, cache_validity: always},
                         {tag: w*, cache_validity: 1h}]
        tags_validity: 2m
        referrers_validity: 3m
        refresh_ahead: true
        absence_ttls: {refused: 10s}
        failure_policy: {denied: {tag: next}}
        limits: {concurrent_requests: 0, open_for: 1m}
)");
  ASSERT_THAT(groups, IsOk());
  const DeclaredGroup& group = (*groups)[0];
  const v1::CleanupPolicy& cleanup = group.cleanup_policy->value;
  EXPECT_EQ(cleanup.keep_after_last_pull().seconds(), 14 * 86400);
  EXPECT_EQ(cleanup.run_interval().seconds(), 86400);
  const DeclaredUpstream& hub = group.upstreams[0];
  EXPECT_EQ(hub.value.credentials().basic().username(), "bot");
  ASSERT_TRUE(hub.password.has_value());
  EXPECT_EQ(hub.password->name, "HUB");
  EXPECT_EQ(hub.password->where, "f:9");
  const v1::CachePolicy& policy = hub.value.cache_policy();
  EXPECT_EQ(policy.tag_ttl().seconds(), 315576000000);
  EXPECT_EQ(policy.stale_ttl().seconds(), 72 * 3600);
  ASSERT_EQ(policy.tag_ttl_overrides_size(), 2);
  EXPECT_TRUE(policy.tag_ttl_overrides(0).has_ttl());
  EXPECT_EQ(policy.tag_ttl_overrides(0).ttl().seconds(), 0);
  EXPECT_EQ(policy.tag_ttl_overrides(1).ttl().seconds(), 3600);
  EXPECT_EQ(policy.tag_list_ttl().seconds(), 120);
  EXPECT_EQ(policy.referrers_ttl().seconds(), 180);
  EXPECT_TRUE(policy.refresh_ahead());
  EXPECT_EQ(policy.negative_ttls().refused().seconds(), 10);
  EXPECT_EQ(hub.value.failure_policy().refused().tag(),
            v1::FailurePolicy::FAILURE_ACTION_NEXT);
  EXPECT_FALSE(hub.value.limits().has_concurrent_requests());
  EXPECT_EQ(hub.value.limits().open_ttl().seconds(), 60);
}

TEST(ParseDeclarationTest, ErrorsNameFileAndLine) {
  const struct {
    const char* content;
    const char* error;
  } kCases[] = {
      {"groups: [", "f:1: "},
      {"- a", "f:1: expected a mapping with the key `groups`"},
      {"registries: []",
       "f:1: unknown top-level key; only `groups` is allowed"},
      {"groups:\n  - description: d", "f:2: name: is required"},
      {"groups:\n  - name: a\n  - name: a", "f:3: groups: 'a' is listed twice"},
      {"groups:\n  - name: a\n    name: b", "f:3: name: is set twice"},
      {"groups:\n  - name: a\n    ulr: b",
       "f:3: unknown field 'ulr'; valid fields: name, description"},
      {"groups:\n  - name: a\n    etag: b", "f:3: unknown field 'etag'"},
      {"groups:\n  - name: a\n    upstreams:\n      - name: u\n"
       "        credentials: {basic: {password: planted}}",
       "f:5: password: secrets are not allowed in the file; use password_env "
       "or password_file"},
      {"groups:\n  - name: a\n    upstreams:\n      - name: u\n"
       "        tls:\n          client_key_pem: planted",
       "f:6: client_key_pem: secrets are not allowed in the file"},
      {"groups:\n  - name: a\n    upstreams:\n      - name: u\n"
       "        credentials:\n          basic:\n            password_env: A\n"
       "            password_file: b",
       "f:8: password_file: cannot be combined with password_env"},
      {"groups:\n  - name: a\n    upstreams:\n      - name: u\n"
       "        cache_policy: {tag_ttl: soon}",
       "f:5: tag_ttl: invalid duration 'soon'"},
      {"groups:\n  - name: a\n    upstreams:\n      - name: u\n"
       "        cache_validity: soon",
       "f:5: tag_ttl: invalid duration 'soon'"},
      {"groups:\n  - name: a\n    upstreams:\n      - name: u\n"
       "        cache_validity: 1h\n        cache_policy: {tag_ttl: 1h}",
       "f:5: cache_validity: is called cache_policy.tag_ttl now, which is set "
       "too"},
      {"groups:\n  - name: a\n    upstreams:\n      - name: u\n"
       "        has_password: true",
       "f:5: unknown field 'has_password'"},
      {"groups:\n  - name: a\n    upstreams:\n      - name: u\n"
       "        rules: [{action: forbid}]",
       "f:5: action: 'forbid' is not valid; valid values: allow, deny"},
      {"groups:\n  - name: a\n    upstreams:\n      - name: u\n"
       "        disabled: perhaps",
       "f:5: disabled: expected true or false"},
      {"groups:\n  - name: a\n    upstreams:\n      - name: u\n"
       "        limits: {concurrent_requests: many}",
       "f:5: concurrent_requests: expected an integer"},
      {"groups:\n  - name: a\n    upstreams:\n      - name: u\n"
       "        source_namespaces: docker.io",
       "f:5: source_namespaces: expected a list"},
      {"groups:\n  - name: a\n    registries:\n      - name: r\n"
       "        upstreams: [a, a]",
       "f:5: upstreams: 'a' is listed twice"},
  };
  for (const auto& [content, error] : kCases) {
    const auto groups = ParseDeclaration("f", content);
    ASSERT_FALSE(groups.ok()) << content;
    EXPECT_THAT(std::string(groups.status().message()), StartsWith(error));
    EXPECT_THAT(std::string(groups.status().message()),
                ::testing::Not(HasSubstr("planted")));
  }
}

}  // namespace
}  // namespace cvr::declaration
