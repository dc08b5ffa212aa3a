#include "services/metadata/resources/update_mask.h"

#include <string>
#include <vector>

#include "cvr/v1/registry.pb.h"
#include "cvr/v1/registry_service.pb.h"
#include "cvr/v1/upstream.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;
using testing::IsOk;
using ::testing::UnorderedElementsAre;

template <typename Message>
Message From(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

google::protobuf::FieldMask Mask(const std::vector<std::string>& paths) {
  google::protobuf::FieldMask mask;
  for (const auto& path : paths) mask.add_paths(path);
  return mask;
}

std::vector<std::string> WrongFields(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const auto& violation : FieldViolationsOf(status)) {
    fields.push_back(violation.field);
  }
  return fields;
}

class UpdateMaskTest : public ::testing::Test {
 protected:
  // As it is stored, secrets included.
  v1::Upstream upstream_ = From<v1::Upstream>(R"pb(
    id: 7
    group: "acme"
    name: "hub"
    description: "d"
    url: "https://hub.example"
    credentials { basic { username: "u" password: "p" } }
    tls { ca_bundle_pem: "ca" client_certificate_pem: "c" client_key_pem: "k" }
    source_namespaces: "docker.io"
    disabled: true
    cache_policy {
      tag_ttl { seconds: 60 }
      stale_ttl { seconds: 5 }
    }
    limits { concurrent_requests: 3 failures_to_open: 4 }
    etag: "e"
  )pb");

  std::string Updated(const std::vector<std::string>& mask,
                      const std::string& given) {
    v1::Upstream after = upstream_;
    const absl::Status status =
        ApplyUpdate(Mask(mask), From<v1::Upstream>(given), after);
    EXPECT_THAT(status, IsOk());
    return after.DebugString();
  }
  std::string With(void (*change)(v1::Upstream&)) {
    v1::Upstream wanted = upstream_;
    change(wanted);
    return wanted.DebugString();
  }
  std::vector<std::string> Wrong(const std::vector<std::string>& mask,
                                 const std::string& given) {
    v1::Upstream after = upstream_;
    const absl::Status status =
        ApplyUpdate(Mask(mask), From<v1::Upstream>(given), after);
    EXPECT_THAT(status, testing::StatusIs(absl::StatusCode::kInvalidArgument));
    EXPECT_EQ(after.DebugString(), upstream_.DebugString());
    return WrongFields(status);
  }
};

TEST_F(UpdateMaskTest, WithoutAMaskWhatIsSetCounts) {
  EXPECT_EQ(Updated({}, R"pb(description: "new"
                             limits { failures_to_open: 9 }
                             etag: "other"
                             update_time { seconds: 1 })pb"),
            With([](v1::Upstream& u) {
              u.set_description("new");
              u.mutable_limits()->set_failures_to_open(9);
            }));
  EXPECT_EQ(Updated({}, ""), upstream_.DebugString());
}

TEST_F(UpdateMaskTest, APathIsSetOrCleared) {
  EXPECT_EQ(Updated({"description", "disabled"}, R"pb(name: "ignored")pb"),
            With([](v1::Upstream& u) {
              u.clear_description();
              u.clear_disabled();
            }));
  EXPECT_EQ(Updated({"cache_policy.tag_ttl"}, ""), With([](v1::Upstream& u) {
              u.mutable_cache_policy()->clear_tag_ttl();
            }));
  EXPECT_EQ(Updated({"limits"}, R"pb(limits { failures_to_open: 9 })pb"),
            With([](v1::Upstream& u) {
              u.clear_limits();
              u.mutable_limits()->set_failures_to_open(9);
            }));
  EXPECT_EQ(Updated({"source_namespaces"}, R"pb(source_namespaces: "a"
                                                source_namespaces: "b")pb"),
            With([](v1::Upstream& u) {
              u.clear_source_namespaces();
              u.add_source_namespaces("a");
              u.add_source_namespaces("b");
            }));
}

// A part of what is not there makes nothing, unless it is given.
TEST_F(UpdateMaskTest, APathThroughWhatIsNotThere) {
  upstream_.clear_limits();
  EXPECT_EQ(Updated({"limits.concurrent_requests"}, ""),
            upstream_.DebugString());
  EXPECT_EQ(Updated({"limits.concurrent_requests"},
                    R"pb(limits { concurrent_requests: 1 })pb"),
            With([](v1::Upstream& u) {
              u.mutable_limits()->set_concurrent_requests(1);
            }));
}

