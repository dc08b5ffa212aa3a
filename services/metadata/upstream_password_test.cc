// Passwords of upstreams, from the messages that bring them to who uses them.
#include <string>

#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

class UpstreamPasswordTest : public MetadataFixture {
 protected:
  // `user:password`, as the blob service gets them.
  std::string CredentialsOf(int64_t id) {
    const auto access = stack_->client().GetUpstreamAccess(id);
    if (!access.ok()) return access.status().ToString();
    return access->username + ":" + access->password;
  }
};

TEST_F(UpstreamPasswordTest, NeedsBeNoText) {
  v1::Upstream upstream = NewUpstream("https://ghcr.io");
  SetCredentials("robot", "", upstream);
  v1::BasicCredentials& given =
      *upstream.mutable_credentials()->mutable_basic();
  given.set_password_bytes("caf\xe9\n\x01");
  const auto created = CreateUpstream(upstream);
  ASSERT_THAT(created, IsOk());
  EXPECT_FALSE(created->has_credentials());
  EXPECT_TRUE(created->has_password());
  EXPECT_EQ(CredentialsOf(1), "robot:caf\xe9\n\x01");
  v1::Upstream change;
  change.set_id(1);
  v1::BasicCredentials& basic = *change.mutable_credentials()->mutable_basic();
  basic.set_password_bytes("\xff");
  const std::string password = "credentials.basic.password";
  const std::string password_bytes = "credentials.basic.password_bytes";
  ASSERT_THAT(UpdateUpstream(change, {password_bytes}), IsOk());
  EXPECT_EQ(CredentialsOf(1), "robot:\xff");
  // By the name of the other field, too.
  basic.set_password("text");
  basic.clear_password_bytes();
  ASSERT_THAT(UpdateUpstream(change, {password_bytes}), IsOk());
  EXPECT_EQ(CredentialsOf(1), "robot:text");
  basic.set_password_bytes("\xff");
  const auto wrong =
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid);
  EXPECT_THAT(UpdateUpstream(change, {password}), wrong);
  basic.clear_password();
  basic.set_password_bytes(std::string("a\0b", 3));
  EXPECT_THAT(UpdateUpstream(change, {password}), wrong);
  basic.set_password_bytes(std::string(16 * 1024 + 1, '\xff'));
  EXPECT_THAT(UpdateUpstream(change, {password}), wrong);
  EXPECT_EQ(CredentialsOf(1), "robot:text");
}

}  // namespace
}  // namespace cvr::testing
