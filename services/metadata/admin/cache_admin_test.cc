#include "services/metadata/admin/cache_admin.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::IsEmpty;

class CacheAdminTest : public MetadataFixture {
 protected:
  // Registries 1 and 2; upstream 1 is the first one's alone, upstream 2 is in
  // both.
  CacheAdminTest() { SetUpRegistries(); }

  void SetUpRegistries() {
    EXPECT_THAT(CreateRegistry("one"), IsOk());
    EXPECT_THAT(CreateRegistry("two"), IsOk());
    EXPECT_THAT(CreateUpstream("https://a"), IsOk());
    EXPECT_THAT(CreateUpstream("https://b"), IsOk());
    EXPECT_THAT(Attach(1, 1), IsOk());
    EXPECT_THAT(Attach(1, 2), IsOk());
    EXPECT_THAT(Attach(2, 2), IsOk());
  }

  void Cache(int64_t upstream_id, const std::string& path,
             const std::string& content) {
    ASSERT_THAT(stack_->client().Record(
                    RecordOf(upstream_id, path, Digest::OfBytes(content))),
                IsOk());
  }
  v1::PurgeCacheResponse PurgeUpstream(int64_t id) {
    return ResponseOf<v1::PurgeCacheResponse>(Purge(id));
  }
  absl::StatusOr<v1::Operation> StartPurgeOfRegistry(
      int64_t id, bool include_shared = false) {
    v1::PurgeRegistryCacheRequest request;
    request.set_registry_id(id);
    request.set_include_shared(include_shared);
    return stack_->caches().PurgeRegistry(request, Caller::System());
  }
  v1::PurgeCacheResponse PurgeRegistry(int64_t id,
                                       bool include_shared = false) {
    return ResponseOf<v1::PurgeCacheResponse>(
        StartPurgeOfRegistry(id, include_shared));
  }
  absl::StatusOr<v1::GetCacheStatsResponse> Stats(
      const std::string& group = "-", const Caller& caller = Caller::System()) {
    v1::GetCacheStatsRequest request;
    request.set_group(group);
    return stack_->caches().Stats(request, caller);
  }
};

