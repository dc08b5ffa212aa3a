// Real processes, really killed in the middle of writing.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "services/common/content.h"
#include "services/common/limits.h"
#include "services/metadata/metadata_stack.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace cvr::testing {
namespace {

// This process stays without threads, so that it can fork: all that touches a
// store happens in children.
pid_t InChild(absl::FunctionRef<int()> body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  return child;
}

absl::StatusOr<std::unique_ptr<MetadataStack>> Open(
    const std::string& path, const Clock& clock = Clock::Real()) {
  MetadataStack::Options options;
  options.clock = &clock;
  options.data_dir = path;
  options.limits.registries_per_group = 1'000'000;
  return MetadataStack::Open(options);
}

// Makes registries, each with an upstream and a cache entry, until killed, and
// says the id of each one that was acknowledged.
int MakeRegistries(const std::string& path, int acknowledge_to) {
  const auto stack = Open(path);
  if (!stack.ok()) return 1;
  while (true) {
    v1::Upstream upstream;
    v1::Registry registry;
    const std::string name = absl::StrCat("n", absl::GetCurrentTimeNanos());
    upstream.set_group("default");
    upstream.set_name(name);
    upstream.set_url(absl::StrCat("https://", name));
    registry.set_group("default");
    registry.set_name(name);
    const auto made = (*stack)->Bootstrap(registry, upstream);
    if (!made.ok()) return 2;
    v1::ListAttachmentsRequest list;
    list.set_registry_id(made->id());
    const auto attachments = (*stack)->attachments().List(list);
    if (!attachments.ok() || attachments->attachments_size() != 1) return 5;
    const int64_t upstream_id = attachments->attachments(0).upstream_id();
    CacheRecord record{upstream_id, *ParseRelativePath("/a/manifests/b"),
                       Descriptor{"m/t", Digest::OfBytes("m"), 1}};
    const auto access = (*stack)->client().GetUpstreamAccess(upstream_id);
    if (!access.ok()) return 3;
    record.delivered_to = access->identity;
    record.cache_epoch = access->cache_epoch;
    if (!(*stack)->client().Record(record).ok()) return 3;
    const int64_t id = made->id();
    if (write(acknowledge_to, &id, sizeof(id)) != sizeof(id)) return 4;
  }
}

// 0 when every acknowledged registry is whole. A process that dies takes
// nothing along, so that also holds for the buffered entries.
int CheckRegistries(const std::string& path, const std::set<int64_t>& ids) {
  const auto stack = Open(path);
  if (!stack.ok()) {
    std::fprintf(stderr, "%s\n", stack.status().ToString().c_str());
    return 1;
  }
  for (const int64_t id : ids) {
    const auto resolution =
        (*stack)->resolver().Resolve({id, *ParseRelativePath("/a/manifests/b"),
                                      false, "", Caller::System()});
    if (!resolution.ok() || !resolution->hit) {
      std::fprintf(stderr, "registry %d is damaged\n", static_cast<int>(id));
      return 2;
    }
  }
  return 0;
}

TEST(MetadataKillTest, WhatWasAcknowledgedSurvivesKill9) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/metadata";
  std::set<int64_t> acknowledged;
  for (int round = 0; round < 5; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t writer = InChild([&] { return MakeRegistries(path, ends[1]); });
    close(ends[1]);
    int64_t id = 0;
    for (int i = 0; read(ends[0], &id, sizeof(id)) == sizeof(id); ++i) {
      EXPECT_TRUE(acknowledged.insert(id).second) << id << " was given twice";
      if (i == 10 + round * 7) kill(writer, SIGKILL);
    }
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(writer, &status, 0), writer);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended with " << status;

    const pid_t checker =
        InChild([&] { return CheckRegistries(path, acknowledged); });
    ASSERT_EQ(waitpid(checker, &status, 0), checker);
    EXPECT_EQ(status, 0);
  }
  EXPECT_GE(acknowledged.size(), 5 * 10);
}

// Of twenty batches: a run that is to be killed has not ended yet.
constexpr int kOldEntries = 20 * limits::kCleanupBatchEntriesMax;

// Forty days after what the other processes write.
// Leaves a group with entries, and a policy that was asked to run.
int MakeOldEntries(const std::string& path) {
  const auto stack = Open(path);
  if (!stack.ok()) return 1;
  v1::Registry registry;
  registry.set_group("default");
  registry.set_name("r");
  v1::Upstream upstream;
  upstream.set_group("default");
  upstream.set_name("u");
  upstream.set_url("https://u");
  if (!(*stack)->Bootstrap(registry, upstream).ok()) return 2;
  const auto access = (*stack)->client().GetUpstreamAccess(1);
  if (!access.ok()) return 5;
  for (int i = 0; i < kOldEntries; ++i) {
    const auto content = ParseRelativePath(absl::StrCat("/a/manifests/t", i));
    CacheRecord record{1, *content, Descriptor{"m/t", Digest::OfBytes("m"), 1}};
    record.cache_epoch = access->cache_epoch;
    if (!(*stack)->client().Record(record).ok()) return 3;
  }
  return 0;
}

