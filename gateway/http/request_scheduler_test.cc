#include "gateway/http/request_scheduler.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/transport/steady_time.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

class FakeJob : public RequestScheduler::Job {
 public:
  explicit FakeJob(std::string name) : name(std::move(name)) {}
  absl::Time stalled_since() const override { return stalled; }
  void BreakOff() override { broken_off = true; }

  const std::string name;
  absl::Time stalled = absl::InfiniteFuture();
  bool broken_off = false;
};

constexpr auto kRuns = RequestScheduler::Outcome::kRuns;
constexpr auto kWaits = RequestScheduler::Outcome::kWaits;
constexpr auto kRefused = RequestScheduler::Outcome::kRefused;

class RequestSchedulerTest : public ::testing::Test {
 protected:
  static RequestScheduler::Options Options() {
    RequestScheduler::Options options;
    options.threads_max = 64;  // A share is 16, the reserve 8, few is 2.
    return options;
  }

  // Keeps the job in `running_` when it runs.
  RequestScheduler::Outcome Enter(RequestShare share, std::string name = "") {
    std::unique_ptr<RequestScheduler::Job> job =
        std::make_unique<FakeJob>(std::move(name));
    const auto outcome = scheduler_->Enter(job, std::move(share));
    if (outcome == kRuns) Keep(std::move(job));
    return outcome;
  }
  void EnterMany(const RequestShare& share, int count) {
    for (int i = 0; i < count; ++i) ASSERT_EQ(Enter(share), kRuns) << i;
  }
  void LeaveFirst() {
    const auto job = std::move(running_.front());
    running_.erase(running_.begin());
    scheduler_->Leave(*job);
  }
  void Keep(std::unique_ptr<RequestScheduler::Job> job) {
    running_.emplace_back(static_cast<FakeJob*>(job.release()));
  }
  void Restart(const RequestScheduler::Options& options) {
    scheduler_ = std::make_unique<RequestScheduler>(options, [this](auto job) {
      Keep(std::move(job));
      started_.push_back(running_.back()->name);
    });
  }

  RequestSchedulerTest() { Restart(Options()); }
  ~RequestSchedulerTest() override {
    scheduler_->TakeExpired(/*everyone=*/true);
  }

  std::vector<std::unique_ptr<FakeJob>> running_;
  std::vector<std::string> started_;
  std::unique_ptr<RequestScheduler> scheduler_;
};

TEST_F(RequestSchedulerTest, ALaneHasAQuarterAndQueuesAsMany) {
  EnterMany({"a"}, 16);
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(Enter({"a"}, absl::StrCat(i)), kWaits) << i;
  }
  EXPECT_EQ(Enter({"a"}), kRefused);
  EXPECT_EQ(Enter({"b"}), kRuns);
  LeaveFirst();
  LeaveFirst();
  EXPECT_EQ(started_, (std::vector<std::string>{"0", "1"}));
}

TEST_F(RequestSchedulerTest, TheLastThreadsAreForLanesWithFew) {
  for (const char* queue : {"a", "b", "c"}) EnterMany({queue}, 16);
  EnterMany({"d"}, 8);
  // 8 threads are left.
  EXPECT_EQ(Enter({"d"}), kWaits);
  for (int i = 0; i < 4; ++i) EnterMany({absl::StrCat("small", i)}, 2);
  EXPECT_EQ(Enter({"small"}), kWaits);  // There is none left.
}

TEST_F(RequestSchedulerTest, LanesTakeTurnsAtWhatBecomesFree) {
  for (const char* queue : {"a", "b", "c", "d"}) EnterMany({queue}, 14);
  for (int i = 0; i < 4; ++i) EnterMany({absl::StrCat("small", i)}, 2);
  EXPECT_EQ(Enter({"x"}, "x0"), kWaits);
  EXPECT_EQ(Enter({"x"}, "x1"), kWaits);
  EXPECT_EQ(Enter({"y"}, "y0"), kWaits);
  for (int i = 0; i < 3; ++i) LeaveFirst();
  EXPECT_EQ(started_, (std::vector<std::string>{"x0", "y0", "x1"}));
}

TEST_F(RequestSchedulerTest, AKindIsBoundedOverAllLanes) {
  for (int i = 0; i < 16; ++i) EnterMany({absl::StrCat(i), "lists"}, 1);
  EXPECT_EQ(Enter({"x", "lists"}), kRefused);
  EXPECT_EQ(Enter({"x"}), kRuns);
  LeaveFirst();
  EXPECT_EQ(Enter({"x", "lists"}), kRuns);
}

TEST_F(RequestSchedulerTest, AClientIsBoundedOverAllLanes) {
  for (int i = 0; i < 8; ++i) EnterMany({absl::StrCat(i), "", "1.2.3.4"}, 1);
  EXPECT_EQ(Enter({"x", "", "1.2.3.4"}, "x"), kWaits);
  // In the same queue, past the one that waits.
  EXPECT_EQ(Enter({"x", "", "1.2.3.5"}), kRuns);
  LeaveFirst();
  EXPECT_EQ(started_, std::vector<std::string>{"x"});
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(Enter({absl::StrCat(i), "", "1.2.3.4"}), kWaits) << i;
  }
  EXPECT_EQ(Enter({"y", "", "1.2.3.4"}), kRefused);
}

TEST_F(RequestSchedulerTest, WhoWaitsTooLongIsGivenBack) {
  RequestScheduler::Options options = Options();
  options.queue_max = 1;
  options.wait_max = absl::ZeroDuration();
  Restart(options);
  EnterMany({"a"}, 1);
  EXPECT_EQ(Enter({"a"}, "late"), kWaits);
  const auto expired = scheduler_->TakeExpired(/*everyone=*/false);
  ASSERT_EQ(expired.size(), 1);
  EXPECT_EQ(static_cast<FakeJob&>(*expired[0]).name, "late");
  LeaveFirst();
  EXPECT_TRUE(started_.empty());
  EXPECT_EQ(Enter({"a"}), kRuns);
}

TEST_F(RequestSchedulerTest, TheLongestStalledGivesWayWhenOthersHaveTo) {
  EnterMany({"a"}, 16);
  EnterMany({"b"}, 1);
  const absl::Time now = SteadyTime();
  running_[3]->stalled = now - absl::Seconds(20);
  running_[5]->stalled = now - absl::Seconds(30);
  running_[7]->stalled = now - absl::Seconds(1);
  running_[16]->stalled = now - absl::Hours(1);  // Of another queue.
  EXPECT_FALSE(running_[5]->broken_off);
  EXPECT_EQ(Enter({"a"}), kWaits);
  EXPECT_TRUE(running_[5]->broken_off);
  EXPECT_FALSE(running_[3]->broken_off);
  // For as long as somebody waits.
  scheduler_->TakeExpired(/*everyone=*/false);
  EXPECT_TRUE(running_[3]->broken_off);
  scheduler_->TakeExpired(/*everyone=*/false);
  EXPECT_FALSE(running_[7]->broken_off);
  EXPECT_FALSE(running_[16]->broken_off);
}

TEST_F(RequestSchedulerTest, OneThreadIsEnough) {
  RequestScheduler::Options options = Options();
  options.threads_max = 1;
  Restart(options);
  EXPECT_EQ(Enter({"a"}), kRuns);
  EXPECT_EQ(Enter({"b"}, "b"), kWaits);
  LeaveFirst();
  EXPECT_EQ(started_, std::vector<std::string>{"b"});
}

}  // namespace
}  // namespace cvr
