#include "services/blob/unrecorded_content.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/blob/late_records.h"
#include "services/common/errors.h"
#include "tests/support/fake_metadata_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/eventually.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsOk;

CacheRecord RecordOf(const std::string& tag, const std::string& bytes,
                     int64_t upstream_id = 1) {
  CacheRecord record{
      upstream_id,
      {*Repository::Parse("library/alpine"), *Reference::Parse(tag),
       ContentKind::kManifest},
      {"application/json", Digest::OfBytes(bytes), bytes.size()}};
  record.cache_epoch = 1;
  return record;
}

const absl::Status kSilence = absl::UnavailableError("connection refused");

class UnrecordedContentTest : public ::testing::Test {
 protected:
  // Tried again at once, or never as far as a test is concerned.
  testing::FakeMetadataClient metadata_;
  UnrecordedContent content_{metadata_, absl::Milliseconds(1)};
};

// What is downloaded while the metadata service is restarted is not lost.
TEST_F(UnrecordedContentTest, WhatGotNoAnswerIsRecordedOnceThereIsOne) {
  metadata_.FailWith(kSilence);
  EXPECT_THAT(content_.Record(RecordOf("1", "one")), IsOk());
  EXPECT_THAT(content_.Record(RecordOf("2", "two")), IsOk());
  EXPECT_THAT(content_.Take(10), IsEmpty()) << "would be deleted";
  metadata_.FailWith(absl::OkStatus());
  metadata_.AwaitRecords(2);
  EXPECT_EQ(metadata_.records()[0].target.digest, Digest::OfBytes("one"));
  EXPECT_EQ(metadata_.records()[1].target.digest, Digest::OfBytes("two"));
  EXPECT_THAT(content_.Take(10), IsEmpty());
}

// As before: the bytes of what is answered with an error may be nobody's.
TEST_F(UnrecordedContentTest, WhatIsRefusedThenIsLookedAfter) {
  metadata_.FailWith(kSilence);
  EXPECT_THAT(content_.Record(RecordOf("1", "one")), IsOk());
  metadata_.FailWith(errors::LimitReached("upstream 1", "entries", 1));
  std::vector<Digest> taken;
  EXPECT_TRUE(
      testing::Eventually([&] { return !(taken = content_.Take(10)).empty(); },
                          "the refused record is given up"));
  EXPECT_THAT(taken, ElementsAre(Digest::OfBytes("one")));
  EXPECT_FALSE(content_.Record(RecordOf("2", "two")).ok());
  EXPECT_THAT(content_.Take(10), ElementsAre(Digest::OfBytes("two")));
}

TEST(LateRecordsTest, OfAPathTheNewerCounts) {
  testing::FakeMetadataClient metadata;
  UnrecordedContent content(metadata, absl::Hours(1));
  metadata.FailWith(kSilence);
  EXPECT_THAT(content.Record(RecordOf("1", "old")), IsOk());
  metadata.FailWith(absl::OkStatus());
  EXPECT_THAT(content.Record(RecordOf("1", "new")), IsOk());
  EXPECT_EQ(metadata.records().size(), 1);

  LateRecords late;
  ASSERT_TRUE(late.Add(RecordOf("1", "old")));
  ASSERT_TRUE(late.Add(RecordOf("2", "other")));
  late.Forget(2, RecordOf("1", "").content);
  EXPECT_EQ(late.First()->record.target.digest, Digest::OfBytes("old"));
  late.Forget(1, RecordOf("1", "").content);
  EXPECT_EQ(late.First()->record.target.digest, Digest::OfBytes("other"));
  late.Remove(late.First()->number);
  EXPECT_FALSE(late.First().has_value());
}

TEST(LateRecordsTest, EachUpstreamHasAShare) {
  LateRecords late({.records_max = 100});
  int added = 0;
  for (int i = 0; i < 100; ++i) {
    added += late.Add(RecordOf(absl::StrCat(i), "a", 1)) ? 1 : 0;
  }
  EXPECT_EQ(added, 25);
  EXPECT_TRUE(late.Add(RecordOf("1", "a", 2)));
  late.Forget(1, RecordOf("7", "").content);
  EXPECT_TRUE(late.Add(RecordOf("7", "a", 1)));
  CacheRecord large = RecordOf("8", "a", 3);
  large.references.assign(100'000, Digest::OfBytes(""));
  EXPECT_FALSE(late.Add(large));
}

}  // namespace
}  // namespace cvr
