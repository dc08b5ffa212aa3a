#include "gateway/native_rest/answer_json.h"

#include <string>

#include "cvr/v1/cache_service.pb.h"
#include "cvr/v1/operation.pb.h"
#include "cvr/v1/registry_service.pb.h"
#include "cvr/v1/upstream.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/status_matchers.h"

namespace cvr::native_rest {
namespace {

using ::nlohmann::json;
using testing::IsOk;
using testing::StatusIs;

json JsonOf(const google::protobuf::Message& message) {
  const auto text = AnswerJson(message);
  EXPECT_THAT(text, IsOk());
  return text.ok() ? json::parse(*text) : json();
}

TEST(AnswerJsonTest, FieldsWithoutPresenceAreThere) {
  EXPECT_EQ(JsonOf(v1::ListRegistriesResponse()),
            json({{"registries", json::array()}, {"next_page_token", ""}}));
  EXPECT_EQ(JsonOf(google::protobuf::Empty()), json::object());
  v1::Upstream upstream;
  upstream.mutable_limits()->set_rate_reserve_percent(0);
  upstream.mutable_cache_policy()->mutable_tag_ttl()->set_seconds(60);
  const json shown = JsonOf(upstream);
  EXPECT_EQ(shown["id"], "0");
  EXPECT_EQ(shown["disabled"], false);
  EXPECT_EQ(shown["limits"], json({{"rate_reserve_percent", 0}}));
  EXPECT_EQ(shown["cache_policy"]["tag_ttl"], "60s");
  EXPECT_FALSE(shown.contains("failure_policy"));
  EXPECT_FALSE(shown.contains("create_time"));
}

TEST(AnswerJsonTest, LargeNumbersAreTexts) {
  v1::Registry registry;
  registry.set_id(9007199254740993);
  registry.add_attachments()->set_position(3);
  const json shown = JsonOf(registry);
  EXPECT_EQ(shown["id"], "9007199254740993");
  EXPECT_EQ(shown["attachments"][0]["position"], 3);
}

// An answer that is sent back must not erase secrets by their emptiness; nor
// does it show those that a service forgot to take out.
TEST(AnswerJsonTest, InputIsNotShown) {
  v1::Upstream upstream;
  upstream.mutable_tls()->set_ca_bundle_pem("ca");
  upstream.mutable_tls()->set_client_key_pem("s3cret");
  upstream.mutable_credentials()->mutable_basic()->set_password("s3cret");
  const json shown = JsonOf(upstream);
  EXPECT_FALSE(shown.contains("credentials"));
  EXPECT_EQ(shown["tls"]["ca_bundle_pem"], "ca");
  EXPECT_FALSE(shown["tls"].contains("client_key_pem"));

  v1::Operation operation;
  operation.mutable_response()->PackFrom(upstream);
  const json inner = JsonOf(operation);
  EXPECT_EQ(inner.dump().find("s3cret"), std::string::npos);
  EXPECT_EQ(inner["response"]["tls"]["ca_bundle_pem"], "ca");
}

TEST(AnswerJsonTest, ResponsesOfOperationsAreShown) {
  v1::PurgeCacheResponse purged;
  purged.set_entry_count(3);
  v1::Operation operation;
  operation.mutable_response()->PackFrom(purged);
  const json shown = JsonOf(operation);
  EXPECT_EQ(shown["response"]["@type"],
            "type.googleapis.com/cvr.v1.PurgeCacheResponse");
  EXPECT_EQ(shown["response"]["entry_count"], "3");
  EXPECT_FALSE(shown.contains("error"));

  operation.mutable_response()->set_type_url("type.googleapis.com/no.Type");
  EXPECT_THAT(AnswerJson(operation), StatusIs(absl::StatusCode::kInternal));
}

}  // namespace
}  // namespace cvr::native_rest
