// Power cuts at random moments of random changes. What is on disk afterwards
// must be what the first so many changes made, and every acknowledged synced
// change must be among those: nothing lost, nothing half-written.

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "services/common/content.h"
#include "services/common/status_macros.h"
#include "services/metadata/metadata_stack.h"
#include "services/metadata/store/rocksdb_metadata_store.h"
#include "services/metadata/store/stored_upstream.pb.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/crash_file_system.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

// Every row, except that secrets are as the blob service gets them: sealed ones
// never look the same twice.
std::string Dump(const MetadataStore& store, MetadataStack& stack) {
  std::string dump;
  const auto status = store.Read([&](const ReadTransaction& transaction) {
    for (size_t i = 0; i < kTableCount; ++i) {
      const auto table = static_cast<Table>(i);
      EXPECT_THAT(transaction.Scan(
                      table, "", "",
                      [&](absl::string_view key,
                          absl::string_view value) -> absl::StatusOr<bool> {
                        std::string shown(value);
                        if (table == Table::kUpstreams) {
                          stored::Upstream row;
                          EXPECT_TRUE(row.ParseFromString(shown));
                          shown = row.upstream().SerializeAsString();
                          absl::StrAppend(&shown, stack.client()
                                                      .GetUpstreamAccess(
                                                          row.upstream().id())
                                                      ->password);
                        }
                        absl::StrAppend(&dump, TableName(table), " ",
                                        absl::CEscape(key), " = ",
                                        absl::CEscape(shown), "\n");
                        return true;
                      }),
                  IsOk());
    }
    return absl::OkStatus();
  });
  EXPECT_THAT(status, IsOk());
  return dump;
}

// One metadata service and the store under it.
struct Service {
  std::unique_ptr<MetadataStack> stack;
  MetadataStore* store = nullptr;  // Owned by the stack.

  std::string Dump() const { return testing::Dump(*store, *stack); }
};

// A change that can be made to several services alike.
using Change = std::function<absl::Status(MetadataStack&)>;

// Makes up changes; many fail, which is no harm.
class Changes {
 public:
  explicit Changes(unsigned seed) : random_(seed) {}

  struct Next {
    Change change;
    bool synced = true;
  };

  Next Make() {
    switch (Below(14)) {
      case 0:
        return {CreateGroup()};
      case 1:
        return {CreateRegistry()};
      case 2:
      case 3:
        return {CreateUpstream()};
      case 4:
      case 5:
        return {Attach()};
      case 6:
        return {Move()};
      case 7:
        return {Detach()};
      case 8:
        return {UpdateUpstream()};
      case 9:
        return Below(3) == 0 ? Next{Delete()} : Next{Attach()};
      case 10:
        return {Forget(), false};
      default:
        return {Record(), false};
    }
  }

  size_t Below(size_t bound) { return random_() % bound; }

 private:
  int64_t SomeId() { return 1 + static_cast<int64_t>(Below(12)); }

  ContentRef SomeContent() {
    return *ParseRelativePath(absl::StrCat("/r/manifests/t", Below(6)));
  }

