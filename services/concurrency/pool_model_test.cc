// Random schedules of tasks that begin and end, of idle threads and of a
// shutdown, held against a model of ThreadPool and of FairPool: what is
// accepted, what runs then and what waits, and that each accepted task runs
// once.
//
// The seeds are the same each time. CVR_SCHEDULES=n runs so many schedules,
// CVR_SEED=n begins with that one.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "services/common/errors.h"
#include "services/concurrency/fair_pool.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/share_ledger.h"
#include "services/concurrency/thread.h"
#include "tests/support/waiting/eventually.h"
#include "tests/support/waiting/gate.h"

namespace cvr {
namespace {

using ::cvr::testing::Eventually;
using ::cvr::testing::Gate;

constexpr int kSchedules = 30;
constexpr int kSteps = 80;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

class Random {
 public:
  explicit Random(uint64_t seed) : random_(seed) {}
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }

 private:
  std::mt19937_64 random_;
};

// Tasks of one schedule, by number, in the order in which they were offered to
// a pool. Each stays until it is told to end. Thread-safe, but for Make().
class Tasks {
 public:
  // A task with the next number.
  absl::AnyInvocable<void()> Make() {
    const size_t number = gates_.size();
    const auto gate = std::make_shared<Gate>();
    gates_.push_back(gate);
    return [this, number, gate] {
      {
        MutexLock lock(&mutex_);
        begun_.push_back(number);
      }
      gate->Pass();
    };
  }
  size_t last() const { return gates_.size() - 1; }

  void End(size_t number) { gates_[number]->Open(); }
  void EndAll() {
    for (const auto& gate : gates_) gate->Open();
  }

  // Numbers, in the order in which the tasks began.
  std::vector<size_t> begun() const {
    MutexLock lock(&mutex_);
    return begun_;
  }

 private:
  std::vector<std::shared_ptr<Gate>> gates_;
  mutable Mutex mutex_;
  std::vector<size_t> begun_ ABSL_GUARDED_BY(mutex_);
};

// --- ThreadPool -------------------------------------------------------------

class ThreadPoolSchedule {
 public:
  explicit ThreadPoolSchedule(uint64_t seed) : random_(seed) {}

  void Run() {
    for (int i = 0; i < kSteps && !::testing::Test::HasFailure(); ++i) {
      const uint64_t step = random_.Below(10);
      if (step < 6) {
        Schedule();
      } else if (step < 9) {
        End();
      } else if (is_impatient_) {
        AwaitIdleThreadsEnd();
      }
    }
    tasks_.EndAll();
    pool_.Shutdown();
    EXPECT_EQ(pool_.thread_count(), 0);
    EXPECT_FALSE(pool_.Schedule(tasks_.Make()));
    auto begun = tasks_.begun();
    std::sort(begun.begin(), begun.end());
    EXPECT_EQ(begun, accepted_) << "each accepted task runs once";
  }

 private:
  size_t begun_count() const { return accepted_.size() - waiting_.size(); }
  size_t running_count() const { return begun_count() - ended_; }

  void Schedule() {
    const size_t running = running_count();
    const size_t waiting = waiting_.size();
    const bool is_accepted = pool_.Schedule(tasks_.Make());
    if (is_accepted) {
      EXPECT_LT(running + waiting, threads_max_ + queued_tasks_max_);
      accepted_.push_back(tasks_.last());
      waiting_.push_back(tasks_.last());
    } else {
      // A thread whose task has just ended may not be there for another yet.
      EXPECT_GE(waiting, queued_tasks_max_);
    }
    AwaitBegun();
  }

  void End() {
    if (running_.empty()) return;
    const size_t i = random_.Below(running_.size());
    tasks_.End(running_[i]);
    running_.erase(running_.begin() + i);
    ++ended_;
    AwaitBegun();
  }

  // The oldest tasks begin as soon as there are threads for them, no others.
  void AwaitBegun() {
    while (running_.size() < threads_max_ && !waiting_.empty()) {
      running_.push_back(waiting_.front());
      waiting_.erase(waiting_.begin());
    }
    const size_t wanted = begun_count();
    ASSERT_TRUE(Eventually([&] { return tasks_.begun().size() >= wanted; },
                           absl::StrCat(wanted, " tasks have begun")));
    const auto begun = tasks_.begun();
    EXPECT_EQ(begun.size(), wanted);
    for (const size_t number : running_) {
      EXPECT_THAT(begun, ::testing::Contains(number));
    }
  }

