#include "gateway/registry/shared_content_source.h"

#include "gateway/registry/in_memory_registry.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using testing::IsOk;
using testing::StatusIs;

class SharedContentSourceTest : public ::testing::Test {
 protected:
  FetchRequest RequestOf(int64_t upstream_id) const {
    FetchRequest request{ContentRef{*Repository::Parse("a"),
                                    *Reference::Parse("1"),
                                    ContentKind::kManifest}};
    request.plan.candidates.push_back({upstream_id});
    return request;
  }

  InMemoryRegistry registry_;
  const Digest manifest_ = registry_.Put("/a/manifests/1", "x", "bytes");
  SharedContentSource source_{registry_, /*waits_per_upstream_max=*/1};
};

TEST_F(SharedContentSourceTest, AnUpstreamHasItsShareUntilTheFirstBytes) {
  auto first = source_.Fetch(RequestOf(1));
  ASSERT_THAT(first, IsOk());
  const auto refused = source_.Fetch(RequestOf(1));
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(RetryAfterOf(refused.status()), absl::Seconds(5));
  EXPECT_THAT(source_.Fetch(RequestOf(2)), IsOk());
  ASSERT_THAT((*first)->Next(), IsOk());
  EXPECT_THAT(source_.Fetch(RequestOf(1)), IsOk());
}

TEST_F(SharedContentSourceTest, WhatFailsGivesItsPlaceBack) {
  registry_.set_fetch_error(absl::UnavailableError("down"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(source_.Fetch(RequestOf(1)),
                StatusIs(absl::StatusCode::kUnavailable));
  }
  registry_.set_fetch_error(absl::OkStatus());
  source_.Fetch(RequestOf(1)).IgnoreError();
  EXPECT_THAT(source_.Fetch(RequestOf(1)), IsOk());
}

}  // namespace
}  // namespace cvr
