#include "gateway/rest/resources.h"

#include <set>
#include <string>

#include "gateway/rest/openapi_text.h"
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
  auto& ttl = *upstream.mutable_cache_policy()->mutable_tag_ttl();
  ttl = TtlOfHours(0);
  EXPECT_EQ(ttl.seconds(), 315'576'000'000);
  EXPECT_EQ(hours(), 0);
  // Not fresh at all, for which there is no word.
  ttl.set_seconds(0);
  EXPECT_EQ(hours(), 1);
  ttl.set_nanos(1);
  EXPECT_EQ(hours(), 1);
  ttl.set_seconds(3600);
  EXPECT_EQ(hours(), 2);
  ttl.set_nanos(0);
  EXPECT_EQ(hours(), 1);
  ttl = TtlOfHours(32767);
  EXPECT_EQ(hours(), 32767);
}

TEST(ResourcesTest, UpstreamsAreCalledByTheirDisplayName) {
  v1::Upstream upstream;
  upstream.set_name("hub-2");
  EXPECT_EQ(UpstreamJson(upstream)["name"], "hub-2");
  upstream.set_display_name("Docker Hub");
  EXPECT_EQ(UpstreamJson(upstream)["name"], "Docker Hub");
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
  auto& credentials = *upstream.mutable_credentials()->mutable_basic();
  credentials.set_username("u");
  credentials.set_password("s3cret");
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
  result.set_outcome(v1::TestUpstreamResponse::OUTCOME_REACHABLE);
  result.set_http_status(404);
  EXPECT_EQ(TestResultJson(result).dump(),
            R"({"success":true,"outcome":"REACHABLE"})");
  result.set_outcome(v1::TestUpstreamResponse::OUTCOME_REFUSED);
  result.set_http_status(401);
  EXPECT_EQ(TestResultJson(result)["result"], "Error: 401 - Unauthorized");
  EXPECT_EQ(TestResultJson(result)["outcome"], "UNAUTHORIZED");
  result.set_outcome(v1::TestUpstreamResponse::OUTCOME_DNS_FAILED);
  result.set_http_status(0);
  result.set_message("no such host");
  EXPECT_EQ(TestResultJson(result).dump(),
            R"({"success":false,"result":"Error: no such host",)"
            R"("outcome":"DNS_FAILED"})");
}

TEST(ResourcesTest, MetricsAreThoseOfARunThatWas) {
  v1::CleanupPolicy policy;
  const auto json = [&] {
    return CleanupPolicyJson(policy, internal::v1::FacadeSettings());
  };
  EXPECT_TRUE(json()["last_run_detailed_metrics"].empty());
  EXPECT_TRUE(json()["last_run_at"].is_null());
  EXPECT_EQ(json()["status"], "scheduled");
  v1::CleanupRun& run = *policy.mutable_last_run();
  run.set_deleted_bytes(9);
  EXPECT_EQ(json()["last_run_detailed_metrics"].dump(),
            R"({"container":{"deleted_entries_count":0,"deleted_size":9}})");
  EXPECT_FALSE(json()["last_run_at"].is_null());
  run.set_state(v1::CleanupRun::STATE_SUCCEEDED);
  EXPECT_EQ(json()["status"], "scheduled");
  EXPECT_TRUE(json()["failure_message"].is_null());
  run.set_state(v1::CleanupRun::STATE_FAILED);
  run.mutable_error()->set_message("the disk is full");
  EXPECT_EQ(json()["status"], "failed");
  EXPECT_EQ(json()["failure_message"], "the disk is full");
}

// openapi.json has these words alone.
TEST(ResourcesTest, EveryOutcomeIsADocumentedOne) {
  using Response = v1::TestUpstreamResponse;
  const auto document = Json::parse(OpenApiText());
  const Json& words = document["components"]["schemas"]["UpstreamTestResult"]
                              ["properties"]["outcome"]["enum"];
  std::set<std::string> used;
  for (int i = 0; i < Response::Outcome_ARRAYSIZE; ++i) {
    Response result;
    result.set_outcome(static_cast<Response::Outcome>(i));
    used.insert(TestResultJson(result)["outcome"].get<std::string>());
  }
  EXPECT_EQ(used, words.get<std::set<std::string>>());
}

}  // namespace
}  // namespace cvr::rest
