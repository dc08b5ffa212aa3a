#include "services/blob/engine/download/blob_feed.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "services/blob/store/testing/in_memory_blob_store.h"
#include "services/common/limits.h"
#include "services/concurrency/thread.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::IsOk;
using ::cvr::testing::IsOkAndHolds;
using ::cvr::testing::StatusIs;
using Stage = BlobFeed::Stage;

constexpr size_t kChunk = limits::kChunkBytes;
const absl::Time kNow = absl::InfinitePast();
const absl::Time kNever = absl::InfiniteFuture();

class BlobFeedTest : public ::testing::Test {
 protected:
  // Room for three chunks; readers that lag are dropped at once.
  std::shared_ptr<BlobFeed> feed_ = std::make_shared<BlobFeed>(
      BlobFeed::Options{3 * kChunk, absl::ZeroDuration()});

  static Chunk Filled(char letter, size_t size = kChunk) {
    return Chunk::OfString(std::string(size, letter));
  }
  // Both stages do all there is to do.
  void CatchUp(int chunks) {
    for (int i = 0; i < chunks; ++i) {
      ASSERT_TRUE(feed_->Next(Stage::kHash).has_value());
      ASSERT_TRUE(feed_->Next(Stage::kStore).has_value());
    }
  }
  static char FirstLetter(const absl::StatusOr<Chunk>& chunk) {
    return chunk.ok() ? chunk->bytes()[0] : '?';
  }
  static char FirstLetter(const std::optional<Chunk>& chunk) {
    return chunk ? chunk->bytes()[0] : '?';
  }
};

