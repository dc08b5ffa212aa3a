// Purges before, while and after the rows are deleted: nothing works in the
// background here but what a test calls.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/content.h"
#include "services/common/errors.h"
#include "services/metadata/admin/cache_admin.h"
#include "services/metadata/admin/cache_entry_admin.h"
#include "services/metadata/operations/operations.h"
#include "services/metadata/resolution/cache_catalog.h"
#include "services/metadata/resolution/local_resolver.h"
#include "services/metadata/resolution/route_cache.h"
#include "services/metadata/secrets/secret_box.h"
#include "services/metadata/store/watched_metadata_store.h"
#include "services/metadata/tables/link_tables.h"
#include "services/metadata/tables/operation_tables.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Upstream 1 has credentials and is in registry 1, upstream 2 is public and in
// both, registry 2 is of another group's.
class PurgeTest : public ::testing::Test {
 protected:
  PurgeTest() {
    store_.Watch(RouteCache::kTables, [this] { routes_.Invalidate(); });
    store_.Watch(Operations::kTables, [this] { operations_.NoteChange(); });
    Write([](WriteTransaction& transaction) {
      for (const char* group : {"default", "acme"}) {
        stored::Group row;
        row.set_name(group);
        tables::PutGroup(transaction, row);
      }
      for (const int64_t id : {1, 2}) {
        stored::Upstream row;
        row.mutable_upstream()->set_id(id);
        row.mutable_upstream()->set_group("default");
        row.mutable_upstream()->set_name(absl::StrCat("u", id));
        row.mutable_upstream()->set_url(absl::StrCat("https://", id, ".test"));
        stored::CachePolicy& policy =
            *row.mutable_upstream()->mutable_cache_policy();
        policy.mutable_tag_ttl()->set_seconds(100);
        policy.set_refresh_ahead(true);
        row.set_identity(10 * id);
        row.set_public_identity(id == 1 ? 11 : 20);
        tables::PutUpstream(transaction, row);
        stored::Registry registry;
        registry.set_id(id);
        registry.set_group(id == 1 ? "default" : "acme");
        registry.set_name(absl::StrCat("r", id));
        tables::PutRegistry(transaction, nullptr, registry);
      }
      for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(tables::NextId(transaction, tables::kIdentityIds).ok());
      }
      stored::Attachment first;
      first.set_upstream_id(1);
      stored::Attachment second;
      second.set_upstream_id(2);
      EXPECT_TRUE(tables::SetAttachments(transaction, 1, {first, second}).ok());
      return tables::SetAttachments(transaction, 2, {second});
    });
  }

  template <typename Fn>
  void Write(Fn fn) {
    ASSERT_THAT(store_.Write(fn, Durability::kSynced), IsOk());
  }

  int64_t CountRows(Table table) {
    int64_t rows = 0;
    EXPECT_THAT(store_.Read([&](const ReadTransaction& transaction) {
      return transaction.Scan(
          table, "", "",
          [&](absl::string_view, absl::string_view) -> absl::StatusOr<bool> {
            ++rows;
            return true;
          });
    }),
                IsOk());
    return rows;
  }

  stored::Upstream Row(int64_t upstream_id) {
    stored::Upstream row;
    EXPECT_THAT(store_.Read([&](const ReadTransaction& transaction) {
      row = **tables::FindUpstream(transaction, upstream_id);
      return absl::OkStatus();
    }),
                IsOk());
    return row;
  }

  UpstreamEpoch At(int64_t upstream_id) {
    const auto access = client_.GetUpstreamAccess(upstream_id);
    EXPECT_THAT(access, IsOk());
    return {upstream_id, access.ok() ? access->cache_epoch : 0};
  }

  CacheRecord RecordOf(int64_t upstream_id, const std::string& path,
                       const Digest& digest) {
    CacheRecord record{upstream_id, *ParseRelativePath(path),
                       Descriptor{"m/t", digest, 7}, "etag"};
    const auto access = client_.GetUpstreamAccess(upstream_id);
    EXPECT_THAT(access, IsOk());
    record.delivered_to = access->identity;
    record.cache_epoch = access->cache_epoch;
    return record;
  }
  void Record(int64_t upstream_id, const std::string& path,
              const Digest& digest) {
    ASSERT_THAT(client_.Record(RecordOf(upstream_id, path, digest)), IsOk());
  }
  // A tag of upstream 1 whose image names `layer_`, and the layer itself.
  void RecordImage() {
    CacheRecord image = RecordOf(1, kTag, image_);
    image.references = {layer_};
    ASSERT_THAT(client_.Record(image), IsOk());
    Record(1, blob_path_, layer_);
  }

  Candidate CandidateAt(const std::string& path, bool counts_as_pull = false) {
    ResolveRequest request{1, *ParseRelativePath(path), counts_as_pull};
    request.caller = Caller::System();
    const auto resolution = resolver_.Resolve(request);
    EXPECT_THAT(resolution, IsOk());
    if (!resolution.ok()) return {};
    has_hit_ = resolution->hit.has_value();
    for (const Candidate& candidate : resolution->plan.candidates) {
      if (candidate.upstream_id == 1) return candidate;
    }
    ADD_FAILURE() << "upstream 1 is no candidate";
    return {};
  }

  std::vector<v1::CacheEntry> Entries() {
    const auto page = entries_.List({}, Caller::System());
    EXPECT_THAT(page, IsOk());
    return {page->cache_entries().begin(), page->cache_entries().end()};
  }
  int64_t EntriesInStats(int64_t upstream_id) {
    v1::GetCacheStatsRequest request;
    request.set_group("-");
    const auto stats = caches_.Stats(request, Caller::System());
    EXPECT_THAT(stats, IsOk());
    return stats->upstreams(static_cast<int>(upstream_id - 1)).entry_count();
  }

  absl::StatusOr<v1::Operation> Purge(int64_t upstream_id,
                                      bool validate_only = false) {
    v1::PurgeUpstreamCacheRequest request;
    request.set_upstream_id(upstream_id);
    request.set_validate_only(validate_only);
    return caches_.PurgeUpstream(request, Caller::System());
  }
  static v1::PurgeCacheResponse ResponseOf(const google::protobuf::Any& any) {
    v1::PurgeCacheResponse response;
    EXPECT_TRUE(any.UnpackTo(&response));
    return response;
  }

  // The work of the operation, done here.
  absl::StatusOr<google::protobuf::Any> Work(const v1::Operation& operation) {
    stored::Operation row;
    EXPECT_THAT(store_.Read([&](const ReadTransaction& transaction) {
      row = **tables::FindOperation(transaction, operation.id());
      return absl::OkStatus();
    }),
                IsOk());
    OperationRun run(operations_, row);
    auto result = caches_.Remove(run);
    progress_ = run.progress();
    return result;
  }

  FakeClock clock_;
  TemporaryDirectory directory_;
  WatchedMetadataStore store_{std::make_unique<InMemoryMetadataStore>()};
  const std::unique_ptr<SecretBox> box_ =
      *SecretBox::Create(directory_.path() + "/key");
  RouteCache routes_{store_};
  PullCounter pulls_{store_, {.flush_interval = absl::InfiniteDuration()}};
  RefreshQueue refreshes_;
  Sweeper sweeper_{store_};                // Not started.
  Operations operations_{store_, clock_};  // Neither.
  CacheCatalog client_{store_, *box_, refreshes_, sweeper_, clock_, {}};
  LocalResolver resolver_{store_, routes_, pulls_, refreshes_, clock_};
  CacheAdmin caches_{store_, pulls_, refreshes_, sweeper_, operations_};
  CacheEntryAdmin entries_{store_, pulls_, clock_};
  v1::Operation::Progress progress_;
  bool has_hit_ = false;

  static constexpr char kTag[] = "/a/manifests/1";
  const Digest image_ = Digest::OfBytes("image");
  const Digest layer_ = Digest::OfBytes("layer");
  const std::string blob_path_ = "/a/blobs/" + layer_.ToString();
};

