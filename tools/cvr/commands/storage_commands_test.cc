#include "tools/cvr/commands/storage_commands.h"

#include "cvr/v1/fetch_service.pb.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/cvr/cvr_test_fixture.h"

namespace cvr {
namespace {

using ::nlohmann::json;

using StorageCommandsTest = CvrTest;

TEST_F(StorageCommandsTest, EachBlobServiceHasItsStore) {
  server_.On<v1::GetStorageStatsRequest, v1::GetStorageStatsResponse>(
      "FetchService/GetStorageStats", [](const auto&, auto* response) {
        auto& first = *response->add_instances();
        first.set_instance("blob-1");
        first.set_blob_count(5);
        first.set_size_bytes(2048);
        first.set_fetch_count(3);
        auto& second = *response->add_instances();
        second.set_instance("blob-2");
        second.set_max_bytes(4096);
        return grpc::Status::OK;
      });
  EXPECT_EQ(Cvr("storage stats"), 0) << Err();
  EXPECT_EQ(Out(),
            "INSTANCE  BLOBS            SIZE         MAXIMUM  FREE ON DISK  "
            "FETCHES\n"
            "blob-1        5  2048 (2.0 KiB)        no limit             0  "
            "      3\n"
            "blob-2        0               0  4096 (4.0 KiB)             0  "
            "      0\n");
  EXPECT_EQ(Cvr("storage stats -o json"), 0) << Err();
  const json stats = json::parse(Out());
  EXPECT_EQ(stats["instances"][0]["blob_count"], "5");
  EXPECT_EQ(stats["instances"][1]["instance"], "blob-2");
}

}  // namespace
}  // namespace cvr
