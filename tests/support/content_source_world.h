#ifndef TESTS_SUPPORT_CONTENT_SOURCE_WORLD_H_
#define TESTS_SUPPORT_CONTENT_SOURCE_WORLD_H_

#include <functional>
#include <memory>

#include "services/blob/api/content_source.h"
#include "services/blob/store/blob_store.h"
#include "tests/support/in_memory_upstream.h"

namespace cvr::testing {

// A source together with what it draws from.
class ContentSourceWorld {
 public:
  virtual ~ContentSourceWorld() = default;
  virtual ContentSource& source() = 0;
  virtual BlobStore& store() = 0;
  virtual InMemoryUpstreamClient& upstream() = 0;
};

using ContentSourceWorldFactory =
    std::function<std::unique_ptr<ContentSourceWorld>()>;

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_CONTENT_SOURCE_WORLD_H_