TEST_F(PurgeTest, NothingIsThereAnyMoreWhenTheCallReturns) {
  RecordImage();
  clock_.Advance(absl::Seconds(99));
  CandidateAt(kTag, /*counts_as_pull=*/true);
  ASSERT_TRUE(has_hit_);
  ASSERT_THAT(client_.RecordNegativeAnswer(
                  At(1), *ParseRelativePath("/a/manifests/none"),
                  NegativeAnswer::kNotFound),
              IsOk());
  const int64_t id = Entries()[0].id();
  const int64_t epoch = CandidateAt(kTag).cache_epoch;
  ASSERT_THAT(Purge(1), IsOk());
  // The rows are all there.
  EXPECT_EQ(CountRows(Table::kCacheEntries), 2);
  EXPECT_EQ(CountRows(Table::kReachability), 2);
  EXPECT_EQ(CountRows(Table::kNegativeEntries), 1);
  EXPECT_THAT(Entries(), IsEmpty());
  v1::GetCacheEntryRequest get;
  get.set_id(id);
  EXPECT_THAT(entries_.Get(get), StatusIs(absl::StatusCode::kNotFound));
  v1::ExpireCacheEntryRequest expire;
  expire.set_id(id);
  EXPECT_THAT(entries_.Expire(expire), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(EntriesInStats(1), 0);
  const Candidate tag = CandidateAt(kTag);
  EXPECT_FALSE(has_hit_);
  EXPECT_FALSE(tag.cached);
  EXPECT_GT(tag.cache_epoch, epoch);
  const Candidate blob = CandidateAt(blob_path_);
  EXPECT_FALSE(has_hit_);
  EXPECT_FALSE(blob.reachable);
  EXPECT_FALSE(blob.possessed);
  EXPECT_FALSE(blob.cached);
  EXPECT_EQ(CandidateAt("/a/manifests/none").negative_answer,
            NegativeAnswer::kNone);
  EXPECT_THAT(client_.TakeRefreshDue(9), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(resolver_.ListRepositories(Caller::System(), 1, {}, 10),
              IsOkAndHolds(IsEmpty()));
}

// What was found out before the purge is not recorded after it.
TEST_F(PurgeTest, ADownloadThatEndsLaterDoesNotUndoIt) {
  const CacheRecord record = RecordOf(1, kTag, image_);
  ASSERT_THAT(Purge(1), IsOk());
  EXPECT_THAT(client_.Record(record), StatusIs(absl::StatusCode::kAborted));
}

TEST_F(PurgeTest, WhatNobodyHasAskedForIsNotBelieved) {
  RecordImage();
  ASSERT_THAT(Purge(1), IsOk());
  CacheRecord record = RecordOf(1, blob_path_, layer_);
  record.confirmed = false;
  ASSERT_THAT(client_.Record(record), IsOk());
  EXPECT_THAT(Entries(), IsEmpty());
}

TEST_F(PurgeTest, WhatIsRecordedAfterwardsIsAnotherEntryAndStays) {
  RecordImage();
  CandidateAt(kTag, /*counts_as_pull=*/true);
  const int64_t old_id = Entries()[0].id();
  ASSERT_EQ(Entries()[0].pull_count(), 1);
  const auto operation = Purge(1);
  ASSERT_THAT(operation, IsOk());
  Record(1, kTag, image_);
  const auto check = [&] {
    ASSERT_THAT(Entries(), SizeIs(1));
    EXPECT_GT(Entries()[0].id(), old_id);
    EXPECT_EQ(Entries()[0].pull_count(), 0);
    CandidateAt(kTag);
    EXPECT_TRUE(has_hit_);
    // The image was not fetched with what it names.
    EXPECT_FALSE(CandidateAt(blob_path_).reachable);
  };
  check();
  // The layer is named again, but its bytes were not delivered since.
  CacheRecord image = RecordOf(1, kTag, image_);
  image.references = {layer_};
  ASSERT_THAT(client_.Record(image), IsOk());
  EXPECT_TRUE(CandidateAt(blob_path_).reachable);
  EXPECT_FALSE(CandidateAt(blob_path_).possessed);
  ASSERT_THAT(Work(*operation), IsOk());
  EXPECT_EQ(CountRows(Table::kCacheEntries), 1);
  EXPECT_EQ(CountRows(Table::kReachability), 2);
  EXPECT_EQ(CountRows(Table::kReachabilityLinks), 1);
  EXPECT_EQ(CountRows(Table::kRemovals), 0);
  EXPECT_TRUE(CandidateAt(blob_path_).reachable);
  EXPECT_THAT(store_.Read([&](const ReadTransaction& transaction) {
    const auto rows = *tables::RowsOf(transaction, 1);
    EXPECT_EQ(rows.entries(), 1);
    EXPECT_EQ(rows.reachable(), 2);
    return absl::OkStatus();
  }),
              IsOk());
}

TEST_F(PurgeTest, ANegativeAnswerAfterwardsStays) {
  const auto deny = [&](const std::string& path) {
    EXPECT_THAT(client_.RecordNegativeAnswer(At(1), *ParseRelativePath(path),
                                             NegativeAnswer::kNotFound),
                IsOk());
  };
  Record(1, kTag, image_);
  deny("/a/manifests/before");
  const auto operation = Purge(1);
  ASSERT_THAT(operation, IsOk());
  deny("/a/manifests/after");
  ASSERT_THAT(Work(*operation), IsOk());
  EXPECT_EQ(CountRows(Table::kNegativeEntries), 1);
  EXPECT_EQ(CandidateAt("/a/manifests/after").negative_answer,
            NegativeAnswer::kNotFound);
}

TEST_F(PurgeTest, TheOperationTellsWhatWasThere) {
  RecordImage();
  Record(2, kTag, image_);
  const auto operation = Purge(1);
  ASSERT_THAT(operation, IsOk());
  EXPECT_FALSE(operation->done());
  EXPECT_EQ(operation->method(), "CacheService.PurgeUpstreamCache");
  EXPECT_EQ(operation->group(), "default");
  EXPECT_EQ(operation->progress().total_count(), 2);
  const auto response = Work(*operation);
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(ResponseOf(*response).entry_count(), 2);
  EXPECT_EQ(ResponseOf(*response).size_bytes(), 14);
  EXPECT_EQ(progress_.done_count(), 2);
  EXPECT_EQ(progress_.done_bytes(), 14);
  EXPECT_THAT(Entries(), SizeIs(1));
  // Called again after a crash, it comes to the same end.
  EXPECT_EQ(ResponseOf(*Work(*operation)).entry_count(), 2);
  EXPECT_THAT(Entries(), SizeIs(1));
  EXPECT_THAT(Purge(3), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(PurgeTest, ValidatingChangesNothing) {
  RecordImage();
  const auto operation = Purge(1, /*validate_only=*/true);
  ASSERT_THAT(operation, IsOk());
  EXPECT_TRUE(operation->done());
  EXPECT_EQ(operation->id(), 0);
  EXPECT_EQ(ResponseOf(operation->response()).entry_count(), 2);
  EXPECT_EQ(ResponseOf(operation->response()).size_bytes(), 14);
  EXPECT_EQ(Row(1).purged_through_entry_id(), 0);
  EXPECT_THAT(Entries(), SizeIs(2));
  EXPECT_EQ(CountRows(Table::kOperations), 0);
}

TEST_F(PurgeTest, EveryPurgeCounts) {
  ASSERT_THAT(Purge(1), IsOk());
  const int64_t first = Row(1).purged_through_entry_id();
  EXPECT_GT(first, 0);
  // Also with nothing recorded between them.
  const auto second = Purge(1);
  ASSERT_THAT(second, IsOk());
  EXPECT_GT(Row(1).purged_through_entry_id(), first);
  Record(1, kTag, image_);
  EXPECT_GT(Entries()[0].id(), Row(1).purged_through_entry_id());
  const auto third = Purge(1);
  ASSERT_THAT(third, IsOk());
  // An earlier operation leaves what a later one is to delete.
  ASSERT_THAT(Work(*second), IsOk());
  EXPECT_EQ(CountRows(Table::kCacheEntries), 1);
  EXPECT_EQ(CountRows(Table::kRemovals), 1);
  ASSERT_THAT(Work(*third), IsOk());
  EXPECT_EQ(CountRows(Table::kCacheEntries), 0);
  EXPECT_EQ(CountRows(Table::kRemovals), 0);
}

TEST_F(PurgeTest, TheSweeperLeavesTheRowsToTheOperation) {
  RecordImage();
  const auto operation = Purge(1);
  ASSERT_THAT(operation, IsOk());
  ASSERT_THAT(sweeper_.Sweep(), IsOk());
  EXPECT_EQ(CountRows(Table::kCacheEntries), 2);
  ASSERT_THAT(Work(*operation), IsOk());
  EXPECT_EQ(CountRows(Table::kCacheEntries), 0);
}

// Between two of its transactions.
TEST_F(PurgeTest, WhatIsCancelledStaysPurgedAndIsSwept) {
  RecordImage();
  const auto operation = Purge(1);
  ASSERT_THAT(operation, IsOk());
  v1::CancelOperationRequest cancel;
  cancel.set_id(operation->id());
  ASSERT_THAT(operations_.Cancel(cancel, Caller::System()), IsOk());
  EXPECT_THAT(Work(*operation), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(CountRows(Table::kCacheEntries), 2);
  EXPECT_THAT(Entries(), IsEmpty());
  ASSERT_THAT(sweeper_.Sweep(), IsOk());
  EXPECT_EQ(CountRows(Table::kCacheEntries), 0);
  EXPECT_EQ(CountRows(Table::kReachability), 0);
  EXPECT_EQ(CountRows(Table::kReachabilityLinks), 0);
  EXPECT_EQ(CountRows(Table::kRemovals), 0);
  EXPECT_EQ(Row(1).upstream().id(), 1);
}

// Nobody has worked on it, and nobody has said so.
TEST_F(PurgeTest, WhatAnOperationThatEndedHasClaimedIsSwept) {
  RecordImage();
  const auto operation = Purge(1);
  ASSERT_THAT(operation, IsOk());
  ASSERT_THAT(sweeper_.Sweep(), IsOk());
  ASSERT_EQ(CountRows(Table::kCacheEntries), 2);
  Write([&](WriteTransaction& transaction) {
    auto row = **tables::FindOperation(transaction, operation->id());
    row.mutable_end_time()->set_seconds(1);
    tables::PutOperation(transaction, row);
    return absl::OkStatus();
  });
  ASSERT_THAT(sweeper_.Sweep(), IsOk());
  EXPECT_EQ(CountRows(Table::kCacheEntries), 0);
}

// The bytes are garbage when the rows are gone, and not before.
TEST_F(PurgeTest, BytesAreKeptAsLongAsARowPointsAtThem) {
  RecordImage();
  const auto operation = Purge(1);
  ASSERT_THAT(operation, IsOk());
  EXPECT_THAT(client_.FilterUnreferenced({image_, layer_}),
              IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(client_.ListGarbage(0, 10), IsOkAndHolds(IsEmpty()));
  ASSERT_THAT(Work(*operation), IsOk());
  EXPECT_THAT(client_.FilterUnreferenced({image_, layer_}),
              IsOkAndHolds(ElementsAre(image_, layer_)));
  EXPECT_THAT(client_.ListGarbage(0, 10), IsOkAndHolds(SizeIs(2)));
}

// What another entry says counts only if that is not purged.
TEST_F(PurgeTest, ADeletedTagIsNotKeptReachableByWhatIsPurged) {
  const std::string by_digest = "/a/manifests/" + image_.ToString();
  Record(1, by_digest, image_);
  ASSERT_THAT(Purge(1), IsOk());
  Record(1, kTag, image_);
  ASSERT_TRUE(CandidateAt(by_digest).reachable);
  v1::DeleteCacheEntryRequest request;
  request.set_id(Entries()[0].id());
  ASSERT_THAT(entries_.Delete(request), IsOk());
  EXPECT_FALSE(CandidateAt(by_digest).reachable);
  EXPECT_FALSE(CandidateAt(by_digest).possessed);
}

TEST_F(PurgeTest, ARegistryIsPurgedWholeOrNotAtAll) {
  Record(1, kTag, image_);
  Record(2, kTag, image_);
  v1::PurgeRegistryCacheRequest request;
  request.set_registry_id(1);
  request.set_include_shared(true);
  // Upstream 2 is another group's registry's, too; the token is for registry 1.
  Caller caller;
  caller.token_id = 5;
  caller.may_manage = true;
  caller.group = "default";
  caller.registry_ids = {1};
  EXPECT_THAT(caches_.PurgeRegistry(request, caller),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::kDenied));
  EXPECT_THAT(Entries(), SizeIs(2));
  EXPECT_EQ(CountRows(Table::kOperations), 0);
  const auto operation = caches_.PurgeRegistry(request, Caller::System());
  ASSERT_THAT(operation, IsOk());
  EXPECT_EQ(operation->method(), "CacheService.PurgeRegistryCache");
  EXPECT_THAT(Entries(), IsEmpty());
  EXPECT_EQ(ResponseOf(*Work(*operation)).entry_count(), 2);
  EXPECT_EQ(CountRows(Table::kCacheEntries), 0);
}

TEST_F(PurgeTest, ARowThatIsMadeRoomForIsAPurgedOne) {
  CacheCatalog small(store_, *box_, refreshes_, sweeper_, clock_,
                     {.entries_per_upstream_max = 2});
  Record(1, "/a/manifests/1", image_);
  ASSERT_THAT(Purge(1), IsOk());
  clock_.Advance(absl::Seconds(1));
  ASSERT_THAT(small.Record(RecordOf(1, "/a/manifests/0", image_)), IsOk());
  ASSERT_THAT(small.Record(RecordOf(1, "/a/manifests/2", image_)), IsOk());
  EXPECT_THAT(Entries(), SizeIs(2));
  EXPECT_EQ(CountRows(Table::kCacheEntries), 2);
}

}  // namespace
}  // namespace cvr::testing
