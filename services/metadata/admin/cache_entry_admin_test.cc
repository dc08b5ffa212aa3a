#include "services/metadata/admin/cache_entry_admin.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CacheEntryAdminTest : public MetadataFixture {
 protected:
  CacheEntryAdminTest() {
    EXPECT_THAT(CreateRegistry("r"), IsOk());
    EXPECT_THAT(CreateUpstream("https://a"), IsOk());
    EXPECT_THAT(CreateUpstream("https://b"), IsOk());
    EXPECT_THAT(Attach(1, 1), IsOk());
  }

  absl::StatusOr<v1::CacheEntry> Get(int64_t id) {
    v1::GetCacheEntryRequest request;
    request.set_id(id);
    return stack_->cache_entries().Get(request);
  }
  absl::StatusOr<v1::CacheEntry> Expire(int64_t id) {
    v1::ExpireCacheEntryRequest request;
    request.set_id(id);
    const auto response = stack_->cache_entries().Expire(request);
    if (!response.ok()) return response.status();
    return response->cache_entry();
  }
  absl::Status Delete(int64_t id, bool allow_missing = false) {
    v1::DeleteCacheEntryRequest request;
    request.set_id(id);
    request.set_allow_missing(allow_missing);
    return stack_->cache_entries().Delete(request);
  }
  absl::StatusOr<int64_t> BatchDelete(int64_t upstream_id,
                                      const std::vector<int64_t>& ids) {
    v1::BatchDeleteCacheEntriesRequest request;
    request.set_upstream_id(upstream_id);
    for (const int64_t id : ids) request.add_ids(id);
    const auto response = stack_->cache_entries().BatchDelete(request);
    if (!response.ok()) return response.status();
    return response->deleted_count();
  }

  // The upstream delivers it: the first time, that makes an entry.
  void Deliver(const std::string& path, int64_t upstream_id = 1) {
    ASSERT_THAT(stack_->client().Record(RecordOf(upstream_id, path, digest_)),
                IsOk());
  }

  absl::StatusOr<Resolution> Resolve(const std::string& path) {
    return MetadataFixture::Resolve(1, path, true);
  }

  const Digest digest_ = Digest::OfBytes("m");
  const std::string tag_path_ = "/library/alpine/manifests/3.20";
  const std::string blob_path_ = "/library/alpine/blobs/" + digest_.ToString();
  std::set<int64_t> totals_;
};

