// Every field that is wrong is named, in google.rpc.BadRequest, over the wire.
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/digest.h"
#include "services/common/errors.h"
#include "tests/integration/system_test.h"
#include "tests/support/admin_channel.h"
#include "tests/support/reflection_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {
namespace {

struct Row {
  const char* method;
  const char* request;
  // Those that are wrong, in the order of the answer.
  const char* fields;
};

constexpr char kDescription1025[] = "%";  // Stands for 1025 characters.

const Row kTable[] = {
    {"GroupService/CreateGroup", R"({})", "name"},
    {"GroupService/CreateGroup",
     R"({"group":{"name":"A B","description":"%"}})", "name,description"},
    {"GroupService/ListGroups", R"({"page_size":-1})", "page_size"},
    {"GroupService/ListGroups", R"({"page_token":"x"})", "page_token"},
    {"GroupService/UpdateGroup", R"({"group":{"name":"default"}})",
     "update_mask"},
    {"GroupService/UpdateGroup",
     R"({"group":{"name":"default"},"update_mask":"name"})", "update_mask"},
    {"GroupService/UpdateGroup",
     R"({"group":{"name":"default","description":"%"},
         "update_mask":"description"})",
     "description"},

    {"RegistryService/CreateRegistry", R"({})", "name"},
    {"RegistryService/CreateRegistry", R"({"registry":{"description":"%"}})",
     "name,description"},
    {"RegistryService/ListRegistries", R"({"page_size":-1})", "page_size"},
    {"RegistryService/ListRegistries", R"({"page_token":"x"})", "page_token"},
    {"RegistryService/UpdateRegistry", R"({"registry":{"id":1}})",
     "update_mask"},
    {"RegistryService/UpdateRegistry",
     R"({"registry":{"id":1},"update_mask":"group"})", "update_mask"},
    {"RegistryService/UpdateRegistry",
     R"({"registry":{"id":1,"description":"%"},
         "update_mask":"name,description"})",
     "name,description"},

    {"UpstreamService/CreateUpstream", R"({})", "name,url"},
    {"UpstreamService/CreateUpstream",
     R"({"upstream":{"name":"u","url":"ftp://x","username":"a",
         "cache_validity":"-1s","rules":[{}],"limits":{"failures_to_open":-1},
         "tls":{"client_key_pem":"x"}}})",
     "url,password,cache_validity,tls.client_key_pem,"
     "tls.client_certificate_pem,rules[0].action,limits.failures_to_open"},
    {"UpstreamService/ListUpstreams", R"({"page_size":-1})", "page_size"},
    {"UpstreamService/ListUpstreams", R"({"page_token":"x"})", "page_token"},
    {"UpstreamService/ListUpstreams", R"({"registry_id":1,"page_size":-1})",
     "page_size"},
    {"UpstreamService/ListUpstreams", R"({"registry_id":1,"page_token":"x"})",
     "page_token"},
    {"UpstreamService/UpdateUpstream", R"({"upstream":{"id":1}})",
     "update_mask"},
    {"UpstreamService/UpdateUpstream",
     R"({"upstream":{"id":1},"update_mask":"createTime"})", "update_mask"},
    {"UpstreamService/UpdateUpstream",
     R"({"upstream":{"id":1},"update_mask":"limits.nothing"})", "update_mask"},
    {"UpstreamService/UpdateUpstream",
     R"({"upstream":{"id":1,"url":"x"},"update_mask":"name,url"})", "name,url"},
    {"UpstreamService/MoveUpstream", R"({"registry_id":1,"upstream_id":1})",
     "position"},

    {"CacheEntryService/CreateCacheEntry",
     R"({"cache_entry":{"upstream_id":1,"size":-1}})",
     "relative_path,digest,size"},
    {"CacheEntryService/ListCacheEntries", R"({"page_size":-1})", "page_size"},
    {"CacheEntryService/ListCacheEntries", R"({"page_token":"x"})",
     "page_token"},
    {"CacheEntryService/ListCacheEntries", R"({"skip":1})", "skip"},
    {"CacheEntryService/ListCacheEntries",
     R"({"upstream_id":1,"newest_first":true,"page_size":-1})", "page_size"},
    {"CacheEntryService/ListCacheEntries",
     R"({"upstream_id":1,"newest_first":true,"skip":-1})", "skip"},
    {"CacheEntryService/UpdateCacheEntry", R"({"cache_entry":{"id":1}})",
     "update_mask"},
    {"CacheEntryService/UpdateCacheEntry",
     R"({"cache_entry":{"id":1},"update_mask":"digest"})", "update_mask"},
    {"CacheEntryService/UpdateCacheEntry",
     R"({"cache_entry":{"id":1},"update_mask":"mediaType"})", "media_type"},

    {"AccessTokenService/CreateAccessToken", R"({})", "name,scopes"},
    {"AccessTokenService/CreateAccessToken",
     R"({"access_token":{"name":"t","scopes":["ADMIN"],"group":"default"}})",
     "group"},
    {"AccessTokenService/CreateAccessToken",
     R"({"access_token":{"name":"t","scopes":["READ_VIRTUAL_REGISTRY"],
         "expire_time":"2001-01-01T00:00:00Z"}})",
     "expire_time"},
    {"AccessTokenService/ListAccessTokens", R"({"page_size":-1})", "page_size"},
    {"AccessTokenService/ListAccessTokens", R"({"page_token":"x"})",
     "page_token"},
    {"CleanupPolicyService/CreateCleanupPolicy",
     R"({"cleanup_policy":{"group":"default","cadence_days":2,
         "keep_n_days_after_download":366}})",
     "keep_n_days_after_download,cadence_days"},
    {"CleanupPolicyService/UpdateCleanupPolicy",
     R"({"cleanup_policy":{"group":"default"}})", "update_mask"},
    {"CleanupPolicyService/UpdateCleanupPolicy",
     R"({"cleanup_policy":{"group":"default","cadence_days":2},
         "update_mask":"cadenceDays"})",
     "cadence_days"},
    {"AuditService/ListAuditEvents", R"({"page_size":-1})", "page_size"},
    {"AuditService/ListAuditEvents", R"({"page_token":"x"})", "page_token"},
};

