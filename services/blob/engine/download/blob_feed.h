#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_FEED_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_FEED_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <stop_token>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/blob/engine/download/chunk_window.h"
#include "services/blob/engine/download/detour_queue.h"
#include "services/blob/engine/download/window_budget.h"
#include "services/blob/store/blob_store.h"
#include "services/common/chunk.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/share_ledger.h"

namespace cvr {

// One blob on its way from an upstream, between those who work on it:
//
//   receiver --Push()--> window of the newest chunks --> the stages (hash,
//                                                        store), in step
//                                                    --> readers, each at its
//                                                        own pace
// Readers behind the window read the blob's bytes from the store. When the
// window is full, the receiver waits for the stages only, with one exception:
// once the store has failed, the bytes are only in the window, so the receiver
// waits for the slowest reader too, within lagging_reader_timeout. The last
// chunk is given to readers only after Publish(), so no reader ever has all
// bytes of a blob with a wrong digest. A reader far ahead of the receiver can
// be sent bytes on a detour until the receiver gets there; those bytes are for
// that reader only, and never stored. Thread-safe.
class BlobFeed {
 public:
  struct Options {
    size_t window_bytes = 0;  // Counts as at least two chunks.
    absl::Duration lagging_reader_timeout = absl::Seconds(60);
    // What more than two chunks is taken from; null = without limit.
    WindowBudget* budget = nullptr;
    // Whose share of the budget it is.
    ShareKey share = {};
  };
  enum class Stage { kHash = 0, kStore = 1 };

  // What is sent to one reader beside the feed. Guarded by the feed.
  using Detour = DetourQueue;

  // A reader's place. The feed must outlive it.
  class Reader {
   public:
    // Starts at byte 0; SeekTo() before the first ReadChunk() elsewhere.
    explicit Reader(std::shared_ptr<BlobFeed> feed);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    // The blob's size as soon as the upstream says it; when it does not, once
    // the blob is complete and verified. Blocks.
    // Errors: the feed's; DEADLINE_EXCEEDED; CANCELLED.
    absl::StatusOr<uint64_t> WaitForSize(absl::Time deadline);

    // Blocks until the digest is verified. Errors: as WaitForSize().
    absl::Status WaitUntilVerified(absl::Time deadline);

    // False when those bytes are gone from memory and not in the store either.
    [[nodiscard]] bool SeekTo(uint64_t offset);

    // From `offset`, below the size, to the end of its chunk. Blocks. The next
    // call is expected at what follows.
    // Errors: the feed's; CANCELLED; DEADLINE_EXCEEDED; ABORTED when this
    // reader fell behind and the store cannot help; those of
    // BlobReader::ReadChunk.
    absl::StatusOr<Chunk> ReadChunk(
        uint64_t offset, absl::Time deadline = absl::InfiniteFuture());

    // From now on this reader also gets what is sent to it from `offset` on,
    // where it reads next, as long as the feed has nothing there.
    std::shared_ptr<Detour> OpenDetour(uint64_t offset);

    // Ends waits with CANCELLED, now and later. From any thread.
    void Cancel();

   private:
    friend class BlobFeed;
    // Guarded by feed_->mutex_.
    struct Position {
      uint64_t offset = 0;
      bool cancelled = false;
      std::shared_ptr<Detour> detour;
    };

    const std::shared_ptr<BlobFeed> feed_;
    std::list<Position>::iterator position_;
  };

  explicit BlobFeed(Options options);

  // How the download has ended. Exactly one of the last three holds after
  // Finish(), and from then on no call blocks: a reader gets its bytes, or an
  // error.
  enum class Outcome {
    kOpen,
    kStored,     // Readers get every byte from the store.
    kStoreLost,  // Verified; of what left the window readers get ABORTED.
    kFailed,
  };
  Outcome outcome() const;

  // Blocks until the digest is verified. Errors: the feed's; CANCELLED.
  absl::Status WaitUntilVerified(const std::stop_token& cancel = {});
  // Bytes received; those of an earlier download that it began with count.
  uint64_t received_bytes() const;
  // Readers that live now.
  int reader_count() const;

  // --- The receiver ---------------------------------------------------------

