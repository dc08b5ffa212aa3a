#include "services/metadata/admin/cache_entry_admin.h"

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

  v1::CacheEntry NewEntry(const std::string& path, const Digest& digest) {
    v1::CacheEntry entry;
    entry.set_upstream_id(1);
    entry.set_relative_path(path);
    entry.set_digest(digest.ToString());
    entry.set_media_type("m/t");
    entry.set_size(5'000'000'000);
    return entry;
  }

  absl::StatusOr<v1::CacheEntry> Create(const v1::CacheEntry& entry) {
    v1::CreateCacheEntryRequest request;
    *request.mutable_cache_entry() = entry;
    return stack_->cache_entries().Create(request);
  }
  absl::StatusOr<v1::CacheEntry> Get(int64_t id) {
    v1::GetCacheEntryRequest request;
    request.set_id(id);
    return stack_->cache_entries().Get(request);
  }
  absl::StatusOr<v1::CacheEntry> Update(const v1::CacheEntry& entry,
                                        const std::vector<std::string>& paths) {
    v1::UpdateCacheEntryRequest request;
    *request.mutable_cache_entry() = entry;
    for (const auto& path : paths) {
      request.mutable_update_mask()->add_paths(path);
    }
    return stack_->cache_entries().Update(request);
  }
  absl::Status Delete(int64_t id) {
    v1::DeleteCacheEntryRequest request;
    request.set_id(id);
    return stack_->cache_entries().Delete(request);
  }

  // The upstream delivers what is declared.
  void Deliver(const std::string& path) {
    ASSERT_THAT(stack_->client().Record(RecordOf(1, path, digest_)), IsOk());
  }

  absl::StatusOr<Resolution> Resolve(const std::string& path) {
    return MetadataFixture::Resolve(1, path, true);
  }

  const Digest digest_ = Digest::OfBytes("m");
  const std::string tag_path_ = "/library/alpine/manifests/3.20";
  const std::string blob_path_ = "/library/alpine/blobs/" + digest_.ToString();
};

