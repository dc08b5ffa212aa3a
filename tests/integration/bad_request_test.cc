// Every field that is wrong is named, in google.rpc.BadRequest, over the wire.
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
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

const Row kGroupsAndRegistries[] = {
    {"GroupService/CreateGroup", R"({})", "name"},
    {"GroupService/CreateGroup",
     R"({"group":{"name":"A B","description":"%"}})", "name,description"},
    {"GroupService/CreateGroup",
     R"({"group":{"name":"new"},"request_id":"not a UUID"})", "request_id"},
    {"GroupService/ListGroups", R"({"page_size":-1})", "page_size"},
    {"GroupService/ListGroups", R"({"page_token":"x"})", "page_token"},
    {"GroupService/UpdateGroup", R"({})", "group.name"},
    {"GroupService/UpdateGroup",
     R"({"group":{"name":"default"},"update_mask":"nothing"})", "update_mask"},
    {"GroupService/UpdateGroup",
     R"({"group":{"name":"default"},"update_mask":"*,description"})",
     "update_mask"},
    {"GroupService/UpdateGroup",
     R"({"group":{"name":"default","create_time":"2001-01-01T00:00:00Z"},
         "update_mask":"createTime"})",
     "create_time"},
    {"GroupService/UpdateGroup",
     R"({"group":{"name":"default","description":"%"}})", "description"},

    {"RegistryService/CreateRegistry", R"({})", "registry.group"},
    {"RegistryService/CreateRegistry",
     R"({"registry":{"group":"default","description":"%"}})",
     "name,description"},
    {"RegistryService/CreateRegistry",
     R"({"registry":{"group":"default","name":"r","id":-1}})", "id"},
    {"RegistryService/ListRegistries", R"({})", "group"},
    {"RegistryService/ListRegistries", R"({"group":"-","page_size":-1})",
     "page_size"},
    {"RegistryService/ListRegistries", R"({"group":"-","page_token":"x"})",
     "page_token"},
    {"RegistryService/ListRegistries",
     R"({"group":"-","filter":"description = x"})", "filter"},
    {"RegistryService/ListRegistries", R"({"group":"-","order_by":"size"})",
     "order_by"},
    {"RegistryService/UpdateRegistry", R"({"registry":{"name":"r"}})", "id"},
    {"RegistryService/UpdateRegistry",
     R"({"key":{"name":"r"},"registry":{"name":"r"}})", "key.group"},
    {"RegistryService/UpdateRegistry", R"({"id":1,"update_mask":"nothing"})",
     "update_mask"},
    {"RegistryService/UpdateRegistry",
     R"({"id":1,"registry":{"group":"other"}})", "group"},
    {"RegistryService/UpdateRegistry",
     R"({"id":1,"registry":{"description":"%"},
         "update_mask":"name,description"})",
     "name,description"},
    {"RegistryService/ListRepositories", R"({})", "registry_id"},
    {"RegistryService/ListRepositories", R"({"registry_id":1,"page_size":-1})",
     "page_size"},
    {"RegistryService/ListRepositories",
     R"({"registry_id":1,"page_token":"x"})", "page_token"},
};