TEST_F(UpdateMaskTest, CredentialsAreRemovedWhenTheyAreNamed) {
  EXPECT_EQ(Updated({"credentials"}, ""),
            With([](v1::Upstream& u) { u.clear_credentials(); }));
  EXPECT_EQ(Updated({"credentials.basic.username"},
                    R"pb(credentials { basic { username: "v" } })pb"),
            With([](v1::Upstream& u) {
              u.mutable_credentials()->mutable_basic()->set_username("v");
            }));
}

// Who has read the resource does not have its secrets.
TEST_F(UpdateMaskTest, AllDoesNotRemoveSecrets) {
  EXPECT_EQ(Updated({"*"}, R"pb(name: "hub"
                                url: "https://hub.example"
                                tls { ca_bundle_pem: "other" }
                                has_password: true)pb"),
            From<v1::Upstream>(R"pb(
              id: 7
              group: "acme"
              name: "hub"
              url: "https://hub.example"
              credentials { basic { username: "u" password: "p" } }
              tls { ca_bundle_pem: "other" client_key_pem: "k" }
              etag: "e"
            )pb")
                .DebugString());
}

TEST_F(UpdateMaskTest, WhatIsNotTheCallersIsRefusedUnlessItIsTheSame) {
  EXPECT_THAT(
      Wrong({"id", "group", "description"}, R"pb(id: 8 group: "other")pb"),
      UnorderedElementsAre("id", "group"));
  EXPECT_EQ(Updated({"id", "group"}, R"pb(id: 7 group: "acme")pb"),
            upstream_.DebugString());
  // Also when it is not named.
  EXPECT_THAT(Wrong({}, R"pb(group: "other")pb"), ElementsAre("group"));
  EXPECT_THAT(Wrong({"*"}, R"pb(group: "other")pb"), ElementsAre("group"));
  EXPECT_THAT(
      Wrong({"tls.has_client_key"}, R"pb(tls { has_client_key: true })pb"),
      ElementsAre("tls.has_client_key"));
}

TEST_F(UpdateMaskTest, PathsThatLeadNowhere) {
  for (const char* const path :
       {"nothing", "limits.nothing", "name.nothing", "rules.action", "",
        "cache_policy.tag_ttl.seconds", "tls..ca_bundle_pem"}) {
    const auto mask = UpdateMask::Resolve(Mask({path}), upstream_);
    EXPECT_THAT(WrongFields(mask.status()), ElementsAre("update_mask")) << path;
    EXPECT_EQ(FieldViolationsOf(mask.status())[0].reason, v1::FIELD_UNKNOWN);
  }
  EXPECT_THAT(
      WrongFields(UpdateMask::Resolve(Mask({"*", "name"}), upstream_).status()),
      ElementsAre("update_mask"));
}

TEST_F(UpdateMaskTest, NamesTellsWhatIsTouched) {
  const auto mask = *UpdateMask::Resolve(
      Mask({"tls", "limits.failures_to_open", "tls.ca_bundle_pem"}), upstream_);
  EXPECT_THAT(mask.paths(),
              UnorderedElementsAre("tls", "limits.failures_to_open"));
  EXPECT_TRUE(mask.Names("tls.ca_bundle_pem"));
  EXPECT_TRUE(mask.Names("limits"));
  EXPECT_FALSE(mask.Names("limits.concurrent_requests"));
  EXPECT_FALSE(mask.Names("tl"));
}

TEST(CheckRequiredTest, EveryMissingFieldIsNamed) {
  EXPECT_THAT(WrongFields(CheckRequired(v1::CreateRegistryRequest())),
              ElementsAre("registry"));
  v1::CreateRegistryRequest create;
  create.mutable_registry()->set_group("acme");
  EXPECT_THAT(WrongFields(CheckRequired(create)), ElementsAre("registry.name"));
  create.mutable_registry()->set_name("web");
  EXPECT_THAT(CheckRequired(create), IsOk());
  v1::Upstream upstream = From<v1::Upstream>(R"pb(
    group: "g"
    name: "n"
    url: "u"
    rules { action: RULE_ACTION_DENY }
  )pb");
  EXPECT_THAT(WrongFields(CheckRequired(upstream)),
              ElementsAre("rules[0].target", "rules[0].pattern"));
}

TEST(ClearOutputOnlyTest, ClearsAlsoInMessages) {
  v1::Upstream upstream = From<v1::Upstream>(R"pb(
    id: 1
    name: "n"
    tls { ca_bundle_pem: "ca" has_client_key: true }
  )pb");
  ClearOutputOnly(upstream);
  EXPECT_EQ(upstream.DebugString(),
            From<v1::Upstream>(R"pb(name: "n"
                                    tls { ca_bundle_pem: "ca" })pb")
                .DebugString());
}

}  // namespace
}  // namespace cvr
