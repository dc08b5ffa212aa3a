#include "services/access/access_rules.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "cvr/v1/access_token_service.pb.h"
#include "cvr/v1/annotations.pb.h"
#include "cvr/v1/attachment_service.pb.h"
#include "cvr/v1/audit_service.pb.h"
#include "cvr/v1/cache_entry_service.pb.h"
#include "cvr/v1/cache_service.pb.h"
#include "cvr/v1/cleanup_policy_service.pb.h"
#include "cvr/v1/explain_service.pb.h"
#include "cvr/v1/fetch_service.pb.h"
#include "cvr/v1/group_service.pb.h"
#include "cvr/v1/operation_service.pb.h"
#include "cvr/v1/refresh_service.pb.h"
#include "cvr/v1/registry_service.pb.h"
#include "cvr/v1/secret_service.pb.h"
#include "cvr/v1/server_service.pb.h"
#include "cvr/v1/upstream_service.pb.h"
#include "cvr/v1/upstream_state_service.pb.h"
#include "cvr/v1/upstream_test_service.pb.h"
#include "cvr/v1/watch_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using Action = AccessPolicy::Action;
using Kind = AccessQuestion::Kind;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using testing::IsOk;
using testing::StatusIs;

// All services for people; the others are for processes of ours.
const FileDescriptor* const kFiles[] = {
    v1::GetGroupRequest::descriptor()->file(),
    v1::GetRegistryRequest::descriptor()->file(),
    v1::GetUpstreamRequest::descriptor()->file(),
    v1::GetAttachmentRequest::descriptor()->file(),
    v1::GetCacheEntryRequest::descriptor()->file(),
    v1::GetCacheStatsRequest::descriptor()->file(),
    v1::GetCleanupPolicyRequest::descriptor()->file(),
    v1::ExplainRequest::descriptor()->file(),
    v1::CreateAccessTokenRequest::descriptor()->file(),
    v1::ListAuditEventsRequest::descriptor()->file(),
    v1::RotateSecretKeyRequest::descriptor()->file(),
    v1::GetOperationRequest::descriptor()->file(),
    v1::WatchResourcesRequest::descriptor()->file(),
    v1::GetServerInfoRequest::descriptor()->file(),
    v1::ListUpstreamStatesRequest::descriptor()->file(),
    v1::TestUpstreamRequest::descriptor()->file(),
    v1::RefreshTagRequest::descriptor()->file(),
    v1::ListFetchesRequest::descriptor()->file(),
};

// The field that a path leads to; null when there is none.
const FieldDescriptor* FieldAt(const Descriptor& type,
                               const std::string& path) {
  const Descriptor* at = &type;
  const FieldDescriptor* field = nullptr;
  for (const auto part : absl::StrSplit(path, '.')) {
    if (at == nullptr) return nullptr;
    if (field != nullptr && field->is_repeated()) return nullptr;
    field = at->FindFieldByName(std::string(part));
    if (field == nullptr) return nullptr;
    at = field->message_type();
  }
  return field;
}

void ExpectFieldsExist(const google::protobuf::MethodDescriptor& method,
                       const v1::AccessRequirement& requirement) {
  const Descriptor& request = *method.input_type();
  if (requirement.on() == v1::AccessRequirement::OBJECT_NONE) {
    EXPECT_EQ(requirement.field(), "") << method.full_name();
  } else {
    const auto* const field = FieldAt(request, requirement.field());
    ASSERT_NE(field, nullptr) << method.full_name() << requirement.field();
    EXPECT_EQ(field->cpp_type(),
              requirement.on() == v1::AccessRequirement::OBJECT_GROUP
                  ? FieldDescriptor::CPPTYPE_STRING
                  : FieldDescriptor::CPPTYPE_INT64)
        << method.full_name();
  }
  for (const auto* const list : {&requirement.when(), &requirement.unless()}) {
    for (const std::string& path : *list) {
      const auto* const field = FieldAt(request, path);
      ASSERT_NE(field, nullptr) << method.full_name() << " " << path;
      EXPECT_FALSE(field->is_repeated()) << method.full_name() << " " << path;
    }
  }
}

