#include "services/metadata/admin/cleanup_policy_admin.h"

#include <string>
#include <vector>

#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/metadata/testing/metadata_fixture.h"

namespace cvr::testing {
namespace {

class CleanupPolicyAdminTest : public MetadataFixture {
 protected:
  absl::StatusOr<v1::CleanupPolicy> Create(const v1::CleanupPolicy& policy) {
    v1::CreateCleanupPolicyRequest request;
    *request.mutable_cleanup_policy() = policy;
    return stack_->cleanup_policies().Create(request);
  }
  absl::StatusOr<v1::CleanupPolicy> Get(const std::string& group) {
    v1::GetCleanupPolicyRequest request;
    request.set_group(group);
    return stack_->cleanup_policies().Get(request);
  }
  absl::StatusOr<v1::CleanupPolicy> Update(
      const v1::CleanupPolicy& policy, const std::vector<std::string>& paths) {
    v1::UpdateCleanupPolicyRequest request;
    *request.mutable_cleanup_policy() = policy;
    for (const auto& path : paths)
      request.mutable_update_mask()->add_paths(path);
    return stack_->cleanup_policies().Update(request);
  }
  absl::Status Delete(const std::string& group, const std::string& etag = "") {
    v1::DeleteCleanupPolicyRequest request;
    request.set_group(group);
    request.set_etag(etag);
    return stack_->cleanup_policies().Delete(request);
  }
  absl::Time In(int days) { return clock_.Now() + days * absl::Hours(24); }
};

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const auto& violation : FieldViolationsOf(status)) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST_F(CleanupPolicyAdminTest, WhatIsNotSaidIsAsDocumented) {
  const auto policy = Create({});
  ASSERT_THAT(policy, IsOk());
  EXPECT_EQ(policy->group(), "default");
  EXPECT_FALSE(policy->enabled());
  EXPECT_EQ(policy->keep_n_days_after_download(), 30);
  EXPECT_EQ(policy->cadence_days(), 7);
  EXPECT_EQ(policy->status(), v1::CleanupPolicy::SCHEDULED);
  EXPECT_FALSE(policy->has_next_run_time());
  EXPECT_FALSE(policy->has_last_run_time());
  EXPECT_NE(policy->etag(), "");
  EXPECT_EQ(Get("default")->SerializeAsString(), policy->SerializeAsString());
  EXPECT_THAT(Create({}), StatusIs(absl::StatusCode::kAlreadyExists,
                                   Reason::kResourceExists));
}

TEST_F(CleanupPolicyAdminTest, OutputOnlyFieldsAreNotTakenOver) {
  v1::CleanupPolicy given;
  given.set_status(v1::CleanupPolicy::FAILED);
  given.set_last_run_deleted_bytes(7);
  given.set_failure_message("m");
  *given.mutable_last_run_time() = ToWire(In(-1));
  const auto policy = Create(given);
  ASSERT_THAT(policy, IsOk());
  EXPECT_EQ(policy->status(), v1::CleanupPolicy::SCHEDULED);
  EXPECT_EQ(policy->last_run_deleted_bytes(), 0);
  EXPECT_EQ(policy->failure_message(), "");
  EXPECT_FALSE(policy->has_last_run_time());
}

TEST_F(CleanupPolicyAdminTest, EveryWrongFieldIsNamed) {
  v1::CleanupPolicy policy;
  policy.set_keep_n_days_after_download(366);
  policy.set_cadence_days(2);
  EXPECT_THAT(
      FieldsOf(Create(policy).status()),
      ::testing::ElementsAre("keep_n_days_after_download", "cadence_days"));
  policy.set_keep_n_days_after_download(-1);
  policy.set_cadence_days(90);
  EXPECT_THAT(FieldsOf(Create(policy).status()),
              ::testing::ElementsAre("keep_n_days_after_download"));
  policy.set_keep_n_days_after_download(365);
  ASSERT_THAT(Create(policy), IsOk());
  policy.set_cadence_days(-7);
  EXPECT_THAT(FieldsOf(Update(policy, {"cadence_days"}).status()),
              ::testing::ElementsAre("cadence_days"));
  EXPECT_THAT(FieldsOf(Update(policy, {"status"}).status()),
              ::testing::ElementsAre("update_mask"));
  EXPECT_THAT(FieldsOf(Update(policy, {}).status()),
              ::testing::ElementsAre("update_mask"));
  EXPECT_EQ(Get("default")->cadence_days(), 90);
}

TEST_F(CleanupPolicyAdminTest, WhatIsNotThereIsNotFound) {
  v1::CleanupPolicy policy;
  policy.set_group("nobody");
  const auto gone = StatusIs(absl::StatusCode::kNotFound);
  EXPECT_THAT(Create(policy), gone);
  EXPECT_THAT(Get("default"), gone);
  EXPECT_THAT(Update(policy, {"enabled"}), gone);
  EXPECT_THAT(stack_->cleanup_policies().Run({}), gone);
  EXPECT_THAT(Delete("nobody"), IsOk());
}

TEST_F(CleanupPolicyAdminTest, TheNextRunFollowsFromWhatIsSet) {
  v1::CleanupPolicy policy;
  policy.set_enabled(true);
  EXPECT_EQ(FromWire(Create(policy)->next_run_time()), In(7));
  clock_.Advance(absl::Hours(24));
  policy.set_keep_n_days_after_download(5);
  policy.set_cadence_days(14);
  EXPECT_EQ(
      FromWire(Update(policy, {"keep_n_days_after_download"})->next_run_time()),
      In(6));
  EXPECT_EQ(FromWire(Update(policy, {"cadence_days"})->next_run_time()),
            In(14));
  policy.set_enabled(false);
  EXPECT_FALSE(Update(policy, {"enabled"})->has_next_run_time());
  policy.set_enabled(true);
  EXPECT_EQ(FromWire(Update(policy, {"enabled"})->next_run_time()), In(14));
}

TEST_F(CleanupPolicyAdminTest, NoChangeIsLost) {
  const auto first = Create({});
  ASSERT_THAT(first, IsOk());
  v1::CleanupPolicy policy = *first;
  policy.set_notify_on_failure(true);
  clock_.Advance(absl::Seconds(1));
  const auto second = Update(policy, {"notify_on_failure"});
  ASSERT_THAT(second, IsOk());
  EXPECT_NE(second->etag(), first->etag());
  EXPECT_EQ(FromWire(second->update_time()), clock_.Now());
  EXPECT_EQ(FromWire(second->create_time()), FromWire(first->create_time()));
  const auto changed =
      StatusIs(absl::StatusCode::kAborted, Reason::kEtagMismatch);
  EXPECT_THAT(Update(policy, {"notify_on_failure"}), changed);
  EXPECT_THAT(Delete("default", first->etag()), changed);
  EXPECT_THAT(Delete("default", second->etag()), IsOk());
  EXPECT_THAT(Delete("default", second->etag()), IsOk());
  // Nor does an etag of old hold for the next policy.
  clock_.Advance(absl::Seconds(1));
  ASSERT_THAT(Create({}), IsOk());
  EXPECT_THAT(Delete("default", first->etag()), changed);
  EXPECT_THAT(Delete("default", second->etag()), changed);
}

TEST_F(CleanupPolicyAdminTest, GoesWithItsGroup) {
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  v1::CleanupPolicy policy;
  policy.set_group("acme");
  ASSERT_THAT(Create(policy), IsOk());
  v1::DeleteGroupRequest request;
  request.set_name("acme");
  ASSERT_THAT(stack_->groups().Delete(request), IsOk());
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  EXPECT_THAT(Get("acme"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Create(policy), IsOk());
}

}  // namespace
}  // namespace cvr::testing
