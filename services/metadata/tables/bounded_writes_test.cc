// No write of what upstreams and administrators can make large touches more
// than a bounded number of rows, and nothing is served that must not be
// meanwhile.

#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/limits.h"
#include "services/concurrency/clock.h"
#include "services/metadata/metadata_stack.h"
#include "services/metadata/store/rocksdb_metadata_store.h"
#include "services/metadata/tables/link_tables.h"
#include "services/metadata/tables/reachability.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/testing/counting_metadata_store.h"
#include "services/metadata/testing/metadata_fixture.h"
#include "tests/support/status_matchers.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

// Rows that one transaction may touch, looked up ones included.
constexpr int kRowsMax = 1000;

// The shortest that a manifest may say of a layer.
constexpr size_t kDescriptorBytes = sizeof(R"({"digest":"sha256:"},)") - 1 + 64;

// Every layer that a manifest of the largest size can name.
std::vector<Digest> AllLayers(const std::string& of, size_t count) {
  std::vector<Digest> layers;
  for (size_t i = 0; i < count; ++i) {
    layers.push_back(Digest::OfBytes(absl::StrCat(of, i)));
  }
  return layers;
}

// A service on a real store whose writes are counted, with a victim's upstream
// and an innocent one.
class BoundedWritesTest : public MetadataFixture {
 protected:
  BoundedWritesTest() {
    Open();
    const auto registry = CreateRegistry("registry");
    registry_ = registry->id();
    large_ = CreateUpstream("https://large.test")->id();
    other_ = CreateUpstream("https://other.test")->id();
    EXPECT_THAT(Attach(registry_, large_), IsOk());
    EXPECT_THAT(Attach(registry_, other_), IsOk());
    counting_->TakeCounts();
  }
  ~BoundedWritesTest() override { stack_.reset(); }

  // As a new process does.
  void Open() {
    stack_.reset();
    counting_.reset();
    store_.reset();
    store_ = *RocksDbMetadataStore::Open(directory_.path() + "/store");
    counting_ = std::make_unique<CountingMetadataStore>(*store_);
    MetadataStack::Options options;
    options.clock = &clock_;
    options.downloads_flush_interval = absl::InfiniteDuration();
    options.cleanup_check_interval = absl::InfiniteDuration();
    options.client.entries_per_upstream_max = entries_max_;
    const std::string key = directory_.path() + "/key";
    auto box = SecretBox::Load(key);
    if (!box.ok()) box = SecretBox::Create(key);
    stack_ = *MetadataStack::OpenOver(std::make_unique<Shared>(*counting_),
                                      *std::move(box), options);
  }

  // Runs `act` with an innocent write after each of its transactions, and
  // `check` then. Prints what it took.
  void Bounded(
      const std::string& what, const std::function<void()>& act,
      const std::function<void()>& check = [] {}) {
    counting_->TakeCounts();
    int innocent = 0;
    const absl::Time start = Clock::Real().SteadyNow();
    absl::Duration waited;
    // The sweeper's writes are others', too, and so are those of this function.
    static thread_local bool is_acting;
    is_acting = true;
    counting_->SetAfterWrite([&] {
      if (!is_acting) return;
      is_acting = false;
      const absl::Time before = Clock::Real().SteadyNow();
      EXPECT_THAT(stack_->client().Record(RecordOf(
                      other_, absl::StrCat("/innocent/manifests/", innocent++),
                      Digest::OfBytes("innocent"))),
                  IsOk());
      waited = std::max(waited, Clock::Real().SteadyNow() - before);
      check();
      is_acting = true;
    });
    act();
    is_acting = false;
    counting_->SetAfterWrite(nullptr);
    const auto counts = counting_->TakeCounts();
    EXPECT_LE(counts.rows_max, kRowsMax) << what;
    EXPECT_GT(innocent, 0) << what;
    std::cout << what << ": " << counts.writes - innocent
              << " transactions, at most " << counts.rows_max
              << " rows in one; " << innocent
              << " writes of others in between, the slowest in " << waited
              << "; in all " << Clock::Real().SteadyNow() - start << std::endl;
  }

  // A manifest at a tag that names `layers`.
  CacheRecord Image(const std::string& tag, const std::vector<Digest>& layers) {
    CacheRecord record =
        RecordOf(large_, absl::StrCat("/app/manifests/", tag),
                 Digest::OfBytes(absl::StrCat("manifest ", tag)));
    record.references = layers;
    return record;
  }

