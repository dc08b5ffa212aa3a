#include "services/metadata/admin/cleanup_policy_admin.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "services/common/time_wire.h"
#include "services/metadata/testing/metadata_fixture.h"

namespace cvr::testing {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);

class CleanupPolicyAdminTest : public MetadataFixture {
 protected:
  absl::StatusOr<v1::CleanupPolicy> Get(const std::string& group = "default") {
    v1::GetCleanupPolicyRequest request;
    request.set_group(group);
    return stack_->cleanup_policies().Get(request);
  }
  // Without `paths` what is set in `policy` changes.
  absl::StatusOr<v1::CleanupPolicy> Update(
      v1::CleanupPolicy policy, const std::vector<std::string>& paths = {},
      bool validate_only = false) {
    if (policy.group().empty()) policy.set_group("default");
    v1::UpdateCleanupPolicyRequest request;
    *request.mutable_cleanup_policy() = policy;
    for (const auto& path : paths)
      request.mutable_update_mask()->add_paths(path);
    request.set_validate_only(validate_only);
    return stack_->cleanup_policies().Update(request);
  }
  internal::v1::FacadeSettings Settings(const std::string& group = "default") {
    internal::v1::GetFacadeSettingsRequest request;
    request.set_group(group);
    const auto response = stack_->cleanup_policies().GetFacadeSettings(request);
    EXPECT_THAT(response, IsOk());
    return response.ok() ? response->settings()
                         : internal::v1::FacadeSettings();
  }
  absl::StatusOr<internal::v1::UpdateFacadeSettingsResponse> SetSettings(
      bool on_success, bool on_failure, bool shows,
      const std::string& group = "default") {
    internal::v1::UpdateFacadeSettingsRequest request;
    request.set_group(group);
    request.mutable_settings()->set_notify_on_success(on_success);
    request.mutable_settings()->set_notify_on_failure(on_failure);
    request.mutable_settings()->set_shows_cleanup_policy(shows);
    return stack_->cleanup_policies().UpdateFacadeSettings(request);
  }
  absl::Time In(int days) { return clock_.Now() + days * kDay; }

