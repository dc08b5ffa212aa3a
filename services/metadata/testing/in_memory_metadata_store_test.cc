#include "services/metadata/testing/in_memory_metadata_store.h"

#include <memory>

#include "tests/contracts/metadata_store_contract.h"

namespace cvr::testing {

INSTANTIATE_TEST_SUITE_P(InMemory, MetadataStoreContract, ::testing::Values([] {
                           return std::make_shared<InMemoryMetadataStore>();
                         }));

}  // namespace cvr::testing
