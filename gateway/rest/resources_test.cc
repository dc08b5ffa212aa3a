#include "gateway/rest/resources.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr::rest {
namespace {

using testing::IsOk;
using testing::StatusIs;

TEST(ResourcesTest, HoursAreRoundedUpSoThatOnlyForEverIsZero) {
  v1::Upstream upstream;
  const auto hours = [&] {
    return UpstreamJson(upstream)["cache_validity_hours"].get<int64_t>();
  };
  EXPECT_EQ(hours(), 24);
  upstream.mutable_cache_validity();
  EXPECT_EQ(hours(), 0);
  upstream.mutable_cache_validity()->set_nanos(1);
  EXPECT_EQ(hours(), 1);
  upstream.mutable_cache_validity()->set_seconds(3600);
  EXPECT_EQ(hours(), 2);
  upstream.mutable_cache_validity()->set_nanos(0);
  EXPECT_EQ(hours(), 1);
}

TEST(ResourcesTest, TimesHaveMilliseconds) {
  v1::Registry registry;
  registry.mutable_create_time()->set_seconds(1704164645);
  registry.mutable_create_time()->set_nanos(678'900'000);
  EXPECT_EQ(RegistryJson(registry)["created_at"], "2024-01-02T03:04:05.678Z");
}

TEST(ResourcesTest, PasswordsAreNeverShown) {
  v1::Upstream upstream;
  upstream.set_username("u");
  upstream.set_password("s3cret");
  for (const Json& json :
       {UpstreamJson(upstream), UpstreamWithRegistriesJson(upstream),
        UpstreamInRegistryJson(upstream, 1)}) {
    EXPECT_EQ(json["username"], "u");
    EXPECT_EQ(json.dump().find("s3cret"), std::string::npos);
  }
}

TEST(ResourcesTest, EntryIdsSurvive) {
  for (const char* const group : {"default", "acme/team", "a"}) {
    for (const int64_t number : {int64_t{1}, int64_t{1} << 62}) {
      const auto id = ParseEntryId(FormatEntryId({group, number}));
      ASSERT_THAT(id, IsOk());
      EXPECT_EQ(id->group, group);
      EXPECT_EQ(id->id, number);
    }
  }
  // "default 7", as other languages pad it.
  EXPECT_THAT(ParseEntryId("ZGVmYXVsdCA3"), IsOk());
  EXPECT_THAT(ParseEntryId("YSA3MQ=="), IsOk());
  // "a", "a -1", "a 01", "a 7 ", and none.
  for (const char* const text :
       {"YQ", "YSAtMQ", "YSAwMQ", "YSA3IA", "%%%", "", "YSA"}) {
    EXPECT_THAT(ParseEntryId(text),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
  }
}

TEST(ResourcesTest, TestResultsSayWhatWentWrong) {
  v1::TestUpstreamResponse result;
  result.set_outcome(v1::TestUpstreamResponse::REACHABLE);
  result.set_http_status(404);
  EXPECT_EQ(TestResultJson(result).dump(),
            R"({"success":true,"outcome":"REACHABLE"})");
  result.set_outcome(v1::TestUpstreamResponse::UNAUTHORIZED);
  result.set_http_status(401);
  EXPECT_EQ(TestResultJson(result)["result"], "Error: 401 - Unauthorized");
  result.set_outcome(v1::TestUpstreamResponse::DNS_FAILED);
  result.set_http_status(0);
  result.set_message("no such host");
  EXPECT_EQ(TestResultJson(result).dump(),
            R"({"success":false,"result":"Error: no such host",)"
            R"("outcome":"DNS_FAILED"})");
}

TEST(ResourcesTest, MetricsAreThoseOfARunThatWas) {
  v1::CleanupPolicy policy;
  policy.set_last_run_deleted_bytes(9);
  EXPECT_TRUE(CleanupPolicyJson(policy)["last_run_detailed_metrics"].empty());
  EXPECT_TRUE(CleanupPolicyJson(policy)["last_run_at"].is_null());
  policy.mutable_last_run_time();
  EXPECT_EQ(CleanupPolicyJson(policy)["last_run_detailed_metrics"].dump(),
            R"({"container":{"deleted_entries_count":0,"deleted_size":9}})");
  EXPECT_EQ(CleanupPolicyJson(policy)["status"], "scheduled");
  policy.set_status(v1::CleanupPolicy::FAILED);
  EXPECT_EQ(CleanupPolicyJson(policy)["status"], "failed");
}

}  // namespace
}  // namespace cvr::rest