const Row kUpstreams[] = {
    {"UpstreamService/CreateUpstream", R"({})", "upstream.group"},
    {"UpstreamService/CreateUpstream", R"({"upstream":{"group":"default"}})",
     "name,url"},
    {"UpstreamService/CreateUpstream",
     R"({"upstream":{"group":"default","name":"u","url":"ftp://x",
         "credentials":{"basic":{"username":"a"}},
         "cache_policy":{"tag_ttl":"-1s"},"rules":[{}],
         "limits":{"failures_to_open":-1},"tls":{"client_key_pem":"x"}}})",
     "url,credentials.basic.password,tls.client_key_pem,"
     "tls.client_certificate_pem,cache_policy.tag_ttl,rules[0].action,"
     "limits.failures_to_open"},
    {"UpstreamService/ListUpstreams", R"({})", "group"},
    {"UpstreamService/ListUpstreams", R"({"group":"-","page_size":-1})",
     "page_size"},
    {"UpstreamService/ListUpstreams", R"({"group":"-","page_token":"x"})",
     "page_token"},
    {"UpstreamService/ListUpstreams", R"({"group":"-","filter":"name ="})",
     "filter"},
    {"UpstreamService/ListUpstreams", R"({"group":"-","order_by":"url"})",
     "order_by"},
    {"UpstreamService/ListUpstreams", R"({"registry_id":1,"page_size":-1})",
     "page_size"},
    {"UpstreamService/ListUpstreams", R"({"registry_id":1,"page_token":"x"})",
     "page_token"},
    {"UpstreamService/ListUpstreams", R"({"registry_id":1,"order_by":"name"})",
     "order_by"},
    {"UpstreamService/UpdateUpstream", R"({"upstream":{"name":"u"}})", "id"},
    {"UpstreamService/UpdateUpstream", R"({"id":1,"update_mask":"createTime"})",
     "create_time"},
    {"UpstreamService/UpdateUpstream", R"({"id":1,"update_mask":"nothing"})",
     "update_mask"},
    {"UpstreamService/UpdateUpstream",
     R"({"id":1,"update_mask":"limits.nothing"})", "update_mask"},
    {"UpstreamService/UpdateUpstream",
     R"({"id":1,"upstream":{"url":"x"},"update_mask":"name,url"})", "name,url"},

    {"AttachmentService/CreateAttachment", R"({})", "registry_id"},
    {"AttachmentService/CreateAttachment", R"({"registry_id":1})",
     "upstream_id"},
    {"AttachmentService/ListAttachments", R"({})", "registry_id"},
    {"AttachmentService/SetAttachments",
     R"({"registry_id":1,"upstream_ids":[1,1]})", "upstream_ids[1]"},
    {"AttachmentService/MoveAttachment", R"({"registry_id":1,"upstream_id":1})",
     "position"},

    {"UpstreamStateService/ListUpstreamStates", R"({"page_size":-1})",
     "page_size"},
    {"UpstreamStateService/ListUpstreamStates", R"({"page_token":"x"})",
     "page_token"},
};

const Row kOthers[] = {
    {"CacheEntryService/ListCacheEntries", R"({"page_size":-1})", "page_size"},
    {"CacheEntryService/ListCacheEntries", R"({"page_token":"x"})",
     "page_token"},
    {"CacheEntryService/ListCacheEntries", R"({"skip":1})", "skip"},
    {"CacheEntryService/ListCacheEntries", R"({"filter":"id = 1"})", "filter"},
    {"CacheEntryService/ListCacheEntries", R"({"order_by":"digest"})",
     "order_by"},
    {"CacheEntryService/ListCacheEntries",
     R"({"upstream_id":1,"order_by":"create_time desc","page_size":-1})",
     "page_size"},
    {"CacheEntryService/ListCacheEntries",
     R"({"upstream_id":1,"order_by":"create_time desc","skip":-1})", "skip"},
    {"CacheEntryService/GetCacheEntry", R"({})", "id"},
    {"CacheEntryService/BatchDeleteCacheEntries", R"({"upstream_id":1})",
     "ids"},
    {"CacheService/GetCacheStats", R"({})", "group"},
    {"CacheService/PurgeUpstreamCache", R"({"upstream_id":1,"request_id":"x"})",
     "request_id"},

    {"AccessTokenService/CreateAccessToken", R"({})", "name,scopes,group"},
    {"AccessTokenService/CreateAccessToken",
     R"({"access_token":{"name":"t","scopes":["SCOPE_ADMIN"],
         "group":"default"}})",
     "all_groups"},
    {"AccessTokenService/CreateAccessToken",
     R"({"access_token":{"name":"t","scopes":["SCOPE_READ"],"group":"default",
         "expire_time":"2001-01-01T00:00:00Z"}})",
     "expire_time"},
    {"AccessTokenService/ListAccessTokens", R"({})", "group"},
    {"AccessTokenService/ListAccessTokens", R"({"group":"-","page_size":-1})",
     "page_size"},
    {"AccessTokenService/ListAccessTokens", R"({"group":"-","page_token":"x"})",
     "page_token"},
    {"AccessTokenService/ListAccessTokens",
     R"({"group":"-","filter":"scopes = 1"})", "filter"},

    {"CleanupPolicyService/UpdateCleanupPolicy", R"({})",
     "cleanup_policy.group"},
    {"CleanupPolicyService/UpdateCleanupPolicy",
     R"({"cleanup_policy":{"group":"default"},"update_mask":"nothing"})",
     "update_mask"},
    {"CleanupPolicyService/UpdateCleanupPolicy",
     R"({"cleanup_policy":{"group":"default","run_interval":"172800s",
         "keep_after_last_pull":"31622400s"}})",
     "keep_after_last_pull,run_interval"},
    {"CleanupPolicyService/ListCleanupRuns", R"({})", "group"},
    {"CleanupPolicyService/ListCleanupRuns",
     R"({"group":"default","page_size":-1})", "page_size"},
    {"CleanupPolicyService/ListCleanupRuns",
     R"({"group":"default","page_token":"x"})", "page_token"},

    {"OperationService/ListOperations", R"({})", "group"},
    {"OperationService/ListOperations", R"({"group":"-","page_size":-1})",
     "page_size"},
    {"OperationService/ListOperations", R"({"group":"-","page_token":"x"})",
     "page_token"},
    {"OperationService/ListOperations", R"({"group":"-","filter":"id > 1"})",
     "filter"},
    {"OperationService/WaitOperation", R"({})", "id"},
    {"FetchService/ListFetches", R"({"page_size":-1})", "page_size"},
    {"FetchService/ListFetches", R"({"page_token":"x"})", "page_token"},
    {"AuditService/ListAuditEvents", R"({})", "group"},
    {"AuditService/ListAuditEvents", R"({"group":"-","page_size":-1})",
     "page_size"},
    {"AuditService/ListAuditEvents", R"({"group":"-","page_token":"x"})",
     "page_token"},
    {"AuditService/ListAuditEvents", R"({"group":"-","filter":"actor = 1"})",
     "filter"},
};

