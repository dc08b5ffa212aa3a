#include "services/access/access_rules.h"

#include <memory>
#include <set>
#include <string>

#include "cvr/v1/access_token_service.pb.h"
#include "cvr/v1/audit_service.pb.h"
#include "cvr/v1/cache_entry_service.pb.h"
#include "cvr/v1/cache_service.pb.h"
#include "cvr/v1/cleanup_policy_service.pb.h"
#include "cvr/v1/download_service.pb.h"
#include "cvr/v1/explain_service.pb.h"
#include "cvr/v1/group_service.pb.h"
#include "cvr/v1/refresh_service.pb.h"
#include "cvr/v1/registry_service.pb.h"
#include "cvr/v1/secret_service.pb.h"
#include "cvr/v1/upstream_probe_service.pb.h"
#include "cvr/v1/upstream_service.pb.h"
#include "cvr/v1/upstream_state_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using Action = AccessPolicy::Action;
using Kind = AccessQuestion::Kind;
using google::protobuf::FileDescriptor;

// All services for people; the others are for processes of ours.
const FileDescriptor* const kFiles[] = {
    v1::GetGroupRequest::descriptor()->file(),
    v1::GetRegistryRequest::descriptor()->file(),
    v1::GetUpstreamRequest::descriptor()->file(),
    v1::GetCacheEntryRequest::descriptor()->file(),
    v1::GetCacheStatsRequest::descriptor()->file(),
    v1::GetCleanupPolicyRequest::descriptor()->file(),
    v1::ExplainRequest::descriptor()->file(),
    v1::CreateAccessTokenRequest::descriptor()->file(),
    v1::ListAuditEventsRequest::descriptor()->file(),
    v1::RotateSecretKeyRequest::descriptor()->file(),
    v1::ListUpstreamStatesRequest::descriptor()->file(),
    v1::TestUpstreamRequest::descriptor()->file(),
    v1::RefreshTagRequest::descriptor()->file(),
    v1::ListDownloadsRequest::descriptor()->file(),
};

TEST(AccessRulesTest, EveryMethodHasOne) {
  google::protobuf::DynamicMessageFactory factory;
  int methods = 0;
  for (const FileDescriptor* const file : kFiles) {
    ASSERT_EQ(file->service_count(), 1) << file->name();
    const auto& service = *file->service(0);
    for (int i = 0; i < service.method_count(); ++i) {
      const auto& method = *service.method(i);
      // Rules and the audit trail go by the request's name.
      EXPECT_EQ(method.input_type()->name(), method.name() + "Request");
      const std::unique_ptr<google::protobuf::Message> request(
          factory.GetPrototype(method.input_type())->New());
      const auto questions = AccessNeededFor(*request);
      EXPECT_THAT(questions, testing::IsOk()) << method.full_name();
      ++methods;
      if (!IsChange(*request)) continue;
      EXPECT_NE(questions->front().action, Action::kRead)
          << method.full_name() << " changes something";
    }
  }
  EXPECT_GT(methods, 40);
}

TEST(AccessRulesTest, WhatHasNoRuleIsRefused) {
  EXPECT_THAT(AccessNeededFor(v1::Registry()).status(),
              testing::StatusIs(absl::StatusCode::kInternal));
}

TEST(AccessRulesTest, ObjectsAreFoundInRequests) {
  v1::UpdateRegistryRequest update;
  update.mutable_registry()->set_id(7);
  auto questions = *AccessNeededFor(update);
  ASSERT_EQ(questions.size(), 1);
  EXPECT_EQ(questions[0].action, Action::kManage);
  EXPECT_EQ(NameOfObject(questions[0]), "registry 7");

  v1::CreateRegistryRequest create;
  EXPECT_EQ(NameOfObject(AccessNeededFor(create)->front()), "group default");
  create.mutable_registry()->set_group("acme");
  EXPECT_EQ(NameOfObject(AccessNeededFor(create)->front()), "group acme");

  // Who chooses an id may take that of anybody's registry to be.
  create.mutable_registry()->set_id(7);
  questions = *AccessNeededFor(create);
  ASSERT_EQ(questions.size(), 2);
  EXPECT_EQ(questions[0].action, Action::kManage);
  EXPECT_EQ(questions[1].action, Action::kAdminister);

  v1::AttachUpstreamRequest attach;
  attach.set_registry_id(1);
  attach.set_upstream_id(2);
  questions = *AccessNeededFor(attach);
  ASSERT_EQ(questions.size(), 2);
  EXPECT_EQ(questions[0].action, Action::kManage);
  EXPECT_EQ(questions[1].action, Action::kRead);
  EXPECT_EQ(questions[1].id, 2);
}

TEST(AccessRulesTest, TryingAnotherAddressIsToManage) {
  v1::TestUpstreamRequest request;
  request.set_upstream_id(3);
  auto questions = *AccessNeededFor(request);
  ASSERT_EQ(questions.size(), 1);
  EXPECT_EQ(questions[0].action, Action::kRead);
  request.mutable_upstream()->set_url("https://elsewhere");
  questions = *AccessNeededFor(request);
  ASSERT_EQ(questions.size(), 2);
  EXPECT_EQ(questions[1].action, Action::kManage);
  EXPECT_EQ(questions[1].id, 3);
  request.clear_upstream_id();
  request.mutable_upstream()->set_group("acme");
  questions = *AccessNeededFor(request);
  ASSERT_EQ(questions.size(), 1);
  EXPECT_EQ(questions[0].action, Action::kManage);
  EXPECT_EQ(NameOfObject(questions[0]), "group acme");
}

TEST(AccessRulesTest, AnUpstreamIsMadeInAGroupOrInARegistry) {
  v1::CreateUpstreamRequest request;
  request.mutable_upstream()->set_group("acme");
  auto questions = *AccessNeededFor(request);
  ASSERT_EQ(questions.size(), 1);
  EXPECT_EQ(NameOfObject(questions[0]), "group acme");
  request.set_registry_id(4);
  questions = *AccessNeededFor(request);
  ASSERT_EQ(questions.size(), 1);
  EXPECT_EQ(questions[0].action, Action::kManage);
  EXPECT_EQ(NameOfObject(questions[0]), "registry 4");
}

TEST(AccessRulesTest, WhatConcernsAllUpstreamsIsForAdministrators) {
  v1::ListUpstreamStatesRequest request;
  EXPECT_EQ(AccessNeededFor(request)->front().action, Action::kAdminister);
  request.set_upstream_id(1);
  ASSERT_EQ(AccessNeededFor(request)->size(), 1);
  EXPECT_EQ(AccessNeededFor(request)->front().action, Action::kRead);
}

TEST(AccessRulesTest, DeletingNothingSucceeds) {
  EXPECT_TRUE(SucceedsWithoutObject(v1::DeleteRegistryRequest()));
  EXPECT_TRUE(SucceedsWithoutObject(v1::DetachUpstreamRequest()));
  EXPECT_FALSE(SucceedsWithoutObject(v1::GetRegistryRequest()));
  EXPECT_FALSE(SucceedsWithoutObject(v1::PurgeUpstreamCacheRequest()));
}

}  // namespace
}  // namespace cvr
