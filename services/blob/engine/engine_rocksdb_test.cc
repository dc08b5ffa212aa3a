#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/blob/engine/engine.h"
#include "services/blob/store/rocksdb_blob_store.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "tests/support/fake_metadata_client.h"
#include "tests/support/in_memory_upstream.h"
#include "tests/support/read_content.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

// The engine on the store that it has in production.
namespace cvr::testing {
namespace {

namespace fs = std::filesystem;

using ::testing::SizeIs;

constexpr size_t kChunk = limits::kChunkBytes;

class EngineRocksDbTest : public ::testing::Test {
 protected:
  EngineRocksDbTest() { Start(); }

  void Start() {
    RocksDbBlobStore::Options options;
    options.directory = directory_.path();
    store_ = *RocksDbBlobStore::Open(options);
    EngineOptions engine;
    engine.window_bytes = 4 * kChunk;
    engine.resume.delay_min = engine.resume.delay_max = absl::ZeroDuration();
    engine_ = std::make_unique<Engine>(engine, *store_, upstream_, metadata_);
  }
  void Stop() {
    engine_ = nullptr;
    store_ = nullptr;
  }

  FetchRequest Request() const {
    return {{*Repository::Parse("r"), Reference(digest_), ContentKind::kBlob},
            {{{7, /*reachable=*/true}}}};
  }

  // Flips a byte of what is stored in the middle of the layer.
  void DamageTheDisk() {
    const std::string needle = layer_.substr(30 * kChunk, 64);
    for (const auto& entry :
         fs::recursive_directory_iterator(std::string(directory_.path()))) {
      if (entry.path().extension() != ".sst") continue;
      std::fstream file(entry.path(),
                        std::ios::binary | std::ios::in | std::ios::out);
      const std::string bytes(std::istreambuf_iterator<char>(file), {});
      const size_t at = bytes.find(needle);
      if (at == std::string::npos) continue;
      file.clear();
      file.seekp(at);
      file.put(static_cast<char>(~needle[0]));
      return;
    }
    ADD_FAILURE() << "no file has the layer's bytes";
  }

  const TemporaryDirectory directory_;
  InMemoryUpstreamClient upstream_;
  FakeMetadataClient metadata_;
  const std::string layer_ = PatternBytes(60 * kChunk + 99);
  const Digest digest_ = upstream_.AddBlob(7, "r", layer_);
  std::unique_ptr<RocksDbBlobStore> store_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineRocksDbTest, FlippedByteOnDiskIsADelayForTheReader) {
  ASSERT_THAT(ReadAll(engine_->Fetch(Request())), IsOkAndHolds(layer_));
  metadata_.AwaitRecords(1);
  DamageTheDisk();
  ReadRequest hit{digest_};
  hit.repair = RepairPlan{Request().content, Request().plan};
  const auto read = ReadAll(engine_->Read(hit));
  ASSERT_THAT(read, IsOk());
  EXPECT_TRUE(*read == layer_);
  EXPECT_THAT(upstream_.calls(), SizeIs(2));
  engine_->Shutdown(absl::InfiniteFuture());
  const auto again = ReadAll(engine_->Read({digest_}));
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(*again == layer_);
  EXPECT_THAT(upstream_.calls(), SizeIs(2));
}

TEST_F(EngineRocksDbTest, InterruptedDownloadIsContinuedAfterARestart) {
  upstream_.Inject(7, {.break_at_byte = 50 * kChunk});
  upstream_.Inject(7, {errors::UpstreamUnavailable("r.test", "down")},
                   InMemoryUpstreamClient::kAlways);
  EXPECT_THAT(ReadAll(engine_->Fetch(Request())),
              StatusIs(absl::StatusCode::kUnavailable));
  Stop();
  upstream_.Heal(7);
  Start();
  const auto read = ReadAll(engine_->Fetch(Request()));
  ASSERT_THAT(read, IsOk());
  EXPECT_TRUE(*read == layer_);
  EXPECT_GE(upstream_.calls().back().part.offset, 16 * kChunk - 1);
}

// What they have not read yet is on disk, and nowhere else.
TEST_F(EngineRocksDbTest, SlowReadersCostNoMemory) {
  std::vector<std::unique_ptr<ContentStream>> streams;
  for (int i = 0; i < 100; ++i) {
    streams.push_back(*engine_->Fetch(Request()));
    ASSERT_THAT(streams.back()->Next(), IsOk());
  }
  engine_->Shutdown(absl::InfiniteFuture());
  EXPECT_EQ(engine_->buffers_in_use(), 0);
  for (const auto& stream : streams) ASSERT_THAT(stream->Next(), IsOk());
  EXPECT_EQ(engine_->buffers_in_use(), 0);
  const auto rest = ReadRest(*streams.front());
  ASSERT_THAT(rest, IsOk());
  EXPECT_TRUE(absl::string_view(layer_).substr(layer_.size() - rest->size()) ==
              *rest);
}

}  // namespace
}  // namespace cvr::testing
