#include "services/blob/rocksdb_blob_store.h"

#include <memory>
#include <utility>

#include "gtest/gtest.h"
#include "tests/contracts/blob_store_contract.h"
#include "tests/support/temporary_directory.h"

namespace cvr::testing {
namespace {

RocksDbBlobStore::Options SmallOptions(const std::string& directory) {
  return {.directory = directory,
          .segments = {.first_bytes = kContractSegmentBytes / 2,
                       .max_bytes = kContractSegmentBytes},
          .blob_bytes_max = kContractBlobBytesMax};
}

INSTANTIATE_TEST_SUITE_P(
    RocksDb, BlobStoreContract, ::testing::Values([] {
      auto directory = std::make_shared<TemporaryDirectory>();
      auto store = RocksDbBlobStore::Open(SmallOptions(directory->path()));
      EXPECT_THAT(store, IsOk());
      return BlobStoreInstance{.environment = std::move(directory),
                               .store = *std::move(store)};
    }));

}  // namespace
}  // namespace cvr::testing
