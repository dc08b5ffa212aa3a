// What the hand-over between threads of a download costs: the ring, without
// network, hashing and disk.

#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "benchmark/benchmark.h"
#include "services/blob/engine/download/blob_feed.h"
#include "services/blob/engine/walk/buffer_pool.h"
#include "services/common/chunk.h"
#include "services/common/limits.h"
#include "services/concurrency/thread.h"

namespace cvr {
namespace {

constexpr uint64_t kBlobBytes = uint64_t{256} << 20;

void PushBlob(BlobFeed& feed, BufferPool& pool) {
  for (uint64_t at = 0; at < kBlobBytes; at += limits::kChunkBytes) {
    const std::shared_ptr<char> buffer = pool.Acquire();
    const absl::string_view bytes(buffer.get(), limits::kChunkBytes);
    if (!feed.Push(Chunk(bytes, buffer)).ok()) return;
  }
  feed.EndInput();
}

void PassStage(BlobFeed& feed) {
  while (feed.Next(BlobFeed::Stage::kHash).has_value()) {
  }
  feed.Publish();
}

bool ReadBlob(BlobFeed::Reader& reader) {
  for (uint64_t at = 0; at < kBlobBytes;) {
    const auto chunk = reader.ReadChunk(at);
    if (!chunk.ok()) return false;
    at += chunk->size();
  }
  return true;
}

// A receiver, one stage and one reader in step. Nothing is stored, so that the
// reader can never fall behind what the window holds.
void FeedBlob(benchmark::State& state) {
  const size_t window_bytes = state.range(0) << 20;
  BufferPool pool(2 * window_bytes);
  for (auto _ : state) {
    const auto feed = std::make_shared<BlobFeed>(
        BlobFeed::Options{.window_bytes = window_bytes});
    feed->LoseStore();
    feed->SetSize(kBlobBytes);
    // Before the receiver begins: without a reader it would not go on.
    BlobFeed::Reader reader(feed);
    Thread stage("stage", [&] { PassStage(*feed); });
    Thread receiver("receiver", [&] { PushBlob(*feed, pool); });
    const bool complete = ReadBlob(reader);
    feed->Stop();
    if (!complete) state.SkipWithError("the reader lacks bytes");
  }
  state.SetBytesProcessed(state.iterations() * kBlobBytes);
}
BENCHMARK(FeedBlob)
    ->ArgName("window_mib")
    ->Arg(4)
    ->Arg(16)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void AcquireBuffer(benchmark::State& state) {
  BufferPool pool(1 << 20);
  for (auto _ : state) benchmark::DoNotOptimize(pool.Acquire());
}
BENCHMARK(AcquireBuffer);

}  // namespace
}  // namespace cvr

BENCHMARK_MAIN();