  void AwaitIdleThreadsEnd() {
    EXPECT_TRUE(
        Eventually([&] { return pool_.thread_count() == running_.size(); },
                   "idle threads end"));
  }

  Random random_;
  const size_t threads_max_ = 1 + random_.Below(5);
  const size_t queued_tasks_max_ = random_.Below(5);
  const bool is_impatient_ = random_.OneIn(2);
  Tasks tasks_;
  ThreadPool pool_{
      {.name = "model",
       .threads_max = threads_max_,
       .queued_tasks_max = queued_tasks_max_,
       .idle_timeout = is_impatient_ ? absl::Milliseconds(1) : absl::Hours(1)}};

  // The model.
  std::vector<size_t> accepted_;
  std::vector<size_t> waiting_;
  std::vector<size_t> running_;
  size_t ended_ = 0;
};

TEST(ThreadPoolModelTest, RandomSchedules) {
  const uint64_t first = FromEnvironment("CVR_SEED", 1);
  const uint64_t end = first + FromEnvironment("CVR_SCHEDULES", kSchedules);
  for (uint64_t seed = first; seed < end && !HasFailure(); ++seed) {
    SCOPED_TRACE(absl::StrCat("CVR_SEED=", seed));
    ThreadPoolSchedule(seed).Run();
  }
}

// --- FairPool ---------------------------------------------------------------

class FairPoolSchedule {
 public:
  explicit FairPoolSchedule(uint64_t seed) : random_(seed) {}

  void Run() {
    for (int i = 0; i < kSteps && !::testing::Test::HasFailure(); ++i) {
      const uint64_t step = random_.Below(10);
      if (step < 6) {
        Schedule();
      } else if (step < 7) {
        Resume();
      } else {
        End();
      }
    }
    std::optional<Thread> stopping;
    if (random_.OneIn(2)) BeginToStop(stopping);
    tasks_.EndAll();
    pool_.Shutdown();
    stopping.reset();
    EXPECT_FALSE(pool_.Resume({}, tasks_.Make()));
    auto begun = tasks_.begun();
    std::sort(begun.begin(), begun.end());
    EXPECT_EQ(begun, accepted_) << "each accepted task runs once";
  }

 private:
  ShareKey RandomKey() {
    constexpr const char* kTenants[] = {"", "a", "b", "c"};
    return {kTenants[random_.Below(4)], static_cast<int64_t>(random_.Below(5))};
  }

  void Accept(const ShareKey& key) {
    const size_t number = tasks_.last();
    accepted_.push_back(number);
    if (!queues_.contains(key) && running_shares_.Admits(key)) {
      running_shares_.Take(key);
      running_[number] = key;
    } else {
      queued_shares_.Take(key);
      queues_[key].push_back(number);
    }
  }

  void Schedule() {
    const ShareKey key = RandomKey();
    const bool runs = !queues_.contains(key) && running_shares_.Admits(key);
    const absl::Status status = pool_.Schedule(key, tasks_.Make());
    EXPECT_EQ(status.ok(), runs || queued_shares_.Admits(key)) << status;
    if (!status.ok()) {
      EXPECT_TRUE(absl::IsUnavailable(status)) << status;
      EXPECT_TRUE(RetryAfterOf(status).has_value());
      return;
    }
    Accept(key);
    AwaitQuiet();
    EXPECT_TRUE(served_.empty()) << "nothing else begins";
  }

  void Resume() {
    const ShareKey key = RandomKey();
    EXPECT_TRUE(pool_.Resume(key, tasks_.Make()));
    Accept(key);
    AwaitQuiet();
    EXPECT_TRUE(served_.empty()) << "nothing else begins";
  }

  void End() {
    if (running_.empty()) return;
    const auto it = std::next(running_.begin(), random_.Below(running_.size()));
    const auto [number, key] = *it;
    running_shares_.Return(key);
    running_.erase(it);
    ++ended_;
    const std::vector<std::string> could = TenantsThatCouldRun();
    tasks_.End(number);
    AwaitQuiet();
    CheckTurns(could);
    EXPECT_TRUE(TenantsThatCouldRun().empty()) << "what may run, runs";
  }

  // Waits until the pool has done what follows from the last step, and takes
  // what has begun over into the model.
  void AwaitQuiet() {
    const auto is_quiet = [&] {
      const size_t begun = tasks_.begun().size();
      return pool_.running_count() == begun - ended_ &&
             pool_.queued_count() == accepted_.size() - begun;
    };
    ASSERT_TRUE(Eventually(is_quiet, "the pool has come to rest"));
    served_.clear();
    std::vector<size_t> begun;
    for (const size_t number : tasks_.begun()) {
      const bool is_new = known_.insert(number).second;
      if (is_new && !running_.contains(number)) begun.push_back(number);
    }
    EXPECT_TRUE(TakeOverAll(begun))
        << absl::StrJoin(begun, ", ")
        << " run out of their order, or without a share";
  }

