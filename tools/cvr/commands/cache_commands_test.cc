#include "tools/cvr/commands/cache_commands.h"

#include <cstdint>
#include <string>

#include "cvr/v1/cache_service.pb.h"
#include "cvr/v1/operation_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class CacheCommandsTest : public CvrTest {
 protected:
  // Purges that are over at the first call, or when somebody waits.
  CacheCommandsTest() {
    server_.On<v1::PurgeUpstreamCacheRequest, v1::Operation>(
        "CacheService/PurgeUpstreamCache",
        [this](const auto& request, auto* response) {
          of_upstream_ = request;
          Start(response);
          return grpc::Status::OK;
        });
    server_.On<v1::PurgeRegistryCacheRequest, v1::Operation>(
        "CacheService/PurgeRegistryCache",
        [this](const auto& request, auto* response) {
          of_registry_ = request;
          Start(response);
          return grpc::Status::OK;
        });
    server_.On<v1::WaitOperationRequest, v1::Operation>(
        "OperationService/WaitOperation",
        [this](const auto& request, auto* response) {
          response->set_id(request.id());
          End(response);
          return grpc::Status::OK;
        });
  }

  void HaveCacheStats() {
    server_.On<v1::GetCacheStatsRequest, v1::GetCacheStatsResponse>(
        "CacheService/GetCacheStats",
        [this](const auto& request, auto* response) {
          group_ = request.group();
          response->set_registry_count(2);
          for (const int64_t id : {1, 2}) {
            auto& upstream = *response->add_upstreams();
            upstream.set_upstream_id(id);
            upstream.set_upstream_name("hub");
            upstream.set_group("acme");
            upstream.set_entry_count(3);
            upstream.set_size_bytes(1024);
            upstream.set_pull_count(10);
          }
          return grpc::Status::OK;
        });
  }

  bool at_once_ = true;
  v1::PurgeUpstreamCacheRequest of_upstream_;
  v1::PurgeRegistryCacheRequest of_registry_;
  std::string group_;

 private:
  void Start(v1::Operation* operation) {
    operation->set_id(12);
    if (at_once_) End(operation);
  }

  static void End(v1::Operation* operation) {
    v1::PurgeCacheResponse response;
    response.set_entry_count(7);
    response.set_size_bytes(2048);
    operation->set_done(true);
    operation->mutable_response()->PackFrom(response);
  }
};

TEST_F(CacheCommandsTest, PurgeTellsWhatIsGone) {
  EXPECT_EQ(Cvr("cache purge --upstream 7 --request-id u"), 0) << Err();
  EXPECT_EQ(Out(), "cache entries purged: 7; bytes: 2048 (2.0 KiB)\n");
  EXPECT_EQ(of_upstream_.upstream_id(), 7);
  EXPECT_EQ(of_upstream_.request_id(), "u");
  EXPECT_FALSE(of_upstream_.validate_only());
  EXPECT_EQ(Cvr("cache purge --registry 4 -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out())["response"]["entry_count"], "7");
  EXPECT_EQ(of_registry_.registry_id(), 4);
  EXPECT_FALSE(of_registry_.include_shared());
  EXPECT_EQ(Cvr("cache purge --registry 4 --include-shared"), 0) << Err();
  EXPECT_TRUE(of_registry_.include_shared());
}

TEST_F(CacheCommandsTest, PurgeIsOfWhatIsNamed) {
  EXPECT_EQ(Cvr("cache purge --upstream acme/web/hub"), 0) << Err();
  EXPECT_EQ(of_upstream_.upstream_key().group(), "acme/web");
  EXPECT_EQ(of_upstream_.upstream_key().name(), "hub");
  EXPECT_EQ(Cvr("cache purge --registry team"), 0) << Err();
  EXPECT_EQ(of_registry_.registry_key().group(), "default");
  EXPECT_EQ(Cvr("cache purge"), 1);
  EXPECT_THAT(Err(), HasSubstr("give --upstream or --registry"));
  EXPECT_EQ(Cvr("cache purge --upstream 1 --registry 2"), 1);
  EXPECT_THAT(Err(), HasSubstr("excludes"));
  EXPECT_EQ(Cvr("cache purge --upstream 1 --include-shared"), 1);
  EXPECT_THAT(Err(), HasSubstr("--include-shared requires --registry"));
}

TEST_F(CacheCommandsTest, PurgeCanBeTriedOut) {
  EXPECT_EQ(Cvr("cache purge --upstream 7 --validate-only"), 0) << Err();
  EXPECT_EQ(Out(), "cache entries would be purged: 7; bytes: 2048 (2.0 KiB)\n");
  EXPECT_TRUE(of_upstream_.validate_only());
  EXPECT_EQ(Cvr("cache purge --registry 4 --validate-only"), 0) << Err();
  EXPECT_TRUE(of_registry_.validate_only());
}

TEST_F(CacheCommandsTest, PurgeWaitsForItsEndUnlessItIsToldNotTo) {
  at_once_ = false;
  EXPECT_EQ(Cvr("cache purge --upstream 7 --no-wait -o json"), 0) << Err();
  EXPECT_EQ(json::parse(Out())["id"], "12");
  EXPECT_FALSE(json::parse(Out())["done"].get<bool>());
  EXPECT_THAT(server_.methods_called(),
              Not(Contains("/cvr.v1.OperationService/WaitOperation")));
  EXPECT_EQ(Cvr("cache purge --upstream 7"), 0) << Err();
  EXPECT_EQ(Out(), "cache entries purged: 7; bytes: 2048 (2.0 KiB)\n");
}

TEST_F(CacheCommandsTest, FormerNamesGoOn) {
  EXPECT_EQ(Cvr("purge upstream 7"), 0);
  EXPECT_EQ(of_upstream_.upstream_id(), 7);
  EXPECT_EQ(Err(),
            "cvr: note: cvr purge upstream is now cvr cache purge "
            "--upstream\n");
  EXPECT_EQ(Cvr("purge registry 4 --include-shared"), 0);
  EXPECT_EQ(of_registry_.registry_id(), 4);
  EXPECT_TRUE(of_registry_.include_shared());
  // Use `cvr entry delete`.
  EXPECT_EQ(Cvr("purge entry 1"), 1);
  HaveCacheStats();
  EXPECT_EQ(Cvr("stats --group acme"), 0);
  EXPECT_EQ(Err(), "cvr: note: cvr stats is now cvr cache stats\n");
  EXPECT_EQ(group_, "acme");
  EXPECT_EQ(Cvr("--help"), 0);
  EXPECT_THAT(Out(), Not(HasSubstr("\n  purge ")));
}

TEST_F(CacheCommandsTest, StatsAreOfEachUpstreamAndOfAll) {
  HaveCacheStats();
  EXPECT_EQ(Cvr("cache stats"), 0) << Err();
  EXPECT_EQ(group_, "-");
  EXPECT_EQ(Out(),
            "UPSTREAM  GROUP  NAME  ENTRIES            SIZE  PULLS\n"
            "       1  acme   hub         3  1024 (1.0 KiB)     10\n"
            "       2  acme   hub         3  1024 (1.0 KiB)     10\n"
            "\n"
            "registries:     2\n"
            "upstreams:      2\n"
            "cache entries:  6\n"
            "entries size:   2048 (2.0 KiB)\n"
            "pulls:          20\n");
  EXPECT_EQ(Cvr("cache stats -o json"), 0) << Err();
  const json stats = json::parse(Out());
  EXPECT_EQ(stats["upstreams"][1]["upstream_id"], "2");
  EXPECT_EQ(stats["registry_count"], "2");
}

}  // namespace
}  // namespace cvr