  Change CreateGroup() {
    v1::CreateGroupRequest request;
    request.mutable_group()->set_name(absl::StrCat("g", random_()));
    return
        [=](MetadataStack& s) { return s.groups().Create(request).status(); };
  }
  Change CreateRegistry() {
    v1::CreateRegistryRequest request;
    request.mutable_registry()->set_group("default");
    request.mutable_registry()->set_name(absl::StrCat("r", Below(20)));
    return [=](MetadataStack& s) {
      return s.registries().Create(request).status();
    };
  }
  Change CreateUpstream() {
    v1::CreateUpstreamRequest request;
    auto& upstream = *request.mutable_upstream();
    upstream.set_group("default");
    upstream.set_name(absl::StrCat("u", random_()));
    upstream.set_url(absl::StrCat("https://h", Below(20)));
    auto& login = *upstream.mutable_credentials()->mutable_basic();
    login.set_username("robot");
    login.set_password(absl::StrCat(random_()));
    return [=](MetadataStack& s) {
      return s.upstreams().Create(request).status();
    };
  }
  Change Attach() {
    v1::CreateAttachmentRequest request;
    request.set_registry_id(SomeId());
    request.set_upstream_id(SomeId());
    return [=](MetadataStack& s) {
      return s.attachments().Create(request).status();
    };
  }
  Change Move() {
    v1::MoveAttachmentRequest request;
    request.set_registry_id(SomeId());
    request.set_upstream_id(SomeId());
    request.set_position(static_cast<int32_t>(SomeId()));
    return [=](MetadataStack& s) {
      return s.attachments().Move(request).status();
    };
  }
  Change Detach() {
    v1::DeleteAttachmentRequest request;
    request.set_registry_id(SomeId());
    request.set_upstream_id(SomeId());
    return [=](MetadataStack& s) { return s.attachments().Delete(request); };
  }
  Change UpdateUpstream() {
    v1::UpdateUpstreamRequest request;
    request.set_id(SomeId());
    request.mutable_upstream()->set_description(absl::StrCat(random_()));
    request.mutable_update_mask()->add_paths("description");
    return [=](MetadataStack& s) {
      return s.upstreams().Update(request).status();
    };
  }
  Change Delete() {
    if (Below(2) == 0) {
      v1::DeleteUpstreamRequest request;
      request.set_id(SomeId());
      return [=](MetadataStack& s) { return s.upstreams().Delete(request); };
    }
    v1::DeleteRegistryRequest request;
    request.set_id(SomeId());
    return [=](MetadataStack& s) { return s.registries().Delete(request); };
  }
  Change Record() {
    CacheRecord record{SomeId(), SomeContent(),
                       Descriptor{"m/t", Digest::OfBytes("m"), random_()}};
    for (size_t i = Below(20); i > 0; --i) {
      record.references.push_back(Digest::OfBytes(absl::StrCat(random_())));
    }
    return [=](MetadataStack& s) {
      CacheRecord now = record;
      now.cache_epoch = EpochOf(s, record.upstream_id).cache_epoch;
      return s.client().Record(now);
    };
  }
  Change Forget() {
    const int64_t id = SomeId();
    const ContentRef content = SomeContent();
    return [=](MetadataStack& s) {
      return s.client().RecordNegativeAnswer(EpochOf(s, id), content,
                                             NegativeAnswer::kNotFound);
    };
  }

  static UpstreamEpoch EpochOf(MetadataStack& stack, int64_t id) {
    const auto access = stack.client().GetUpstreamAccess(id);
    return {id, access.ok() ? access->cache_epoch : 1};
  }

  std::mt19937 random_;
};

class MetadataCrashTest : public ::testing::TestWithParam<unsigned> {
 protected:
  static constexpr int kPowerCuts = 6;
  static constexpr int kChangesMax = 60;

  // What some first changes made.
  struct State {
    std::string dump;
    InMemoryMetadataStore::Tables tables;
  };

  MetadataCrashTest() {
    EXPECT_THAT(SecretBox::Create(key_path_), IsOk());
    options_.clock = &clock_;
    options_.downloads_flush_interval = absl::InfiniteDuration();
  }

  absl::StatusOr<Service> OpenOver(std::unique_ptr<MetadataStore> store) {
    Service service;
    service.store = store.get();
    auto stack = MetadataStack::OpenOver(std::move(store),
                                         *SecretBox::Load(key_path_), options_);
    if (!stack.ok()) return stack.status();
    service.stack = *std::move(stack);
    return service;
  }

  absl::StatusOr<Service> OpenReal() {
    RocksDbMetadataStore::Options options;
    options.env = env_.get();
    auto store = RocksDbMetadataStore::Open(path_, options);
    if (!store.ok()) return store.status();
    return OpenOver(*std::move(store));
  }

  // What `tables` would be served as: the model, which has no disk.
  void RestartModel(InMemoryMetadataStore::Tables tables) {
    auto store = std::make_unique<InMemoryMetadataStore>(std::move(tables));
    model_store_ = store.get();
    model_ = *OpenOver(std::move(store));
    states_ = {ModelState()};
    durable_ = 0;
  }
  State ModelState() { return {model_.Dump(), model_store_->Snapshot()}; }

  // Makes changes until the power goes.
  void ChangeUntilTheCut(Service& real) {
    fs_->CrashAfter(changes_.Below(120));
    for (int i = 0; i < kChangesMax; ++i) {
      clock_.Advance(absl::Seconds(1));
      const auto next = changes_.Make();
      const absl::Status expected = next.change(*model_.stack);
      AwaitSwept(model_);
      const absl::Status status = next.change(*real.stack);
      // What is deleted then gets numbers, which depend on the order.
      AwaitSwept(real);
      const State after = ModelState();
      const bool changed = after.dump != states_.back().dump;
      if (changed) states_.push_back(after);
      if (status.code() != expected.code()) {
        ASSERT_TRUE(fs_->crashed()) << status << " instead of " << expected;
        return;
      }
      if (status.ok() && changed && next.synced) durable_ = states_.size() - 1;
    }
    fs_->Crash();
  }

