#include "gateway/native_rest/route_table.h"

#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cvr/v1/group_service.pb.h"
#include "gateway/native_rest/openapi_text.h"
#include "gmock/gmock.h"
#include "google/api/annotations.pb.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/status_matchers.h"

namespace cvr::native_rest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::StatusIs;

const RouteTable& Ours() {
  static const RouteTable* const table =
      new RouteTable(*RouteTable::Of(ApiFiles(), "cvr.v1"));
  return *table;
}

std::string MethodAt(absl::string_view http_method, absl::string_view path) {
  const auto match = Ours().Find(http_method, path);
  return match.route == nullptr ? "" : match.route->method->name();
}

// The document is made of all .proto files, this table of those that are linked
// in: what stands in one alone was forgotten in the other.
TEST(RouteTableTest, HasWhatTheDocumentHas) {
  std::set<std::string> routed;
  for (const Route& route : Ours().routes()) {
    std::string id = route.method->name();
    id[0] = absl::ascii_tolower(id[0]);
    routed.insert(absl::StrCat(route.http_method, " ", id));
  }
  std::set<std::string> documented;
  const auto document = nlohmann::json::parse(OpenApiText());
  for (const auto& [path, item] : document["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      const std::string id = operation["operationId"];
      const std::string http_method = absl::AsciiStrToUpper(method);
      documented.insert(absl::StrCat(http_method, " ", id));
      // Any text will do for a variable.
      std::string sample = path;
      for (size_t open; (open = sample.find('{')) != sample.npos;) {
        sample.replace(open, sample.find('}') - open + 1, "7");
      }
      std::string found = MethodAt(http_method, sample);
      ASSERT_FALSE(found.empty()) << http_method << " " << path;
      found[0] = absl::ascii_tolower(found[0]);
      EXPECT_EQ(found, id) << http_method << " " << path;
    }
  }
  EXPECT_EQ(routed, documented);
}

TEST(RouteTableTest, FindsByPathAndMethod) {
  EXPECT_EQ(MethodAt("GET", "/api/cvr/v1/groups"), "ListGroups");
  EXPECT_EQ(MethodAt("GET", "/api/cvr/v1/groups/acme/team"), "GetGroup");
  EXPECT_EQ(MethodAt("HEAD", "/api/cvr/v1/groups/acme"), "GetGroup");
  EXPECT_EQ(MethodAt("POST", "/api/cvr/v1/upstreams/7:purge"),
            "PurgeUpstreamCache");
  EXPECT_EQ(MethodAt("POST", "/api/cvr/v1/upstreams:test"), "TestUpstream");
  EXPECT_EQ(MethodAt("DELETE", "/api/cvr/v1/registries/7/attachments/8"),
            "DeleteAttachment");
}

TEST(RouteTableTest, TellsWhatAPathCanBeAsked) {
  const auto wrong = Ours().Find("OPTIONS", "/api/cvr/v1/registries/7");
  EXPECT_EQ(wrong.route, nullptr);
  EXPECT_THAT(wrong.methods, ElementsAre("DELETE", "GET", "PATCH"));
  EXPECT_THAT(Ours().Find("GET", "/api/cvr/v1/upstreams/7:purge").methods,
              ElementsAre("POST"));
  for (const char* const path :
       {"/api/cvr/v1/nothing", "/api/cvr/v1/upstreams/7:nothing",
        "/api/cvr/v2/groups", "/cvr.v1.GroupService/ListGroups", "*"}) {
    EXPECT_THAT(Ours().Find("GET", path).methods, IsEmpty()) << path;
  }
}

TEST(RouteTableTest, StreamsAreNotOffered) {
  for (const Route& route : Ours().routes()) {
    EXPECT_FALSE(route.method->server_streaming()) << route.rpc_path;
  }
}

TEST(RouteTableTest, OtherPackagesAreNotOffered) {
  const auto table = RouteTable::Of(ApiFiles(), "cvr.internal.v1");
  ASSERT_THAT(table, IsOk());
  EXPECT_THAT(table->routes(), IsEmpty());
}

// A service with one method that has this rule.
absl::Status TableOf(const google::api::HttpRule& rule, bool streams = false) {
  google::protobuf::FileDescriptorProto file;
  v1::GetGroupRequest::descriptor()->file()->CopyTo(&file);
  file.set_name("test.proto");
  file.set_package("test");
  file.clear_service();
  file.clear_message_type();
  auto& service = *file.add_service();
  service.set_name("S");
  auto& method = *service.add_method();
  method.set_name("M");
  method.set_input_type(".cvr.v1.UpdateGroupRequest");
  method.set_output_type(".cvr.v1.Group");
  method.set_server_streaming(streams);
  method.mutable_options()->MutableExtension(google::api::http)->CopyFrom(rule);
  file.add_dependency("cvr/v1/group_service.proto");
  google::protobuf::DescriptorPool pool(
      google::protobuf::DescriptorPool::generated_pool());
  const auto* const built = pool.BuildFile(file);
  EXPECT_NE(built, nullptr);
  return built == nullptr ? absl::InternalError("not built")
                          : RouteTable::Of({built}, "test").status();
}

TEST(RouteTableTest, RulesThatCannotBeCarriedOutAreRefused) {
  google::api::HttpRule rule;
  rule.set_patch("/x/{group.name=**}");
  rule.set_body("group");
  EXPECT_THAT(TableOf(rule), IsOk());
  EXPECT_THAT(TableOf(rule, true),
              StatusIs(absl::StatusCode::kInvalidArgument));
  rule.set_body("no_field");
  EXPECT_THAT(TableOf(rule), StatusIs(absl::StatusCode::kInvalidArgument));
  rule.set_body("allow_missing");
  EXPECT_THAT(TableOf(rule), StatusIs(absl::StatusCode::kInvalidArgument));
  rule.set_body("group");
  for (const char* const path : {"/x/{group}", "/x/{group.no_field}",
                                 "/x/{update_mask.paths}", "/x/{a}b"}) {
    rule.set_patch(path);
    EXPECT_THAT(TableOf(rule), StatusIs(absl::StatusCode::kInvalidArgument))
        << path;
  }
}

}  // namespace
}  // namespace cvr::native_rest