std::string ServiceOf(const std::string& method) {
  return absl::StrCat("cvr.v1.", method.substr(0, method.find('/')));
}

// At the metadata service, which administers all but upstreams' connections.
class BadRequestTest : public SystemFixture {
 protected:
  BadRequestTest() : SystemFixture(Shape::kThreeProcesses) {
    client_ = std::make_unique<ReflectionClient>(
        AdminChannel(system_.grpc(), system_.admin_secret()));
    const auto services = client_->ListServices();
    EXPECT_THAT(services, IsOk());
    for (const std::string& service : *services) {
      if (absl::StartsWith(service, "cvr.v1.")) served_.insert(service);
    }
    // What the table updates.
    EXPECT_THAT(Call("CacheEntryService/CreateCacheEntry",
                     absl::StrCat(R"({"cache_entry":{"upstream_id":1,
                       "relative_path":"/library/alpine/manifests/1",
                       "media_type":"m/t","digest":")",
                                  Digest::OfBytes("m").ToString(), R"("}})")),
                IsOk());
    if (served_.count("cvr.v1.CleanupPolicyService") > 0) {
      EXPECT_THAT(Call("CleanupPolicyService/CreateCleanupPolicy",
                       R"({"cleanup_policy":{"group":"default"}})"),
                  IsOk());
    }
  }

  absl::Status Call(const std::string& method, const std::string& request) {
    return client_->Call("cvr.v1." + method, request).status();
  }

  std::unique_ptr<ReflectionClient> client_;
  std::set<std::string> served_;
};

TEST_F(BadRequestTest, NamesTheFieldsThatAreWrong) {
  for (const Row& row : kTable) {
    if (served_.count(ServiceOf(row.method)) == 0) continue;
    SCOPED_TRACE(absl::StrCat(row.method, " ", row.request));
    std::string request = row.request;
    const size_t place = request.find(kDescription1025);
    if (place != std::string::npos) {
      request.replace(place, 1, std::string(1025, 'd'));
    }
    const absl::Status status = Call(row.method, request);
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument,
                                 Reason::kFieldInvalid));
    std::vector<std::string> fields;
    for (const FieldViolation& violation : FieldViolationsOf(status)) {
      EXPECT_NE(violation.description, "") << violation.field;
      if (violation.field == "update_mask") {
        EXPECT_EQ(violation.reason, absl::StrContains(request, "update_mask")
                                        ? v1::FIELD_UNKNOWN
                                        : v1::FIELD_REQUIRED);
      }
      if (violation.field == "page_token") {
        EXPECT_EQ(violation.reason, v1::PAGE_TOKEN_INVALID);
      }
      fields.push_back(violation.field);
    }
    EXPECT_EQ(absl::StrJoin(fields, ","), row.fields);
  }
}

TEST_F(BadRequestTest, EveryMethodThatListsCreatesOrUpdatesIsInTheTable) {
  std::set<std::string> tested;
  for (const Row& row : kTable) tested.insert(row.method);
  int methods = 0;
  for (const std::string& name : served_) {
    const auto service = client_->FindService(name);
    ASSERT_THAT(service, IsOk()) << name;
    for (int i = 0; i < (*service)->method_count(); ++i) {
      const std::string& method = (*service)->method(i)->name();
      if (!absl::StartsWith(method, "List") &&
          !absl::StartsWith(method, "Create") &&
          !absl::StartsWith(method, "Update")) {
        continue;
      }
      ++methods;
      EXPECT_EQ(tested.count(absl::StrCat(name.substr(7), "/", method)), 1)
          << name << "/" << method;
    }
  }
  EXPECT_GE(methods, 14);
}

TEST_F(BadRequestTest, ATokenOfAPageIsForItsListAlone) {
  ASSERT_THAT(
      Call("RegistryService/CreateRegistry", R"({"registry":{"name":"more"}})"),
      IsOk());
  const auto page = client_->Call("cvr.v1.RegistryService/ListRegistries",
                                  R"({"page_size":1})");
  ASSERT_THAT(page, IsOk());
  const std::string token =
      nlohmann::json::parse(*page).value("next_page_token", "");
  ASSERT_NE(token, "");
  EXPECT_THAT(Call("RegistryService/ListRegistries",
                   absl::StrCat(R"({"page_token":")", token, R"("})")),
              IsOk());
  for (const std::string method :
       {"UpstreamService/ListUpstreams", "AccessTokenService/ListAccessTokens",
        "CacheEntryService/ListCacheEntries", "GroupService/ListGroups",
        "AuditService/ListAuditEvents"}) {
    EXPECT_THAT(
        Call(method, absl::StrCat(R"({"page_token":")", token, R"("})")),
        StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid))
        << method;
  }
  EXPECT_THAT(
      Call("RegistryService/ListRegistries",
           absl::StrCat(R"({"group":"other","page_token":")", token, R"("})")),
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid));
}

}  // namespace
}  // namespace cvr::testing
