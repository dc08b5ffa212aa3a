// Blobs on the disk: how fast they are written and read. The store is made
// under $TMPDIR or /tmp, and removed.

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "services/blob/store/rocksdb_blob_store.h"
#include "services/common/digest.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

constexpr uint64_t kBlobBytes = uint64_t{256} << 20;

// A store in a directory of its own.
class ScratchStore {
 public:
  ScratchStore() {
    std::string path =
        (std::filesystem::temp_directory_path() / "cvr-bench.XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) std::abort();
    directory_ = path;
    auto store = RocksDbBlobStore::Open({.directory = directory_});
    if (!store.ok()) std::abort();
    store_ = *std::move(store);
  }
  ~ScratchStore() {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  BlobStore& operator*() const { return *store_; }
  BlobStore* operator->() const { return store_.get(); }

  // Nobody checks the digest below this interface, so any new one will do.
  Digest NewDigest() { return Digest::OfBytes(absl::StrCat(++digests_)); }

 private:
  std::string directory_;
  std::unique_ptr<BlobStore> store_;
  uint64_t digests_ = 0;
};

// Chunks of one buffer, since a source is not what is measured. Random, or the
// disk might do less than it seems.
Chunk RandomChunk() {
  std::string bytes(limits::kChunkBytes, '\0');
  uint64_t state = 88172645463325252;
  for (char& byte : bytes) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    byte = static_cast<char>(state);
  }
  return Chunk::OfString(std::move(bytes));
}

absl::Status Write(BlobStore& store, const Digest& digest, const Chunk& chunk) {
  auto writer = store.Create(digest, 1);
  if (!writer.ok()) return writer.status();
  for (uint64_t at = 0; at < kBlobBytes; at += chunk.size()) {
    if (auto status = (*writer)->Append(chunk); !status.ok()) return status;
  }
  return (*writer)->Commit();
}

void WriteBlob(benchmark::State& state) {
  ScratchStore store;
  const Chunk chunk = RandomChunk();
  for (auto _ : state) {
    const Digest digest = store.NewDigest();
    if (auto status = Write(*store, digest, chunk); !status.ok()) {
      state.SkipWithError(status.ToString().c_str());
      break;
    }
    state.PauseTiming();
    benchmark::DoNotOptimize(store->Delete(digest));
    state.ResumeTiming();
  }
  state.SetBytesProcessed(state.iterations() * kBlobBytes);
}
BENCHMARK(WriteBlob)->Unit(benchmark::kMillisecond)->UseRealTime();

// From the page cache, every chunk's checksum verified.
void ReadBlob(benchmark::State& state) {
  ScratchStore store;
  const Digest digest = store.NewDigest();
  if (auto status = Write(*store, digest, RandomChunk()); !status.ok()) {
    state.SkipWithError(status.ToString().c_str());
    return;
  }
  for (auto _ : state) {
    const auto reader = store->Open(digest);
    for (uint64_t at = 0; at < kBlobBytes;) {
      const auto chunk = (*reader)->ReadChunk(at);
      if (!chunk.ok()) {
        state.SkipWithError(chunk.status().ToString().c_str());
        return;
      }
      at += chunk->size();
    }
  }
  state.SetBytesProcessed(state.iterations() * kBlobBytes);
}
BENCHMARK(ReadBlob)->Unit(benchmark::kMillisecond)->UseRealTime();

void PutManifest(benchmark::State& state) {
  ScratchStore store;
  const std::string manifest(2048, 'x');
  for (auto _ : state) {
    const auto status = store->Put(store.NewDigest(), manifest);
    if (!status.ok()) {
      state.SkipWithError(status.ToString().c_str());
      break;
    }
  }
}
BENCHMARK(PutManifest)->UseRealTime();

void ReadManifest(benchmark::State& state) {
  ScratchStore store;
  const Digest digest = store.NewDigest();
  if (!store->Put(digest, std::string(2048, 'x')).ok()) std::abort();
  for (auto _ : state) {
    const auto reader = store->Open(digest);
    const auto chunk = (*reader)->ReadChunk(0);
    if (!chunk.ok()) {
      state.SkipWithError(chunk.status().ToString().c_str());
      break;
    }
  }
}
BENCHMARK(ReadManifest);

}  // namespace
}  // namespace cvr

BENCHMARK_MAIN();
