#include "services/metadata/secrets/upstream_secrets.h"

#include <string>

#include "gtest/gtest.h"
#include "services/process/sensitive_fields.h"

namespace cvr {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kPlanted[] = "hunter2-is-secret";

// Sets every text: the sensitive ones to what must not be found again. Returns
// how many those are.
int Fill(Message& message) {
  const auto& reflection = *message.GetReflection();
  int planted = 0;
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* const field = message.GetDescriptor()->field(i);
    if (field->is_repeated()) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      planted += Fill(*reflection.MutableMessage(&message, field));
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      planted += IsSensitive(*field) ? 1 : 0;
      reflection.SetString(&message, field,
                           IsSensitive(*field) ? kPlanted : "shown");
    }
  }
  return planted;
}

// Whatever is marked, also by those who know nothing of this function.
TEST(UpstreamSecretsTest, WhatIsAnsweredHasNothingSensitive) {
  v1::Upstream upstream;
  EXPECT_GE(Fill(upstream), 3);
  ASSERT_NE(upstream.SerializeAsString().find(kPlanted), std::string::npos);
  stored::Secrets secrets;
  secrets.set_username("robot");
  secrets.set_password(kPlanted);
  const v1::Upstream answered = RedactedUpstream(secrets, upstream);
  EXPECT_EQ(answered.SerializeAsString().find(kPlanted), std::string::npos);
  EXPECT_FALSE(answered.has_credentials());
  EXPECT_EQ(answered.tls().client_certificate_pem(), "shown");
}

TEST(UpstreamSecretsTest, WhatThereIsIsToldAlthoughItIsNotShown) {
  v1::Upstream upstream;
  EXPECT_EQ(RedactedUpstream({}, upstream).ByteSizeLong(), 0u);
  upstream.mutable_tls()->set_client_certificate_pem("CERT");
  stored::Secrets secrets;
  secrets.set_username("robot");
  secrets.set_password("p");
  v1::Upstream answered = RedactedUpstream(secrets, upstream);
  EXPECT_EQ(answered.username(), "robot");
  EXPECT_TRUE(answered.has_password());
  EXPECT_FALSE(answered.tls().has_client_key());
  secrets.clear_password();
  secrets.set_client_key_pem("KEY");
  answered = RedactedUpstream(secrets, upstream);
  EXPECT_FALSE(answered.has_password());
  EXPECT_TRUE(answered.tls().has_client_key());
}

}  // namespace
}  // namespace cvr
