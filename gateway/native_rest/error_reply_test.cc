#include "gateway/native_rest/error_reply.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/cord.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"

namespace cvr::native_rest {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

json ErrorOf(const HttpReply& reply) {
  EXPECT_EQ(reply.fields.Get("Content-Type"), "application/json");
  return json::parse(reply.body)["error"];
}

TEST(ErrorReplyTest, StatusFollowsTheCode) {
  const std::vector<std::pair<absl::StatusCode, int>> rows = {
      {absl::StatusCode::kInvalidArgument, 400},
      {absl::StatusCode::kFailedPrecondition, 400},
      {absl::StatusCode::kOutOfRange, 400},
      {absl::StatusCode::kUnauthenticated, 401},
      {absl::StatusCode::kPermissionDenied, 403},
      {absl::StatusCode::kNotFound, 404},
      {absl::StatusCode::kAborted, 409},
      {absl::StatusCode::kAlreadyExists, 409},
      {absl::StatusCode::kResourceExhausted, 429},
      {absl::StatusCode::kCancelled, 499},
      {absl::StatusCode::kDataLoss, 500},
      {absl::StatusCode::kInternal, 500},
      {absl::StatusCode::kUnknown, 500},
      {absl::StatusCode::kUnimplemented, 501},
      {absl::StatusCode::kUnavailable, 503},
      {absl::StatusCode::kDeadlineExceeded, 504},
      {static_cast<absl::StatusCode>(99), 500},
  };
  for (const auto& [code, http_status] : rows) {
    const HttpReply reply =
        ErrorReply(WithReason(absl::Status(code, "text"), Reason::kDenied));
    EXPECT_EQ(reply.status, http_status);
    EXPECT_EQ(ErrorOf(reply)["code"], http_status);
    EXPECT_EQ(ErrorOf(reply)["message"], "text");
    if (http_status != 500) {
      EXPECT_EQ(ErrorOf(reply)["status"], absl::StatusCodeToString(code));
    }
  }
}

TEST(ErrorReplyTest, DetailsAreThoseOfTheStatus) {
  const HttpReply reply =
      ErrorReply(errors::FieldInvalid("upstream.url", "must be set"));
  const json details = ErrorOf(reply)["details"];
  ASSERT_EQ(details.size(), 2) << reply.body;
  bool has_reason = false;
  bool has_field = false;
  for (const json& detail : details) {
    has_reason |= detail.value("reason", "") == "FIELD_INVALID" &&
                  detail["@type"] == "type.googleapis.com/google.rpc.ErrorInfo";
    has_field |= detail.contains("field_violations") &&
                 detail["field_violations"] ==
                     json::array({{{"field", "upstream.url"},
                                   {"description", "must be set"}}});
  }
  EXPECT_TRUE(has_reason) << reply.body;
  EXPECT_TRUE(has_field) << reply.body;
}

TEST(ErrorReplyTest, WhatIsInternalIsNotTold) {
  absl::Status status = absl::InternalError("text");
  google::rpc::DebugInfo debug;
  debug.set_detail("s3cret");
  status.SetPayload("type.googleapis.com/google.rpc.DebugInfo",
                    absl::Cord(debug.SerializeAsString()));
  status.SetPayload("cvr.something", absl::Cord("s3cret"));
  status.SetPayload("type.googleapis.com/google.rpc.Unheard", absl::Cord("\1"));
  const HttpReply reply = ErrorReply(status);
  ASSERT_EQ(ErrorOf(reply)["details"].size(), 1) << reply.body;
  EXPECT_EQ(ErrorOf(reply)["details"][0]["reason"], "INTERNAL");
  EXPECT_THAT(reply.body, Not(HasSubstr("s3cret")));
  // What the library says of a service that it cannot reach.
  const HttpReply gone =
      ErrorReply(absl::UnavailableError("connect to ipv4:10.0.0.3:8081"));
  EXPECT_EQ(gone.status, 503);
  EXPECT_THAT(gone.body, Not(HasSubstr("10.0.0.3")));
}

TEST(ErrorReplyTest, EtagsThatDifferAre412) {
  EXPECT_EQ(ErrorReply(WithReason(absl::AbortedError("text"),
                                  Reason::kConcurrentChange))
                .status,
            409);
  const HttpReply reply = ErrorReply(errors::EtagMismatch({"registry", "7"}));
  EXPECT_EQ(reply.status, 412);
  EXPECT_EQ(ErrorOf(reply)["code"], 412);
  EXPECT_EQ(ErrorOf(reply)["status"], "ABORTED");
}

TEST(ErrorReplyTest, HeaderFieldsTellWhatToDo) {
  const auto retry_after = [](const absl::Status& status) {
    return ErrorReply(status).fields.Get("Retry-After").value_or("");
  };
  const absl::Status busy = absl::ResourceExhaustedError("text");
  EXPECT_EQ(retry_after(WithRetryAfter(busy, absl::Milliseconds(2500))), "3");
  EXPECT_EQ(retry_after(WithRetryAfter(busy, absl::ZeroDuration())), "1");
  EXPECT_EQ(retry_after(busy), "1");
  EXPECT_EQ(retry_after(absl::NotFoundError("text")), "");
  EXPECT_EQ(
      ErrorReply(errors::Unauthenticated()).fields.Get("WWW-Authenticate"),
      "Bearer realm=\"cvr\"");
}

TEST(ErrorReplyTest, ErrorsOfHttpHaveTheSameForm) {
  EXPECT_EQ(ErrorOf(NoSuchPathReply())["status"], "NOT_FOUND");
  const HttpReply method = WrongMethodReply({"GET", "PATCH"});
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.fields.Get("Allow"), "GET, PATCH, HEAD");
  EXPECT_EQ(ErrorOf(method)["code"], 405);
  EXPECT_EQ(UnsupportedTypeReply().status, 415);
  const HttpReply large = ProtocolErrorReply(413, "text");
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(ErrorOf(large)["message"], "text");
  EXPECT_EQ(ErrorOf(large)["status"], "INVALID_ARGUMENT");
  EXPECT_EQ(ProtocolErrorReply(503, "text").fields.Get("Retry-After"), "1");
  for (const HttpReply& reply : {NoSuchPathReply(), UnsupportedTypeReply()}) {
    EXPECT_EQ(ErrorOf(reply)["details"].size(), 1);
  }
}

}  // namespace
}  // namespace cvr::native_rest
