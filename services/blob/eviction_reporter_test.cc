#include "services/blob/eviction_reporter.h"

#include <atomic>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/limits.h"
#include "tests/support/fake_metadata_client.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EvictionReporterTest : public ::testing::Test {
 protected:
  static std::vector<Digest> Digests(size_t count) {
    std::vector<Digest> digests;
    for (size_t i = 0; i < count; ++i) {
      digests.push_back(Digest::OfBytes(absl::StrCat(i)));
    }
    return digests;
  }

  // Gathers until a batch is full or the reporter goes.
  static EvictionReporter::Options Unhurried() {
    EvictionReporter::Options options;
    options.gather_interval = absl::InfiniteDuration();
    options.retry.delay_min = options.retry.delay_max = absl::Milliseconds(1);
    return options;
  }

  testing::FakeMetadataClient metadata_;
};

TEST_F(EvictionReporterTest, WhatIsReportedArrivesByItself) {
  EvictionReporter::Options options;
  options.gather_interval = absl::ZeroDuration();
  EvictionReporter reporter(metadata_, options);
  reporter.Report(Digests(3));
  metadata_.AwaitForgottenContent(1);
  EXPECT_EQ(metadata_.forgotten_content()[0], Digests(3));
  reporter.Report(Digests(1));
  metadata_.AwaitForgottenContent(2);
  EXPECT_EQ(metadata_.forgotten_content()[1], Digests(1));
}

TEST_F(EvictionReporterTest, EvictionsAreGatheredToFullBatches) {
  const size_t full = limits::kForgottenDigestsMax;
  const auto digests = Digests(full + 2);
  {
    EvictionReporter reporter(metadata_, Unhurried());
    for (const Digest& digest : digests) reporter.Report({&digest, 1});
    metadata_.AwaitForgottenContent(1);
    EXPECT_THAT(metadata_.forgotten_content(), ElementsAre(SizeIs(full)));
  }
  EXPECT_THAT(
      metadata_.forgotten_content(),
      ElementsAre(std::vector<Digest>(digests.begin(), digests.begin() + full),
                  std::vector<Digest>(digests.begin() + full, digests.end())));
}

TEST_F(EvictionReporterTest, AServiceThatIsAwayIsToldWhenItIsBack) {
  metadata_.FailWith(absl::UnavailableError("away"));
  std::atomic<int> failures = 0;
  EvictionReporter::Options options = Unhurried();
  options.gather_interval = absl::ZeroDuration();
  // Asked for after each failure.
  options.retry.random = [&] {
    if (++failures == 10) metadata_.FailWith(absl::OkStatus());
    return 0.0;
  };
  EvictionReporter reporter(metadata_, options);
  reporter.Report(Digests(5));
  metadata_.AwaitForgottenContent(1);
  EXPECT_EQ(failures, 10);
  EXPECT_THAT(metadata_.forgotten_content(), ElementsAre(Digests(5)));
}

// Memory is bounded however long the service is away.
TEST_F(EvictionReporterTest, WhatDoesNotFitIsNotReported) {
  EvictionReporter::Options options = Unhurried();
  options.queued_digests_max = 7;
  {
    EvictionReporter reporter(metadata_, options);
    reporter.Report(Digests(5));
    reporter.Report(Digests(5));
    reporter.Report(Digests(5));
  }
  ASSERT_THAT(metadata_.forgotten_content(), ElementsAre(SizeIs(7)));
}

TEST_F(EvictionReporterTest, RefusedReportsDoNotHoldUpOthers) {
  metadata_.FailWith(absl::InternalError("never"));
  EvictionReporter::Options options = Unhurried();
  EvictionReporter reporter(metadata_, options);
  reporter.Report(Digests(limits::kForgottenDigestsMax));
  metadata_.AwaitFailedForgets(1);
  metadata_.FailWith(absl::OkStatus());
  reporter.Report(Digests(limits::kForgottenDigestsMax));
  metadata_.AwaitForgottenContent(1);
  EXPECT_THAT(metadata_.forgotten_content(), SizeIs(1));
}

TEST_F(EvictionReporterTest, AServiceThatIsAwayDoesNotHoldUpTheEnd) {
  metadata_.FailWith(absl::UnavailableError("away"));
  EvictionReporter::Options options = Unhurried();
  options.retry.delay_min = options.retry.delay_max = absl::Hours(24);
  auto reporter = std::make_unique<EvictionReporter>(metadata_, options);
  reporter->Report(Digests(3 * limits::kForgottenDigestsMax));
  metadata_.AwaitFailedForgets(1);
  reporter.reset();
  EXPECT_THAT(metadata_.forgotten_content(), IsEmpty());
}

}  // namespace
}  // namespace cvr