// Runs the policy, or goes on with it, and tells the number of entries that are
// gone each time that it changes, until the run has ended; once they are more
// than `killed_above`, this process kills itself.
int RunCleanup(const std::string& path, bool ask, int64_t killed_above,
               int tell_to) {
  FakeClock clock;
  // When the entries, which are made now, are old.
  clock.Advance(absl::Now() + absl::Hours(24) * 40 - clock.Now());
  const auto stack = Open(path, clock);
  if (!stack.ok()) return 1;
  v1::RunCleanupRequest run;
  run.set_group("default");
  if (ask && !(*stack)->cleanup_policies().Run(run, Caller::System()).ok()) {
    return 2;
  }
  v1::GetCleanupPolicyRequest get;
  get.set_group("default");
  int64_t told = -1;
  while (true) {
    const auto policy = (*stack)->cleanup_policies().Get(get);
    if (!policy.ok()) return 3;
    const int64_t gone = policy->last_run().deleted_count();
    if (gone != told && write(tell_to, &gone, sizeof(gone)) != sizeof(gone)) {
      return 4;
    }
    told = gone;
    if (gone > killed_above) kill(getpid(), SIGKILL);
    if (policy->last_run().state() == v1::CleanupRun::STATE_SUCCEEDED) break;
  }
  v1::ListCacheEntriesRequest request;
  request.set_page_size(1);
  const auto left = (*stack)->cache_entries().List(request, Caller::System());
  if (!left.ok()) return 5;
  return left->cache_entries().empty() ? 0 : 6;
}

// Purges upstream 1, and kills this process while the rows are deleted.
int PurgeAndDie(const std::string& path) {
  const auto stack = Open(path);
  if (!stack.ok()) return 1;
  v1::PurgeUpstreamCacheRequest request;
  request.set_upstream_id(1);
  const auto operation =
      (*stack)->caches().PurgeUpstream(request, Caller::System());
  if (!operation.ok()) return 2;
  v1::GetOperationRequest get;
  get.set_id(operation->id());
  while (true) {
    const auto now = (*stack)->operations().Get(get, Caller::System());
    if (!now.ok()) return 3;
    if (now->progress().done_count() > 0) kill(getpid(), SIGKILL);
  }
}

// What the next process finds: nothing is served, and the operation ends.
int FinishPurge(const std::string& path) {
  const auto stack = Open(path);
  if (!stack.ok()) return 1;
  const auto entries = (*stack)->cache_entries().List({}, Caller::System());
  if (!entries.ok() || !entries->cache_entries().empty()) return 2;
  v1::ListOperationsRequest list;
  list.set_group("-");
  const auto operations = (*stack)->operations().List(list, Caller::System());
  if (!operations.ok() || operations->operations_size() != 1) return 3;
  v1::WaitOperationRequest wait;
  wait.set_id(operations->operations(0).id());
  const auto ended =
      (*stack)->operations().Wait(wait, Caller::System(), [] { return false; });
  v1::PurgeCacheResponse response;
  if (!ended.ok() || !ended->response().UnpackTo(&response)) return 4;
  if (response.entry_count() != kOldEntries) return 5;
  const auto garbage = (*stack)->client().ListGarbage(0, 1000);
  // One digest, which no row points at any more.
  return garbage.ok() && garbage->size() == 1 ? 0 : 6;
}

TEST(MetadataKillTest, APurgeThatWasKilledHoldsAndIsFinished) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/metadata";
  int status = 0;
  const pid_t maker = InChild([&] { return MakeOldEntries(path); });
  ASSERT_EQ(waitpid(maker, &status, 0), maker);
  ASSERT_EQ(status, 0);
  const pid_t purger = InChild([&] { return PurgeAndDie(path); });
  ASSERT_EQ(waitpid(purger, &status, 0), purger);
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
  const pid_t next = InChild([&] { return FinishPurge(path); });
  ASSERT_EQ(waitpid(next, &status, 0), next);
  EXPECT_EQ(status, 0);
}

TEST(MetadataKillTest, ACleanupThatWasKilledIsFinishedAndCountedOnce) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/metadata";
  int status = 0;
  const pid_t maker = InChild([&] { return MakeOldEntries(path); });
  ASSERT_EQ(waitpid(maker, &status, 0), maker);
  ASSERT_EQ(status, 0);
  int64_t gone = 0;
  int killed = 0;
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    const bool is_last = round == 2;
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const int64_t killed_above = is_last ? kOldEntries : gone;
    const pid_t runner = InChild(
        [&] { return RunCleanup(path, round == 0, killed_above, ends[1]); });
    close(ends[1]);
    int64_t now = 0;
    while (read(ends[0], &now, sizeof(now)) == sizeof(now)) {
      // Only what was written before its request is 0 again.
      EXPECT_GE(now, gone);
      gone = now;
    }
    close(ends[0]);
    ASSERT_EQ(waitpid(runner, &status, 0), runner);
    killed += WIFSIGNALED(status);
    if (is_last) {
      EXPECT_EQ(status, 0);
    }
  }
  EXPECT_EQ(gone, kOldEntries);
  EXPECT_GE(killed, 1);
}

}  // namespace
}  // namespace cvr::testing