TEST(AccessRulesTest, EveryMethodSaysWhatItNeeds) {
  google::protobuf::DynamicMessageFactory factory;
  int methods = 0;
  for (const FileDescriptor* const file : kFiles) {
    ASSERT_EQ(file->service_count(), 1) << file->name();
    const auto& service = *file->service(0);
    for (int i = 0; i < service.method_count(); ++i) {
      const auto& method = *service.method(i);
      ++methods;
      EXPECT_EQ(method.input_type()->name(), method.name() + "Request");
      EXPECT_EQ(MethodOfRequest(*method.input_type()), &method);
      ASSERT_TRUE(HasAccessRule(method)) << method.full_name();
      bool is_more_than_reading = false;
      for (int r = 0; r < method.options().ExtensionSize(v1::requirement);
           ++r) {
        const auto& requirement =
            method.options().GetExtension(v1::requirement, r);
        EXPECT_NE(requirement.action(),
                  v1::AccessRequirement::ACTION_UNSPECIFIED);
        EXPECT_NE(requirement.on(), v1::AccessRequirement::OBJECT_UNSPECIFIED);
        ExpectFieldsExist(method, requirement);
        is_more_than_reading |=
            requirement.action() != v1::AccessRequirement::ACTION_READ;
      }
      const std::unique_ptr<google::protobuf::Message> request(
          factory.GetPrototype(method.input_type())->New());
      if (!IsChange(*request) || method.name() == "TestUpstream") continue;
      EXPECT_TRUE(is_more_than_reading)
          << method.full_name() << " changes something";
    }
  }
  EXPECT_GT(methods, 55);
}

TEST(AccessRulesTest, WhatHasARequestIdIsRepeatable) {
  for (const FileDescriptor* const file : kFiles) {
    const auto& service = *file->service(0);
    for (int i = 0; i < service.method_count(); ++i) {
      const auto& method = *service.method(i);
      const bool has_id =
          method.input_type()->FindFieldByName("request_id") != nullptr;
      EXPECT_EQ(method.options().GetExtension(v1::repeatable), has_id)
          << method.full_name();
    }
  }
}

TEST(AccessRulesTest, WhatHasNoRuleIsRefused) {
  EXPECT_THAT(AccessNeededFor(v1::Registry()).status(),
              StatusIs(absl::StatusCode::kInternal));
}

TEST(AccessRulesTest, ObjectsAreFoundInRequests) {
  v1::UpdateRegistryRequest update;
  update.set_id(7);
  auto questions = *AccessNeededFor(update);
  ASSERT_EQ(questions.size(), 1);
  EXPECT_EQ(questions[0].action, Action::kManage);
  EXPECT_EQ(NameOfObject(questions[0]), "registry 7");

  v1::CreateRegistryRequest create;
  create.mutable_registry()->set_group("acme");
  EXPECT_EQ(NameOfObject(AccessNeededFor(create)->front()), "group acme");

  // Who chooses an id may take that of anybody's registry to be.
  create.mutable_registry()->set_id(7);
  questions = *AccessNeededFor(create);
  ASSERT_EQ(questions.size(), 2);
  EXPECT_EQ(questions[0].action, Action::kManage);
  EXPECT_EQ(questions[1].action, Action::kAdminister);

  v1::CreateAttachmentRequest attach;
  attach.set_registry_id(1);
  attach.set_upstream_id(2);
  questions = *AccessNeededFor(attach);
  ASSERT_EQ(questions.size(), 2);
  EXPECT_EQ(questions[0].action, Action::kManage);
  EXPECT_EQ(questions[1].action, Action::kRead);
  EXPECT_EQ(questions[1].id, 2);
}