  // Of several that begin at once, nobody can tell which was first, and a share
  // depends on who has one already: some order must be right.
  bool TakeOverAll(const std::vector<size_t>& begun) {
    if (begun.empty()) return true;
    for (const size_t number : begun) {
      if (!TakeOver(number)) continue;
      std::vector<size_t> others = begun;
      std::erase(others, number);
      if (TakeOverAll(others)) return true;
      PutBack(number);
    }
    return false;
  }

  void PutBack(size_t number) {
    const ShareKey key = running_.at(number);
    running_shares_.Return(key);
    queued_shares_.Take(key);
    auto& queue = queues_[key];
    queue.insert(queue.begin(), number);
    running_.erase(number);
    served_.pop_back();
  }

  // Of the queue into what runs: whether the task was the oldest one of its
  // key, and may run now.
  bool TakeOver(size_t number) {
    for (auto& [key, queue] : queues_) {
      if (queue.front() != number || !running_shares_.Admits(key)) continue;
      const ShareKey its_key = key;
      queued_shares_.Return(its_key);
      running_shares_.Take(its_key);
      running_[number] = its_key;
      served_.push_back(its_key.tenant);
      queue.erase(queue.begin());
      if (queue.empty()) queues_.erase(its_key);
      return true;
    }
    return false;
  }

  std::vector<std::string> TenantsThatCouldRun() const {
    std::vector<std::string> tenants;
    for (const auto& [key, queue] : queues_) {
      if (running_shares_.Admits(key)) tenants.push_back(key.tenant);
    }
    return tenants;
  }

  // Nobody is served twice while another tenant waits who `could` run.
  void CheckTurns(const std::vector<std::string>& could) {
    // Of several that begin at once, nobody can tell which was first.
    if (served_.size() == 1 && served_last_ == served_[0]) {
      EXPECT_THAT(could, ::testing::Each(served_[0]));
    }
    if (served_.size() == 1) served_last_ = served_[0];
    if (served_.size() > 1) served_last_ = std::nullopt;
  }

  // Until nothing is accepted any more, with tasks that run and wait.
  void BeginToStop(std::optional<Thread>& stopping) {
    stopping.emplace("stop", [this] { pool_.Shutdown(); });
    const auto is_refused = [&] {
      const absl::Status status = pool_.Schedule({"late", 99}, tasks_.Make());
      if (status.ok()) accepted_.push_back(tasks_.last());
      return absl::StrContains(status.message(), "stopping");
    };
    EXPECT_TRUE(Eventually(is_refused, "the pool refuses tasks"));
  }

  Random random_;
  const size_t threads_max_ = 1 + random_.Below(16);
  const size_t queued_tasks_max_ = random_.Below(24);
  const size_t upstream_max_ = random_.Below(4);
  Tasks tasks_;
  FairPool pool_{{.name = "model",
                  .threads_max = threads_max_,
                  .queued_tasks_max = queued_tasks_max_,
                  .threads_per_upstream_max = upstream_max_}};

  // The model: a ledger that counts who runs and one that counts who waits, and
  // queues of one key each.
  ShareLedger running_shares_{ShareLedger::Bounds{threads_max_, upstream_max_}};
  ShareLedger queued_shares_{ShareLedger::Bounds{queued_tasks_max_}};
  std::vector<size_t> accepted_;
  std::map<size_t, ShareKey> running_;
  std::map<ShareKey, std::vector<size_t>> queues_;
  std::set<size_t> known_;  // To have begun.
  size_t ended_ = 0;
  // Tenants whose waiting tasks have begun in the last step.
  std::vector<std::string> served_;
  std::optional<std::string> served_last_;
};

TEST(FairPoolModelTest, RandomSchedules) {
  const uint64_t first = FromEnvironment("CVR_SEED", 1);
  const uint64_t end = first + FromEnvironment("CVR_SCHEDULES", kSchedules);
  for (uint64_t seed = first; seed < end && !HasFailure(); ++seed) {
    SCOPED_TRACE(absl::StrCat("CVR_SEED=", seed));
    FairPoolSchedule(seed).Run();
  }
}

}  // namespace
}  // namespace cvr