  // Before anything is pushed: the writer, which is set, has so many bytes
  // already, a multiple of limits::kChunkBytes. The stages are done with those.
  void Resume(uint64_t bytes);
  // Once, or again the same.
  void SetSize(uint64_t size_bytes);
  std::optional<uint64_t> size() const;
  // All but the last chunk have limits::kChunkBytes. Waits while the window is
  // full. Errors: CANCELLED when no more bytes are needed: Stop() was called,
  // or nothing is stored and there is no reader. FAILED_PRECONDITION when no
  // reader can be served: nothing is stored, the window is full, and readers,
  // which have to know the size first, wait for the end.
  absl::Status Push(Chunk chunk);
  // What has come of the chunk that is to be pushed next. Readers may have it
  // already.
  void ShowBeginning(Chunk beginning);
  // That was the last chunk. Settles the size when it was not known.
  void EndInput();
  // Readers may have the last chunk.
  void Publish();
  // Readers get `status` from now on, those who have not read all included.
  void Fail(absl::Status status);
  // Forgets every byte, so that another upstream can be tried. False when a
  // reader has been given some. No stage may be running.
  [[nodiscard]] bool Restart();
  enum class Rest { kDropped, kStored };
  // Stages and the receiver are to end early; with kStored the store stage
  // first takes what has been pushed. The last call counts. Readers wait for
  // what follows: Restart() or Fail().
  void Stop(Rest rest = Rest::kDropped);
  // The download is over, with Run()'s own result: its last call to the feed,
  // whatever happened. OK means that it was published; what is not stored by
  // now is not going to be.
  void Finish(const absl::Status& result);

  // --- The stages and the store ---------------------------------------------

  // The next chunk for `stage`, which is thereby done with the one before.
  // Blocks. Nothing after the last chunk and after Stop().
  std::optional<Chunk> Next(Stage stage);

  // Who supplies chunks that have left the window. Nothing = no one.
  void SetWriter(std::shared_ptr<const BlobWriter> writer);
  // Nothing more is stored: the store stage is over, and readers have what the
  // window holds and what the writer can supply.
  void LoseStore();
  // The whole blob is stored; the window is let go.
  void SetStored(std::shared_ptr<const BlobReader> stored);

  // --- Detours --------------------------------------------------------------

  // The next bytes for the reader. Waits while it has enough of them, for
  // lagging_reader_timeout at most.
  // Errors: CANCELLED when it needs no more of them, or takes none in time.
  absl::Status Push(Detour& detour, Chunk chunk);
  // There are no more; the reader waits for the feed.
  void End(Detour& detour);
  // Says when the reader needs no more of them.
  static std::stop_token LeftBy(const Detour& detour);

 private:
  struct Supply;

  void Trim() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool StagesAreDoneWith(uint64_t index) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool ReaderNeeds(uint64_t index) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WaitForReaders() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FailLocked(absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  uint64_t VisibleEnd() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Supply SupplyOf(uint64_t offset) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<Chunk> TakeFromDetour(Reader::Position& position,
                                      uint64_t offset)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LeaveDetour(Reader::Position& position)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Chunk> Read(Reader::Position& position, uint64_t offset,
                             absl::Time deadline);

  const absl::Duration lagging_reader_timeout_;

  mutable Mutex mutex_;
  CondVar receiver_;
  CondVar stages_;
  CondVar readers_;

  // The newest of the chunks number 0 to pushed_ - 1.
  ChunkWindow window_ ABSL_GUARDED_BY(mutex_);
  uint64_t pushed_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t pushed_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // What is known of the chunk after them.
  Chunk beginning_ ABSL_GUARDED_BY(mutex_);
  std::optional<uint64_t> size_ ABSL_GUARDED_BY(mutex_);
  bool input_ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool published_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  Rest rest_ ABSL_GUARDED_BY(mutex_) = Rest::kDropped;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);

  // Per stage: how many chunks it is done with, and whether it works on the
  // next.
  struct Cursor {
    uint64_t done = 0;
    bool working = false;
  };
  std::array<Cursor, 2> cursors_ ABSL_GUARDED_BY(mutex_);

  bool store_lost_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<const BlobWriter> writer_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const BlobReader> stored_ ABSL_GUARDED_BY(mutex_);

  std::list<Reader::Position> positions_ ABSL_GUARDED_BY(mutex_);
  bool size_given_ ABSL_GUARDED_BY(mutex_) = false;
  bool bytes_given_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_DOWNLOAD_BLOB_FEED_H_