  // Power on again; it may go once more while the store is being opened.
  absl::StatusOr<Service> PowerOn() {
    fs_->DropUnsynced(changes_.Below(1u << 30));
    if (changes_.Below(2) == 0) {
      fs_->CrashAfter(changes_.Below(40));
      if (OpenReal().ok()) fs_->Crash();
      fs_->DropUnsynced(changes_.Below(1u << 30));
    }
    return OpenReal();
  }

  // Deletions end in the background, and those that were interrupted go on by
  // themselves. Does not wait for what a power cut has ended.
  void AwaitSwept(const Service& service) const {
    const auto is_swept = [&] {
      bool is_empty = true;
      EXPECT_THAT(service.store->Read([&](const ReadTransaction& transaction) {
        for (const Table table : {Table::kRemovals, Table::kUnlinks}) {
          RETURN_IF_ERROR(transaction.Scan(
              table, "", "",
              [&](absl::string_view, absl::string_view)
                  -> absl::StatusOr<bool> { return is_empty = false; }));
        }
        return absl::OkStatus();
      }),
                  IsOk());
      return is_empty || (&service != &model_ && fs_->crashed());
    };
    ASSERT_TRUE(Eventually(is_swept, "everything is swept"));
  }

  // Which of the states is on disk; all later ones are forgotten.
  void Compare(const Service& real) {
    AwaitSwept(real);
    const std::string found = real.Dump();
    const auto it =
        std::find_if(states_.rbegin(), states_.rend(),
                     [&](const State& state) { return state.dump == found; });
    ASSERT_NE(it, states_.rend()) << "no change ever made this:\n" << found;
    const size_t index = states_.rend() - it - 1;
    ASSERT_GE(index, durable_) << "an acknowledged change is gone";
    lost_ += states_.size() - 1 - index;
    RestartModel(it->tables);
  }

  const TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/store";
  const std::string key_path_ = directory_.path() + "/secret.key";
  const std::shared_ptr<CrashFileSystem> fs_ =
      std::make_shared<CrashFileSystem>(path_);
  const std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(fs_);
  FakeClock clock_;
  MetadataStack::Options options_;
  Changes changes_{GetParam()};

  Service model_;
  InMemoryMetadataStore* model_store_ = nullptr;  // Owned by model_.
  // After each change since the last power cut.
  std::vector<State> states_;
  // The last of them that must survive.
  size_t durable_ = 0;
  size_t lost_ = 0;
};

TEST_P(MetadataCrashTest, EveryPowerCutLeavesWhatSomeFirstChangesMade) {
  SCOPED_TRACE(absl::StrCat("seed ", GetParam()));
  RestartModel(InMemoryMetadataStore().Snapshot());
  auto real = OpenReal();
  ASSERT_THAT(real, IsOk());
  for (int cut = 0; cut < kPowerCuts; ++cut) {
    SCOPED_TRACE(absl::StrCat("power cut ", cut));
    ChangeUntilTheCut(*real);
    if (HasFatalFailure()) return;
    real->stack.reset();
    real = PowerOn();
    ASSERT_THAT(real, IsOk());
    Compare(*real);
    if (HasFatalFailure()) return;
  }
  RecordProperty("changes_lost", static_cast<int>(lost_));
}

INSTANTIATE_TEST_SUITE_P(Seeds, MetadataCrashTest, ::testing::Range(1u, 9u));

// A first start can be cut at any moment, too.
TEST(MetadataFirstStartTest, ACutNeverSpoilsTheDirectory) {
  bool finished = false;
  for (uint64_t operations = 0; !finished; ++operations) {
    SCOPED_TRACE(absl::StrCat("after ", operations, " operations"));
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/store";
    const auto fs = std::make_shared<CrashFileSystem>(path);
    const auto env = rocksdb::NewCompositeEnv(fs);
    RocksDbMetadataStore::Options options;
    options.env = env.get();
    fs->CrashAfter(operations);
    finished = RocksDbMetadataStore::Open(path, options).ok();
    fs->Crash();
    fs->DropUnsynced(operations);
    ASSERT_THAT(RocksDbMetadataStore::Open(path, options), IsOk());
    operations += operations / 4;  // Closely at first.
  }
}

}  // namespace
}  // namespace cvr::testing
