#include "services/access/resource_keys.h"

#include "cvr/v1/attachment_service.pb.h"
#include "cvr/v1/registry_service.pb.h"
#include "cvr/v1/upstream_test_service.pb.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using Kind = AccessQuestion::Kind;

TEST(ResourceKeysTest, AnIdTakesThePlaceOfAKey) {
  v1::CreateAttachmentRequest request;
  request.mutable_registry_key()->set_group("acme");
  request.mutable_registry_key()->set_name("web");
  request.set_upstream_id(9);
  const auto keys = KeysOf(request);
  ASSERT_THAT(keys, testing::IsOk());
  ASSERT_EQ(keys->size(), 1);
  EXPECT_EQ((*keys)[0].key.kind, Kind::kRegistry);
  EXPECT_EQ((*keys)[0].key.group, "acme");
  EXPECT_EQ((*keys)[0].key.name, "web");
  SetId(request, (*keys)[0], 7);
  EXPECT_EQ(request.registry_id(), 7);
  EXPECT_FALSE(request.has_registry_key());
  EXPECT_EQ(request.upstream_id(), 9);
  EXPECT_TRUE(KeysOf(request)->empty());
  EXPECT_EQ(ResourceFieldsOf(request).size(), 2);
}

TEST(ResourceKeysTest, EveryEmptyFieldOfAKeyIsNamed) {
  v1::CreateAttachmentRequest request;
  request.mutable_registry_key()->set_group("acme");
  request.mutable_upstream_key();
  const absl::Status status = KeysOf(request).status();
  const auto violations = FieldViolationsOf(status);
  ASSERT_EQ(violations.size(), 3) << status;
  EXPECT_EQ(violations[0].field, "registry_key.name");
  EXPECT_EQ(violations[1].field, "upstream_key.group");
  EXPECT_EQ(violations[2].field, "upstream_key.name");
}

// The name of the oneof does not matter, that of its members does.
TEST(ResourceKeysTest, KeysAreFoundUnderEveryName) {
  v1::UpdateRegistryRequest update;
  update.mutable_key()->set_group("acme");
  update.mutable_key()->set_name("web");
  ASSERT_EQ(KeysOf(update)->size(), 1);
  EXPECT_EQ(KeysOf(update)->front().id_field->name(), "id");
  v1::TestUpstreamRequest test;
  test.mutable_upstream_key()->set_group("acme");
  test.mutable_upstream_key()->set_name("hub");
  ASSERT_EQ(KeysOf(test)->size(), 1);
  EXPECT_EQ(KeysOf(test)->front().key.kind, Kind::kUpstream);
  EXPECT_EQ(KeysOf(test)->front().id_field->name(), "upstream_id");
}

}  // namespace
}  // namespace cvr