TEST_F(CacheEntryAdminTest, ShowsWhatWasRecorded) {
  CacheRecord record = RecordOf(1, tag_path_, digest_);
  record.target.size_bytes = 5'000'000'000;
  ASSERT_THAT(stack_->client().Record(record), IsOk());
  const auto entry = Get(1);
  ASSERT_THAT(entry, IsOk());
  EXPECT_EQ(entry->upstream_id(), 1);
  EXPECT_EQ(entry->relative_path(), tag_path_);
  EXPECT_EQ(entry->digest(), digest_.ToString());
  EXPECT_EQ(entry->media_type(), record.target.media_type);
  EXPECT_EQ(entry->size_bytes(), 5'000'000'000);
  EXPECT_EQ(entry->upstream_etag(), "etag");
  EXPECT_EQ(entry->pull_count(), 0);
  EXPECT_FALSE(entry->has_last_pull_time());
  EXPECT_EQ(entry->state(), v1::CacheEntry::STATE_ACTIVE);
  EXPECT_EQ(entry->last_check_time().seconds(), entry->create_time().seconds());
  EXPECT_THAT(Get(2), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Get(-1), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(CacheEntryAdminTest, ABlobWithoutATypeIsAnOctetStream) {
  CacheRecord record = RecordOf(1, blob_path_, digest_);
  record.target.media_type.clear();
  ASSERT_THAT(stack_->client().Record(record), IsOk());
  EXPECT_EQ(Get(1)->media_type(), "application/octet-stream");
}

// Whatever was done to an entry: it goes with its bytes.
TEST_F(CacheEntryAdminTest, EntriesAreForgottenWithTheirContent) {
  Deliver(tag_path_);
  Deliver(blob_path_);
  ASSERT_THAT(Expire(1), IsOk());
  ASSERT_TRUE(Resolve(blob_path_)->hit);
  ASSERT_EQ(Get(2)->pull_count(), 1);
  ASSERT_THAT(stack_->client().ForgetContent({digest_}), IsOk());
  EXPECT_THAT(Entries(), IsOkAndHolds(IsEmpty()));
}

TEST_F(CacheEntryAdminTest, WhatIsExpiredIsAskedForAndKeptForAnOutage) {
  Deliver(tag_path_);
  ASSERT_TRUE(Resolve(tag_path_)->hit);
  const UpstreamEpoch before = At(1);
  const auto expired = Expire(1);
  ASSERT_THAT(expired, IsOk());
  EXPECT_EQ(expired->SerializeAsString(), Get(1)->SerializeAsString());
  const auto resolution = Resolve(tag_path_);
  ASSERT_THAT(resolution, IsOk());
  EXPECT_FALSE(resolution->hit);
  const auto& cached = resolution->plan.candidates[0].cached;
  ASSERT_TRUE(cached);
  EXPECT_FALSE(cached->fresh);
  EXPECT_GE(cached->stale_for, absl::ZeroDuration());
  // Who has asked before does not undo it.
  const ContentRef content = Content(tag_path_);
  EXPECT_THAT(stack_->client().Touch(before, content, digest_, false),
              StatusIs(absl::StatusCode::kAborted));
  ASSERT_THAT(stack_->client().Touch(At(1), content, digest_, false), IsOk());
  EXPECT_TRUE(Resolve(tag_path_)->hit);
  // Nor does it last beyond the next answer.
  ASSERT_THAT(Expire(1), IsOk());
  Deliver(tag_path_);
  EXPECT_TRUE(Resolve(tag_path_)->hit);
}

TEST_F(CacheEntryAdminTest, WhatIsFreshForEverExpiresToo) {
  v1::Upstream for_ever;
  for_ever.set_id(1);
  for_ever.mutable_cache_policy()->mutable_tag_ttl()->set_seconds(
      315'576'000'000);
  ASSERT_THAT(UpdateUpstream(for_ever, {"cache_policy.tag_ttl"}), IsOk());
  Deliver(tag_path_);
  clock_.Advance(absl::Hours(24 * 365));
  ASSERT_TRUE(Resolve(tag_path_)->hit);
  ASSERT_THAT(Expire(1), IsOk());
  EXPECT_FALSE(Resolve(tag_path_)->hit);
}

TEST_F(CacheEntryAdminTest, WhatNeverChangesDoesNotExpire) {
  Deliver(blob_path_);
  EXPECT_THAT(Expire(1), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_TRUE(Resolve(blob_path_)->hit);
  EXPECT_THAT(Expire(2), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(CacheEntryAdminTest, ADeletedEntryIsAMiss) {
  Deliver(blob_path_);
  ASSERT_TRUE(Resolve(blob_path_)->hit);
  ASSERT_THAT(Delete(1), IsOk());
  const auto resolution = Resolve(blob_path_);
  EXPECT_FALSE(resolution->hit);
  // Else stored bytes would be served without asking.
  EXPECT_FALSE(resolution->plan.candidates[0].reachable);
  const auto gone = StatusIs(absl::StatusCode::kNotFound);
  EXPECT_THAT(Get(1), gone);
  EXPECT_THAT(Delete(1), gone);
  EXPECT_THAT(Delete(-1), gone);
  EXPECT_THAT(Delete(1, /*allow_missing=*/true), IsOk());
}

TEST_F(CacheEntryAdminTest, ShowsEveryPullSoFar) {
  Deliver(tag_path_);
  ASSERT_THAT(Resolve(tag_path_), IsOk());
  EXPECT_EQ(Get(1)->pull_count(), 1);
  ASSERT_THAT(Resolve(tag_path_), IsOk());
  EXPECT_EQ(Entries()->at(0).pull_count(), 2);
  EXPECT_TRUE(Get(1)->has_last_pull_time());
}

TEST_F(CacheEntryAdminTest, AForgottenEntrysPullsAreNobodyElses) {
  Deliver(tag_path_);
  ASSERT_THAT(Resolve(tag_path_), IsOk());
  ASSERT_THAT(Delete(1), IsOk());
  Deliver(tag_path_);
  EXPECT_EQ(Entries()->at(0).id(), 2);
  EXPECT_EQ(Get(2)->pull_count(), 0);
}

TEST_F(CacheEntryAdminTest, ABatchOfOneUpstreamIsDeletedWhole) {
  std::vector<int64_t> ids;
  for (int i = 1; i <= 100; ++i) {
    Deliver(absl::StrCat("/r/manifests/", i));
    ids.push_back(i);
  }
  Deliver("/r/manifests/other", 2);
  const UpstreamEpoch before = At(1);
  // One is of another upstream: nothing happens.
  ids.push_back(101);
  EXPECT_THAT(BatchDelete(1, ids), StatusIs(absl::StatusCode::kInvalidArgument,
                                            Reason::kFieldInvalid));
  EXPECT_EQ(Entries(1)->size(), 100);
  // Twice, and one that was never there.
  ids.back() = 1;
  ids.push_back(1000);
  EXPECT_THAT(BatchDelete(1, ids), IsOkAndHolds(100));
  EXPECT_THAT(Entries(1), IsOkAndHolds(IsEmpty()));
  EXPECT_EQ(Entries(2)->size(), 1);
  EXPECT_FALSE(Resolve("/r/manifests/7")->hit);
  EXPECT_THAT(
      stack_->client().Touch(before, Content("/r/manifests/1"), digest_, false),
      StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(BatchDelete(1, ids), IsOkAndHolds(0));
}

TEST_F(CacheEntryAdminTest, ABatchHasBounds) {
  const auto invalid =
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid);
  EXPECT_THAT(BatchDelete(1, {}), invalid);
  EXPECT_THAT(BatchDelete(1, std::vector<int64_t>(1001, 1)), invalid);
  EXPECT_THAT(BatchDelete(1, std::vector<int64_t>(1000, 1)), IsOkAndHolds(0));
  EXPECT_THAT(BatchDelete(3, {1}), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(CacheEntryAdminTest, ListsInTheOrderOfFirstCachingWithFilters) {
  Deliver("/z/manifests/1", 1);
  Deliver("/a/manifests/Latest", 2);
  Deliver("/m/manifests/latest", 1);
  Deliver("/a/manifests/2", 1);
  const auto ids = [&](v1::ListCacheEntriesRequest request) {
    std::vector<int64_t> ids;
    do {
      const auto page = stack_->cache_entries().List(request, Caller::System());
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      for (const auto& entry : page->cache_entries()) ids.push_back(entry.id());
      // The same on each page.
      EXPECT_EQ(page->has_total_size(), request.with_total_size());
      if (page->has_total_size()) totals_.insert(page->total_size());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return ids;
  };
  v1::ListCacheEntriesRequest request;
  for (const int page_size : {0, 1, 2, 3, 4}) {
    request.set_page_size(page_size);
    request.set_with_total_size(page_size % 2 == 1);
    totals_.clear();
    request.clear_upstream();
    EXPECT_THAT(ids(request), ElementsAre(1, 2, 3, 4));
    if (request.with_total_size()) {
      EXPECT_THAT(totals_, ElementsAre(4));
    }
    totals_.clear();
    request.set_upstream_id(1);
    EXPECT_THAT(ids(request), ElementsAre(1, 3, 4));
    if (request.with_total_size()) {
      EXPECT_THAT(totals_, ElementsAre(3));
    }
  }
  request.clear_upstream();
  request.set_page_size(1);
  request.set_filter("relative_path : \"LATEST\"");
  EXPECT_THAT(ids(request), ElementsAre(2, 3));
  request.set_filter("relative_path = \"/m/manifests/latest\"");
  EXPECT_THAT(ids(request), ElementsAre(3));
  request.set_filter(absl::StrCat("digest = \"", digest_.ToString(),
                                  "\" AND relative_path : \"/a/\""));
  EXPECT_THAT(ids(request), ElementsAre(2, 4));
  request.set_filter("media_type : \"nothing\"");
  EXPECT_THAT(ids(request), IsEmpty());
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument);
  const auto list = [&] {
    return stack_->cache_entries().List(request, Caller::System());
  };
  request.set_filter("id = 1");
  EXPECT_THAT(list(), invalid);
  request.clear_filter();
  request.set_page_token("rubbish");
  EXPECT_THAT(list(), invalid);
  request.clear_page_token();
  for (const char* order : {"id desc", "create_time", "digest", "x y z"}) {
    request.set_order_by(order);
    EXPECT_THAT(list(), invalid) << order;
  }
}

TEST_F(CacheEntryAdminTest, ListsTheYoungestFirstFromAnyPlace) {
  for (int i = 1; i <= 5; ++i) {
    Deliver(absl::StrCat("/r", 9 - i, "/manifests/latest"), i == 3 ? 2 : 1);
  }
  v1::ListCacheEntriesRequest request;
  request.set_order_by("create_time desc");
  request.set_with_total_size(true);
  const auto ids = [&] {
    std::vector<int64_t> ids;
    const auto page = stack_->cache_entries().List(request, Caller::System());
    EXPECT_THAT(page, IsOk());
    if (!page.ok()) return ids;
    for (const auto& entry : page->cache_entries()) ids.push_back(entry.id());
    ids.push_back(-page->total_size());
    return ids;
  };
  EXPECT_THAT(ids(), ElementsAre(5, 4, 3, 2, 1, -5));
  request.set_upstream_id(1);
  EXPECT_THAT(ids(), ElementsAre(5, 4, 2, 1, -4));
  request.set_page_size(2);
  request.set_skip(1);
  EXPECT_THAT(ids(), ElementsAre(4, 2, -4));
  request.set_skip(3);
  EXPECT_THAT(ids(), ElementsAre(1, -4));
  request.set_skip(4000);
  EXPECT_THAT(ids(), ElementsAre(-4));
  request.set_skip(0);
  request.set_filter("relative_path : \"R8\"");
  EXPECT_THAT(ids(), ElementsAre(1, -1));

  request.clear_filter();
  const auto first = stack_->cache_entries().List(request, Caller::System());
  ASSERT_THAT(first, IsOk());
  request.set_page_token(first->next_page_token());
  EXPECT_THAT(ids(), ElementsAre(2, 1, -4));
  request.set_with_total_size(false);
  EXPECT_THAT(ids(), ElementsAre(2, 1, 0));
  request.clear_order_by();
  EXPECT_THAT(stack_->cache_entries().List(request, Caller::System()),
              StatusIs(absl::StatusCode::kInvalidArgument));
  request.clear_page_token();
  request.set_skip(1);
  EXPECT_THAT(stack_->cache_entries().List(request, Caller::System()),
              StatusIs(absl::StatusCode::kInvalidArgument));
  request.set_order_by("create_time desc");
  request.set_skip(-1);
  EXPECT_THAT(stack_->cache_entries().List(request, Caller::System()),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace cvr::testing
