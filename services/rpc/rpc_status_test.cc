#include "services/rpc/rpc_status.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using testing::IsOk;
using testing::StatusIs;

TEST(RpcStatusTest, OkStaysOk) {
  EXPECT_TRUE(ToRpcStatus(absl::OkStatus()).ok());
  EXPECT_THAT(FromRpcStatus(grpc::Status::OK), IsOk());
}

// Programs act on reasons and attachments: they must survive the wire.
TEST(RpcStatusTest, EverythingSurvivesTheWire) {
  const absl::Status before = Annotate(
      errors::UpstreamRateLimited("hub.example", absl::Seconds(7)), "pull");
  const absl::Status after = FromRpcStatus(ToRpcStatus(before));
  EXPECT_EQ(after, before);
  EXPECT_THAT(after, StatusIs(absl::StatusCode::kResourceExhausted,
                              Reason::kUpstreamRateLimited));
  EXPECT_EQ(RetryAfterOf(after), absl::Seconds(7));
  EXPECT_THAT(std::string(after.message()),
              ::testing::HasSubstr("pull: upstream hub.example"));
}

TEST(RpcStatusTest, FieldViolationsSurviveTheWire) {
  const auto violations = FieldViolationsOf(FromRpcStatus(ToRpcStatus(
      errors::FieldsInvalid({{"name", "too long"}, {"url", "no"}}))));
  ASSERT_EQ(violations.size(), 2);
  EXPECT_EQ(violations[0].field, "name");
  EXPECT_EQ(violations[1].description, "no");
}

TEST(RpcStatusTest, ForeignStatusesKeepCodeAndMessage) {
  const auto status = FromRpcStatus(
      grpc::Status(grpc::StatusCode::ABORTED, "m", "not a proto"));
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(status.message(), "m");
  EXPECT_EQ(ReasonOf(status), Reason::kNone);
}

// Programs branch on reasons: no answer is without, whoever has made it.
TEST(RpcStatusTest, EveryErrorHasAReasonOnTheWire) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status plain(static_cast<absl::StatusCode>(code), "m");
    const absl::Status told = FromRpcStatus(ToRpcStatus(plain));
    EXPECT_EQ(told.code(), plain.code());
    EXPECT_EQ(told.message(), "m");
    EXPECT_NE(ReasonOf(told), Reason::kNone) << plain;
    EXPECT_EQ(ReasonOf(told), DefaultReason(plain.code())) << plain;
  }
}

TEST(RpcStatusTest, AReasonThatIsThereStays) {
  EXPECT_THAT(
      FromRpcStatus(ToRpcStatus(errors::StoreFull("no room"))),
      StatusIs(absl::StatusCode::kResourceExhausted, Reason::kStoreFull));
}

// A service that answers is not away, whatever it answers.
TEST(RpcStatusTest, AnAnswerIsToldFromSilence) {
  const absl::Status plain = absl::UnavailableError("the disk fails");
  EXPECT_TRUE(WasAnswered(FromRpcStatus(ToRpcStatus(plain))));
  EXPECT_TRUE(WasAnswered(FromRpcStatus(
      ToRpcStatus(errors::UpstreamUnavailable("hub.example", "away")))));
  EXPECT_TRUE(WasAnswered(absl::NotFoundError("")));
  EXPECT_TRUE(WasAnswered(absl::OkStatus()));
  EXPECT_FALSE(WasAnswered(FromRpcStatus(
      grpc::Status(grpc::StatusCode::UNAVAILABLE, "connection refused"))));
}

TEST(ErrorsTest, AttachmentsStayWhenTheMessageChanges) {
  const auto status =
      errors::UpstreamRateLimited("hub.example", absl::Seconds(7));
  const auto restated =
      Restated(status, absl::StatusCode::kPermissionDenied, "other words");
  EXPECT_EQ(restated.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(restated.message(), "other words");
  EXPECT_EQ(ReasonOf(restated), Reason::kUpstreamRateLimited);
  EXPECT_EQ(RetryAfterOf(restated), absl::Seconds(7));
  EXPECT_THAT(Annotate(absl::OkStatus(), "nothing"), IsOk());
}

TEST(ErrorsTest, RangeErrorKnowsTheSize) {
  const auto status =
      FromRpcStatus(ToRpcStatus(errors::RangeNotSatisfiable(1ull << 40)));
  EXPECT_EQ(ContentSizeOf(status), 1ull << 40);
}

}  // namespace
}  // namespace cvr
