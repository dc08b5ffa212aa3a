#include "tools/cvr/declaration/declaration.h"

#include <string>

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
    cleanup_policy: {enabled: true, cadence_days: 14}
    upstreams:
      - name: hub
        url: https://a.example
        username: bot
        password_env: HUB
        cache_validity: 7d
        source_namespaces: [docker.io, index.docker.io]
        tag_validities: [{tag: "re:v[0-9]+", cache_validity: 0}]
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
  ASSERT_EQ(group.upstreams.size(), 1);
  const DeclaredUpstream& hub = group.upstreams[0];
  EXPECT_EQ(hub.where, "f:7");
  EXPECT_EQ(hub.password->name, "HUB");
  EXPECT_EQ(hub.client_key->kind, SecretSource::Kind::kFile);
  EXPECT_EQ(hub.value.cache_validity().seconds(), 7 * 86400);
  EXPECT_EQ(hub.value.tag_validities(0).tag().regex(), "v[0-9]+");
  EXPECT_TRUE(hub.value.tag_validities(0).has_cache_validity());
  EXPECT_EQ(hub.value.rules(0).pattern().wildcard(), "*-rc*");
  EXPECT_EQ(hub.value.rules(0).action(), v1::Rule::DENY);
  EXPECT_EQ(hub.value.failure_policy().unavailable().tag(),
            v1::FailurePolicy::NEXT);
  EXPECT_EQ(hub.value.limits().concurrent_requests(), 8);
  EXPECT_THAT(hub.mentioned,
              UnorderedElementsAre("url", "username", "cache_validity",
                                   "source_namespaces", "tag_validities",
                                   "rules", "failure_policy", "limits", "tls"));
  EXPECT_THAT(*group.registries[0].upstreams, ElementsAre("hub", "other"));
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
       "        password: planted",
       "f:5: password: secrets are not allowed in the file; use password_env "
       "or password_file"},
      {"groups:\n  - name: a\n    upstreams:\n      - name: u\n"
       "        tls:\n          client_key_pem: planted",
       "f:6: client_key_pem: secrets are not allowed in the file"},
      {"groups:\n  - name: a\n    upstreams:\n      - name: u\n"
       "        password_env: A\n        password_file: b",
       "f:6: password_file: cannot be combined with password_env"},
      {"groups:\n  - name: a\n    upstreams:\n      - name: u\n"
       "        cache_validity: soon",
       "f:5: cache_validity: invalid duration 'soon'"},
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
