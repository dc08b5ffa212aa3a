#include "services/process/sensitive_fields.h"

#include <string>

#include "google/protobuf/any.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/process/redacted_json.h"
#include "tests/support/sensitive_sample.pb.h"

namespace cvr {
namespace {

using google::protobuf::Any;
using nlohmann::json;
using testing::LaterPart;
using testing::SensitiveSample;

constexpr char kPlanted[] = "hunter2-is-secret";

SensitiveSample::Part Part(const std::string& shown) {
  SensitiveSample::Part part;
  part.set_shown(shown);
  part.set_hidden(kPlanted);
  part.set_hidden_bytes(kPlanted);
  part.mutable_part()->set_shown(shown + "-inner");
  part.mutable_part()->set_hidden(kPlanted);
  return part;
}

std::string Json(const SensitiveSample& sample) {
  return RedactedJson(sample, 1 << 20);
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(SensitiveFieldsTest, AreClearedAtEveryDepth) {
  SensitiveSample sample;
  sample.set_shown("top");
  *sample.mutable_one() = Part("one");
  *sample.add_many() = Part("first");
  *sample.add_many() = Part("second");
  (*sample.mutable_by_name())["k"] = Part("in a map");
  (*sample.mutable_hidden_map())["k"] = kPlanted;
  sample.add_hidden_list(kPlanted);
  *sample.mutable_hidden_part() = Part("within");
  sample.set_hidden_text(kPlanted);
  ClearSensitive(sample);
  EXPECT_FALSE(Has(sample.SerializeAsString(), kPlanted));
  EXPECT_EQ(sample.shown(), "top");
  EXPECT_EQ(sample.one().shown(), "one");
  EXPECT_EQ(sample.one().part().shown(), "one-inner");
  ASSERT_EQ(sample.many_size(), 2);
  EXPECT_EQ(sample.many(1).part().shown(), "second-inner");
  EXPECT_EQ(sample.by_name().at("k").part().shown(), "in a map-inner");
  EXPECT_TRUE(sample.hidden_map().empty());
  EXPECT_TRUE(sample.hidden_list().empty());
  EXPECT_FALSE(sample.has_hidden_part());
  EXPECT_EQ(sample.kind_case(), SensitiveSample::KIND_NOT_SET);
}

TEST(SensitiveFieldsTest, AreClearedInAny) {
  SensitiveSample inner;
  inner.mutable_any()->PackFrom(Part("deep"));
  SensitiveSample sample;
  sample.mutable_any()->PackFrom(Part("any"));
  sample.add_anys()->PackFrom(inner);
  sample.add_anys()->PackFrom(Part("last"));
  const std::string text = Json(sample);
  EXPECT_FALSE(Has(text, kPlanted)) << text;
  const json told = json::parse(text);
  EXPECT_EQ(told["any"]["part"]["shown"], "any-inner");
  EXPECT_EQ(told["anys"][0]["any"]["shown"], "deep");
  EXPECT_EQ(told["anys"][1]["shown"], "last");
  EXPECT_FALSE(told["anys"][1].contains("hidden_bytes"));
}

// The last one is known, but its bytes are none of it. The rest is told all the
// same.
TEST(SensitiveFieldsTest, AnyOfAnUnknownTypeIsEmptied) {
  for (const std::string type :
       {"type.googleapis.com/cvr.testing.None", "", "none",
        "type.googleapis.com/cvr.testing.SensitiveSample"}) {
    SensitiveSample sample;
    sample.set_shown("top");
    sample.mutable_any()->set_type_url(type);
    sample.mutable_any()->set_value(std::string("\xff") + kPlanted);
    const std::string text = Json(sample);
    EXPECT_FALSE(Has(text, "aHVudGVyMi1pcy1zZWNyZXQ")) << text;
    EXPECT_EQ(json::parse(text)["shown"], "top") << type;
    ClearSensitive(sample);
    EXPECT_EQ(sample.any().value(), "");
  }
}

// JSON has a form only for types of one server: another one would leave all of
// the message untold.
TEST(SensitiveFieldsTest, AnyOfAnotherServerIsToldAsOurs) {
  SensitiveSample sample;
  sample.mutable_any()->PackFrom(Part("any"));
  sample.mutable_any()->set_type_url(
      "example.com/cvr.testing.SensitiveSample.Part");
  EXPECT_EQ(json::parse(Json(sample))["any"]["shown"], "any");
}

TEST(SensitiveFieldsTest, AnysInEachOtherEnd) {
  Any any;
  any.PackFrom(Part("innermost"));
  for (int depth = 0; depth < 1000; ++depth) {
    Any outer;
    outer.PackFrom(any);
    any = outer;
  }
  SensitiveSample sample;
  sample.set_shown("top");
  *sample.mutable_any() = any;
  ClearSensitive(sample);
  EXPECT_FALSE(Has(sample.SerializeAsString(), kPlanted));
  EXPECT_EQ(json::parse(Json(sample))["shown"], "top");
}

TEST(SensitiveFieldsTest, UnknownFieldsAreDropped) {
  LaterPart later;
  later.set_shown("known");
  later.set_later(kPlanted);
  SensitiveSample::Part part;
  ASSERT_TRUE(part.ParseFromString(later.SerializeAsString()));
  ASSERT_TRUE(Has(part.SerializeAsString(), kPlanted));
  SensitiveSample sample;
  ASSERT_TRUE(sample.ParseFromString(later.SerializeAsString()));
  *sample.mutable_one() = part;
  *sample.add_many() = part;
  (*sample.mutable_by_name())["k"] = part;
  sample.mutable_any()->PackFrom(part);
  ClearSensitive(sample);
  EXPECT_FALSE(Has(sample.SerializeAsString(), kPlanted));
  EXPECT_EQ(sample.shown(), "known");
  EXPECT_EQ(sample.by_name().at("k").shown(), "known");
  SensitiveSample::Part held;
  ASSERT_TRUE(sample.any().UnpackTo(&held));
  EXPECT_EQ(held.shown(), "known");
}

}  // namespace
}  // namespace cvr
