#include "gateway/outage/metadata_contact.h"

#include <cstdint>

#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using testing::IsOk;

TEST(MetadataContactTest, AnAnswerHasTheGenerationInWhichItWasAsked) {
  MetadataContact contact;
  const uint64_t before = contact.generation();
  uint64_t generation = 0;
  const absl::StatusOr<int> answer = contact.Query(
      [&] {
        contact.NoteChange();
        return absl::StatusOr<int>(7);
      },
      &generation);
  ASSERT_THAT(answer, IsOk());
  EXPECT_EQ(*answer, 7);
  EXPECT_EQ(generation, before);
  EXPECT_NE(contact.generation(), before);
}

}  // namespace
}  // namespace cvr
