#include "services/metadata/api/record_wire.h"

#include <string>

#include "gtest/gtest.h"
#include "services/process/sensitive_fields.h"

namespace cvr {
namespace {

UpstreamAccess Access() {
  UpstreamAccess access;
  access.id = 7;
  access.identity = 8;
  access.cache_epoch = 9;
  access.version = 10;
  access.name = "hub";
  access.url = "https://one.example";
  access.username = "user";
  access.password = "caf\xe9\n\x01";
  access.tls = {"ca", "certificate", "planted key",
                /*insecure_skip_verify=*/true};
  return access;
}

TEST(RecordWireTest, AccessIsWholeAfterTheWire) {
  internal::v1::GetUpstreamAccessResponse received;
  ASSERT_TRUE(received.ParseFromString(ToWire(Access()).SerializeAsString()));
  const UpstreamAccess access = FromWire(received);
  EXPECT_EQ(access.id, 7);
  EXPECT_EQ(access.identity, 8);
  EXPECT_EQ(access.cache_epoch, 9);
  EXPECT_EQ(access.version, 10);
  EXPECT_EQ(access.url, "https://one.example");
  EXPECT_EQ(access.username, "user");
  EXPECT_EQ(access.password, Access().password);
  EXPECT_EQ(access.tls.ca_bundle_pem, "ca");
  EXPECT_EQ(access.tls.client_certificate_pem, "certificate");
  EXPECT_EQ(access.tls.client_key_pem, "planted key");
  EXPECT_TRUE(access.tls.insecure_skip_verify);
}

TEST(RecordWireTest, CredentialsAreBesideTheUpstream) {
  internal::v1::GetUpstreamAccessResponse message = ToWire(Access());
  EXPECT_EQ(message.upstream().username(), "");
  v1::Upstream cleared = message.upstream();
  ClearSensitive(cleared);
  EXPECT_EQ(cleared.SerializeAsString(),
            message.upstream().SerializeAsString());
  ClearSensitive(message);
  EXPECT_FALSE(message.has_credentials());
  EXPECT_EQ(message.upstream().url(), "https://one.example");
}

}  // namespace
}  // namespace cvr
