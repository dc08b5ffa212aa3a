#include "services/blob/store/testing/in_memory_blob_store.h"

#include <memory>

#include "gtest/gtest.h"
#include "tests/contracts/blob_store_contract.h"
#include "tests/contracts/blob_store_owner_contract.h"

namespace cvr::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(InMemory, BlobStoreContract, ::testing::Values([] {
                           return BlobStoreInstance{
                               .store = std::make_unique<InMemoryBlobStore>(
                                   InMemoryBlobStore::Options{
                                       .segment_bytes = kContractSegmentBytes,
                                       .blob_bytes_max =
                                           kContractBlobBytesMax})};
                         }));

}  // namespace
}  // namespace cvr::testing
