#include "services/common/errors.h"

#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using absl::StatusCode;
using testing::StatusIs;

// The detail of that type, or an empty one.
template <typename Detail>
Detail DetailOf(const absl::Status& status) {
  Detail detail;
  const auto payload = status.GetPayload(
      absl::StrCat("type.googleapis.com/", Detail::descriptor()->full_name()));
  EXPECT_TRUE(payload) << status;
  if (payload) {
    EXPECT_TRUE(detail.ParseFromString(std::string(*payload)));
  }
  return detail;
}

TEST(ErrorReasonTest, IsOnTheWireWhatTheEnumCallsIt) {
  const auto* const names = v1::ErrorReason_descriptor();
  ASSERT_GT(names->value_count(), 30);
  for (int i = 0; i < names->value_count(); ++i) {
    const auto& value = *names->value(i);
    if (value.number() == 0) continue;
    const auto reason = static_cast<Reason>(value.number());
    const absl::Status status = WithReason(absl::InternalError("m"), reason);
    const auto info = DetailOf<google::rpc::ErrorInfo>(status);
    EXPECT_EQ(info.reason(), value.name());
    EXPECT_EQ(info.domain(), "container-virtual-registry.dev");
    EXPECT_EQ(ReasonOf(status), reason) << value.name();
    EXPECT_EQ(ReasonName(reason), value.name());
  }
  EXPECT_EQ(ReasonName(Reason::kNone), "");
}

TEST(ErrorReasonTest, OfAnotherDomainOrUnknownIsNone) {
  absl::Status status = errors::Denied("no");
  google::rpc::ErrorInfo info = DetailOf<google::rpc::ErrorInfo>(status);
  const std::string url = "type.googleapis.com/google.rpc.ErrorInfo";
  info.set_domain("example.com");
  status.SetPayload(url, absl::Cord(info.SerializeAsString()));
  EXPECT_EQ(ReasonOf(status), Reason::kNone);
  info.set_domain(std::string(kErrorDomain));
  info.set_reason("OF_A_LATER_VERSION");
  status.SetPayload(url, absl::Cord(info.SerializeAsString()));
  EXPECT_EQ(ReasonOf(status), Reason::kNone);
}

TEST(ErrorReasonTest, EveryCodeHasADefault) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status plain(static_cast<StatusCode>(code), "m");
    const absl::Status told = WithSomeReason(plain);
    EXPECT_NE(ReasonOf(told), Reason::kNone) << plain;
    EXPECT_EQ(told.code(), plain.code());
    EXPECT_EQ(told.message(), "m");
  }
  EXPECT_EQ(DefaultReason(StatusCode::kOk), Reason::kNone);
  EXPECT_EQ(WithSomeReason(absl::OkStatus()), absl::OkStatus());
  EXPECT_EQ(WithSomeReason(errors::Denied("no")), errors::Denied("no"));
}

TEST(ErrorDetailsTest, WhatIsNotThereIsNamed) {
  const struct {
    absl::Status status;
    const char* type;
    const char* name;
  } kTable[] = {
      {errors::NoSuch("registry", "7"), "registry", "7"},
      {errors::NoSuch("cache entry", "8"), "cache_entry", "8"},
      {errors::NoSuch("registry upstream", "9"), "attachment", "9"},
      {errors::NoSuch("cleanup policy of group", "a/b"), "cleanup_policy",
       "a/b"},
      {errors::Exists({"group", "acme"}, "taken"), "group", "acme"},
      {errors::RegistryUnknown("7"), "registry", "7"},
      {errors::RepositoryUnknown("r"), "repository", "r"},
      {errors::ManifestUnknown("r", "t"), "manifest", "t"},
      {errors::BlobUnknown("d"), "blob", "d"},
  };
  for (const auto& row : kTable) {
    const auto resource = ResourceOf(row.status);
    ASSERT_TRUE(resource) << row.status;
    EXPECT_EQ(resource->type, row.type) << row.status;
    EXPECT_EQ(resource->name, row.name) << row.status;
    EXPECT_NE(ReasonOf(row.status), Reason::kNone) << row.status;
  }
  EXPECT_FALSE(ResourceOf(absl::NotFoundError("m")));
  // Who asks for nonsense gets an answer, too.
  const auto nameless =
      ResourceOf(errors::NoSuch("group", std::string(4000, 'a')));
  ASSERT_TRUE(nameless);
  EXPECT_EQ(nameless->type, "group");
  EXPECT_EQ(nameless->name, "");
}

