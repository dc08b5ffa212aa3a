#include "gateway/rest/arguments.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr::rest {
namespace {

using testing::IsOk;

constexpr char kForm[] = "application/x-www-form-urlencoded";

class ArgumentsTest : public ::testing::Test {
 protected:
  ArgumentsTest() {
    operation_.path = {Number("id", 1)};
    operation_.query = {Number("page", 1)};
    operation_.query[0].default_value = 1;
    operation_.takes_body = true;
    Parameter name;
    name.name = "name";
    name.required = true;
    name.may_be_blank = false;
    Parameter note;
    note.name = "note";
    note.nullable = true;
    Parameter password = note;
    password.name = "password";
    password.is_secret = true;
    Parameter on;
    on.name = "on";
    on.type = ValueType::kFlag;
    Parameter days = Number("days", 0);
    days.allowed = {1, 7};
    Parameter place = Number("place", 1);
    place.maximum = 20;
    operation_.body = {name, note, password, on, days, place};
  }

  static Parameter Number(const std::string& name, int64_t minimum) {
    Parameter parameter;
    parameter.name = name;
    parameter.type = ValueType::kInteger;
    parameter.minimum = minimum;
    return parameter;
  }

  absl::StatusOr<Arguments> Read(absl::string_view body,
                                 std::optional<std::string> type = {},
                                 absl::string_view query = "",
                                 const std::string& id = "7") {
    return ReadArguments(operation_, {{id}, query, std::move(type), body});
  }
  std::string Fault(absl::string_view body,
                    std::optional<std::string> type = {},
                    absl::string_view query = "", const std::string& id = "7") {
    const auto arguments = Read(body, std::move(type), query, id);
    EXPECT_EQ(arguments.ok(), !absl::IsInvalidArgument(arguments.status()));
    return std::string(arguments.status().message());
  }

  Operation operation_;
};

TEST_F(ArgumentsTest, JsonHasTypes) {
  const auto read = Read(
      R"({"name":"a","note":null,"on":true,"days":7,"place":20,"more":[{}]})");
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->Integer("id"), 7);
  EXPECT_EQ(read->Integer("page"), 1);
  EXPECT_EQ(read->Text("name"), "a");
  EXPECT_TRUE(read->Has("note"));
  EXPECT_EQ(read->Text("note"), "");
  EXPECT_TRUE(read->Flag("on"));
  EXPECT_EQ(read->Integer("days"), 7);
  EXPECT_EQ(read->Integer("place"), 20);
  EXPECT_FALSE(read->Has("password"));
  EXPECT_FALSE(read->Has("more"));
}

TEST_F(ArgumentsTest, FormsAndQueriesHaveTextsThatFit) {
  const auto form =
      Read("name=a+b%2B&on=1&days=1&name=second", kForm, "page=9");
  ASSERT_THAT(form, IsOk());
  EXPECT_EQ(form->Text("name"), "a b+");
  EXPECT_TRUE(form->Flag("on"));
  EXPECT_EQ(form->Integer("days"), 1);
  EXPECT_EQ(form->Integer("page"), 9);
  const auto query = Read("", {}, "name=a&on=false&note=n");
  ASSERT_THAT(query, IsOk());
  EXPECT_EQ(query->Text("name"), "a");
  EXPECT_FALSE(query->Flag("on"));
  const auto both = Read(R"({"name":"b"})", "application/json; charset=utf-8",
                         "name=a&note=n");
  ASSERT_THAT(both, IsOk());
  EXPECT_EQ(both->Text("name"), "b");
  EXPECT_EQ(both->Text("note"), "n");
}

TEST_F(ArgumentsTest, WhatIsWrongIsSaid) {
  EXPECT_EQ(Fault(""), "name is missing");
  EXPECT_EQ(Fault("{}"), "name is missing");
  EXPECT_EQ(Fault(R"({"name":" "})"), "name is empty");
  EXPECT_EQ(Fault(R"({"name":null})"), "name is invalid");
  EXPECT_EQ(Fault(R"({"name":5})"), "name is invalid");
  EXPECT_EQ(Fault(R"({"name":["a"]})"), "name is invalid");
  EXPECT_EQ(Fault(R"({"name":"a","place":0})"),
            "place does not have a valid value");
  EXPECT_EQ(Fault(R"({"name":"a","place":21})"),
            "place does not have a valid value");
  EXPECT_EQ(Fault(R"({"name":"a","days":2})"),
            "days does not have a valid value");
  EXPECT_EQ(Fault(R"({"place":"x","on":"yes"})"),
            "name is missing, on is invalid, place is invalid");
  EXPECT_EQ(Fault(R"({"name":"a"})", {}, "page=0"),
            "page does not have a valid value");
}

