#include "services/metadata/conversion/audit_event_conversion.h"

#include <string>

#include "google/protobuf/text_format.h"
#include "google/rpc/code.pb.h"
#include "gtest/gtest.h"

namespace cvr::testing {
namespace {

template <typename Message>
Message From(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

TEST(AuditEventConversionTest, NothingIsLost) {
  const auto event = From<v1::AuditEvent>(R"pb(
    id: 1
    event_time { seconds: 2 nanos: 3 }
    actor { token_id: 4 token_name: "t" peer: "p" }
    method: "RegistryService.CreateRegistry"
    resource { type: "registry" id: 5 name: "web" group: "acme" }
    result_code: 6
    result_reason: "RESOURCE_EXISTS"
    request {
      fields {
        key: "name"
        value { string_value: "web" }
      }
    }
    request_omitted: true
    request_id: "r"
  )pb");
  // A field that is added must be converted, too.
  for (int i = 0; i < v1::AuditEvent::descriptor()->field_count(); ++i) {
    const auto* const field = v1::AuditEvent::descriptor()->field(i);
    EXPECT_TRUE(event.GetReflection()->HasField(event, field)) << field->name();
  }
  EXPECT_EQ(ToApi(ToStored(event)).DebugString(), event.DebugString());
}

TEST(AuditEventConversionTest, WhoHasShownNothingHasNoToken) {
  v1::AuditEvent event;
  event.mutable_actor()->set_peer("10.0.0.1");
  EXPECT_FALSE(ToApi(ToStored(event)).actor().has_token_id());
}

TEST(AuditEventConversionTest, RowsOfEarlierRevisionsAreRead) {
  auto event = ToApi(From<stored::AuditEvent>(R"pb(
    id: 13
    token_id: 5
    object: "cache entry 7"
    group: "acme"
    result: "NOT_FOUND"
    request: "{\"id\": \"7\"}"
  )pb"));
  EXPECT_EQ(event.actor().token_id(), 5);
  EXPECT_EQ(event.resource().type(), "cache_entry");
  EXPECT_EQ(event.resource().id(), 7);
  EXPECT_EQ(event.resource().group(), "acme");
  EXPECT_EQ(event.result_code(), google::rpc::NOT_FOUND);
  EXPECT_EQ(event.request().fields().at("id").string_value(), "7");

  event = ToApi(From<stored::AuditEvent>(R"pb(object: "group acme/web"
                                              result: "OK")pb"));
  EXPECT_EQ(event.resource().type(), "group");
  EXPECT_EQ(event.resource().id(), 0);
  EXPECT_EQ(event.resource().name(), "acme/web");
  EXPECT_EQ(event.result_code(), 0);

  event = ToApi(From<stored::AuditEvent>(R"pb(object: "registry upstream 4"
                                              result: "OK")pb"));
  EXPECT_EQ(event.resource().type(), "attachment");
  EXPECT_EQ(event.resource().id(), 4);
}

TEST(AuditEventConversionTest, ARequestThatIsCutIsOmitted) {
  const auto event =
      ToApi(From<stored::AuditEvent>(R"pb(request: "{\"id\":")pb"));
  EXPECT_FALSE(event.has_request());
  EXPECT_TRUE(event.request_omitted());
}

}  // namespace
}  // namespace cvr::testing