  static v1::CleanupPolicy Enabled() {
    v1::CleanupPolicy policy;
    policy.set_enabled(true);
    return policy;
  }
};

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const auto& violation : FieldViolationsOf(status)) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST_F(CleanupPolicyAdminTest, EveryGroupHasOne) {
  const auto policy = Get();
  ASSERT_THAT(policy, IsOk());
  EXPECT_EQ(policy->group(), "default");
  EXPECT_FALSE(policy->enabled());
  EXPECT_EQ(FromWire(policy->keep_after_last_pull()), 30 * kDay);
  EXPECT_EQ(FromWire(policy->run_interval()), 7 * kDay);
  EXPECT_FALSE(policy->has_next_run_time());
  EXPECT_FALSE(policy->has_last_run());
  EXPECT_FALSE(policy->has_create_time());
  EXPECT_FALSE(policy->has_update_time());
  EXPECT_NE(policy->etag(), "");
  EXPECT_THAT(Get("nobody"), StatusIs(absl::StatusCode::kNotFound));
  v1::CleanupPolicy nobodys;
  nobodys.set_group("nobody");
  EXPECT_THAT(Update(nobodys), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(CleanupPolicyAdminTest, WhatIsNotSaidStays) {
  v1::CleanupPolicy policy;
  *policy.mutable_keep_after_last_pull() = ToWire(5 * kDay);
  ASSERT_THAT(Update(policy), IsOk());
  const auto changed = Update(Enabled());
  ASSERT_THAT(changed, IsOk());
  EXPECT_EQ(FromWire(changed->keep_after_last_pull()), 5 * kDay);
  EXPECT_EQ(FromWire(changed->run_interval()), 7 * kDay);
  EXPECT_EQ(Get()->SerializeAsString(), changed->SerializeAsString());
  // What is named and not set has its default again.
  EXPECT_EQ(
      FromWire(Update({}, {"keep_after_last_pull"})->keep_after_last_pull()),
      30 * kDay);
  EXPECT_TRUE(Get()->enabled());
  EXPECT_FALSE(Update({}, {"*"})->enabled());
}

TEST_F(CleanupPolicyAdminTest, OutputOnlyFieldsAreNotTakenOver) {
  v1::CleanupPolicy given = Enabled();
  given.mutable_last_run()->set_deleted_bytes(7);
  *given.mutable_next_run_time() = ToWire(In(-1));
  *given.mutable_create_time() = ToWire(In(-1));
  const auto policy = Update(given);
  ASSERT_THAT(policy, IsOk());
  EXPECT_FALSE(policy->has_last_run());
  EXPECT_EQ(FromWire(policy->next_run_time()), In(7));
  EXPECT_EQ(FromWire(policy->create_time()), clock_.Now());
}

TEST_F(CleanupPolicyAdminTest, EveryWrongFieldIsNamed) {
  const auto both =
      ::testing::ElementsAre("keep_after_last_pull", "run_interval");
  for (const absl::Duration wrong :
       {366 * kDay, absl::ZeroDuration(), -kDay, kDay + absl::Seconds(1),
        kDay - absl::Nanoseconds(1), absl::Hours(12)}) {
    v1::CleanupPolicy policy;
    *policy.mutable_keep_after_last_pull() = ToWire(wrong);
    *policy.mutable_run_interval() = ToWire(wrong);
    EXPECT_THAT(FieldsOf(Update(policy).status()), both) << wrong;
  }
  v1::CleanupPolicy policy;
  *policy.mutable_run_interval() = ToWire(2 * kDay);
  EXPECT_THAT(FieldsOf(Update(policy).status()),
              ::testing::ElementsAre("run_interval"));
  for (const int days : {1, 7, 14, 30, 90}) {
    *policy.mutable_run_interval() = ToWire(days * kDay);
    *policy.mutable_keep_after_last_pull() =
        ToWire(days == 1 ? 365 * kDay : days * kDay);
    EXPECT_THAT(Update(policy), IsOk()) << days;
  }
  EXPECT_THAT(FieldsOf(Update(policy, {"cadence_days"}).status()),
              ::testing::ElementsAre("update_mask"));
  EXPECT_EQ(FromWire(Get()->run_interval()), 90 * kDay);
}

TEST_F(CleanupPolicyAdminTest, TheNextRunFollowsFromWhatIsSet) {
  EXPECT_EQ(FromWire(Update(Enabled())->next_run_time()), In(7));
  clock_.Advance(kDay);
  v1::CleanupPolicy policy;
  *policy.mutable_keep_after_last_pull() = ToWire(5 * kDay);
  EXPECT_EQ(FromWire(Update(policy)->next_run_time()), In(6));
  *policy.mutable_run_interval() = ToWire(14 * kDay);
  EXPECT_EQ(FromWire(Update(policy)->next_run_time()), In(14));
  EXPECT_FALSE(Update({}, {"enabled"})->has_next_run_time());
  EXPECT_EQ(FromWire(Update(Enabled())->next_run_time()), In(14));
}

TEST_F(CleanupPolicyAdminTest, NoChangeIsLost) {
  v1::CleanupPolicy policy = Enabled();
  policy.set_etag(Get()->etag());
  const auto first = Update(policy);
  ASSERT_THAT(first, IsOk());
  EXPECT_NE(first->etag(), policy.etag());
  clock_.Advance(absl::Seconds(1));
  const auto changed =
      StatusIs(absl::StatusCode::kAborted, Reason::kEtagMismatch);
  EXPECT_THAT(Update(policy), changed);
  policy.set_etag(first->etag());
  const auto second = Update(policy);
  ASSERT_THAT(second, IsOk());
  EXPECT_NE(second->etag(), first->etag());
  EXPECT_EQ(FromWire(second->update_time()), clock_.Now());
  EXPECT_EQ(FromWire(second->create_time()), FromWire(first->create_time()));
  EXPECT_THAT(Update(policy), changed);
}

TEST_F(CleanupPolicyAdminTest, ValidatingChangesNothing) {
  const auto before = Get()->SerializeAsString();
  const auto would_be = Update(Enabled(), {}, /*validate_only=*/true);
  ASSERT_THAT(would_be, IsOk());
  EXPECT_TRUE(would_be->enabled());
  EXPECT_EQ(Get()->SerializeAsString(), before);
  v1::CleanupPolicy wrong;
  *wrong.mutable_run_interval() = ToWire(2 * kDay);
  EXPECT_THAT(Update(wrong, {}, /*validate_only=*/true),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(CleanupPolicyAdminTest, GoesWithItsGroup) {
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  v1::CleanupPolicy policy = Enabled();
  policy.set_group("acme");
  ASSERT_THAT(Update(policy), IsOk());
  ASSERT_THAT(SetSettings(true, true, true, "acme"), IsOk());
  v1::DeleteGroupRequest request;
  request.set_name("acme");
  ASSERT_THAT(stack_->groups().Delete(request), IsOk());
  EXPECT_THAT(Get("acme"), StatusIs(absl::StatusCode::kNotFound));
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  EXPECT_FALSE(Get("acme")->enabled());
  EXPECT_FALSE(Settings("acme").notify_on_success());
}

TEST_F(CleanupPolicyAdminTest, TheFacadesSettingsAreNoPartOfThePolicy) {
  EXPECT_FALSE(Settings().shows_cleanup_policy());
  const auto before = Get()->SerializeAsString();
  ASSERT_THAT(SetSettings(true, false, true), IsOk());
  EXPECT_EQ(Get()->SerializeAsString(), before);
  EXPECT_TRUE(Settings().notify_on_success());
  EXPECT_FALSE(Settings().notify_on_failure());
  // Nobody has made one.
  EXPECT_FALSE(Settings().shows_cleanup_policy());
  ASSERT_THAT(Update(Enabled()), IsOk());
  EXPECT_TRUE(Settings().notify_on_success());
  EXPECT_TRUE(Settings().shows_cleanup_policy());
  // Somebody has deleted it there; here it stays.
  ASSERT_THAT(SetSettings(false, true, false), IsOk());
  EXPECT_FALSE(Settings().shows_cleanup_policy());
  EXPECT_TRUE(Settings().notify_on_failure());
  EXPECT_TRUE(Get()->enabled());
  ASSERT_THAT(SetSettings(false, true, true), IsOk());
  EXPECT_FALSE(Settings().shows_cleanup_policy());
  ASSERT_THAT(Update(Enabled()), IsOk());
  EXPECT_TRUE(Settings().shows_cleanup_policy());
  EXPECT_THAT(SetSettings(true, true, true, "nobody"),
              StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace cvr::testing
