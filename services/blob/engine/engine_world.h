#ifndef SERVICES_BLOB_ENGINE_ENGINE_WORLD_H_
#define SERVICES_BLOB_ENGINE_ENGINE_WORLD_H_

#include <atomic>

#include "services/blob/engine/engine.h"
#include "services/blob/engine/faulty_blob_store.h"
#include "services/blob/store/testing/in_memory_blob_store.h"
#include "services/common/limits.h"
#include "tests/support/content_source_world.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_metadata_client.h"
#include "tests/support/fake_upstream_health.h"
#include "tests/support/in_memory_upstream.h"

namespace cvr::testing {

// Retries at once.
class CountingSleeper : public Sleeper {
 public:
  bool Sleep(absl::Duration) override {
    ++count;
    return true;
  }
  std::atomic<int> count = 0;
};

// The real engine with a small window among doubles of all it works with.
class EngineWorld : public ContentSourceWorld {
 public:
  static EngineOptions SmallOptions() {
    EngineOptions options;
    options.window_bytes = 4 * limits::kChunkBytes;
    options.downloads_max = 4;
    options.requests_max = 4;
    // Most tests have one upstream, which may have all there is.
    options.downloads_per_upstream_max = 4;
    options.requests_per_upstream_max = 4;
    options.detours_per_upstream_max = options.detours_max;
    // Whether anybody is asked ahead would depend on time.
    options.probe_overlap_delay = absl::InfiniteDuration();
    return options;
  }

  explicit EngineWorld(EngineOptions options = SmallOptions())
      : engine_(std::move(options), faulty_store_, upstream_, metadata_, clock_,
                &sleeper_, &health_) {}

  ContentSource& source() override { return engine_; }
  BlobStore& store() override { return faulty_store_; }
  InMemoryUpstreamClient& upstream() override { return upstream_; }
  FaultyBlobStore& faults() { return faulty_store_; }
  FakeMetadataClient& metadata() { return metadata_; }
  FakeUpstreamHealth& health() { return health_; }
  CountingSleeper& sleeper() { return sleeper_; }
  Engine& engine() { return engine_; }

 private:
  InMemoryBlobStore memory_store_;
  FaultyBlobStore faulty_store_{memory_store_};
  InMemoryUpstreamClient upstream_;
  FakeMetadataClient metadata_;
  FakeUpstreamHealth health_;
  FakeClock clock_;
  CountingSleeper sleeper_;
  Engine engine_;
};

}  // namespace cvr::testing

#endif  // SERVICES_BLOB_ENGINE_ENGINE_WORLD_H_
