#include "services/upstream/http/rate_fields.h"

#include <string>

#include "gtest/gtest.h"

namespace cvr {
namespace {

std::optional<RateFields> Parse(const std::string& limit,
                                const std::string& remaining) {
  HttpFields fields;
  fields.Add("ratelimit-limit", limit);
  fields.Add("ratelimit-remaining", remaining);
  return ParseRateFields(fields);
}

TEST(RateFieldsTest, DockerHubSaysItsWindow) {
  const auto rate = Parse("100;w=21600", "20;w=21600");
  ASSERT_TRUE(rate.has_value());
  EXPECT_EQ(rate->limit, 100);
  EXPECT_EQ(rate->remaining, 20);
  EXPECT_EQ(rate->window, absl::Hours(6));
}

TEST(RateFieldsTest, PlainNumbersAreForAnHour) {
  const auto rate = Parse("5000", " 4999 ");
  ASSERT_TRUE(rate.has_value());
  EXPECT_EQ(rate->limit, 5000);
  EXPECT_EQ(rate->remaining, 4999);
  EXPECT_EQ(rate->window, absl::Hours(1));
}

TEST(RateFieldsTest, OddFormsAreRead) {
  EXPECT_EQ(Parse("100, 100;w=60, 5000;w=3600", "7")->limit, 100);
  EXPECT_EQ(Parse("100 ; comment=x ; w=60", "7")->window, absl::Minutes(1));
  EXPECT_EQ(Parse("100", "7;w=60")->window, absl::Minutes(1));
  EXPECT_EQ(Parse("100;w=0", "7")->window, absl::Hours(1));
  EXPECT_EQ(Parse("100;w=-5", "7")->window, absl::Hours(1));
  EXPECT_EQ(Parse("100", "700")->remaining, 100);
}

TEST(RateFieldsTest, WhatMakesNoSenseSaysNothing) {
  EXPECT_FALSE(ParseRateFields({}).has_value());
  EXPECT_FALSE(Parse("100", "").has_value());
  EXPECT_FALSE(Parse("", "20").has_value());
  EXPECT_FALSE(Parse("0", "0").has_value());
  EXPECT_FALSE(Parse("-100", "20").has_value());
  EXPECT_FALSE(Parse("many", "few").has_value());
  EXPECT_FALSE(Parse("100", "-1").has_value());
  EXPECT_FALSE(Parse("99999999999999999999999", "1").has_value());
}

}  // namespace
}  // namespace cvr
