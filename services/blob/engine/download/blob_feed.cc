#include "services/blob/engine/download/blob_feed.h"

#include <algorithm>
#include <utility>

#include "services/common/limits.h"
#include "services/concurrency/clock.h"

namespace cvr {
namespace {

constexpr uint64_t kChunk = limits::kChunkBytes;

uint64_t LastChunkStart(uint64_t size_bytes) {
  return size_bytes == 0 ? 0 : (size_bytes - 1) / kChunk * kChunk;
}

absl::Status FellBehind() {
  return absl::AbortedError(
      "the client reads too slowly: the blob is not cached (disk full or store "
      "error) and the buffered data is gone");
}

absl::Duration LeftUntil(absl::Time deadline) {
  return deadline - Clock::Real().SteadyNow();
}

absl::Status Late() {
  return absl::DeadlineExceededError("timeout while waiting for the upstream");
}

absl::Status Cancelled() { return absl::CancelledError("read cancelled"); }

}  // namespace

// Where some bytes can be had; nothing of it when they are not there yet.
struct BlobFeed::Supply {
  std::optional<Chunk> chunk;
  std::shared_ptr<const BlobReader> stored;
  std::shared_ptr<const BlobWriter> writer;
  bool gone = false;

  bool is_there() const { return chunk || stored || writer; }
};

BlobFeed::BlobFeed(Options options)
    : lagging_reader_timeout_(options.lagging_reader_timeout),
      window_({.bytes_max = options.window_bytes,
               .budget = options.budget,
               .share = std::move(options.share)}) {}

BlobFeed::Outcome BlobFeed::outcome() const {
  MutexLock lock(&mutex_);
  if (!finished_) return Outcome::kOpen;
  if (!failure_.ok()) return Outcome::kFailed;
  return stored_ != nullptr ? Outcome::kStored : Outcome::kStoreLost;
}

absl::Status BlobFeed::WaitUntilVerified(const std::stop_token& cancel) {
  const std::stop_callback wake(cancel, [this] {
    MutexLock lock(&mutex_);
    readers_.SignalAll();
  });
  MutexLock lock(&mutex_);
  while (!published_ && failure_.ok()) {
    if (cancel.stop_requested()) return Cancelled();
    readers_.Wait(&mutex_);
  }
  return failure_;
}

int BlobFeed::reader_count() const {
  MutexLock lock(&mutex_);
  return static_cast<int>(positions_.size());
}

uint64_t BlobFeed::received_bytes() const {
  MutexLock lock(&mutex_);
  return pushed_bytes_;
}

void BlobFeed::Resume(uint64_t bytes) {
  MutexLock lock(&mutex_);
  pushed_bytes_ = bytes;
  pushed_ = bytes / kChunk;
  window_.Reset(pushed_);
  for (Cursor& cursor : cursors_) cursor.done = pushed_;
}

void BlobFeed::SetSize(uint64_t size_bytes) {
  MutexLock lock(&mutex_);
  size_ = size_bytes;
  readers_.SignalAll();
}

std::optional<uint64_t> BlobFeed::size() const {
  MutexLock lock(&mutex_);
  return size_;
}

absl::Status BlobFeed::Push(Chunk chunk) {
  MutexLock lock(&mutex_);
  while (true) {
    if (stopped_) return absl::CancelledError("stopped");
    Trim();
    if (!window_.IsFull()) break;
    if (StagesAreDoneWith(window_.begin())) {
      // Only readers are in the way.
      if (positions_.empty()) {
        return absl::CancelledError("the fetch has no readers");
      }
      if (!size_)
        return absl::FailedPreconditionError("the size of the blob is unknown");
      WaitForReaders();
    } else {
      receiver_.Wait(&mutex_);
    }
  }
  beginning_ = Chunk();
  pushed_bytes_ += chunk.size();
  ++pushed_;
  window_.Push(std::move(chunk));
  stages_.SignalAll();
  readers_.SignalAll();
  return absl::OkStatus();
}

void BlobFeed::ShowBeginning(Chunk beginning) {
  MutexLock lock(&mutex_);
  beginning_ = std::move(beginning);
  readers_.SignalAll();
}

void BlobFeed::EndInput() {
  MutexLock lock(&mutex_);
  input_ended_ = true;
  if (!size_) size_ = pushed_bytes_;
  stages_.SignalAll();
}

void BlobFeed::Publish() {
  MutexLock lock(&mutex_);
  published_ = true;
  readers_.SignalAll();
}

void BlobFeed::Fail(absl::Status status) {
  MutexLock lock(&mutex_);
  FailLocked(std::move(status));
}

void BlobFeed::FailLocked(absl::Status status) {
  if (failure_.ok()) failure_ = std::move(status);
  window_.Clear();
  beginning_ = Chunk();
  writer_ = nullptr;
  for (const Reader::Position& position : positions_) {
    if (position.detour != nullptr) position.detour->StopSender();
  }
  readers_.SignalAll();
}

void BlobFeed::Finish(const absl::Status& result) {
  MutexLock lock(&mutex_);
  finished_ = true;
  if (!result.ok() || !failure_.ok()) {
    FailLocked(result);
  } else if (!published_) {
    FailLocked(absl::InternalError("the fetch ended without a result"));
  } else if (stored_ == nullptr) {
    store_lost_ = true;
  }
  receiver_.SignalAll();
  readers_.SignalAll();
}

bool BlobFeed::Restart() {
  MutexLock lock(&mutex_);
  if (bytes_given_) return false;
  window_.Reset(0);
  beginning_ = Chunk();
  pushed_ = pushed_bytes_ = 0;
  cursors_ = {};
  input_ended_ = stopped_ = store_lost_ = false;
  writer_ = nullptr;
  if (!size_given_) size_.reset();
  return true;
}

void BlobFeed::Stop(Rest rest) {
  MutexLock lock(&mutex_);
  stopped_ = true;
  rest_ = rest;
  receiver_.SignalAll();
  stages_.SignalAll();
}

std::optional<Chunk> BlobFeed::Next(Stage stage) {
  MutexLock lock(&mutex_);
  Cursor& cursor = cursors_[static_cast<size_t>(stage)];
  if (std::exchange(cursor.working, false)) {
    ++cursor.done;
    receiver_.Signal();
    // A reader may wait for the store to have got this far.
    if (stage == Stage::kStore) readers_.SignalAll();
  }
  while (!stopped_ && cursor.done == pushed_ && !input_ended_) {
    stages_.Wait(&mutex_);
  }
  const bool drops =
      stopped_ && (stage != Stage::kStore || rest_ == Rest::kDropped);
  if (drops || cursor.done == pushed_) return std::nullopt;
  cursor.working = true;
  return *window_.Find(cursor.done);
}

void BlobFeed::SetWriter(std::shared_ptr<const BlobWriter> writer) {
  MutexLock lock(&mutex_);
  writer_ = std::move(writer);
}

void BlobFeed::LoseStore() {
  MutexLock lock(&mutex_);
  store_lost_ = true;
  receiver_.SignalAll();
  readers_.SignalAll();
}

void BlobFeed::SetStored(std::shared_ptr<const BlobReader> stored) {
  MutexLock lock(&mutex_);
  stored_ = std::move(stored);
  window_.Reset(pushed_);
  writer_ = nullptr;
  readers_.SignalAll();
}

bool BlobFeed::StagesAreDoneWith(uint64_t index) const {
  const auto& [hash, store] = cursors_;
  return hash.done > index && (store_lost_ || store.done > index);
}

bool BlobFeed::ReaderNeeds(uint64_t index) const {
  for (const auto& position : positions_) {
    if (!position.cancelled && position.offset / kChunk == index) return true;
  }
  return false;
}

void BlobFeed::Trim() {
  while (
      window_.IsFull() && StagesAreDoneWith(window_.begin()) &&
      !(store_lost_ && (positions_.empty() || ReaderNeeds(window_.begin())))) {
    window_.PopFront();
  }
}

// Readers that have not moved in time are left behind: they find their bytes
// gone.
void BlobFeed::WaitForReaders() {
  const uint64_t oldest = window_.begin();
  const SteadyDeadline late(lagging_reader_timeout_);
  while (!stopped_ && oldest == window_.begin() && !positions_.empty() &&
         ReaderNeeds(oldest)) {
    if (!receiver_.WaitWithTimeout(&mutex_, late.left())) continue;
    window_.PopFront();
    readers_.SignalAll();
  }
}

uint64_t BlobFeed::VisibleEnd() const {
  if (!size_) return 0;
  if (published_) return *size_;
  // It is about to be decided whether what there is may be right.
  if (stopped_) return 0;
  return std::min(pushed_bytes_ + beginning_.size(), LastChunkStart(*size_));
}

BlobFeed::Supply BlobFeed::SupplyOf(uint64_t offset) const {
  Supply supply;
  if (offset >= VisibleEnd()) return supply;
  const uint64_t index = offset / kChunk;
  if (const Chunk* const chunk = window_.Find(index); chunk != nullptr) {
    supply.chunk = chunk->Sub(offset % kChunk);
  } else if (index == pushed_ && !beginning_.empty()) {
    supply.chunk = beginning_.Sub(offset % kChunk);
  } else if (stored_ != nullptr) {
    supply.stored = stored_;
  } else if (writer_ != nullptr && offset < writer_->readable_size()) {
    supply.writer = writer_;
  } else {
    supply.gone = writer_ == nullptr || store_lost_;
  }
  return supply;
}

absl::StatusOr<Chunk> BlobFeed::Read(Reader::Position& position,
                                     uint64_t offset, absl::Time deadline) {
  Supply supply;
  {
    MutexLock lock(&mutex_);
    if (position.offset != offset) {
      position.offset = offset;
      receiver_.Signal();
    }
    while (true) {
      if (position.cancelled) return Cancelled();
      if (!failure_.ok()) return failure_;
      supply = SupplyOf(offset);
      if (supply.is_there()) break;
      if (auto chunk = TakeFromDetour(position, offset)) {
        return *std::move(chunk);
      }
      if (supply.gone && position.detour == nullptr) return FellBehind();
      if (readers_.WaitWithTimeout(&mutex_, LeftUntil(deadline))) return Late();
    }
    LeaveDetour(position);
    bytes_given_ = true;
    if (supply.chunk) {
      position.offset += supply.chunk->size();
      receiver_.Signal();
      return *std::move(supply.chunk);
    }
  }
  return supply.stored ? supply.stored->ReadChunk(offset)
                       : supply.writer->ReadChunk(offset);
}

std::optional<Chunk> BlobFeed::TakeFromDetour(Reader::Position& position,
                                              uint64_t offset) {
  if (position.detour == nullptr) return std::nullopt;
  auto chunk = position.detour->Take(offset);
  if (!chunk) {
    if (position.detour->HasNothingAt(offset)) LeaveDetour(position);
    return std::nullopt;
  }
  position.offset = position.detour->offset();
  bytes_given_ = true;
  readers_.SignalAll();
  return chunk;
}

void BlobFeed::LeaveDetour(Reader::Position& position) {
  if (position.detour == nullptr) return;
  position.detour->Leave();
  position.detour = nullptr;
  readers_.SignalAll();
}

absl::Status BlobFeed::Push(Detour& detour, Chunk chunk) {
  MutexLock lock(&mutex_);
  const SteadyDeadline late(lagging_reader_timeout_);
  while (detour.IsFull() && failure_.ok() && !detour.is_left() &&
         !SupplyOf(detour.offset()).is_there()) {
    if (readers_.WaitWithTimeout(&mutex_, late.left())) break;
  }
  if (detour.IsFull() || !failure_.ok() || detour.is_left()) {
    return Cancelled();
  }
  detour.Push(std::move(chunk));
  readers_.SignalAll();
  return absl::OkStatus();
}

void BlobFeed::End(Detour& detour) {
  MutexLock lock(&mutex_);
  detour.End();
  readers_.SignalAll();
}

std::stop_token BlobFeed::LeftBy(const Detour& detour) { return detour.left(); }

BlobFeed::Reader::Reader(std::shared_ptr<BlobFeed> feed)
    : feed_(std::move(feed)) {
  MutexLock lock(&feed_->mutex_);
  position_ = feed_->positions_.emplace(feed_->positions_.end());
}

BlobFeed::Reader::~Reader() {
  MutexLock lock(&feed_->mutex_);
  feed_->LeaveDetour(*position_);
  feed_->positions_.erase(position_);
  feed_->receiver_.Signal();
}

absl::StatusOr<uint64_t> BlobFeed::Reader::WaitForSize(absl::Time deadline) {
  BlobFeed& feed = *feed_;
  MutexLock lock(&feed.mutex_);
  // What EndInput() has settled is not told before it is verified.
  while (!feed.size_ || (feed.input_ended_ && !feed.published_)) {
    if (position_->cancelled) return Cancelled();
    if (!feed.failure_.ok()) return feed.failure_;
    if (feed.readers_.WaitWithTimeout(&feed.mutex_, LeftUntil(deadline))) {
      return Late();
    }
  }
  if (!feed.failure_.ok()) return feed.failure_;
  feed.size_given_ = true;
  return *feed.size_;
}

absl::Status BlobFeed::Reader::WaitUntilVerified(absl::Time deadline) {
  BlobFeed& feed = *feed_;
  MutexLock lock(&feed.mutex_);
  while (!feed.published_) {
    if (position_->cancelled) return Cancelled();
    if (!feed.failure_.ok()) return feed.failure_;
    if (feed.readers_.WaitWithTimeout(&feed.mutex_, LeftUntil(deadline))) {
      return Late();
    }
  }
  return feed.failure_;
}

bool BlobFeed::Reader::SeekTo(uint64_t offset) {
  BlobFeed& feed = *feed_;
  MutexLock lock(&feed.mutex_);
  position_->offset = offset;
  feed.receiver_.Signal();
  if (offset / kChunk >= feed.window_.begin() || feed.stored_ != nullptr)
    return true;
  if (!feed.failure_.ok()) return true;
  return feed.writer_ != nullptr &&
         (!feed.store_lost_ || offset < feed.writer_->readable_size());
}

absl::StatusOr<Chunk> BlobFeed::Reader::ReadChunk(uint64_t offset,
                                                  absl::Time deadline) {
  return feed_->Read(*position_, offset, deadline);
}

std::shared_ptr<BlobFeed::Detour> BlobFeed::Reader::OpenDetour(
    uint64_t offset) {
  MutexLock lock(&feed_->mutex_);
  position_->offset = offset;
  position_->detour = std::make_shared<Detour>(offset);
  return position_->detour;
}

void BlobFeed::Reader::Cancel() {
  MutexLock lock(&feed_->mutex_);
  position_->cancelled = true;
  feed_->LeaveDetour(*position_);
  feed_->readers_.SignalAll();
  feed_->receiver_.Signal();
}

}  // namespace cvr