// One that the caller must not see would else be seen, and asked.
TEST(AccessRulesTest, EachOfManyObjectsIsAskedAbout) {
  v1::SetAttachmentsRequest request;
  request.set_registry_id(1);
  EXPECT_EQ(AccessNeededFor(request)->size(), 1u);
  request.add_upstream_ids(2);
  request.add_upstream_ids(3);
  const auto questions = *AccessNeededFor(request);
  ASSERT_EQ(questions.size(), 3u);
  EXPECT_EQ(NameOfObject(questions[0]), "registry 1");
  EXPECT_EQ(questions[1].action, Action::kRead);
  EXPECT_EQ(NameOfObject(questions[1]), "upstream 2");
  EXPECT_EQ(NameOfObject(questions[2]), "upstream 3");

  request.add_upstream_ids(0);
  auto violations = FieldViolationsOf(AccessNeededFor(request).status());
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "upstream_ids[2]");
  for (int i = 0; i < 1000; ++i) request.add_upstream_ids(4);
  violations = FieldViolationsOf(AccessNeededFor(request).status());
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].field, "upstream_ids");
}

// A group, an id or a key must be there.
TEST(AccessRulesTest, WhatIsNotNamedIsInvalid) {
  const auto wrong = [](const google::protobuf::Message& request) {
    const absl::Status status = AccessNeededFor(request).status();
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
    const auto violations = FieldViolationsOf(status);
    EXPECT_EQ(violations.size(), 1);
    if (violations.empty()) return std::string();
    EXPECT_EQ(violations[0].reason, v1::FIELD_REQUIRED);
    return violations[0].field;
  };
  EXPECT_EQ(wrong(v1::CreateRegistryRequest()), "registry.group");
  EXPECT_EQ(wrong(v1::CreateUpstreamRequest()), "upstream.group");
  EXPECT_EQ(wrong(v1::ListRegistriesRequest()), "group");
  EXPECT_EQ(wrong(v1::ListAuditEventsRequest()), "group");
  EXPECT_EQ(wrong(v1::GetCleanupPolicyRequest()), "group");
  EXPECT_EQ(wrong(v1::GetRegistryRequest()), "id");
  EXPECT_EQ(wrong(v1::GetOperationRequest()), "id");
  EXPECT_EQ(wrong(v1::PurgeUpstreamCacheRequest()), "upstream_id");
  v1::GetRegistryRequest negative;
  negative.set_id(-1);
  EXPECT_EQ(wrong(negative), "id");
  v1::GetUpstreamRequest half;
  half.mutable_key()->set_group("acme");
  EXPECT_EQ(wrong(half), "key.name");
}

TEST(AccessRulesTest, AHyphenMeansAllGroupsThatTheCallerMaySee) {
  v1::GetCacheStatsRequest stats;
  stats.set_group("-");
  auto questions = *AccessNeededFor(stats);
  ASSERT_EQ(questions.size(), 1);
  EXPECT_EQ(questions[0].kind, Kind::kNone);
  stats.set_group("acme");
  questions = *AccessNeededFor(stats);
  ASSERT_EQ(questions.size(), 2);
  EXPECT_EQ(NameOfObject(questions[1]), "group acme");
  // It is the name of no group.
  v1::GetCleanupPolicyRequest policy;
  policy.set_group("-");
  EXPECT_EQ(NameOfObject(AccessNeededFor(policy)->front()), "group -");
}

TEST(AccessRulesTest, AKeyThatIsLeftIsOfNothing) {
  v1::DeleteRegistryRequest remove;
  remove.mutable_key()->set_group("acme");
  remove.mutable_key()->set_name("web");
  auto questions = *AccessNeededFor(remove);
  ASSERT_EQ(questions.size(), 1);
  EXPECT_EQ(questions[0].kind, Kind::kRegistry);
  EXPECT_EQ(questions[0].id, 0);
  EXPECT_EQ(questions[0].name, "acme/web");

  v1::UpdateRegistryRequest update;
  *update.mutable_key() = remove.key();
  EXPECT_EQ(AccessNeededFor(update)->front().kind, Kind::kRegistry);
  // It would be made.
  update.set_allow_missing(true);
  questions = *AccessNeededFor(update);
  ASSERT_EQ(questions.size(), 1);
  EXPECT_EQ(questions[0].action, Action::kManage);
  EXPECT_EQ(NameOfObject(questions[0]), "group acme");
  // An id makes nothing.
  update.set_id(7);
  EXPECT_EQ(NameOfObject(AccessNeededFor(update)->front()), "registry 7");
}