TEST_F(CacheEntryAdminTest, ACreatedEntryIsShownAsItWasGiven) {
  v1::CacheEntry given = NewEntry(tag_path_, digest_);
  given.set_id(7);
  given.set_downloads_count(1000);
  const auto created = Create(given);
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(created->id(), 1);
  EXPECT_EQ(created->size(), 5'000'000'000);
  EXPECT_EQ(created->downloads_count(), 0);
  EXPECT_EQ(created->status(), v1::CacheEntry::ACTIVE);
  EXPECT_EQ(created->upstream_checked_at().seconds(),
            created->create_time().seconds());
  EXPECT_EQ(Get(1)->SerializeAsString(), created->SerializeAsString());
}

// Else whoever may declare an entry could read what others have stored.
TEST_F(CacheEntryAdminTest, ACreatedEntryIsServedOnceTheUpstreamDelivered) {
  ASSERT_THAT(Create(NewEntry(tag_path_, digest_)), IsOk());
  ASSERT_THAT(Create(NewEntry(blob_path_, digest_)), IsOk());
  for (const std::string& path : {tag_path_, blob_path_}) {
    const auto declared = Resolve(path);
    ASSERT_THAT(declared, IsOk());
    EXPECT_FALSE(declared->hit);
    EXPECT_FALSE(declared->plan.candidates[0].reachable);
    EXPECT_FALSE(declared->plan.candidates[0].possessed);
  }
  Deliver(tag_path_);
  EXPECT_TRUE(Resolve(tag_path_)->hit);
  EXPECT_TRUE(Resolve(blob_path_)->plan.candidates[0].reachable);
}

// What an upstream has delivered before is not more its own by that.
TEST_F(CacheEntryAdminTest, ADeclaredTagLeadsNowhere) {
  ASSERT_THAT(Create(NewEntry(blob_path_, digest_)), IsOk());
  Deliver(blob_path_);
  ASSERT_TRUE(Resolve(blob_path_)->hit);
  v1::Upstream ruled;
  ruled.set_id(1);
  auto& rule = *ruled.add_rules();
  rule.set_action(v1::Rule::DENY);
  rule.set_target(v1::Rule::TAG);
  rule.mutable_pattern()->set_wildcard("9*");
  ASSERT_THAT(UpdateUpstream(ruled, {"rules"}), IsOk());
  ASSERT_THAT(Create(NewEntry(tag_path_, digest_)), IsOk());
  EXPECT_THAT(Resolve(blob_path_),
              StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(CacheEntryAdminTest, WhatCannotBeCreated) {
  ASSERT_THAT(Create(NewEntry(tag_path_, digest_)), IsOk());
  EXPECT_THAT(
      Create(NewEntry(tag_path_, digest_)),
      StatusIs(absl::StatusCode::kAlreadyExists, Reason::kResourceExists));
  v1::CacheEntry entry = NewEntry(tag_path_, digest_);
  entry.set_upstream_id(2);
  EXPECT_THAT(Create(entry), IsOk());
  entry.set_upstream_id(3);
  EXPECT_THAT(Create(entry), StatusIs(absl::StatusCode::kNotFound));
  entry.set_digest("rubbish");
  EXPECT_THAT(Create(entry), StatusIs(absl::StatusCode::kInvalidArgument,
                                      Reason::kFieldInvalid));
}

TEST_F(CacheEntryAdminTest, ABlobWithoutATypeIsAnOctetStream) {
  v1::CacheEntry entry = NewEntry(blob_path_, digest_);
  entry.clear_media_type();
  EXPECT_EQ(Create(entry)->media_type(), "application/octet-stream");
}

// Whatever was done to an entry: it goes with its bytes.
TEST_F(CacheEntryAdminTest, EntriesAreForgottenWithTheirContent) {
  ASSERT_THAT(Create(NewEntry(tag_path_, digest_)), IsOk());
  ASSERT_THAT(Create(NewEntry(blob_path_, digest_)), IsOk());
  Deliver(blob_path_);
  ASSERT_THAT(Delete(1), IsOk());
  ASSERT_TRUE(Resolve(blob_path_)->hit);
  auto entry = Get(2);
  ASSERT_THAT(entry, IsOk());
  ASSERT_EQ(entry->downloads_count(), 1);
  ASSERT_THAT(Update(*entry, {"media_type"}), IsOk());
  ASSERT_THAT(stack_->client().ForgetContent({digest_}), IsOk());
  EXPECT_THAT(Entries(), IsOkAndHolds(IsEmpty()));
}

TEST_F(CacheEntryAdminTest, AnOldCheckMakesTheNextPullAsk) {
  ASSERT_THAT(Create(NewEntry(tag_path_, digest_)), IsOk());
  v1::CacheEntry change;
  change.set_id(1);
  change.set_media_type("new/type");
  ASSERT_THAT(Update(change, {"upstream_checked_at"}), IsOk());
  EXPECT_FALSE(Resolve(tag_path_)->hit);
  EXPECT_EQ(Get(1)->media_type(), "m/t");
  ASSERT_THAT(Update(change, {"media_type"}), IsOk());
  EXPECT_EQ(Get(1)->media_type(), "new/type");
}

TEST_F(CacheEntryAdminTest, MasksMustNameKnownFields) {
  ASSERT_THAT(Create(NewEntry(tag_path_, digest_)), IsOk());
  const auto entry = *Get(1);
  const auto invalid =
      StatusIs(absl::StatusCode::kInvalidArgument, Reason::kFieldInvalid);
  EXPECT_THAT(Update(entry, {}), invalid);
  EXPECT_THAT(Update(entry, {"digest"}), invalid);
  v1::CacheEntry empty;
  empty.set_id(1);
  EXPECT_THAT(Update(empty, {"media_type"}), invalid);
  empty.set_id(2);
  EXPECT_THAT(Update(empty, {"media_type"}),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(CacheEntryAdminTest, ADeletedEntryIsAMiss) {
  ASSERT_THAT(Create(NewEntry(blob_path_, digest_)), IsOk());
  Deliver(blob_path_);
  ASSERT_TRUE(Resolve(blob_path_)->hit);
  ASSERT_THAT(Delete(1), IsOk());
  const auto resolution = Resolve(blob_path_);
  EXPECT_FALSE(resolution->hit);
  // Else stored bytes would be served without asking.
  EXPECT_FALSE(resolution->plan.candidates[0].reachable);
  EXPECT_THAT(Get(1), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Delete(1), IsOk());
  EXPECT_THAT(Delete(-1), IsOk());
}

TEST_F(CacheEntryAdminTest, ShowsEveryDownloadSoFar) {
  ASSERT_THAT(Create(NewEntry(tag_path_, digest_)), IsOk());
  Deliver(tag_path_);
  ASSERT_THAT(Resolve(tag_path_), IsOk());
  EXPECT_EQ(Get(1)->downloads_count(), 1);
  ASSERT_THAT(Resolve(tag_path_), IsOk());
  EXPECT_EQ(Entries()->at(0).downloads_count(), 2);
}

TEST_F(CacheEntryAdminTest, AForgottenEntrysDownloadsAreNobodyElses) {
  ASSERT_THAT(Create(NewEntry(tag_path_, digest_)), IsOk());
  Deliver(tag_path_);
  ASSERT_THAT(Resolve(tag_path_), IsOk());
  ASSERT_THAT(Delete(1), IsOk());
  EXPECT_EQ(Create(NewEntry(tag_path_, digest_))->id(), 2);
  EXPECT_EQ(Get(2)->downloads_count(), 0);
}

TEST_F(CacheEntryAdminTest, ListsInTheOrderOfFirstCachingWithFilters) {
  const auto add = [&](const std::string& path, int64_t upstream_id) {
    v1::CacheEntry entry = NewEntry(path, digest_);
    entry.set_upstream_id(upstream_id);
    ASSERT_THAT(Create(entry), IsOk());
  };
  add("/z/manifests/1", 1);
  add("/a/manifests/Latest", 2);
  add("/m/manifests/latest", 1);
  add("/a/manifests/2", 1);
  const auto ids = [&](v1::ListCacheEntriesRequest request) {
    std::vector<int64_t> ids;
    do {
      const auto page = stack_->cache_entries().List(request, Caller::System());
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      for (const auto& entry : page->cache_entries()) ids.push_back(entry.id());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return ids;
  };
  v1::ListCacheEntriesRequest request;
  for (const int page_size : {0, 1, 2, 3, 4}) {
    request.set_page_size(page_size);
    request.set_upstream_id(0);
    EXPECT_THAT(ids(request), ElementsAre(1, 2, 3, 4));
    request.set_upstream_id(1);
    EXPECT_THAT(ids(request), ElementsAre(1, 3, 4));
  }
  request.set_upstream_id(0);
  request.set_page_size(1);
  request.set_path_contains("LATEST");
  EXPECT_THAT(ids(request), ElementsAre(2, 3));
  request.set_path_contains("nothing");
  EXPECT_THAT(ids(request), IsEmpty());
  request.set_page_token("rubbish");
  EXPECT_THAT(stack_->cache_entries().List(request, Caller::System()),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(CacheEntryAdminTest, ListsTheNewestFirstFromAnyPlace) {
  for (int i = 1; i <= 5; ++i) {
    v1::CacheEntry entry =
        NewEntry(absl::StrCat("/r", 9 - i, "/manifests/latest"), digest_);
    entry.set_upstream_id(i == 3 ? 2 : 1);
    ASSERT_THAT(Create(entry), IsOk());
  }
  v1::ListCacheEntriesRequest request;
  request.set_newest_first(true);
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
  request.set_path_contains("R8");
  EXPECT_THAT(ids(), ElementsAre(1, -1));

  request.set_path_contains("");
  const auto first = stack_->cache_entries().List(request, Caller::System());
  ASSERT_THAT(first, IsOk());
  request.set_page_token(first->next_page_token());
  EXPECT_THAT(ids(), ElementsAre(2, 1, -4));
  request.set_newest_first(false);
  EXPECT_THAT(stack_->cache_entries().List(request, Caller::System()),
              StatusIs(absl::StatusCode::kInvalidArgument));
  request.clear_page_token();
  request.set_skip(1);
  EXPECT_THAT(stack_->cache_entries().List(request, Caller::System()),
              StatusIs(absl::StatusCode::kInvalidArgument));
  request.set_newest_first(true);
  request.set_skip(-1);
  EXPECT_THAT(stack_->cache_entries().List(request, Caller::System()),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace cvr::testing
