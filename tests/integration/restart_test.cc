// Three processes, of which one at a time is away: the others find it again,
// say so, and fail no pull that could wait.
#include <signal.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/thread.h"
#include "tests/integration/system.h"
#include "tests/integration/three_processes.h"
#include "tests/support/child_process.h"
#include "tests/support/http_client.h"
#include "tests/support/status_matchers.h"
#include "tests/support/upstream/fake_registry.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kClients = 3;

class RestartTest : public ThreeProcessesTest {};

// Nobody pulls meanwhile, so nothing but the gateway itself notices.
TEST_P(RestartTest, AnIdleGatewayFindsEachServiceAgain) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  EXPECT_EQ(Readyz().status, 200) << "right after the ready file";
  for (const std::string name : {kMetadata, kBlob, kMetadata}) {
    SCOPED_TRACE(name);
    Stop(name == kMetadata ? *metadata_ : *blob_, SIGTERM);
    ASSERT_TRUE(Eventually([&] { return Readyz().status == 503; },
                           kFoundAgainMax, "the gateway is not ready"));
    EXPECT_THAT(Readyz().body, HasSubstr(name.substr(4)));
    // As long as the pauses between attempts get.
    absl::SleepFor(absl::Seconds(2));
    name == kMetadata ? StartMetadata() : StartBlob();
    const absl::Time started = absl::Now();
    EXPECT_TRUE(Eventually([&] { return Readyz().status == 200; },
                           kFoundAgainMax, "the gateway is ready again"));
    RecordProperty(
        "found_ms_" + name,
        absl::StrCat(absl::ToInt64Milliseconds(absl::Now() - started)));
  }
}

// As systemd starts them, in any order.
TEST_P(RestartTest, AGatewayIsReadyOnceTheServicesAre) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  for (auto* const process : {&gateway_, &blob_, &metadata_}) {
    Stop(**process, SIGTERM);
  }
  const std::string ready = directory_.Join("cvr-gateway-run/ready.json");
  // The one of before is no sign of readiness.
  ASSERT_TRUE(std::filesystem::exists(ready));
  std::vector<std::string> arguments = {BinaryOf(kGateway),
                                        "--ready_file=" + ready};
  for (const auto& flags : {GatewayFlags(), TlsFlags(kGateway)}) {
    arguments.insert(arguments.end(), flags.begin(), flags.end());
  }
  auto gateway = ChildProcess::Start(arguments, directory_.Join("gateway.log"));
  ASSERT_THAT(gateway, IsOk());
  ASSERT_TRUE(Eventually([&] { return !std::filesystem::exists(ready); },
                         "the gateway removes its old ready file"));
  StartBlob();
  EXPECT_FALSE(std::filesystem::exists(ready)) << "there is no metadata";
  StartMetadata();
  EXPECT_TRUE(Eventually([&] { return std::filesystem::exists(ready); },
                         kFoundAgainMax, "the gateway writes its ready file"));
  (*gateway)->Signal(SIGTERM);
  EXPECT_EQ((*gateway)->Wait(), 0);
}

// A gateway that is told to stop before it was ever ready.
TEST_P(RestartTest, AGatewayThatIsNotReadyCanBeStopped) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  Stop(*metadata_, SIGTERM);
  ASSERT_TRUE(Eventually([&] { return Readyz().status == 503; }, kFoundAgainMax,
                         "the gateway is not ready"));
  gateway_->process().Signal(SIGTERM);
  EXPECT_EQ(gateway_->process().Wait(), 0);
}

TEST_P(RestartTest, NoPullFailsWhileAServiceRestarts) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  const Image image = AddImage(upstream_, "team/app", "1", {3 << 20, 100});
  ASSERT_EQ(Pull(image), "");
  std::atomic<bool> stop = false;
  std::atomic<int> pulls = 0;
  Mutex mutex;
  std::vector<std::string> failures;
  std::vector<std::unique_ptr<Thread>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<Thread>("client", [&] {
      while (!stop) {
        const std::string failure = Pull(image);
        ++pulls;
        if (failure.empty()) continue;
        MutexLock lock(&mutex);
        failures.push_back(failure);
      }
    }));
  }
  const auto await_pulls = [&](int more) {
    const int wanted = pulls + more;
    EXPECT_TRUE(Eventually([&] { return pulls >= wanted; }, absl::Minutes(1),
                           "every client has pulled again"));
  };
  await_pulls(5);
  for (const std::string name : {kMetadata, kBlob}) {
    for (const int signal : {SIGTERM, SIGKILL}) {
      Restart(name, signal);
      // Everybody has begun a new one since.
      await_pulls(2 * kClients);
    }
  }
  stop = true;
  clients.clear();
  EXPECT_THAT(failures, ::testing::IsEmpty());
}

// Longer than is waited: told so at once, and when to come again.
TEST_P(RestartTest, WhatCannotWaitIsToldWhenToComeAgain) {
  ASSERT_NO_FATAL_FAILURE(StartAll());
  const Image image = AddImage(upstream_, "team/app", "1", {100});
  auto flags = GatewayFlags();
  flags.push_back("--outage_wait=300ms");
  gateway_ = nullptr;
  gateway_ = Start(kGateway, flags);
  ASSERT_NE(gateway_, nullptr);
  Stop(*metadata_, SIGTERM);
  const auto reply =
      HttpGet(gateway_->http(), System::Target("team/app/manifests/1"));
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(reply.header("retry-after"), "");
  EXPECT_THAT(reply.body,
              HasSubstr("(cvr-metadata or cvr-blob) is unavailable"));
}

INSTANTIATE_TEST_SUITE_P(Ways, RestartTest,
                         ::testing::Values(Way::kTls, Way::kTcp,
                                           Way::kUnixSocket),
                         NameOfWay);

}  // namespace
}  // namespace cvr::testing
