#include "tools/cvr/commands/cache_commands.h"

#include <cstdint>
#include <vector>

#include "cvr/v1/cache_entry_service.pb.h"
#include "cvr/v1/cache_service.pb.h"
#include "cvr/v1/download_service.pb.h"
#include "cvr/v1/refresh_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::google::protobuf::Empty;
using ::nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CacheCommandsTest : public CvrTest {
 protected:
  void HaveCacheStats() {
    server_.On<v1::GetCacheStatsRequest, v1::CacheStats>(
        "CacheService/GetCacheStats", [](const auto& request, auto* response) {
          response->set_registries(2);
          for (const int64_t id : {1, 2}) {
            auto& upstream = *response->add_upstreams();
            upstream.set_upstream_id(id);
            upstream.set_name("hub");
            upstream.set_group(request.group());
            upstream.set_entries(3);
            upstream.set_bytes(1024);
            upstream.set_downloads(10);
          }
          return grpc::Status::OK;
        });
  }

  void HaveStorageStats() {
    server_.On<v1::GetStorageStatsRequest, v1::StorageStats>(
        "DownloadService/GetStorageStats", [](const auto&, auto* response) {
          response->set_blobs(5);
          response->set_bytes(2048);
          return grpc::Status::OK;
        });
  }
};

TEST_F(CacheCommandsTest, PurgeTellsWhatIsGone) {
  v1::PurgeRegistryCacheRequest purged_registry;
  std::vector<int64_t> deleted;
  server_.On<v1::PurgeUpstreamCacheRequest, v1::PurgeResult>(
      "CacheService/PurgeUpstreamCache",
      [](const auto& request, auto* response) {
        response->set_entries(request.upstream_id());
        response->set_bytes(2048);
        return grpc::Status::OK;
      });
  server_.On<v1::PurgeRegistryCacheRequest, v1::PurgeResult>(
      "CacheService/PurgeRegistryCache",
      [&](const auto& request, auto* response) {
        purged_registry = request;
        response->set_entries(3);
        return grpc::Status::OK;
      });
  server_.On<v1::DeleteCacheEntryRequest, Empty>(
      "CacheEntryService/DeleteCacheEntry", [&](const auto& request, auto*) {
        deleted.push_back(request.id());
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("purge upstream 7"), 0) << Err();
  EXPECT_EQ(Out(), "7 cache entries deleted; bytes: 2048 (2.0 KiB)\n");
  EXPECT_EQ(Cvr("purge registry 4 -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out())["entries"], "3");
  EXPECT_EQ(purged_registry.registry_id(), 4);
  EXPECT_FALSE(purged_registry.include_shared());
  EXPECT_EQ(Cvr("purge registry 4 --include-shared"), 0) << Err();
  EXPECT_TRUE(purged_registry.include_shared());
  EXPECT_EQ(Cvr("purge entry 1 2"), 0) << Err();
  EXPECT_THAT(deleted, ElementsAre(1, 2));
}

TEST_F(CacheCommandsTest, RefreshTellsWhetherTheTagMoved) {
  v1::RefreshTagRequest seen;
  std::string before;
  server_.On<v1::RefreshTagRequest, v1::RefreshTagResponse>(
      "RefreshService/RefreshTag", [&](const auto& request, auto* response) {
        seen = request;
        response->set_digest("sha256:new");
        response->set_previous_digest(before);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("refresh 3 library/alpine:3.20"), 0) << Err();
  EXPECT_EQ(seen.registry_id(), 3);
  EXPECT_EQ(seen.repository(), "library/alpine");
  EXPECT_EQ(seen.tag(), "3.20");
  EXPECT_THAT(Out(), HasSubstr("before:      not cached\n"));
  before = "sha256:new";
  EXPECT_EQ(Cvr("refresh 3 library/alpine"), 0) << Err();
  EXPECT_EQ(seen.tag(), "latest");
  EXPECT_THAT(Out(), HasSubstr("before:      unchanged\n"));
  before = "sha256:old";
  EXPECT_EQ(Cvr("refresh 3 library/alpine"), 0) << Err();
  EXPECT_THAT(Out(), HasSubstr("before:      sha256:old\n"));
  EXPECT_EQ(Cvr("refresh 3 library/alpine@sha256:abc"), 1);
  EXPECT_THAT(Err(), HasSubstr("is a digest reference"));
}

TEST_F(CacheCommandsTest, StatsAreOfTheCacheAndOfTheStore) {
  HaveCacheStats();
  HaveStorageStats();
  EXPECT_EQ(Cvr("stats --group acme"), 0) << Err();
  EXPECT_EQ(Out(),
            "UPSTREAM  GROUP  NAME  ENTRIES           BYTES  DOWNLOADS\n"
            "       1  acme   hub         3  1024 (1.0 KiB)         10\n"
            "       2  acme   hub         3  1024 (1.0 KiB)         10\n"
            "\n"
            "registries:     2\n"
            "upstreams:      2\n"
            "cache entries:  6\n"
            "entries size:   2048 (2.0 KiB)\n"
            "downloads:      20\n"
            "\n"
            "stored blobs:           5\n"
            "stored size:            2048 (2.0 KiB)\n"
            "maximum size:           no limit\n"
            "free disk space:        0\n"
            "downloads in progress:  0\n");
  EXPECT_EQ(Cvr("stats -o json"), 0) << Err();
  const json stats = json::parse(Out());
  EXPECT_EQ(stats["storage"]["blobs"], "5");
  EXPECT_EQ(stats["cache"]["upstreams"][1]["upstream_id"], "2");
}

TEST_F(CacheCommandsTest, StatsOfTheCacheDoNotNeedTheStore) {
  HaveCacheStats();
  EXPECT_EQ(Cvr("stats"), 0) << Err();
  EXPECT_THAT(
      Out(),
      HasSubstr("cannot read the storage statistics from the blob service: "));
  EXPECT_EQ(Cvr("stats -o json"), 0) << Err();
  EXPECT_TRUE(json::parse(Out())["storage"].is_null());
}

}  // namespace
}  // namespace cvr