// Otherwise a caller could find out by a key what exists elsewhere.
TEST(AccessRulesTest, WhatNoRuleMentionsMustBeReadable) {
  v1::MoveAttachmentRequest move;
  move.set_registry_id(1);
  move.mutable_upstream_key()->set_group("other");
  move.mutable_upstream_key()->set_name("hub");
  auto questions = *AccessNeededFor(move);
  ASSERT_EQ(questions.size(), 2);
  EXPECT_EQ(questions[1].action, Action::kRead);
  EXPECT_EQ(questions[1].kind, Kind::kUpstream);
  EXPECT_EQ(questions[1].id, 0);
  move.set_upstream_id(5);
  questions = *AccessNeededFor(move);
  ASSERT_EQ(questions.size(), 2);
  EXPECT_EQ(NameOfObject(questions[1]), "upstream 5");
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

TEST(AccessRulesTest, AnUpstreamIsMadeInAGroupAndPerhapsInARegistry) {
  v1::CreateUpstreamRequest request;
  request.mutable_upstream()->set_group("acme");
  auto questions = *AccessNeededFor(request);
  ASSERT_EQ(questions.size(), 1);
  EXPECT_EQ(NameOfObject(questions[0]), "group acme");
  request.set_registry_id(4);
  questions = *AccessNeededFor(request);
  ASSERT_EQ(questions.size(), 2);
  EXPECT_EQ(questions[1].action, Action::kManage);
  EXPECT_EQ(NameOfObject(questions[1]), "registry 4");
}

TEST(AccessRulesTest, WhatConcernsAllUpstreamsIsForAdministrators) {
  v1::ListUpstreamStatesRequest request;
  EXPECT_EQ(AccessNeededFor(request)->front().action, Action::kAdminister);
  request.set_upstream_id(1);
  ASSERT_EQ(AccessNeededFor(request)->size(), 1);
  EXPECT_EQ(AccessNeededFor(request)->front().action, Action::kRead);
  // An id that none has is not the same as none.
  request.set_upstream_id(0);
  EXPECT_THAT(AccessNeededFor(request).status(),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(AccessRulesTest, WhoseTokenItIsCanBeAskedByEverybody) {
  const auto questions = AccessNeededFor(v1::GetCallerRequest());
  ASSERT_THAT(questions, IsOk());
  EXPECT_EQ(questions->front().action, Action::kAuthenticate);
  EXPECT_EQ(questions->front().kind, Kind::kNone);
}

TEST(AccessRulesTest, DeletingNothingSucceedsWhenThatIsAskedFor) {
  v1::DeleteRegistryRequest remove;
  EXPECT_FALSE(SucceedsWithoutObject(remove));
  remove.set_allow_missing(true);
  EXPECT_TRUE(SucceedsWithoutObject(remove));
  v1::UpdateRegistryRequest update;
  update.set_allow_missing(true);
  EXPECT_FALSE(SucceedsWithoutObject(update));
  EXPECT_TRUE(MakesMissingObject(update));
  EXPECT_FALSE(SucceedsWithoutObject(v1::GetRegistryRequest()));
  EXPECT_FALSE(SucceedsWithoutObject(v1::PurgeUpstreamCacheRequest()));
}

TEST(AccessRulesTest, WhatOnlyLooksIsNoChange) {
  EXPECT_FALSE(IsChange(v1::GetRegistryRequest()));
  EXPECT_FALSE(IsChange(v1::WaitOperationRequest()));
  EXPECT_FALSE(IsChange(v1::WatchResourcesRequest()));
  v1::DeleteRegistryRequest remove;
  EXPECT_TRUE(IsChange(remove));
  remove.set_validate_only(true);
  EXPECT_FALSE(IsChange(remove));
}

}  // namespace
}  // namespace cvr