  bool IsReachable(const Digest& digest, const char* kind = "blobs") {
    const auto resolution =
        Resolve(registry_, absl::StrCat("/app/", kind, "/", digest.ToString()));
    if (!resolution.ok()) return false;
    for (const Candidate& candidate : resolution->plan.candidates) {
      if (candidate.upstream_id != large_) continue;
      return candidate.reachable || candidate.cached.has_value();
    }
    return false;
  }

  int64_t CountRows(Table table) {
    int64_t rows = 0;
    EXPECT_THAT(store_->Read([&](const ReadTransaction& transaction) {
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

  // Until the thread of the stack has swept everything.
  void AwaitSwept() {
    EXPECT_TRUE(Eventually(
        [&] {
          return CountRows(Table::kUnlinks) + CountRows(Table::kRemovals) == 0;
        },
        "everything is swept"));
  }

  // A store that others own.
  class Shared : public MetadataStore {
   public:
    explicit Shared(MetadataStore& store) : store_(store) {}
    absl::Status Read(absl::FunctionRef<absl::Status(const ReadTransaction&)>
                          fn) const override {
      return store_.Read(fn);
    }
    absl::Status Write(absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
                       Durability durability) override {
      return store_.Write(fn, durability);
    }

   private:
    MetadataStore& store_;
  };

  int64_t entries_max_ = limits::kEntriesPerUpstreamDefault;
  std::unique_ptr<RocksDbMetadataStore> store_;
  std::unique_ptr<CountingMetadataStore> counting_;
  int64_t registry_ = 0;
  int64_t large_ = 0;
  int64_t other_ = 0;
  const std::vector<Digest> layers_ =
      AllLayers("layer ", limits::kManifestBytesMax / kDescriptorBytes);
};

TEST_F(BoundedWritesTest, TheLargestManifestIsRecordedInPieces) {
  std::cout << layers_.size() << " layers" << std::endl;
  Bounded("recording", [&] {
    EXPECT_THAT(stack_->client().Record(Image("latest", layers_)), IsOk());
  });
  // The first ones are linked; the others are asked for when they are wanted.
  EXPECT_TRUE(IsReachable(layers_.front()));
  EXPECT_TRUE(IsReachable(layers_[limits::kReferencesPerManifestMax - 1]));
  EXPECT_FALSE(IsReachable(layers_[limits::kReferencesPerManifestMax]));
  EXPECT_EQ(CountRows(Table::kReachabilityLinks),
            limits::kReferencesPerManifestMax);
  EXPECT_THAT(Resolve(registry_,
                      absl::StrCat("/app/blobs/", layers_.back().ToString())),
              IsOk());
}

// What is revoked is served no more from the moment on that it is known,
// however much hangs on it.
TEST_F(BoundedWritesTest, ARefusalHoldsAtOnceAndIsSweptInPieces) {
  ASSERT_THAT(stack_->client().Record(Image("latest", layers_)), IsOk());
  ASSERT_THAT(stack_->client().Record(Image("kept", {layers_[7]})), IsOk());
  Bounded(
      "refusal",
      [&] {
        EXPECT_THAT(stack_->client().RecordNegativeAnswer(
                        At(large_), Content("/app/manifests/latest"),
                        NegativeAnswer::kRefused),
                    IsOk());
      },
      [&] {
        EXPECT_FALSE(IsReachable(Digest::OfBytes("manifest latest")));
        for (const size_t i : {0, 6, 8, 999}) {
          EXPECT_FALSE(IsReachable(layers_[i])) << i;
        }
        // Another manifest leads there.
        EXPECT_TRUE(IsReachable(layers_[7]));
      });
  AwaitSwept();
  EXPECT_EQ(CountRows(Table::kReachabilityLinks), 1);
  EXPECT_TRUE(IsReachable(layers_[7]));
}

// An index of manifests of layers: 10 x 100 links.
TEST_F(BoundedWritesTest, WhatHangsOnARevokedIndexGoesWithIt) {
  std::vector<Digest> manifests;
  std::vector<Digest> leaves;
  for (int i = 0; i < 10; ++i) {
    const CacheRecord child =
        Image(absl::StrCat("child-", i), AllLayers(absl::StrCat(i, "/"), 100));
    manifests.push_back(child.target.digest);
    leaves.push_back(child.references.back());
  }
  ASSERT_THAT(stack_->client().Record(Image("latest", manifests)), IsOk());
  for (int i = 0; i < 10; ++i) {
    CacheRecord child =
        Image(absl::StrCat("child-", i), AllLayers(absl::StrCat(i, "/"), 100));
    child.content = Content(
        absl::StrCat("/app/manifests/", child.target.digest.ToString()));
    ASSERT_THAT(stack_->client().Record(child), IsOk());
  }
  for (const Digest& leaf : leaves) ASSERT_TRUE(IsReachable(leaf));
  Bounded(
      "refusal of an index",
      [&] {
        EXPECT_THAT(stack_->client().RecordNegativeAnswer(
                        At(large_), Content("/app/manifests/latest"),
                        NegativeAnswer::kRefused),
                    IsOk());
      },
      [&] {
        for (const Digest& leaf : leaves) EXPECT_FALSE(IsReachable(leaf));
        for (const Digest& manifest : manifests) {
          EXPECT_FALSE(IsReachable(manifest, "manifests"));
        }
      });
  AwaitSwept();
  EXPECT_EQ(CountRows(Table::kReachabilityLinks), 0);
  EXPECT_EQ(CountRows(Table::kReachability), 1);  // The innocent one.
}

// The upstream has changed its mind before the rows were swept.
TEST_F(BoundedWritesTest, WhatIsRecordedAgainAfterARefusalStays) {
  const CacheRecord image = Image("latest", layers_);
  ASSERT_THAT(stack_->client().Record(image), IsOk());
  counting_->FailAfter(1);  // The mark, and nothing of the sweep.
  EXPECT_THAT(stack_->client().RecordNegativeAnswer(At(large_), image.content,
                                                    NegativeAnswer::kRefused),
              IsOk());
  counting_->FailAfter(-1);
  EXPECT_FALSE(IsReachable(layers_[0]));
  ASSERT_THAT(stack_->client().Record(image), IsOk());
  AwaitSwept();
  EXPECT_TRUE(IsReachable(layers_[0]));
  EXPECT_TRUE(IsReachable(layers_[limits::kReferencesPerManifestMax - 1]));
}

TEST_F(BoundedWritesTest, AnUpstreamIsPurgedInPieces) {
  ASSERT_THAT(stack_->client().Record(Image("latest", layers_)), IsOk());
  for (int i = 0; i < 500; ++i) {
    ASSERT_THAT(stack_->client().Record(Image(absl::StrCat("t", i), {})),
                IsOk());
  }
  Bounded("purge", [&] {
    const auto started = Purge(large_);
    EXPECT_FALSE(IsReachable(layers_[0]));
    EXPECT_THAT(Entries(large_), IsOkAndHolds(::testing::IsEmpty()));
    EXPECT_EQ(ResponseOf<v1::PurgeCacheResponse>(started).entry_count(), 501);
  });
  EXPECT_FALSE(IsReachable(layers_[0]));
  EXPECT_THAT(Entries(large_), IsOkAndHolds(::testing::IsEmpty()));
  EXPECT_EQ(CountRows(Table::kReachabilityLinks), 0);
}

TEST_F(BoundedWritesTest, RecordingAnewWhatWasPurgedIsBounded) {
  const std::vector<Digest> some(layers_.begin(), layers_.begin() + 150);
  for (int i = 0; i < 64; ++i) {
    ASSERT_THAT(stack_->client().Record(Image(absl::StrCat("t", i), some)),
                IsOk());
  }
  counting_->FailAfter(1);  // The mark, and no more.
  const auto started = Purge(large_);
  counting_->FailAfter(-1);
  ASSERT_THAT(started, IsOk());
  const CacheRecord image = Image("t0", some);
  Bounded("recording anew",
          [&] { EXPECT_THAT(stack_->client().Record(image), IsOk()); });
  EXPECT_TRUE(IsReachable(layers_[0]));
}

TEST_F(BoundedWritesTest, ADeletedUpstreamIsGoneAtOnceAndSweptInPieces) {
  ASSERT_THAT(stack_->client().Record(Image("latest", layers_)), IsOk());
  for (int i = 0; i < 500; ++i) {
    ASSERT_THAT(stack_->client().Record(Image(absl::StrCat("t", i), {})),
                IsOk());
  }
  Bounded(
      "deletion of an upstream",
      [&] { EXPECT_THAT(DeleteUpstream(large_), IsOk()); },
      [&] {
        const auto resolution = Resolve(registry_, "/app/manifests/latest");
        ASSERT_THAT(resolution, IsOk());
        EXPECT_FALSE(resolution->hit);
        EXPECT_EQ(resolution->plan.candidates.size(), 1);
        EXPECT_THAT(stack_->client().Record(Image("late", {})),
                    StatusIs(absl::StatusCode::kNotFound));
      });
  AwaitSwept();
  EXPECT_LE(counting_->TakeCounts().rows_max, kRowsMax);
  EXPECT_EQ(CountRows(Table::kReachabilityLinks), 0);
  EXPECT_EQ(CountRows(Table::kRemovals), 0);
  EXPECT_EQ(CountRows(Table::kUnlinks), 0);
  EXPECT_EQ(CountRows(Table::kUpstreamRows), 1);
}

// Whatever a crash leaves is swept by the next process, and served by none.
TEST_F(BoundedWritesTest, ASweepThatACrashInterruptsGoesOnAtTheNextStart) {
  for (int i = 0; i < 300; ++i) {
    ASSERT_THAT(
        stack_->client().Record(Image(absl::StrCat("t", i), {layers_[i]})),
        IsOk());
  }
  ASSERT_THAT(stack_->client().Record(Image("latest", layers_)), IsOk());
  counting_->FailAfter(3);
  EXPECT_THAT(stack_->client().RecordNegativeAnswer(
                  At(large_), Content("/app/manifests/latest"),
                  NegativeAnswer::kRefused),
              IsOk());
  Open();
  EXPECT_FALSE(IsReachable(layers_[999]));
  AwaitSwept();
  EXPECT_FALSE(IsReachable(layers_[999]));
  EXPECT_TRUE(IsReachable(layers_[299]));
  counting_->FailAfter(3);
  EXPECT_THAT(DeleteUpstream(large_), IsOk());
  EXPECT_EQ(CountRows(Table::kRemovals), 1);
  Open();
  EXPECT_THAT(Resolve(registry_, "/app/manifests/t0")->plan.candidates,
              ::testing::SizeIs(1));
  AwaitSwept();
  EXPECT_THAT(Entries(large_), IsOkAndHolds(::testing::IsEmpty()));
  EXPECT_EQ(CountRows(Table::kReachability), 0);
  EXPECT_EQ(CountRows(Table::kReachabilityLinks), 0);
}

// One digest under a thousand names.
TEST_F(BoundedWritesTest, ContentOfManyEntriesIsForgottenInPieces) {
  const Digest digest = Digest::OfBytes("same");
  for (int i = 0; i < 1000; ++i) {
    ASSERT_THAT(stack_->client().Record(RecordOf(
                    large_, absl::StrCat("/app/manifests/t", i), digest)),
                IsOk());
  }
  Bounded("eviction", [&] {
    EXPECT_THAT(stack_->client().ForgetContent({digest, layers_[0]}), IsOk());
  });
  EXPECT_THAT(Entries(large_), IsOkAndHolds(::testing::IsEmpty()));
}

TEST_F(BoundedWritesTest, WhatAGroupOwnsIsDeletedInPieces) {
  ASSERT_THAT(CreateGroup("team"), IsOk());
  for (int i = 0; i < 300; ++i) {
    const auto url = absl::StrCat("https://h", i);
    ASSERT_THAT(CreateUpstream(NewUpstream(url, "team")), IsOk());
  }
  for (int i = 0; i < limits::kRegistriesPerGroupDefault; ++i) {
    const auto made = CreateRegistry(absl::StrCat("r", i), "team");
    ASSERT_THAT(made, IsOk());
    for (int j = 0; j < limits::kUpstreamsPerRegistryDefault; ++j) {
      ASSERT_THAT(Attach(made->id(), other_ + 1 + j), IsOk());
    }
  }
  v1::DeleteGroupRequest request;
  request.set_name("team");
  request.set_force(true);
  Bounded("deletion of a group with what it owns",
          [&] { EXPECT_THAT(stack_->groups().Delete(request), IsOk()); });
  AwaitSwept();
  EXPECT_LE(counting_->TakeCounts().rows_max, kRowsMax);
  EXPECT_EQ(CountRows(Table::kUpstreams), 2);
  EXPECT_EQ(CountRows(Table::kRegistries), 1);
}

TEST_F(BoundedWritesTest, DeletingOneOfManyEntriesOfADigestIsQuick) {
  const Digest digest = Digest::OfBytes("same");
  for (int i = 0; i < 1000; ++i) {
    ASSERT_THAT(stack_->client().Record(RecordOf(
                    large_, absl::StrCat("/app/manifests/t", i), digest)),
                IsOk());
  }
  v1::DeleteCacheEntryRequest request;
  request.set_id(Entries(large_)->front().id());
  Bounded("deletion of an entry", [&] {
    EXPECT_THAT(stack_->cache_entries().Delete(request), IsOk());
  });
}

TEST_F(BoundedWritesTest, TokensOfAGroupAreRevokedInPieces) {
  ASSERT_THAT(CreateGroup("team"), IsOk());
  std::string secret;
  for (int i = 0; i < 400; ++i) {
    v1::CreateAccessTokenRequest request;
    request.mutable_access_token()->set_name(absl::StrCat("token ", i));
    request.mutable_access_token()->set_group("team");
    request.mutable_access_token()->add_scopes(v1::AccessToken::SCOPE_READ);
    const auto token = stack_->access_tokens().Create(request);
    ASSERT_THAT(token, IsOk());
    secret = token->secret();
  }
  v1::DeleteGroupRequest request;
  request.set_name("team");
  Bounded("deletion of a group",
          [&] { EXPECT_THAT(stack_->groups().Delete(request), IsOk()); });
  EXPECT_THAT(stack_->access_tokens().Authenticate(secret),
              StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_EQ(CountRows(Table::kAccessTokens), 0);
}

// An upstream that has ever more to offer does not fill the disk.
TEST_F(BoundedWritesTest, ADeletedRegistryLeavesItsTokensInPieces) {
  const auto other = CreateRegistry("other");
  ASSERT_THAT(other, IsOk());
  std::string secret;
  for (int i = 0; i < 500; ++i) {
    v1::CreateAccessTokenRequest request;
    v1::AccessToken& token = *request.mutable_access_token();
    token.set_name(absl::StrCat("token ", i));
    token.set_group("default");
    token.add_scopes(v1::AccessToken::SCOPE_READ);
    token.add_registry_ids(other->id());
    if (i % 2 == 0) token.add_registry_ids(registry_);
    const auto made = stack_->access_tokens().Create(request);
    ASSERT_THAT(made, IsOk());
    secret = made->secret();
  }
  Bounded("deleting the registry of 500 tokens",
          [&] { EXPECT_THAT(DeleteRegistry(other->id()), IsOk()); });
  EXPECT_THAT(stack_->access_tokens().Authenticate(secret),
              StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_EQ(CountRows(Table::kAccessTokens), 250);
}

TEST_F(BoundedWritesTest, TheOldestOfSomeEntriesGoesWhenThereIsNoRoom) {
  entries_max_ = 100;
  Open();
  const int popular = 5;
  for (int i = 0; i < 400; ++i) {
    clock_.Advance(absl::Seconds(1));
    const CacheRecord image = Image(absl::StrCat("t", i), {layers_[i]});
    ASSERT_THAT(stack_->client().Record(image), IsOk());
    ASSERT_LE(CountRows(Table::kCacheEntries), entries_max_);
    // It is pulled all the time.
    const CacheRecord used = Image(absl::StrCat("t", popular), {});
    if (i >= popular) {
      ASSERT_THAT(stack_->client().Touch(used.epoch(), used.content,
                                         used.target.digest, true),
                  IsOk());
    }
  }
  AwaitSwept();
  EXPECT_TRUE(Resolve(registry_, absl::StrCat("/app/manifests/t", popular))
                  ->hit.has_value());
  EXPECT_TRUE(Resolve(registry_, "/app/manifests/t399")->hit.has_value());
  // What led there went along.
  EXPECT_LE(CountRows(Table::kReachability), 3 * entries_max_);
  EXPECT_THAT(stack_->client().Record(
                  RecordOf(other_, "/innocent/manifests/1", layers_[0])),
              IsOk());
}

}  // namespace
}  // namespace cvr::testing
