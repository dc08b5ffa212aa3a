#include "services/metadata/admin/repository_list.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "services/common/time_wire.h"
#include "services/metadata/resolution/cache_catalog.h"
#include "services/metadata/resolution/route_cache.h"
#include "services/metadata/resolution/sweeper.h"
#include "services/metadata/secrets/secret_box.h"
#include "services/metadata/store/watched_metadata_store.h"
#include "services/metadata/tables/purge_mark.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Registry 1 with the upstreams 1 and 2.
class RepositoryListTest : public ::testing::Test {
 protected:
  RepositoryListTest() {
    store_.Watch(RouteCache::kTables, [this] { routes_.Invalidate(); });
    Write([](WriteTransaction& transaction) {
      std::vector<stored::Attachment> attachments;
      for (const int64_t id : {1, 2}) {
        stored::Upstream row;
        row.mutable_upstream()->set_id(id);
        row.mutable_upstream()->set_group("default");
        row.mutable_upstream()->set_name(absl::StrCat("u", id));
        row.mutable_upstream()->set_url(absl::StrCat("https://", id, ".test"));
        row.set_identity(id);
        row.set_public_identity(id);
        tables::PutUpstream(transaction, row);
        attachments.emplace_back().set_upstream_id(id);
      }
      stored::Registry registry;
      registry.set_id(1);
      registry.set_group("default");
      registry.set_name("r");
      tables::PutRegistry(transaction, nullptr, registry);
      return tables::SetAttachments(transaction, 1, attachments);
    });
  }

  template <typename Fn>
  void Write(Fn fn) {
    ASSERT_THAT(store_.Write(fn, Durability::kSynced), IsOk());
  }
  // Changes an upstream's row.
  template <typename Fn>
  void Change(int64_t upstream_id, Fn fn) {
    Write([&](WriteTransaction& transaction) -> absl::Status {
      auto row = **tables::FindUpstream(transaction, upstream_id);
      const absl::Status changed = fn(transaction, row);
      tables::PutUpstream(transaction, row);
      return changed;
    });
  }

  void Record(int64_t upstream_id, const std::string& path, uint64_t size_bytes,
              bool counts_as_pull = false) {
    const ContentRef content = *ParseRelativePath(path);
    CacheRecord record{
        upstream_id, content,
        Descriptor{"m/t",
                   content.reference.is_digest() ? content.reference.digest()
                                                 : Digest::OfBytes(path),
                   size_bytes},
        "etag"};
    record.counts_as_pull = counts_as_pull;
    record.cache_epoch = client_.GetUpstreamAccess(upstream_id)->cache_epoch;
    ASSERT_THAT(client_.Record(record), IsOk());
  }
  static std::string Blob(const std::string& repository) {
    return absl::StrCat("/", repository, "/blobs/",
                        Digest::OfBytes("layer").ToString());
  }

