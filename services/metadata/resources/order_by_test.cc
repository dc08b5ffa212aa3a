#include "services/metadata/resources/order_by.h"

#include <string>

#include "cvr/v1/registry.pb.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

constexpr absl::string_view kFields[] = {"id", "name", "create_time"};

v1::Registry Named(int64_t id, const std::string& name, int64_t seconds) {
  v1::Registry registry;
  registry.set_id(id);
  registry.set_name(name);
  registry.mutable_create_time()->set_seconds(seconds);
  return registry;
}

// Whether `a` is listed before `b`.
bool IsBefore(const std::string& order, const v1::Registry& a,
              const v1::Registry& b) {
  const auto by = OrderBy::Parse(order, kFields);
  EXPECT_THAT(by, testing::IsOk()) << order;
  return by->KeyOf(a, a.id()) < by->KeyOf(b, b.id());
}

TEST(OrderByTest, KeysSortAsTheFieldSays) {
  const auto a = Named(1, "b", 300);
  const auto b = Named(2, "a", 300);
  const auto c = Named(3, "ab", 2);
  EXPECT_TRUE(IsBefore("", a, b));
  EXPECT_TRUE(IsBefore("id", a, b));
  EXPECT_TRUE(IsBefore("id desc", b, a));
  EXPECT_TRUE(IsBefore("name", b, a));
  EXPECT_TRUE(IsBefore("name", b, c));
  EXPECT_TRUE(IsBefore("name", c, a));
  EXPECT_TRUE(IsBefore("name desc", a, b));
  EXPECT_TRUE(IsBefore("name desc", c, b));
  EXPECT_TRUE(IsBefore("create_time", c, a));
  EXPECT_TRUE(IsBefore("create_time desc", a, c));
  // The id decides between equals.
  EXPECT_TRUE(IsBefore("create_time", a, b));
  EXPECT_TRUE(IsBefore("create_time desc", b, a));
}

TEST(OrderByTest, OtherTextsAreRefused) {
  for (const char* const text :
       {"description", "name desc desc", "name down", "name, id", "desc"}) {
    const auto order = OrderBy::Parse(text, kFields);
    ASSERT_THAT(order, testing::StatusIs(absl::StatusCode::kInvalidArgument))
        << text;
    EXPECT_EQ(FieldViolationsOf(order.status())[0].field, "order_by");
  }
  EXPECT_FALSE(OrderBy::Parse(std::string(1000, ' '), kFields).ok());
}

}  // namespace
}  // namespace cvr