TEST(ErrorDetailsTest, ManyPreconditionsAreToldAsFarAsThereIsRoom) {
  const absl::Status two = errors::PreconditionsFailed(
      Reason::kGroupNotEmpty, "not empty",
      {{"registry/1", "owns registry a"}, {"upstream/2", "owns upstream b"}});
  EXPECT_THAT(
      two, StatusIs(StatusCode::kFailedPrecondition, Reason::kGroupNotEmpty));
  EXPECT_EQ(two.message(), "not empty");
  EXPECT_EQ(
      DetailOf<google::rpc::PreconditionFailure>(two).violations(1).type(),
      "GROUP_NOT_EMPTY");
  const auto violations = PreconditionViolationsOf(two);
  ASSERT_EQ(violations.size(), 2);
  EXPECT_EQ(violations[0].subject, "registry/1");
  EXPECT_EQ(violations[1].description, "owns upstream b");
  EXPECT_TRUE(PreconditionViolationsOf(absl::OkStatus()).empty());

  const std::vector<PreconditionViolation> all(
      1000, {"registry/1", std::string(1000, 'x')});
  const auto some = DetailOf<google::rpc::PreconditionFailure>(
      errors::PreconditionsFailed(Reason::kGroupNotEmpty, "m", all));
  EXPECT_GT(some.violations_size(), 1);
  EXPECT_LE(some.ByteSizeLong(), 4096u);
  // One alone is told however long it is.
  const std::vector<PreconditionViolation> one(
      1, {"registry/1", std::string(5000, 'x')});
  EXPECT_EQ(PreconditionViolationsOf(
                errors::PreconditionsFailed(Reason::kGroupNotEmpty, "m", one))
                .size(),
            1);
}

TEST(ErrorDetailsTest, PreconditionsAndLimitsSayWhoseTheyAre) {
  const absl::Status owns = errors::PreconditionFailed(
      Reason::kGroupNotEmpty, "group/acme", "it still owns 1 registry");
  EXPECT_THAT(
      owns, StatusIs(StatusCode::kFailedPrecondition, Reason::kGroupNotEmpty));
  const auto failed = DetailOf<google::rpc::PreconditionFailure>(owns);
  ASSERT_EQ(failed.violations_size(), 1);
  EXPECT_EQ(failed.violations(0).type(), "GROUP_NOT_EMPTY");
  EXPECT_EQ(failed.violations(0).subject(), "group/acme");
  EXPECT_EQ(failed.violations(0).description(), "it still owns 1 registry");

  const auto other = DetailOf<google::rpc::PreconditionFailure>(
      WithSomeReason(absl::FailedPreconditionError("not yet")));
  ASSERT_EQ(other.violations_size(), 1);
  EXPECT_EQ(other.violations(0).type(), "PRECONDITION_FAILED");
  EXPECT_EQ(other.violations(0).description(), "not yet");

  const absl::Status full = errors::LimitReached("group acme", "registries", 5);
  EXPECT_EQ(LimitOf(full), 5);
  const auto quota = DetailOf<google::rpc::QuotaFailure>(full);
  ASSERT_EQ(quota.violations_size(), 1);
  EXPECT_EQ(quota.violations(0).subject(), "group acme");
  EXPECT_EQ(quota.violations(0).quota_value(), 5);
}

TEST(ErrorDetailsTest, AnEtagMismatchNamesTheResource) {
  const auto info =
      DetailOf<google::rpc::ErrorInfo>(errors::EtagMismatch({"registry", "7"}));
  EXPECT_EQ(info.reason(), "ETAG_MISMATCH");
  EXPECT_EQ(info.metadata().at("resource"), "registry/7");
}

TEST(ErrorDetailsTest, AFieldHasAReasonWhereThatHasAName) {
  const absl::Status status = errors::FieldsInvalid(
      {{"name", "must be set", v1::FIELD_REQUIRED}, {"url", "no"}});
  const auto bad = DetailOf<google::rpc::BadRequest>(status);
  ASSERT_EQ(bad.field_violations_size(), 2);
  EXPECT_EQ(bad.field_violations(0).reason(), "FIELD_REQUIRED");
  EXPECT_EQ(bad.field_violations(1).reason(), "");
  EXPECT_EQ(FieldViolationsOf(status)[0].reason, v1::FIELD_REQUIRED);
}

}  // namespace
}  // namespace cvr
