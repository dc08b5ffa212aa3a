#include "gateway/rest/rest_error.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"

namespace cvr::rest {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Case {
  absl::Status status;
  int http_status;
  std::string body;
};

TEST(RestErrorTest, EveryErrorHasItsShape) {
  const Case cases[] = {
      {errors::Unauthenticated(), 401, R"({"message":"401 Unauthorized"})"},
      {errors::Denied("no"), 403, R"({"message":"403 Forbidden"})"},
      {errors::NoSuch("group", "a"), 404, R"({"message":"404 Not Found"})"},
      {errors::FieldsInvalid({{"name", "a"}, {"url", "b"}, {"name", "c"}}), 400,
       R"({"message":{"name":["a","c"],"url":["b"]}})"},
      {absl::InvalidArgumentError("page is invalid"), 400,
       R"({"error":"page is invalid"})"},
      {absl::AbortedError("x"), 412,
       R"({"message":"412 Precondition Failed"})"},
      {absl::AlreadyExistsError("it is there"), 400,
       R"({"message":{"base":["it is there"]}})"},
      {absl::FailedPreconditionError("not now"), 400,
       R"({"message":{"base":["not now"]}})"},
      {errors::LimitReached("registry 1", "upstreams", 5), 400,
       R"({"message":{"base":)"
       R"(["registry 1 already has the maximum of 5 upstreams"]}})"},
      {absl::ResourceExhaustedError("x"), 429,
       R"({"message":"429 Too Many Requests"})"},
      {absl::UnavailableError("10.0.0.1"), 503,
       R"({"message":"503 Service Unavailable"})"},
      {absl::DeadlineExceededError("x"), 504,
       R"({"message":"504 Gateway Timeout"})"},
      {absl::UnimplementedError("x"), 501,
       R"({"message":"501 Not Implemented"})"},
      {absl::DataLossError("row 7"), 500,
       R"({"message":"500 Internal Server Error"})"},
  };
  for (const Case& c : cases) {
    const HttpReply reply = ErrorReply(c.status);
    EXPECT_EQ(reply.status, c.http_status) << c.status;
    EXPECT_EQ(reply.body, c.body) << c.status;
    EXPECT_EQ(reply.fields.Get("Content-Type"), "application/json");
    EXPECT_EQ(reply.fields.Get("WWW-Authenticate").has_value(),
              c.http_status == 401);
  }
}

TEST(RestErrorTest, SaysWhenToComeBack) {
  EXPECT_EQ(ErrorReply(WithRetryAfter(absl::ResourceExhaustedError("x"),
                                      absl::Seconds(9)))
                .fields.Get("Retry-After"),
            "9");
  EXPECT_EQ(ErrorReply(absl::UnavailableError("x")).fields.Get("Retry-After"),
            "5");
  EXPECT_FALSE(ErrorReply(errors::NoSuch("a", "b")).fields.Get("Retry-After"));
}

TEST(RestErrorTest, OfRequests) {
  EXPECT_EQ(NoSuchPathReply().status, 404);
  EXPECT_EQ(NoSuchPathReply().body, R"({"error":"404 Not Found"})");
  const HttpReply method = WrongMethodReply({"GET", "PATCH"});
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.fields.Get("Allow"), "GET, PATCH, HEAD");
  EXPECT_EQ(WrongMethodReply({"POST"}).fields.Get("Allow"), "POST");
  const HttpReply type = UnsupportedTypeReply("text/\x1b\"\xff");
  EXPECT_EQ(type.status, 415);
  EXPECT_THAT(type.body, HasSubstr("'text/\\\\x1b\\\\x22\\\\xff' is not"));
  EXPECT_EQ(ProtocolErrorReply(413, "long").body, R"({"error":"long"})");
}

TEST(RestErrorTest, WhatIsNoTextIsReplaced) {
  EXPECT_THAT(ErrorReply(absl::InvalidArgumentError("\xff")).body,
              Not(HasSubstr("\xff")));
}

}  // namespace
}  // namespace cvr::rest
