#include "services/common/byte_range.h"

#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using testing::IsOk;
using testing::StatusIs;

ByteRangeSpec From(uint64_t first, std::optional<uint64_t> last = {}) {
  return {ByteRangeSpec::From{first, last}};
}
ByteRangeSpec Suffix(uint64_t length) {
  return {ByteRangeSpec::Suffix{length}};
}

struct Case {
  std::optional<ByteRangeSpec> spec;
  uint64_t size;
  uint64_t offset;
  uint64_t length;
};

TEST(ResolveRangeTest, ClampsToTheSize) {
  const Case cases[] = {
      {std::nullopt, 0, 0, 0},      {std::nullopt, 9, 0, 9},
      {From(0), 10, 0, 10},         {From(9), 10, 9, 1},
      {From(0, 0), 10, 0, 1},       {From(2, 4), 10, 2, 3},
      {From(2, 1000), 10, 2, 8},    {Suffix(3), 10, 7, 3},
      {Suffix(1000), 10, 0, 10},    {From(0, UINT64_MAX), 10, 0, 10},
      {Suffix(UINT64_MAX), 1, 0, 1}};
  for (const Case& c : cases) {
    const auto range = ResolveRange(c.spec, c.size);
    ASSERT_THAT(range, IsOk());
    EXPECT_EQ(range->offset, c.offset);
    EXPECT_EQ(range->length, c.length);
  }
}

TEST(ResolveRangeTest, NothingInCommonIsAnErrorThatKnowsTheSize) {
  for (const auto& spec : {From(10), From(10, 20), Suffix(0)}) {
    const auto range = ResolveRange(spec, 10);
    EXPECT_THAT(range, StatusIs(absl::StatusCode::kOutOfRange,
                                Reason::kRangeNotSatisfiable));
    EXPECT_EQ(ContentSizeOf(range.status()), 10);
  }
  EXPECT_THAT(ResolveRange(From(0), 0),
              StatusIs(absl::StatusCode::kOutOfRange));
}

}  // namespace
}  // namespace cvr
