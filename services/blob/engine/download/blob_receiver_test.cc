#include "services/blob/engine/download/blob_receiver.h"

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "services/common/limits.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::cvr::testing::IsOkAndHolds;
using ::cvr::testing::StatusIs;

constexpr auto kUnavailable = absl::StatusCode::kUnavailable;
constexpr size_t kChunk = limits::kChunkBytes;

class BlobReceiverTest : public ::testing::Test {
 protected:
  BlobReceiverTest() { receiver_.SwitchUpstream("r.test"); }

  // All that was received, in the order and form in which stages get it.
  std::vector<std::string> Chunks() {
    std::vector<std::string> chunks;
    while (auto chunk = feed_->Next(BlobFeed::Stage::kHash)) {
      chunks.emplace_back(chunk->bytes());
    }
    return chunks;
  }

  BufferPool buffers_{0};
  std::shared_ptr<BlobFeed> feed_ =
      std::make_shared<BlobFeed>(BlobFeed::Options{8 * kChunk});
  int answers_ = 0;
  BlobReceiver receiver_{*feed_, buffers_, [this] { ++answers_; }};
};

TEST_F(BlobReceiverTest, PiecesOfAnySizeBecomeWholeChunks) {
  const std::string bytes(2 * kChunk + 5, 'x');
  ASSERT_THAT(receiver_.OnHeader({bytes.size()}), IsOk());
  for (size_t at = 0; at < bytes.size(); at += 70001) {
    ASSERT_THAT(receiver_.OnBytes(absl::string_view(bytes).substr(at, 70001)),
                IsOk());
  }
  ASSERT_THAT(receiver_.Finish(), IsOk());
  const auto chunks = Chunks();
  ASSERT_EQ(chunks.size(), 3);
  EXPECT_EQ(chunks[0].size(), kChunk);
  EXPECT_EQ(chunks[1].size(), kChunk);
  EXPECT_EQ(chunks[2], "xxxxx");
  EXPECT_EQ(answers_, 1);
}

TEST_F(BlobReceiverTest, AsksForWhatIsMissing) {
  ASSERT_THAT(receiver_.OnHeader({10, 0, "tag"}), IsOk());
  EXPECT_EQ(receiver_.NextPart().offset, 0);
  EXPECT_EQ(receiver_.NextPart().if_range_etag, "");
  ASSERT_THAT(receiver_.OnBytes("01234"), IsOk());
  EXPECT_EQ(receiver_.NextPart().offset, 5);
  EXPECT_EQ(receiver_.NextPart().if_range_etag, "tag");
  receiver_.SwitchUpstream("other.test");
  EXPECT_EQ(receiver_.NextPart().offset, 5);
  EXPECT_EQ(receiver_.NextPart().if_range_etag, "");
  EXPECT_THAT(receiver_.Finish(),
              StatusIs(kUnavailable, Reason::kUpstreamUnavailable));
}

TEST_F(BlobReceiverTest, WhatIsSentAgainIsSkipped) {
  ASSERT_THAT(receiver_.OnHeader({10}), IsOk());
  ASSERT_THAT(receiver_.OnBytes("01234"), IsOk());
  ASSERT_THAT(receiver_.OnHeader({10, 2}), IsOk());
  for (const char* const piece : {"2", "34", "567", "89"}) {
    ASSERT_THAT(receiver_.OnBytes(piece), IsOk());
  }
  EXPECT_TRUE(receiver_.IsComplete());
  ASSERT_THAT(receiver_.Finish(), IsOk());
  EXPECT_THAT(Chunks(), ::testing::ElementsAre("0123456789"));
}

TEST_F(BlobReceiverTest, AnswersThatDoNotFitAreRefused) {
  const auto invalid = StatusIs(kUnavailable, Reason::kUpstreamInvalid);
  EXPECT_THAT(receiver_.OnHeader({limits::kBlobBytesMax + 1}), invalid);
  EXPECT_THAT(receiver_.OnHeader({10, 3}), invalid);
  ASSERT_THAT(receiver_.OnHeader({10}), IsOk());
  EXPECT_THAT(receiver_.OnHeader({11}), invalid);
  EXPECT_THAT(receiver_.OnBytes("0123456789a"), invalid);
  ASSERT_THAT(receiver_.OnBytes("0123456789"), IsOk());
  EXPECT_THAT(receiver_.OnBytes("a"), invalid);
  EXPECT_EQ(answers_, 1);
}

TEST_F(BlobReceiverTest, SizeMayComeLater) {
  ASSERT_THAT(receiver_.OnHeader({std::nullopt}), IsOk());
  ASSERT_THAT(receiver_.OnBytes("01234"), IsOk());
  EXPECT_FALSE(receiver_.IsComplete());
  EXPECT_THAT(receiver_.OnHeader({4}),
              StatusIs(kUnavailable, Reason::kUpstreamInvalid));
  ASSERT_THAT(receiver_.OnHeader({5, 5}), IsOk());
  EXPECT_TRUE(receiver_.IsComplete());
}

TEST_F(BlobReceiverTest, FeedThatWantsNoMoreEndsTheTransfer) {
  ASSERT_THAT(receiver_.OnHeader({10 * kChunk}), IsOk());
  feed_->Stop();
  EXPECT_THAT(receiver_.OnBytes(std::string(kChunk, 'x')),
              StatusIs(absl::StatusCode::kCancelled));
}

}  // namespace
}  // namespace cvr
