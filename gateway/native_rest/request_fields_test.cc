#include "gateway/native_rest/request_fields.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "cvr/v1/attachment_service.pb.h"
#include "cvr/v1/registry_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr::native_rest {
namespace {

using testing::IsOk;
using testing::StatusIs;

constexpr char kUuid[] = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

const Route& RouteOf(absl::string_view method, absl::string_view path) {
  static const RouteTable* const table =
      new RouteTable(*RouteTable::Of(ApiFiles(), "cvr.v1"));
  const auto match = table->Find(method, absl::StrCat("/api/cvr/v1/", path));
  EXPECT_NE(match.route, nullptr) << path;
  return *match.route;
}

HttpFields Fields(absl::string_view name, absl::string_view value) {
  HttpFields fields;
  fields.Add(name, value);
  return fields;
}

TEST(RequestFieldsTest, IfMatchIsTheEtagOfTheRequestOrItsResource) {
  const HttpFields fields = Fields("If-Match", "\"v1\"");
  v1::DeleteRegistryRequest deletion;
  EXPECT_THAT(ApplyFields(fields, RouteOf("DELETE", "registries/7"), deletion),
              IsOk());
  EXPECT_EQ(deletion.etag(), "v1");
  v1::UpdateRegistryRequest update;
  EXPECT_THAT(ApplyFields(fields, RouteOf("PATCH", "registries/7"), update),
              IsOk());
  EXPECT_EQ(update.registry().etag(), "v1");
  v1::SetAttachmentsRequest order;
  EXPECT_THAT(
      ApplyFields(fields, RouteOf("PUT", "registries/7/attachments"), order),
      IsOk());
  EXPECT_EQ(order.etag(), "v1");
}

TEST(RequestFieldsTest, IfMatchThatNothingWouldCheckIsRefused) {
  const Route& route = RouteOf("DELETE", "registries/7/attachments/8");
  v1::DeleteAttachmentRequest request;
  EXPECT_THAT(ApplyFields(Fields("If-Match", "\"v1\""), route, request),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ApplyFields(Fields("If-None-Match", "*"), route, request),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(RequestFieldsTest, IfMatchIsOneTag) {
  const Route& route = RouteOf("DELETE", "registries/7");
  for (const char* const bad :
       {"", "v1", "\"v1", "\"a\", \"b\"", "\"\"", "\"a\"b\"", "\"a b\""}) {
    v1::DeleteRegistryRequest request;
    EXPECT_THAT(ApplyFields(Fields("If-Match", bad), route, request),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << bad;
  }
  v1::DeleteRegistryRequest request;
  EXPECT_THAT(ApplyFields(Fields("If-Match", "*"), route, request), IsOk());
  EXPECT_EQ(request.etag(), "");
  // Proxies that compress make strong tags weak.
  EXPECT_THAT(ApplyFields(Fields("If-Match", "W/\"v1\""), route, request),
              IsOk());
  EXPECT_EQ(request.etag(), "v1");
  // It must not contradict the request.
  EXPECT_THAT(ApplyFields(Fields("If-Match", "\"v2\""), route, request),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(RequestFieldsTest, IdempotencyKeyIsTheRequestId) {
  const Route& route = RouteOf("POST", "registries");
  v1::CreateRegistryRequest request;
  EXPECT_THAT(ApplyFields(Fields("Idempotency-Key", kUuid), route, request),
              IsOk());
  EXPECT_EQ(request.request_id(), kUuid);
  v1::CreateRegistryRequest quoted;
  EXPECT_THAT(
      ApplyFields(Fields("Idempotency-Key", absl::StrCat("\"", kUuid, "\"")),
                  route, quoted),
      IsOk());
  EXPECT_EQ(quoted.request_id(), kUuid);
  for (const std::string& bad :
       {std::string(), std::string("1"), absl::StrCat(kUuid, "0"),
        absl::StrCat("{", kUuid, "}"), absl::StrCat(kUuid, ", ", kUuid),
        std::string("3f2504e0x4f89-41d3-9a0c-0305e82c3301")}) {
    v1::CreateRegistryRequest other;
    EXPECT_THAT(ApplyFields(Fields("Idempotency-Key", bad), route, other),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << bad;
  }
  v1::DeleteRegistryRequest deletion;
  EXPECT_THAT(ApplyFields(Fields("Idempotency-Key", kUuid),
                          RouteOf("DELETE", "registries/7"), deletion),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(RequestFieldsTest, EntityTagIsTheEtagInQuotes) {
  v1::Registry registry;
  EXPECT_EQ(EntityTagOf(registry), "");
  registry.set_etag("v1");
  EXPECT_EQ(EntityTagOf(registry), "\"v1\"");
  registry.set_etag("a\"b");
  EXPECT_EQ(EntityTagOf(registry), "");
  registry.set_etag("a\r\nb");
  EXPECT_EQ(EntityTagOf(registry), "");
  EXPECT_EQ(EntityTagOf(v1::Attachment()), "");
}

TEST(RequestFieldsTest, TagsAreFoundInLists) {
  EXPECT_TRUE(NamesEntityTag("\"v1\"", "\"v1\""));
  EXPECT_TRUE(NamesEntityTag("\"v0\", W/\"v1\"", "\"v1\""));
  EXPECT_TRUE(NamesEntityTag("*", "\"v1\""));
  EXPECT_FALSE(NamesEntityTag("\"v2\"", "\"v1\""));
  EXPECT_FALSE(NamesEntityTag("v1", "\"v1\""));
  EXPECT_FALSE(NamesEntityTag("", "\"v1\""));
  EXPECT_FALSE(NamesEntityTag("*", ""));
}

TEST(RequestFieldsTest, RequestIdIsSafeToRepeat) {
  EXPECT_EQ(RequestIdOf(Fields("x-request-id", "Build_7.a-b")), "Build_7.a-b");
  std::set<std::string> made;
  for (const std::string& bad :
       {std::string(), std::string("a b"), std::string("a\"b"),
        std::string("a\r\nSet-Cookie: b"), std::string(129, 'a'),
        std::string("\xc3\xa4")}) {
    const std::string id = RequestIdOf(Fields("X-Request-Id", bad));
    EXPECT_THAT(id, ::testing::MatchesRegex(
                        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}"
                        "-[0-9a-f]{12}"));
    EXPECT_TRUE(made.insert(id).second);
  }
}

}  // namespace
}  // namespace cvr::native_rest
