#include "services/blob/engine/engine_world.h"
#include "tests/contracts/content_source_contract.h"

namespace cvr::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(Engine, ContentSourceContract, ::testing::Values([] {
                           return std::make_unique<EngineWorld>();
                         }));

}  // namespace
}  // namespace cvr::testing
