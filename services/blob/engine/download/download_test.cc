#include "services/blob/engine/download/download.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "services/blob/store/testing/in_memory_blob_store.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/concurrency/thread.h"
#include "tests/support/fake_metadata_client.h"
#include "tests/support/in_memory_upstream.h"
#include "tests/support/read_content.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

constexpr size_t kChunk = limits::kChunkBytes;

// Claims to have a chunk of an interrupted upload, which is damaged.
class DamagedInheritanceWriter : public BlobWriter {
 public:
  explicit DamagedInheritanceWriter(Gate& looked_at) : looked_at_(looked_at) {}
  absl::Status Append(Chunk) override { return absl::OkStatus(); }
  absl::Status Commit() override { return absl::OkStatus(); }
  void Suspend() override {}
  void Disown() override {}
  uint64_t readable_size() const override { return kChunk; }
  absl::StatusOr<Chunk> ReadChunk(uint64_t) const override {
    looked_at_.Pass();
    return errors::ContentDamaged("?", "a flipped bit");
  }

 private:
  Gate& looked_at_;
};

// Its second upload begins with damaged bytes.
class HauntedBlobStore : public BlobStore {
 public:
  absl::StatusOr<std::shared_ptr<const BlobReader>> Open(
      const Digest& digest) override {
    return store_.Open(digest);
  }
  absl::StatusOr<std::shared_ptr<BlobWriter>> Create(const Digest& digest,
                                                     int64_t owner) override {
    if (++uploads_ != 2) return store_.Create(digest, owner);
    return std::make_shared<DamagedInheritanceWriter>(looked_at);
  }
  absl::Status Put(const Digest& digest, absl::string_view bytes) override {
    return store_.Put(digest, bytes);
  }
  absl::Status Delete(const Digest& digest) override {
    return store_.Delete(digest);
  }
  absl::StatusOr<std::vector<StoredBlob>> List(
      const std::optional<Digest>& start_after, int max) const override {
    return store_.List(start_after, max);
  }

  Gate looked_at;

 private:
  InMemoryBlobStore store_;
  int uploads_ = 0;
};

class NoSleeper : public Sleeper {
 public:
  bool Sleep(absl::Duration) override { return true; }
};

class DownloadTest : public ::testing::Test {
 protected:
  ~DownloadTest() override { stages_.Shutdown(); }

  static BlobOrigin OriginAt(int64_t upstream_id) {
    return {.upstream_id = upstream_id,
            .repository = *Repository::Parse("r"),
            .identity = -upstream_id};
  }

  HauntedBlobStore store_;
  InMemoryUpstreamClient upstream_;
  FakeMetadataClient metadata_;
  BufferPool buffers_{16 * kChunk};
  ThreadPool stages_{{.name = "stage", .threads_max = 2}};
  NoSleeper sleeper_;
  CachedUpstreamAccess accesses_{metadata_, Clock::Real()};
  Download::Tools tools_{store_,   upstream_, metadata_, accesses_,
                         buffers_, stages_,   &sleeper_, {}};
  const std::string blob_ = PatternBytes(8 * kChunk);
};

// Ends where it is, at an upstream that says nothing.
TEST_F(DownloadTest, AbandonedDownloadDoesNotWaitForItsUpstream) {
  const Digest digest = upstream_.AddBlob(7, "r", blob_);
  const auto gate = std::make_shared<Gate>();
  upstream_.Inject(7, {.gate = gate});
  Download download(tools_, digest, {OriginAt(7)},
                    {.window_bytes = 2 * kChunk});
  absl::Status ended;
  {
    Thread run("download", [&] { ended = download.Run(); });
    gate->AwaitArrivals();
    download.Abandon(absl::UnavailableError("an operator"));
    download.Abandon(absl::UnavailableError("somebody else"));
  }
  EXPECT_THAT(ended, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(ended.message(), "an operator");
}

// Nor until it is time for the next attempt.
TEST_F(DownloadTest, AbandonedDownloadDoesNotWaitBetweenAttempts) {
  tools_.sleeper = nullptr;
  tools_.resume.delay_min = tools_.resume.delay_max = absl::Hours(24);
  const Digest digest = upstream_.AddBlob(7, "r", blob_);
  upstream_.Inject(7, {.break_at_byte = 3 * kChunk});
  Download download(tools_, digest, {OriginAt(7)},
                    {.window_bytes = 4 * kChunk});
  absl::Status ended;
  {
    Thread run("download", [&] { ended = download.Run(); });
    BlobFeed::Reader reader(download.feed());
    EXPECT_THAT(reader.WaitForSize(absl::InfiniteFuture()), IsOk());
    download.Abandon(absl::UnavailableError("an operator"));
  }
  EXPECT_EQ(ended.message(), "an operator");
}

// A byte now and then is no reason to go on for ever.
TEST_F(DownloadTest, AttemptsAreCountedForEachChunk) {
  tools_.resume.attempts_max = 4;
  const Digest digest = upstream_.AddBlob(7, "r", blob_);
  upstream_.Inject(7, {.break_at_byte = 10}, InMemoryUpstreamClient::kAlways);
  Download download(tools_, digest, {OriginAt(7)},
                    {.window_bytes = 4 * kChunk});
  EXPECT_THAT(download.Run(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(upstream_.calls().size(), 4);
}

TEST_F(DownloadTest, EachChunkHasAttemptsOfItsOwn) {
  tools_.resume.attempts_max = 2;
  const Digest digest = upstream_.AddBlob(7, "r", blob_);
  upstream_.Inject(7, {.break_at_byte = kChunk + 1}, 6);
  Download download(tools_, digest, {OriginAt(7)},
                    {.window_bytes = 4 * kChunk});
  EXPECT_THAT(download.Run(), IsOk());
  EXPECT_EQ(upstream_.calls().size(), 7);
}

// A new beginning finds damaged bytes while a reader, who knows the size from
// the first one, already has bytes by a detour: the feed cannot be restarted.
// The receiver once waited for a store stage that did not exist.
TEST_F(DownloadTest, RestartThatIsRefusedEndsTheDownload) {
  const Digest digest = upstream_.AddBlob(7, "r", blob_);
  upstream_.AddBlob(8, "r", blob_);
  upstream_.Inject(7, {.corrupt = true});
  Download download(tools_, digest, {OriginAt(7), OriginAt(8)},
                    {.window_bytes = 2 * kChunk});
  BlobFeed::Reader reader(download.feed());
  ASSERT_TRUE(reader.SeekTo(7 * kChunk));
  const auto detour = reader.OpenDetour(7 * kChunk);
  absl::Status ended;
  {
    Thread run("download", [&] {
      ended = download.Run();
      download.feed()->Finish(ended);
    });
    store_.looked_at.AwaitArrivals();
    ASSERT_THAT(download.feed()->Push(
                    *detour, Chunk::OfString(blob_.substr(7 * kChunk))),
                IsOk());
    EXPECT_THAT(reader.ReadChunk(7 * kChunk), IsOk());
    store_.looked_at.Open();
  }
  EXPECT_THAT(ended, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(download.feed()->outcome(), BlobFeed::Outcome::kFailed);
}

}  // namespace
}  // namespace cvr::testing