std::vector<Row> AllRows() {
  std::vector<Row> rows(std::begin(kGroupsAndRegistries),
                        std::end(kGroupsAndRegistries));
  rows.insert(rows.end(), std::begin(kUpstreams), std::end(kUpstreams));
  rows.insert(rows.end(), std::begin(kOthers), std::end(kOthers));
  return rows;
}

// At the one endpoint of administration.
class BadRequestTest : public SystemFixture {
 protected:
  BadRequestTest() : SystemFixture(Shape::kThreeProcesses) {
    client_ = std::make_unique<ReflectionClient>(
        AdminChannel(system_.grpc(), system_.admin_secret()));
  }

  absl::Status Call(const std::string& method, const std::string& request) {
    return client_->Call("cvr.v1." + method, request).status();
  }

  std::unique_ptr<ReflectionClient> client_;
};

TEST_F(BadRequestTest, NamesTheFieldsThatAreWrong) {
  for (const Row& row : AllRows()) {
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
      if (violation.field == "update_mask" &&
          !absl::StrContains(request, "*")) {
        EXPECT_EQ(violation.reason, v1::FIELD_UNKNOWN);
      }
      if (request == "{}") {
        EXPECT_EQ(violation.reason, v1::FIELD_REQUIRED) << violation.field;
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
  for (const Row& row : AllRows()) tested.insert(row.method);
  int methods = 0;
  const auto services = client_->ListServices();
  ASSERT_THAT(services, IsOk());
  for (const std::string& name : *services) {
    if (!absl::StartsWith(name, "cvr.v1.")) continue;
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
  EXPECT_GE(methods, 21);
}

TEST_F(BadRequestTest, ATokenOfAPageIsForItsListAlone) {
  ASSERT_THAT(Call("RegistryService/CreateRegistry",
                   R"({"registry":{"group":"default","name":"more"}})"),
              IsOk());
  const auto page = client_->Call("cvr.v1.RegistryService/ListRegistries",
                                  R"({"group":"-","page_size":1})");
  ASSERT_THAT(page, IsOk());
  const std::string token =
      nlohmann::json::parse(*page).value("next_page_token", "");
  ASSERT_NE(token, "");
  EXPECT_THAT(
      Call("RegistryService/ListRegistries",
           absl::StrCat(R"({"group":"-","page_token":")", token, R"("})")),
      IsOk());
  for (const std::string method :
       {"UpstreamService/ListUpstreams", "AccessTokenService/ListAccessTokens",
        "OperationService/ListOperations", "AuditService/ListAuditEvents"}) {
    EXPECT_THAT(
        Call(method,
             absl::StrCat(R"({"group":"-","page_token":")", token, R"("})")),
        StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid))
        << method;
  }
  for (const std::string method :
       {"CacheEntryService/ListCacheEntries", "GroupService/ListGroups",
        "FetchService/ListFetches",
        "UpstreamStateService/ListUpstreamStates"}) {
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
