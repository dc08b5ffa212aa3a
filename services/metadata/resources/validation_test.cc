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

const char kHello[] =
    "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

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
    registry.set_name("images");
    test.change(registry);
    EXPECT_EQ(WrongFields(registry), test.wrong) << test.what;
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
      {"credentials",
       [](U& u) {
         u.set_username(std::string(510, 'u'));
         u.set_password(std::string(16 * 1024 - 2, 'p') + "\n\xff");
       },
       {}},
      {"only a username", [](U& u) { u.set_username("u"); }, {"password"}},
      {"only a password", [](U& u) { u.set_password("p"); }, {"username"}},
      {"long credentials",
       [](U& u) {
         u.set_username(std::string(511, 'u'));
         u.set_password(std::string(16 * 1024 + 1, 'p'));
       },
       {"username", "password"}},
      {"credentials that cannot be sent",
       [](U& u) {
         u.set_username("a:b");
         u.set_password(std::string("p\0", 2));
       },
       {"username", "password"}},
      {"never to be revalidated", [](U& u) { u.mutable_cache_validity(); }, {}},
      {"negative times",
       [](U& u) {
         u.mutable_cache_validity()->set_seconds(-1);
         u.mutable_max_stale()->set_nanos(-1);
       },
       {"cache_validity", "max_stale"}},
      {"times out of range",
       [](U& u) {
         u.mutable_cache_validity()->set_seconds(INT64_MAX);
         u.mutable_max_stale()->set_nanos(1'000'000'000);
       },
       {"cache_validity", "max_stale"}},
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
  for (const auto& test : cases) {
    v1::Upstream upstream;
    upstream.set_name("hub");
    upstream.set_url("https://registry-1.docker.io");
    test.change(upstream);
    EXPECT_EQ(WrongFields(upstream), test.wrong) << test.what;
  }
}

TEST(ValidationTest, UpstreamPolicies) {
  using U = v1::Upstream;
  const std::vector<Case<U>> cases = {
      {"all of them",
       [](U& u) {
         auto& validity = *u.add_tag_validities();
         validity.mutable_tag()->set_wildcard("v*");
         validity.mutable_cache_validity();
         auto& rule = *u.add_rules();
         rule.set_action(v1::Rule::ALLOW);
         rule.set_target(v1::Rule::TAG);
         rule.mutable_pattern()->set_regex("v[0-9]+");
         u.mutable_limits()->set_rate_reserve_percent(100);
         u.mutable_tags_validity();
         u.mutable_referrers_validity()->set_seconds(1);
         u.mutable_absence_ttls()->mutable_refused();
       },
       {}},
      {"a validity without its parts",
       [](U& u) { u.add_tag_validities(); },
       {"tag_validities[0].tag", "tag_validities[0].cache_validity"}},
      {"a regex that is none",
       [](U& u) {
         auto& validity = *u.add_tag_validities();
         validity.mutable_tag()->set_regex("(");
         validity.mutable_cache_validity()->set_seconds(-1);
       },
       {"tag_validities[0].tag", "tag_validities[0].cache_validity"}},
      {"rules without their parts",
       [](U& u) {
         u.add_rules();
         u.add_rules()->set_action(v1::Rule::DENY);
         auto& rule = *u.add_rules();
         rule.set_action(v1::Rule::DENY);
         rule.set_target(v1::Rule::TAG);
       },
       {"rules[0].action", "rules[1].target", "rules[2].pattern"}},
      {"too many",
       [](U& u) {
         for (int i = 0; i < 33; ++i) {
           auto& validity = *u.add_tag_validities();
           validity.mutable_tag()->set_wildcard("v");
           validity.mutable_cache_validity();
         }
       },
       {"tag_validities"}},
      {"limits out of range",
       [](U& u) {
         u.mutable_limits()->set_concurrent_requests(-1);
         u.mutable_limits()->set_failures_to_open(10'001);
         u.mutable_limits()->set_rate_reserve_percent(101);
         u.mutable_limits()->mutable_open_for()->set_seconds(-1);
       },
       {"limits.concurrent_requests", "limits.failures_to_open",
        "limits.rate_reserve_percent", "limits.open_for"}},
      {"negative times",
       [](U& u) {
         u.mutable_tags_validity()->set_seconds(-1);
         u.mutable_referrers_validity()->set_seconds(-1);
         u.mutable_absence_ttls()->mutable_refused()->set_seconds(-1);
       },
       {"tags_validity", "referrers_validity", "absence_ttls.refused"}},
  };
  for (const auto& test : cases) {
    v1::Upstream upstream;
    upstream.set_name("hub");
    upstream.set_url("https://registry-1.docker.io");
    test.change(upstream);
    EXPECT_EQ(WrongFields(upstream), test.wrong) << test.what;
  }
}

}  // namespace
}  // namespace cvr
