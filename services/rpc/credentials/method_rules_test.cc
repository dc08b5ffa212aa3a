#include "services/rpc/credentials/method_rules.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "cvr/internal/v1/cache_record_service.pb.h"
#include "cvr/internal/v1/facade_service.pb.h"
#include "cvr/internal/v1/operation_record_service.pb.h"
#include "cvr/internal/v1/resolution_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

using For = MethodRule::For;

// The rule of each method of `service`, which must have some.
template <typename Check>
void ForEachRule(const google::protobuf::ServiceDescriptor* service,
                 const Check& check) {
  ASSERT_NE(service, nullptr);
  ASSERT_GT(service->method_count(), 0);
  for (int i = 0; i < service->method_count(); ++i) {
    const std::string path = absl::StrCat("/", service->full_name(), "/",
                                          service->method(i)->name());
    SCOPED_TRACE(path);
    check(RuleOfMethod(path));
  }
}

// It answers with credentials of upstreams.
TEST(MethodRulesTest, CacheRecordsAreForTheBlobServiceAlone) {
  const auto* const file =
      internal::v1::GetUpstreamAccessResponse::descriptor()->file();
  ForEachRule(file->FindServiceByName("CacheRecordService"),
              [](const MethodRule& rule) {
                EXPECT_EQ(rule.whom, For::kPeers);
                EXPECT_TRUE(rule.roles.Has(PeerRole::kBlob));
                EXPECT_FALSE(rule.roles.Has(PeerRole::kGateway));
              });
}

// What it says of operations is believed.
TEST(MethodRulesTest, OperationRecordsAreForTheBlobServiceAlone) {
  const auto* const file =
      internal::v1::StartOperationRequest::descriptor()->file();
  ForEachRule(file->FindServiceByName("OperationRecordService"),
              [](const MethodRule& rule) {
                EXPECT_EQ(rule.whom, For::kPeers);
                EXPECT_TRUE(rule.roles.Has(PeerRole::kBlob));
                EXPECT_FALSE(rule.roles.Has(PeerRole::kGateway));
              });
}

// Whoever calls must show an access token: the guard asks about its rights.
TEST(MethodRulesTest, TheFacadesSettingsAreForAdministrators) {
  const auto* const file = internal::v1::FacadeSettings::descriptor()->file();
  ForEachRule(file->FindServiceByName("FacadeService"),
              [](const MethodRule& rule) {
                EXPECT_EQ(rule.whom, For::kAdministrators);
              });
}

TEST(MethodRulesTest, TheGatewayMayResolve) {
  const auto* const file = internal::v1::ResolveRequest::descriptor()->file();
  ForEachRule(file->FindServiceByName("ResolutionService"),
              [](const MethodRule& rule) {
                EXPECT_EQ(rule.whom, For::kPeers);
                EXPECT_TRUE(rule.roles.Has(PeerRole::kGateway));
              });
}

TEST(MethodRulesTest, AMethodThatIsNotServedIsUnknown) {
  EXPECT_EQ(RuleOfMethod("/cvr.internal.v1.CacheRecordService/Guess").whom,
            For::kUnknown);
  EXPECT_EQ(
      RuleOfMethod("/cvr.internal.v1.ResolutionService/GetUpstreamAccess").whom,
      For::kUnknown);
}

}  // namespace
}  // namespace cvr