  std::vector<v1::CachedRepository> List(int page_size = 0) {
    std::vector<v1::CachedRepository> all;
    v1::ListRepositoriesRequest request;
    request.set_registry_id(1);
    request.set_page_size(page_size);
    do {
      const auto page = list_.List(request);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      if (page_size > 0) {
        EXPECT_LE(page->repositories_size(), page_size);
      }
      all.insert(all.end(), page->repositories().begin(),
                 page->repositories().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return all;
  }
  std::vector<std::string> Names(int page_size = 0) {
    std::vector<std::string> names;
    for (const auto& repository : List(page_size)) {
      names.push_back(repository.name());
    }
    return names;
  }

  FakeClock clock_;
  TemporaryDirectory directory_;
  WatchedMetadataStore store_{std::make_unique<InMemoryMetadataStore>()};
  const std::unique_ptr<SecretBox> box_ =
      *SecretBox::Create(directory_.path() + "/key");
  RouteCache routes_{store_};
  PullCounter pulls_{store_, {.flush_interval = absl::InfiniteDuration()}};
  RefreshQueue refreshes_;
  Sweeper sweeper_{store_};
  CacheCatalog client_{store_, *box_, refreshes_, sweeper_, clock_, {}};
  RepositoryList list_{store_, routes_, pulls_};
};

TEST_F(RepositoryListTest, MergesTheUpstreamsByName) {
  EXPECT_THAT(List(), IsEmpty());
  Record(2, "/b/manifests/1", 5);
  Record(1, "/c/manifests/1", 5);
  Record(1, "/a/x/manifests/1", 5);
  Record(2, "/a/x/manifests/2", 5);
  Record(2, "/d/manifests/1", 5);
  for (const int page_size : {0, 1, 2, 3, 4, 5}) {
    EXPECT_THAT(Names(page_size), ElementsAre("a/x", "b", "c", "d"))
        << page_size;
  }
  v1::ListRepositoriesRequest request;
  request.set_registry_id(2);
  EXPECT_THAT(list_.List(request), StatusIs(absl::StatusCode::kNotFound));
  request.set_registry_id(1);
  request.set_page_token("rubbish");
  EXPECT_THAT(list_.List(request),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(RepositoryListTest, CountsTagsEntriesBytesAndPulls) {
  Record(1, "/a/manifests/1", 5);
  Record(1, "/a/manifests/2", 6);
  Record(1, "/a/manifests/" + Digest::OfBytes("m").ToString(), 7);
  Record(2, Blob("a"), 100);
  // Lists are no content, and other repositories are others.
  Record(1, "/a/tags/list", 1000);
  Record(1, "/a/b/manifests/1", 2000);
  Record(1, Blob("a/blobs/c"), 4000);
  auto repositories = List();
  ASSERT_EQ(repositories.size(), 3);
  EXPECT_EQ(repositories[0].name(), "a");
  EXPECT_EQ(repositories[0].tag_count(), 2);
  EXPECT_EQ(repositories[0].entry_count(), 4);
  EXPECT_EQ(repositories[0].size_bytes(), 118);
  EXPECT_FALSE(repositories[0].has_last_pull_time());
  EXPECT_EQ(repositories[2].name(), "a/blobs/c");
  EXPECT_EQ(repositories[2].size_bytes(), 4000);
  Record(1, "/a/manifests/1", 5, /*counts_as_pull=*/true);
  clock_.Advance(absl::Seconds(10));
  Record(2, Blob("a"), 100, /*counts_as_pull=*/true);
  const absl::Time last = clock_.Now();
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(FromWire(List()[0].last_pull_time()), last);
  // Also one that is not merged yet.
  pulls_.Count(1, clock_.Now());
  EXPECT_EQ(FromWire(List()[0].last_pull_time()), clock_.Now());
}

TEST_F(RepositoryListTest, WhatIsNotServedIsLeftOut) {
  Record(1, "/a/manifests/1", 5);
  Record(2, "/a/manifests/1", 6);
  Record(2, "/b/manifests/1", 7);
  Change(2, [](WriteTransaction&, stored::Upstream& row) {
    auto& rule = *row.mutable_upstream()->add_rules();
    rule.set_action(stored::Rule::ACTION_DENY);
    rule.set_target(stored::Rule::TARGET_REPOSITORY);
    rule.mutable_pattern()->set_wildcard("a");
    return absl::OkStatus();
  });
  EXPECT_THAT(Names(), ElementsAre("a", "b"));
  EXPECT_EQ(List()[0].size_bytes(), 5);
  Change(2, [](WriteTransaction&, stored::Upstream& row) {
    row.mutable_upstream()->set_disabled(true);
    return absl::OkStatus();
  });
  EXPECT_THAT(Names(), ElementsAre("a"));
}

TEST_F(RepositoryListTest, WhatIsPurgedOrHasNoEntryIsLeftOut) {
  Record(1, "/a/manifests/1", 5);
  Record(1, "/b/manifests/1", 5);
  Record(1, "/c/manifests/1", 5);
  Change(1, [](WriteTransaction& transaction, stored::Upstream& row) {
    return purges::Begin(transaction, row);
  });
  EXPECT_THAT(List(), IsEmpty());
  Record(1, "/b/manifests/1", 5);
  EXPECT_THAT(Names(), ElementsAre("b"));
  // Whose entries alone are gone.
  Write([](WriteTransaction& transaction) {
    return tables::DeleteCacheEntry(
        transaction,
        **tables::FindCacheEntry(transaction, 1, "/b/manifests/1"));
  });
  EXPECT_THAT(List(), IsEmpty());
}

}  // namespace
}  // namespace cvr::testing