TEST_F(BlobFeedTest, SizeIsToldAtOnceWhenItIsKnown) {
  BlobFeed::Reader reader(feed_);
  EXPECT_THAT(reader.WaitForSize(kNow),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  feed_->SetSize(7);
  EXPECT_THAT(reader.WaitForSize(kNow), IsOkAndHolds(7));
}

TEST_F(BlobFeedTest, SizeThatIsNotKnownIsToldOnceAllIsVerified) {
  BlobFeed::Reader reader(feed_);
  ASSERT_THAT(feed_->Push(Filled('a', 5)), IsOk());
  feed_->EndInput();
  EXPECT_THAT(reader.WaitForSize(kNow),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  feed_->Publish();
  EXPECT_THAT(reader.WaitForSize(kNow), IsOkAndHolds(5));
}

// The promise that matters most.
TEST_F(BlobFeedTest, LastChunkIsHeldBackUntilItIsPublished) {
  feed_->SetSize(2 * kChunk);
  ASSERT_THAT(feed_->Push(Filled('a')), IsOk());
  ASSERT_THAT(feed_->Push(Filled('b')), IsOk());
  feed_->EndInput();
  BlobFeed::Reader reader(feed_);
  EXPECT_EQ(FirstLetter(reader.ReadChunk(0)), 'a');
  EXPECT_THAT(reader.ReadChunk(kChunk, kNow),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  feed_->Publish();
  EXPECT_EQ(FirstLetter(reader.ReadChunk(kChunk, kNow)), 'b');
}

TEST_F(BlobFeedTest, FailureReachesThoseWhoHaveNotReadAll) {
  feed_->SetSize(2 * kChunk);
  ASSERT_THAT(feed_->Push(Filled('a')), IsOk());
  BlobFeed::Reader reader(feed_);
  feed_->Fail(absl::UnavailableError("down"));
  EXPECT_THAT(reader.ReadChunk(0), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(reader.WaitForSize(kNever),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(reader.WaitUntilVerified(kNever),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(BlobFeedTest, PushWaitsForTheStagesWhenTheWindowIsFull) {
  feed_->SetSize(10 * kChunk);
  for (char letter : {'a', 'b', 'c'})
    ASSERT_THAT(feed_->Push(Filled(letter)), IsOk());
  absl::Status pushed = absl::UnknownError("");
  {
    Thread receiver("receiver", [&] { pushed = feed_->Push(Filled('d')); });
    // One chunk is done with as soon as both stages ask for the next.
    CatchUp(2);
  }
  EXPECT_THAT(pushed, IsOk());
}

TEST_F(BlobFeedTest, StopEndsEveryWaitButThoseOfReaders) {
  feed_->SetSize(10 * kChunk);
  for (char letter : {'a', 'b', 'c'})
    ASSERT_THAT(feed_->Push(Filled(letter)), IsOk());
  absl::Status pushed;
  {
    Thread receiver("receiver", [&] { pushed = feed_->Push(Filled('d')); });
    feed_->Stop();
  }
  EXPECT_THAT(pushed, StatusIs(absl::StatusCode::kCancelled));
  EXPECT_FALSE(feed_->Next(Stage::kHash).has_value());
  // Whether those bytes are right is about to be decided.
  BlobFeed::Reader reader(feed_);
  absl::StatusOr<Chunk> chunk;
  {
    Thread reading("reader", [&] { chunk = reader.ReadChunk(0); });
    feed_->Fail(absl::UnavailableError("down"));
  }
  EXPECT_THAT(chunk, StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(BlobFeedTest, WindowsShareABudgetButAlwaysHaveTwoChunks) {
  WindowBudget budget(1);
  const BlobFeed::Options options = {8 * kChunk, absl::ZeroDuration(), &budget};
  auto first = std::make_unique<BlobFeed>(options);
  for (char letter : {'a', 'b', 'c'}) {
    ASSERT_THAT(first->Push(Filled(letter)), IsOk());
  }
  EXPECT_EQ(budget.taken(), 1);
  auto second = std::make_shared<BlobFeed>(options);
  second->SetSize(10 * kChunk);
  for (char letter : {'a', 'b', 'c', 'd'}) {
    ASSERT_THAT(second->Push(Filled(letter)), IsOk());
    ASSERT_TRUE(second->Next(Stage::kHash).has_value());
    ASSERT_TRUE(second->Next(Stage::kStore).has_value());
  }
  BlobFeed::Reader reader(second);
  EXPECT_FALSE(reader.SeekTo(0));
  EXPECT_TRUE(reader.SeekTo(2 * kChunk));
  first = nullptr;
  EXPECT_EQ(budget.taken(), 0);
}

// The windows of a slow upstream's downloads leave something to others.
TEST_F(BlobFeedTest, BudgetHasAShareForEveryUpstream) {
  WindowBudget budget(8);
  const ShareKey greedy = {"greedy", 7};
  EXPECT_TRUE(budget.Take(greedy));
  EXPECT_TRUE(budget.Take(greedy));
  EXPECT_FALSE(budget.Take(greedy));
  EXPECT_TRUE(budget.Take({"innocent", 8}));
  budget.Return(greedy, 2);
  EXPECT_TRUE(budget.Take(greedy));
}

TEST_F(BlobFeedTest, BytesOfAnEarlierDownloadComeFromTheWriter) {
  InMemoryBlobStore store({.segment_bytes = kChunk});
  const auto writer = *store.Create(Digest::OfBytes("x"), 1);
  ASSERT_THAT(writer->Append(Filled('a')), IsOk());
  feed_->SetWriter(writer);
  feed_->Resume(kChunk);
  feed_->SetSize(10 * kChunk);
  ASSERT_THAT(feed_->Push(Filled('b')), IsOk());
  BlobFeed::Reader reader(feed_);
  EXPECT_EQ(FirstLetter(reader.ReadChunk(0)), 'a');
  EXPECT_EQ(FirstLetter(reader.ReadChunk(kChunk)), 'b');
  EXPECT_EQ(FirstLetter(feed_->Next(Stage::kHash)), 'b');
}

TEST_F(BlobFeedTest, DetourSuppliesItsReaderUntilTheFeedIsThere) {
  feed_->SetSize(10 * kChunk);
  BlobFeed::Reader ahead(feed_);
  const auto detour = ahead.OpenDetour(kChunk + 5);
  ASSERT_THAT(feed_->Push(*detour, Filled('x', 7)), IsOk());
  EXPECT_EQ(ahead.ReadChunk(kChunk + 5)->bytes(), "xxxxxxx");
  for (char letter : {'a', 'b'}) {
    ASSERT_THAT(feed_->Push(Filled(letter)), IsOk());
  }
  EXPECT_EQ(FirstLetter(ahead.ReadChunk(kChunk + 12)), 'b');
  EXPECT_THAT(feed_->Push(*detour, Filled('x', 7)),
              StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(BlobFeedTest, DetourWaitsForItsReader) {
  feed_->SetSize(100 * kChunk);
  absl::Status pushed;
  std::unique_ptr<Thread> sender;
  {
    BlobFeed::Reader ahead(feed_);
    const auto detour = ahead.OpenDetour(50 * kChunk);
    sender = std::make_unique<Thread>("sender", [this, detour, &pushed] {
      do {
        pushed = feed_->Push(*detour, Filled('x'));
      } while (pushed.ok());
    });
    for (int i = 50; i < 60; ++i) {
      EXPECT_EQ(FirstLetter(ahead.ReadChunk(i * kChunk)), 'x');
    }
  }
  sender = nullptr;
  EXPECT_THAT(pushed, StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(BlobFeedTest, BeginningOfAChunkIsThereAtOnce) {
  feed_->SetSize(10 * kChunk);
  feed_->ShowBeginning(Filled('a', 10));
  BlobFeed::Reader reader(feed_);
  EXPECT_EQ(reader.ReadChunk(0)->size(), 10);
  ASSERT_THAT(feed_->Push(Filled('a')), IsOk());
  EXPECT_EQ(reader.ReadChunk(10)->size(), kChunk - 10);
}

TEST_F(BlobFeedTest, ChunkStaysAliveWithItsReader) {
  feed_->SetSize(10 * kChunk);
  BlobFeed::Reader reader(feed_);
  ASSERT_THAT(feed_->Push(Filled('a')), IsOk());
  const auto chunk = reader.ReadChunk(0);
  feed_ = nullptr;
  EXPECT_EQ(FirstLetter(chunk), 'a');
}

TEST_F(BlobFeedTest, ReadersBehindTheWindowReadFromTheWriter) {
  InMemoryBlobStore store({.segment_bytes = kChunk});
  const auto writer = *store.Create(Digest::OfBytes("any"), 1);
  feed_->SetWriter(writer);
  feed_->SetSize(10 * kChunk);
  for (char letter : {'a', 'b', 'c', 'd', 'e', 'f'}) {
    ASSERT_THAT(feed_->Push(Filled(letter)), IsOk());
    CatchUp(1);
    ASSERT_THAT(writer->Append(Filled(letter)), IsOk());
  }
  BlobFeed::Reader reader(feed_);
  EXPECT_TRUE(reader.SeekTo(0));
  EXPECT_EQ(FirstLetter(reader.ReadChunk(0)), 'a');
  EXPECT_EQ(FirstLetter(reader.ReadChunk(5 * kChunk)), 'f');
}

TEST_F(BlobFeedTest, WithoutAStoreTheReceiverWaitsForReadersInTime) {
  feed_->SetSize(10 * kChunk);
  feed_->LoseStore();
  BlobFeed::Reader slow(feed_);
  BlobFeed::Reader fast(feed_);
  ASSERT_TRUE(fast.SeekTo(kChunk));
  for (char letter : {'a', 'b', 'c'}) {
    ASSERT_THAT(feed_->Push(Filled(letter)), IsOk());
    // Done with the one before.
    ASSERT_TRUE(feed_->Next(Stage::kHash).has_value());
  }
  // The slow one is in the way, and has had its time.
  ASSERT_THAT(feed_->Push(Filled('d')), IsOk());
  EXPECT_THAT(slow.ReadChunk(0), StatusIs(absl::StatusCode::kAborted));
  EXPECT_EQ(FirstLetter(fast.ReadChunk(kChunk)), 'b');
}

TEST_F(BlobFeedTest, WithoutAStoreAndReadersNothingMoreIsWanted) {
  feed_->SetSize(10 * kChunk);
  feed_->LoseStore();
  absl::Status pushed;
  {
    Thread hash("hash", [&] {
      while (feed_->Next(Stage::kHash).has_value()) {
      }
    });
    for (char letter : {'a', 'b', 'c'}) {
      ASSERT_THAT(feed_->Push(Filled(letter)), IsOk());
    }
    pushed = feed_->Push(Filled('d'));
    feed_->Stop();
  }
  EXPECT_THAT(pushed, StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(BlobFeedTest, TheStoreStageMayTakeTheRestOfWhatIsStopped) {
  feed_->SetSize(10 * kChunk);
  ASSERT_THAT(feed_->Push(Filled('a')), IsOk());
  ASSERT_THAT(feed_->Push(Filled('b')), IsOk());
  feed_->Stop(BlobFeed::Rest::kStored);
  EXPECT_FALSE(feed_->Push(Filled('c')).ok());
  EXPECT_FALSE(feed_->Next(Stage::kHash).has_value());
  EXPECT_TRUE(feed_->Next(Stage::kStore).has_value());
  EXPECT_TRUE(feed_->Next(Stage::kStore).has_value());
  EXPECT_FALSE(feed_->Next(Stage::kStore).has_value());
}

// Readers wait for the size, the size for the end, the end for room.
TEST_F(BlobFeedTest, WithoutAStoreAndASizeThereIsNoEnd) {
  feed_->LoseStore();
  BlobFeed::Reader reader(feed_);
  for (char letter : {'a', 'b', 'c'}) {
    ASSERT_THAT(feed_->Push(Filled(letter)), IsOk());
    ASSERT_TRUE(feed_->Next(Stage::kHash).has_value());
  }
  EXPECT_THAT(feed_->Push(Filled('d')),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(BlobFeedTest, RestartIsOnlyForThoseWhoHaveGivenNothing) {
  feed_->SetSize(2 * kChunk);
  ASSERT_THAT(feed_->Push(Filled('a')), IsOk());
  feed_->Stop();
  ASSERT_TRUE(feed_->Restart());
  EXPECT_EQ(feed_->size(), std::nullopt);
  BlobFeed::Reader reader(feed_);
  feed_->SetSize(2 * kChunk);
  // A size that was told stays.
  EXPECT_THAT(reader.WaitForSize(kNow), IsOkAndHolds(2 * kChunk));
  ASSERT_TRUE(feed_->Restart());
  EXPECT_EQ(feed_->size(), 2 * kChunk);
  ASSERT_THAT(feed_->Push(Filled('b')), IsOk());
  EXPECT_EQ(FirstLetter(reader.ReadChunk(0)), 'b');
  EXPECT_FALSE(feed_->Restart());
}

// A reader behind the window, for which the store came too late.
TEST_F(BlobFeedTest, FinishLetsNobodyWaitForWhatIsNotStored) {
  InMemoryBlobStore store;
  feed_->SetWriter(*store.Create(Digest::OfBytes("never written"), 1));
  feed_->SetSize(5 * kChunk);
  BlobFeed::Reader reader(feed_);
  for (char letter : {'a', 'b', 'c', 'd', 'e'}) {
    ASSERT_THAT(feed_->Push(Filled(letter)), IsOk());
    CatchUp(1);
  }
  feed_->EndInput();
  EXPECT_THAT(reader.ReadChunk(0, kNow),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  feed_->Publish();
  EXPECT_EQ(feed_->outcome(), BlobFeed::Outcome::kOpen);
  feed_->Finish(absl::OkStatus());
  EXPECT_EQ(feed_->outcome(), BlobFeed::Outcome::kStoreLost);
  EXPECT_THAT(reader.ReadChunk(0), StatusIs(absl::StatusCode::kAborted));
  // What the window holds is there all the same.
  EXPECT_EQ(FirstLetter(reader.ReadChunk(4 * kChunk)), 'e');
}

TEST_F(BlobFeedTest, FinishFailsWhatWasNotVerified) {
  BlobFeed::Reader reader(feed_);
  feed_->Finish(absl::OkStatus());
  EXPECT_EQ(feed_->outcome(), BlobFeed::Outcome::kFailed);
  EXPECT_THAT(reader.WaitForSize(kNever),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(reader.WaitUntilVerified(kNever),
              StatusIs(absl::StatusCode::kInternal));
}

TEST_F(BlobFeedTest, FinishKeepsTheFirstFailure) {
  feed_->Fail(absl::CancelledError("an operator"));
  feed_->Finish(absl::UnavailableError("broke off"));
  EXPECT_EQ(feed_->outcome(), BlobFeed::Outcome::kFailed);
  EXPECT_THAT(feed_->WaitUntilVerified(),
              StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(BlobFeedTest, WaitForVerificationCanBeCancelled) {
  std::stop_source leave;
  leave.request_stop();
  EXPECT_THAT(feed_->WaitUntilVerified(leave.get_token()),
              StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(BlobFeedTest, CancelEndsEveryWaitOfItsReader) {
  BlobFeed::Reader reader(feed_);
  reader.Cancel();
  EXPECT_THAT(reader.WaitForSize(kNever),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(reader.WaitUntilVerified(kNever),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(reader.ReadChunk(0), StatusIs(absl::StatusCode::kCancelled));
}

}  // namespace
}  // namespace cvr
