#include "services/policy/upstream_password.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

const v1::BasicCredentials& LoginOf(const v1::Upstream& upstream) {
  return upstream.credentials().basic();
}

TEST(UpstreamPasswordTest, StandsWhereItsBytesMay) {
  v1::Upstream upstream;
  for (const std::string text : {"", "secret", "caf\xc3\xa9", "two\nlines\n"}) {
    SetPassword(text, upstream);
    EXPECT_EQ(LoginOf(upstream).password(), text);
    EXPECT_EQ(LoginOf(upstream).password_bytes(), "");
    EXPECT_EQ(PasswordOf(upstream), text);
  }
  for (const std::string bytes : {"\xff", "caf\xe9", "\xed\xa0\x80"}) {
    SetPassword(bytes, upstream);
    EXPECT_EQ(LoginOf(upstream).password(), "");
    EXPECT_EQ(LoginOf(upstream).password_bytes(), bytes);
    EXPECT_EQ(PasswordOf(upstream), bytes);
  }
}

TEST(UpstreamPasswordTest, OfEachKindIsWholeAfterTheWire) {
  for (const std::string password : {"secret", "\xff\xfe\x01"}) {
    v1::Upstream sent;
    SetPassword(password, sent);
    v1::Upstream received;
    ASSERT_TRUE(received.ParseFromString(sent.SerializeAsString()));
    ASSERT_THAT(GatherPassword(received), IsOk());
    EXPECT_EQ(LoginOf(received).password(), password);
  }
}

TEST(UpstreamPasswordTest, IsNamedByEitherField) {
  v1::Upstream upstream;
  upstream.mutable_credentials()->mutable_basic()->set_password_bytes("\xff");
  google::protobuf::FieldMask mask;
  mask.add_paths("credentials.basic.username");
  mask.add_paths("credentials.basic.password_bytes");
  ASSERT_THAT(GatherPassword(upstream, &mask), IsOk());
  EXPECT_EQ(mask.paths(1), "credentials.basic.password");
  EXPECT_EQ(LoginOf(upstream).password(), "\xff");
}

TEST(UpstreamPasswordTest, IsOne) {
  v1::Upstream upstream;
  upstream.mutable_credentials()->mutable_basic()->set_password("a");
  upstream.mutable_credentials()->mutable_basic()->set_password_bytes("b");
  EXPECT_THAT(
      GatherPassword(upstream),
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid));
}

}  // namespace
}  // namespace cvr::testing
