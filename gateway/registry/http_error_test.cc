#include "gateway/registry/http_error.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"

namespace cvr {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

nlohmann::json FirstError(const HttpReply& reply) {
  return nlohmann::json::parse(reply.body)["errors"][0];
}

TEST(HttpErrorTest, EveryReasonHasAnAnswerThatIsNotA401) {
  const absl::Status statuses[] = {
      errors::NameInvalid("A"),
      errors::DigestInvalid("x"),
      errors::FieldInvalid("a", "b"),
      errors::RegistryUnknown("7"),
      errors::ManifestUnknown("a", "b"),
      errors::BlobUnknown("x"),
      errors::NoSuch("registry", "7"),
      errors::RangeNotSatisfiable(9),
      errors::Unsupported("writing"),
      errors::UpstreamUnavailable("h", "d"),
      errors::UpstreamRateLimited("h", {}),
      errors::UpstreamRefused("h", "d"),
      errors::UpstreamInvalid("h", "d"),
      errors::ContentMismatch("h", "a", "b"),
      errors::ContentDamaged("d", "x"),
  };
  for (const absl::Status& status : statuses) {
    const HttpReply reply = ErrorReply(status);
    EXPECT_GE(reply.status, 400) << status;
    EXPECT_NE(reply.status, 401) << status;
    EXPECT_NE(reply.status, 500) << status;
    EXPECT_NE(FirstError(reply)["code"], "") << status;
    EXPECT_NE(FirstError(reply)["message"], "") << status;
    EXPECT_EQ(reply.fields.Get("Content-Type"), "application/json");
  }
}

TEST(HttpErrorTest, EveryCodeHasAnAnswerThatIsNotA401) {
  for (int code = 1; code <= 16; ++code) {
    const HttpReply reply = ErrorReply(
        absl::Status(static_cast<absl::StatusCode>(code), "inner secret"));
    EXPECT_GE(reply.status, 400) << code;
    EXPECT_NE(reply.status, 401) << code;
    EXPECT_THAT(reply.body, Not(HasSubstr("secret"))) << code;
    EXPECT_NE(FirstError(reply)["message"], "") << code;
    if (code == 16) continue;  // Over the wire it is a 401.
    // The reason that it gets on the wire says no more, and changes nothing.
    EXPECT_EQ(ErrorReply(WithSomeReason(absl::Status(
                             static_cast<absl::StatusCode>(code), "s")))
                  .body,
              reply.body);
  }
}

TEST(HttpErrorTest, RetryAfterIsTheUpstreamsOrOurs) {
  EXPECT_EQ(ErrorReply(errors::UpstreamRateLimited("h", absl::Seconds(9)))
                .fields.Get("Retry-After"),
            "9");
  EXPECT_EQ(ErrorReply(errors::UpstreamRateLimited("h", absl::ZeroDuration()))
                .fields.Get("Retry-After"),
            "1");
  EXPECT_EQ(ErrorReply(errors::UpstreamRateLimited("h", {}))
                .fields.Get("Retry-After"),
            "60");
  EXPECT_EQ(ErrorReply(errors::BlobUnknown("x")).fields.Get("Retry-After"),
            std::nullopt);
}

TEST(HttpErrorTest, RangeErrorTellsTheSize) {
  const HttpReply reply = ErrorReply(errors::RangeNotSatisfiable(1234));
  EXPECT_EQ(reply.status, 416);
  EXPECT_EQ(reply.fields.Get("Content-Range"), "bytes */1234");
}

TEST(HttpErrorTest, MessageIsFitForAnyTerminal) {
  const HttpReply reply = ErrorReply(errors::UpstreamUnavailable(
      "h", "a\x1b[31m\r\n\"b\" \xff" + std::string(5000, 'x')));
  const std::string message = FirstError(reply)["message"];
  for (const char c : message) EXPECT_TRUE(c >= ' ' && c <= '~');
  EXPECT_LT(message.size(), 2000);
}

TEST(HttpErrorTest, UnsupportedIsAWrongMethodOnlyForWrites) {
  EXPECT_EQ(ErrorReply(errors::Unsupported("x")).status, 405);
  EXPECT_EQ(ErrorReply(errors::Unsupported("x")).fields.Get("Allow"),
            "GET, HEAD");
  EXPECT_EQ(
      ErrorReply(WithReason(absl::NotFoundError("x"), Reason::kUnsupported))
          .status,
      404);
}

}  // namespace
}  // namespace cvr
