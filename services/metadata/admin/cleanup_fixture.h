#ifndef SERVICES_METADATA_ADMIN_CLEANUP_FIXTURE_H_
#define SERVICES_METADATA_ADMIN_CLEANUP_FIXTURE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/content_wire.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/admin/cleanup_policy_admin.h"
#include "services/metadata/admin/cleanup_runner.h"
#include "services/metadata/store/watched_metadata_store.h"
#include "services/metadata/tables/cleanup_tables.h"
#include "services/metadata/tables/operation_tables.h"
#include "services/metadata/tables/tables.h"
#include "services/metadata/testing/in_memory_metadata_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {

inline constexpr absl::Duration kDay = absl::Hours(24);

// A store that asks before each write whether it may.
class GuardedMetadataStore : public MetadataStore {
 public:
  absl::Status Read(absl::FunctionRef<absl::Status(const ReadTransaction&)> fn)
      const override {
    return store_.Read(fn);
  }
  absl::Status Write(absl::FunctionRef<absl::Status(WriteTransaction&)> fn,
                     Durability durability) override {
    const int number = ++writes;
    // It may replace itself.
    if (const auto ask = before_write) {
      const absl::Status status = ask(number);
      if (!status.ok()) return status;
    }
    return store_.Write(fn, durability);
  }

  void Watch(absl::Span<const Table> tables,
             WatchedMetadataStore::Watcher watcher) {
    store_.Watch(tables, std::move(watcher));
  }

  std::function<absl::Status(int number)> before_write;
  std::atomic<int> writes = 0;

 private:
  WatchedMetadataStore store_{std::make_unique<InMemoryMetadataStore>()};
};

// Upstreams 1 and 2 are of the default group, upstream 3 is of `acme`.
class CleanupRunnerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_.Watch(Operations::kTables, [this] { operations_.NoteChange(); });
    for (const char* group : {"default", "acme"}) {
      Put([&](WriteTransaction& transaction) {
        stored::Group row;
        row.set_name(group);
        tables::PutGroup(transaction, row);
      });
    }
    for (const int64_t id : {1, 2, 3}) {
      Put([&](WriteTransaction& transaction) {
        stored::Upstream row;
        row.mutable_upstream()->set_id(id);
        row.mutable_upstream()->set_group(id == 3 ? "acme" : "default");
        tables::PutUpstream(transaction, row);
      });
    }
  }

  void Put(const std::function<void(WriteTransaction&)>& fn) {
    ASSERT_THAT(store_.Write(
                    [&](WriteTransaction& transaction) {
                      fn(transaction);
                      return absl::OkStatus();
                    },
                    Durability::kSynced),
                IsOk());
  }

  static stored::CacheEntry Entry(int64_t id, int64_t upstream_id) {
    stored::CacheEntry entry;
    entry.set_id(id);
    entry.set_upstream_id(upstream_id);
    entry.set_relative_path(absl::StrCat("/a/manifests/t", id));
    entry.set_digest(Digest::OfBytes(absl::StrCat(id)).ToString());
    entry.set_size(10);
    return entry;
  }

  // Entries `first` to `last`, made and downloaded so long ago.
  void AddEntries(int64_t first, int64_t last, int64_t upstream_id,
                  absl::Duration made, absl::Duration downloaded) {
    Put([&](WriteTransaction& transaction) {
      for (int64_t id = first; id <= last; ++id) {
        stored::CacheEntry entry = Entry(id, upstream_id);
        *entry.mutable_create_time() = ToWire(clock_.Now() - made);
        if (downloaded != absl::InfiniteDuration()) {
          *entry.mutable_downloaded_at() = ToWire(clock_.Now() - downloaded);
        }
        EXPECT_TRUE(tables::PutCacheEntry(transaction, "", entry).ok());
      }
    });
  }
  void AddOld(int64_t first, int64_t last, int64_t upstream_id = 1) {
    AddEntries(first, last, upstream_id, 90 * kDay, 60 * kDay);
  }

  // By id.
  std::vector<int64_t> Left() {
    std::vector<int64_t> ids;
    EXPECT_THAT(store_.Read([&](const ReadTransaction& transaction) {
      return tables::VisitCacheEntries(
          transaction, 0, 0,
          [&](const stored::CacheEntry& entry) -> absl::StatusOr<bool> {
            ids.push_back(entry.id());
            return true;
          });
    }),
                IsOk());
    return ids;
  }

  void MakePolicy(bool enabled = true) { Update(enabled, /*keep_days=*/30); }
  v1::CleanupPolicy Policy(const std::string& group = "default") {
    v1::GetCleanupPolicyRequest request;
    request.set_group(group);
    const auto policy = admin_.Get(request);
    EXPECT_THAT(policy, IsOk());
    return policy.ok() ? *policy : v1::CleanupPolicy();
  }
  void Update(bool enabled, int keep_days) {
    v1::UpdateCleanupPolicyRequest request;
    auto& policy = *request.mutable_cleanup_policy();
    policy.set_group("default");
    policy.set_enabled(enabled);
    *policy.mutable_keep_after_last_pull() = ToWire(keep_days * kDay);
    request.mutable_update_mask()->add_paths("enabled");
    request.mutable_update_mask()->add_paths("keep_after_last_pull");
    ASSERT_THAT(admin_.Update(request), IsOk());
  }
  // As if an earlier revision had been asked for a run: one write.
  void MakeDue(const std::string& group = "default") {
    Put([&](WriteTransaction& transaction) {
      auto row = *tables::CleanupPolicyOf(transaction, group);
      row.set_is_run_requested(true);
      tables::PutCleanupPolicy(transaction, row);
    });
  }

  absl::StatusOr<v1::Operation> Ask(const std::string& group = "default",
                                    bool validate_only = false) {
    v1::RunCleanupRequest request;
    request.set_group(group);
    request.set_validate_only(validate_only);
    return admin_.Run(request, Caller::System());
  }
  // What the operation asks for, done here.
  absl::StatusOr<v1::CleanupRun> Work(const v1::Operation& operation) {
    stored::Operation row;
    EXPECT_THAT(store_.Read([&](const ReadTransaction& transaction) {
      row = **tables::FindOperation(transaction, operation.id());
      return absl::OkStatus();
    }),
                IsOk());
    OperationRun run(operations_, row);
    const auto done = runner_->RunFor(run);
    progress_ = run.progress();
    if (!done.ok()) return done.status();
    v1::CleanupRun response;
    EXPECT_TRUE(done->UnpackTo(&response));
    return response;
  }
  std::vector<v1::CleanupRun> Runs() {
    v1::ListCleanupRunsRequest request;
    request.set_group("default");
    const auto runs = admin_.ListRuns(request);
    EXPECT_THAT(runs, IsOk());
    return {runs->runs().begin(), runs->runs().end()};
  }

  std::unique_ptr<CleanupRunner> NewRunner() {
    return std::make_unique<CleanupRunner>(
        store_, pulls_, clock_,
        CleanupRunner::Options{.check_interval = absl::InfiniteDuration()});
  }

  FakeClock clock_;
  GuardedMetadataStore store_;
  PullCounter pulls_{store_, {.flush_interval = absl::InfiniteDuration()}};
  Operations operations_{store_, clock_};  // Not started.
  CleanupPolicyAdmin admin_{store_, pulls_, operations_, clock_};
  v1::Operation::Progress progress_;
  std::unique_ptr<CleanupRunner> runner_ = NewRunner();
};

}  // namespace cvr::testing

#endif  // SERVICES_METADATA_ADMIN_CLEANUP_FIXTURE_H_
