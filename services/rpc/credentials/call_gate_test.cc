#include "services/rpc/credentials/call_gate.h"

#include "cvr/internal/v1/cache_record_service.pb.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

CallIdentity ByCertificate(const std::string& name) {
  CallIdentity identity;
  identity.has_tls = true;
  identity.certificate_names = {name};
  return identity;
}

// It calls blob services for administrators, and nobody for itself.
TEST(CallGateTest, AMetadataServiceMaySayForWhomItCallsAndNothingElse) {
  const CallGate gate(PeerTrust(), /*on_refused=*/nullptr);
  const PeerRoles roles = gate.RolesOf(ByCertificate("cvr-metadata"));
  EXPECT_TRUE(roles.Has(PeerRole::kMetadata));
  EXPECT_FALSE(roles.HasAnyOf({PeerRole::kGateway, PeerRole::kBlob}));
  // The messages must be linked in for their methods to be known.
  ASSERT_NE(internal::v1::GetUpstreamAccessRequest::descriptor(), nullptr);
  EXPECT_TRUE(absl::IsPermissionDenied(CallGate::Check(
      "/cvr.internal.v1.CacheRecordService/GetUpstreamAccess", roles)));
  EXPECT_TRUE(gate.RolesOf(ByCertificate("somebody")).IsEmpty());
}

TEST(CallGateTest, NamesOfMetadataServicesCanBeChosen) {
  PeerTrust trust;
  trust.metadata_names = {"admin.example.com"};
  const CallGate gate(trust, /*on_refused=*/nullptr);
  EXPECT_TRUE(gate.RolesOf(ByCertificate("admin.example.com"))
                  .Has(PeerRole::kMetadata));
  EXPECT_TRUE(gate.RolesOf(ByCertificate("cvr-metadata")).IsEmpty());
}

}  // namespace
}  // namespace cvr
