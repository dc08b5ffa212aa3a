#include "services/network/http_fields.h"

#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"

namespace cvr {
namespace {

TEST(HttpFieldsTest, NamesMatchInAnyCase) {
  HttpFields fields;
  fields.Add("ETag", "a");
  fields.Add("etag", "b");
  EXPECT_EQ(fields.First("ETAG"), "a");
  EXPECT_EQ(fields.Get("eTag"), "a, b");
  EXPECT_THAT(fields.GetAll("Etag"), ::testing::ElementsAre("a", "b"));
  EXPECT_TRUE(fields.Has("eTAG"));
  EXPECT_FALSE(fields.Has("Location"));
  EXPECT_EQ(fields.First("Location"), "");
  EXPECT_EQ(fields.Get("Location"), std::nullopt);
}

// A field that is there and empty is not one that is not there.
TEST(HttpFieldsTest, KnowsEmptyFieldsFromMissingOnes) {
  HttpFields fields;
  fields.Add("ns", "");
  EXPECT_EQ(fields.Get("ns"), "");
  EXPECT_TRUE(fields.Has("ns"));
}

TEST(HttpFieldsTest, KeepsTheirOrder) {
  HttpFields fields;
  fields.Add("b", "1");
  fields.Add("a", "2");
  fields.Add("b", "3");
  std::vector<std::string> seen;
  for (const auto& [name, value] : fields) seen.push_back(name + value);
  EXPECT_THAT(seen, ::testing::ElementsAre("b1", "a2", "b3"));
}

}  // namespace
}  // namespace cvr