TEST_F(CacheAdminTest, PurgingAnUpstreamLeavesTheOthers) {
  Cache(1, "/a/manifests/1", "x");
  Cache(1, "/a/manifests/2", "y");
  Cache(2, "/a/manifests/1", "x");
  const auto result = PurgeUpstream(1);
  EXPECT_EQ(result.entry_count(), 2);
  EXPECT_EQ(result.size_bytes(), 14);
  EXPECT_EQ(Entries()->size(), 1);
  EXPECT_EQ(Resolve(1, "/a/manifests/1")->plan.candidates[0].cached,
            std::nullopt);
  EXPECT_EQ(PurgeUpstream(1).entry_count(), 0);
  EXPECT_THAT(Purge(3), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Purge(-1), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(CacheAdminTest, PurgingARegistrySparesWhatItShares) {
  Cache(1, "/a/manifests/1", "x");
  Cache(2, "/a/manifests/1", "x");
  EXPECT_EQ(PurgeRegistry(1).entry_count(), 1);
  EXPECT_EQ(Entries()->at(0).upstream_id(), 2);
  EXPECT_EQ(PurgeRegistry(1).entry_count(), 0);
  EXPECT_EQ(PurgeRegistry(1, /*include_shared=*/true).entry_count(), 1);
  EXPECT_THAT(Entries(), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(StartPurgeOfRegistry(3), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(CacheAdminTest, WhatIsPurgedIsNotRefreshedAhead) {
  auto upstream = *GetUpstream(1);
  upstream.mutable_cache_policy()->set_refresh_ahead(true);
  upstream.mutable_cache_policy()->mutable_tag_ttl()->set_seconds(100);
  ASSERT_THAT(UpdateUpstream(upstream, {"cache_policy.refresh_ahead",
                                        "cache_policy.tag_ttl"}),
              IsOk());
  const auto pull_late = [&] {
    Cache(1, "/a/manifests/1", "x");
    clock_.Advance(absl::Seconds(99));
    ASSERT_TRUE(Resolve(1, "/a/manifests/1", /*counts=*/true)->hit);
  };
  pull_late();
  ASSERT_THAT(Purge(1), IsOk());
  EXPECT_THAT(stack_->client().TakeRefreshDue(9), IsOkAndHolds(IsEmpty()));
  // Nor is it forgotten later.
  pull_late();
  EXPECT_EQ(stack_->client().TakeRefreshDue(9)->size(), 1);
}

TEST_F(CacheAdminTest, CountsWhatIsCached) {
  Cache(1, "/a/manifests/1", "x");
  Cache(1, "/a/manifests/2", "x");
  Cache(2, "/a/manifests/1", "x");
  // Registry 1 has it of upstream 1.
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(Resolve(1, "/a/manifests/1", /*counts=*/true), IsOk());
  }
  const auto stats = Stats();
  ASSERT_THAT(stats, IsOk());
  EXPECT_EQ(stats->registry_count(), 2);
  ASSERT_EQ(stats->upstreams_size(), 2);
  const auto& first = stats->upstreams(0);
  EXPECT_EQ(first.upstream_id(), 1);
  EXPECT_EQ(first.upstream_name(), GetUpstream(1)->name());
  EXPECT_EQ(first.group(), "default");
  EXPECT_EQ(first.entry_count(), 2);
  EXPECT_EQ(first.size_bytes(), 14);
  EXPECT_EQ(first.pull_count(), 3);
  EXPECT_EQ(stats->upstreams(1).entry_count(), 1);
}

TEST_F(CacheAdminTest, CountsOnlyWhatTheCallerMaySee) {
  ASSERT_THAT(CreateGroup("acme"), IsOk());
  ASSERT_THAT(CreateRegistry("three", "acme"), IsOk());
  ASSERT_THAT(CreateUpstream(NewUpstream("https://c", "acme")), IsOk());
  EXPECT_EQ(Stats()->upstreams_size(), 3);
  EXPECT_EQ(Stats("acme")->upstreams_size(), 1);
  EXPECT_EQ(Stats("acme")->registry_count(), 1);
  EXPECT_THAT(Stats("nobody"), StatusIs(absl::StatusCode::kNotFound));
  Caller caller;
  caller.token_id = 5;
  caller.may_pull = true;
  caller.group = "acme";
  EXPECT_EQ(Stats("-", caller)->upstreams_size(), 1);
  EXPECT_EQ(Stats("-", caller)->upstreams(0).group(), "acme");
  EXPECT_EQ(Stats("-", caller)->registry_count(), 1);
  EXPECT_EQ(Stats("default", caller)->upstreams_size(), 0);
}

// So large that one transaction for it would hold up everybody.
TEST_F(CacheAdminTest, ALargeCacheIsPurgedWhileOthersWrite) {
  constexpr int kEntries = 100'000;
  MetadataStack::Options options;
  options.data_dir = directory_.path() + "/data";
  options.clock = &clock_;
  auto on_disk = MetadataStack::Open(options);
  ASSERT_THAT(on_disk, IsOk());
  stack_ = *std::move(on_disk);
  SetUpRegistries();
  for (int i = 0; i < kEntries; ++i) {
    Cache(1, absl::StrCat("/r", i % 100, "/manifests/", i), absl::StrCat(i));
  }
  int recorded = 0;
  {
    const auto operation = Purge(1);
    ASSERT_THAT(operation, IsOk());
    // While the rows are deleted.
    EXPECT_FALSE(Resolve(1, "/r99/manifests/99999")->hit);
    EXPECT_EQ(Stats()->upstreams(0).entry_count(), 0);
    // Ends only if this gets its turn between the purge's transactions.
    v1::GetOperationRequest get;
    get.set_id(operation->id());
    while (!stack_->operations().Get(get, Caller::System())->done()) {
      Cache(2, absl::StrCat("/other/manifests/", recorded++), "other");
    }
    EXPECT_EQ(ResponseOf<v1::PurgeCacheResponse>(operation).entry_count(),
              kEntries);
  }
  EXPECT_GT(recorded, 0);
  EXPECT_EQ(Stats()->upstreams(0).entry_count(), 0);
  EXPECT_EQ(Stats()->upstreams(1).entry_count(), recorded);
  // All of it is garbage, each once.
  int64_t after = 0;
  int garbage = 0;
  while (true) {
    const auto page = stack_->client().ListGarbage(after, 1000);
    ASSERT_THAT(page, IsOk());
    if (page->empty()) break;
    garbage += page->size();
    after = page->back().id;
  }
  EXPECT_EQ(garbage, kEntries);
}

}  // namespace
}  // namespace cvr::testing