TEST_F(ArgumentsTest, NumbersAreWholeAndCanonical) {
  for (const char* const text :
       {"1.0", "1e3", "18446744073709551615", "99999999999999999999", "\"1 \"",
        "\"+1\"", "\"0x1\"", "\"01\"", "\"\"", "true", "{}"}) {
    EXPECT_EQ(Fault(absl::StrCat(R"({"name":"a","place":)", text, "}")),
              "place is invalid")
        << text;
  }
  for (const char* const id : {"a", "", "1.5", "9223372036854775808", "../1"}) {
    EXPECT_EQ(Fault(R"({"name":"a"})", {}, "", id), "id is invalid") << id;
  }
  EXPECT_EQ(Fault(R"({"name":"a"})", {}, "", "-1"),
            "id does not have a valid value");
}

TEST_F(ArgumentsTest, BodiesThatAreNone) {
  EXPECT_EQ(Fault("{"), "the request body is not valid JSON");
  EXPECT_THAT(Fault("{\"name\":\"\xff\"}"),
              ::testing::HasSubstr("JSON holds no other bytes"));
  EXPECT_EQ(Fault("[]"), "the request body is not a JSON object");
  EXPECT_EQ(Fault("name=a"), "the request body is not valid JSON");
  EXPECT_EQ(Fault("name=%", kForm), "the request body is not valid form data");
  EXPECT_EQ(Fault("name=%ff", kForm), "name is invalid");
  EXPECT_EQ(Fault("", {}, "name=%"), "the query string is not valid");
  EXPECT_EQ(Fault(std::string(30'000, '[')),
            "the request body is not valid JSON");
}

// A tree of it would cost many times its text.
TEST_F(ArgumentsTest, NeitherDepthNorBreadthIsTaken) {
  const std::string deep =
      absl::StrCat(std::string(32'000, '['), std::string(32'000, ']'));
  std::string broad = "[[]";
  for (int i = 0; i < 10'000; ++i) broad.append(",[]");
  broad.append("]");
  for (const std::string& value : {deep, broad}) {
    EXPECT_EQ(Fault(absl::StrCat(R"({"name":"a","other":)", value, "}")),
              "the request body is not valid JSON");
  }
  EXPECT_EQ(Fault(R"({"name":[[]]})"), "name is invalid");
  EXPECT_THAT(Read(R"({"name":"a","other":[[],[]]})"), IsOk());
}

TEST_F(ArgumentsTest, SecretsAreNotTakenFromTheQuery) {
  EXPECT_EQ(
      Fault(R"({"name":"a","password":"p"})", {}, "password=q"),
      "password must not be sent in the query string; use the request body");
  const auto read = Read(R"({"name":"a","password":"p"})");
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->Text("password"), "p");
}

TEST_F(ArgumentsTest, SecretsMayHaveAnyBytesInAForm) {
  const auto read = Read("name=a&password=%ff%FE+%0a", kForm);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->Text("password"), "\xff\xfe \n");
  EXPECT_THAT(Fault("{\"name\":\"a\",\"password\":\"\xff\"}"),
              ::testing::HasSubstr("password=%FF"));
}

TEST_F(ArgumentsTest, SomeNeedAtLeastOne) {
  operation_.body.resize(2);
  operation_.body[0].required = false;
  operation_.needs_one = true;
  EXPECT_EQ(Fault(R"({"other":1})"),
            "name, note are missing, at least one parameter must be provided");
  EXPECT_THAT(Read(R"({"note":null})"), IsOk());
}

TEST_F(ArgumentsTest, ReadableTypes) {
  for (const char* const type :
       {"", "application/json", "Application/JSON ; charset=utf-8", kForm}) {
    EXPECT_TRUE(IsReadableType(type)) << type;
  }
  EXPECT_TRUE(IsReadableType(std::nullopt));
  for (const char* const type :
       {"text/plain", "multipart/form-data; boundary=x", "application/jsonp"}) {
    EXPECT_FALSE(IsReadableType(type)) << type;
  }
}

}  // namespace
}  // namespace cvr::rest
