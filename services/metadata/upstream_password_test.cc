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
  upstream.set_username("robot");
  upstream.set_password_bytes("caf\xe9\n\x01");
  const auto created = CreateUpstream(upstream);
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(created->password() + created->password_bytes(), "");
  EXPECT_EQ(CredentialsOf(1), "robot:caf\xe9\n\x01");
  v1::Upstream change = *created;
  change.set_password_bytes("\xff");
  ASSERT_THAT(UpdateUpstream(change, {"password_bytes"}), IsOk());
  EXPECT_EQ(CredentialsOf(1), "robot:\xff");
  // By the name of the other field, too.
  change = *GetUpstream(1);
  change.set_password("text");
  ASSERT_THAT(UpdateUpstream(change, {"password_bytes"}), IsOk());
  EXPECT_EQ(CredentialsOf(1), "robot:text");
  change = *GetUpstream(1);
  change.set_password("text");
  change.set_password_bytes("\xff");
  const auto wrong =
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid);
  EXPECT_THAT(UpdateUpstream(change, {"password"}), wrong);
  change.clear_password();
  change.set_password_bytes(std::string("a\0b", 3));
  EXPECT_THAT(UpdateUpstream(change, {"password"}), wrong);
  change.set_password_bytes(std::string(16 * 1024 + 1, '\xff'));
  EXPECT_THAT(UpdateUpstream(change, {"password"}), wrong);
}

}  // namespace
}  // namespace cvr::testing
