#include "services/rpc/tls/certificate_watch.h"

#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "spdlog/sinks/ringbuffer_sink.h"
#include "spdlog/spdlog.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_authority.h"
#include "tests/support/waiting/eventually.h"

namespace cvr {
namespace {

using ::testing::HasSubstr;

// Its certificates are good for an hour from now.
class CertificateWatchTest : public ::testing::Test {
 protected:
  const testing::TemporaryDirectory directory_;
  const testing::TestAuthority authority_;
  const std::string path_ =
      testing::WriteCertificate(authority_.Issue("cvr-blob"), directory_.path(),
                                "own")
          .certificate;
  const absl::Time end_ = absl::Now() + absl::Hours(1);
};

TEST_F(CertificateWatchTest, WarnsTwoWeeksBeforeTheEnd) {
  EXPECT_EQ(ExpiryOf(path_, end_ - kExpiryWarning - absl::Hours(1)).level,
            ExpiryLevel::kFine);
  const Expiry soon = ExpiryOf(path_, end_ - absl::Hours(24 * 9 + 1));
  EXPECT_EQ(soon.level, ExpiryLevel::kSoon);
  EXPECT_THAT(soon.text, HasSubstr("CN=cvr-blob expires in 9 days, at 2"));
  EXPECT_THAT(soon.text, HasSubstr(path_));
  EXPECT_THAT(ExpiryOf(path_, end_ - absl::Hours(2)).text,
              HasSubstr("in less than a day"));
}

TEST_F(CertificateWatchTest, WhatHasExpiredIsAnError) {
  const Expiry expired = ExpiryOf(path_, end_ + absl::Hours(1));
  EXPECT_EQ(expired.level, ExpiryLevel::kExpired);
  EXPECT_THAT(expired.text, HasSubstr("expired at 2"));
}

// A chain is as good as its weakest member, and a file of several authorities
// likewise.
TEST_F(CertificateWatchTest, TheFirstToEndCounts) {
  const std::string both = testing::WritePem(
      authority_.certificate_pem() + authority_.Issue("one").certificate_pem,
      directory_.path() + "/both");
  EXPECT_EQ(ExpiryOf(both, end_ + absl::Hours(1)).level, ExpiryLevel::kExpired);
}

// Every day from two weeks before, without anybody asking.
TEST_F(CertificateWatchTest, WritesAtTheStartAndOnceADay) {
  const auto lines = std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(64);
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("", lines));
  const auto count = [&](const std::string& part) {
    int found = 0;
    for (const std::string& line : lines->last_formatted()) {
      if (absl::StrContains(line, part)) ++found;
    }
    return found;
  };
  const auto await = [&](const std::string& part, int wanted) {
    EXPECT_TRUE(testing::Eventually([&] { return count(part) >= wanted; },
                                    "the line is written"));
    EXPECT_EQ(count(part), wanted) << part;
  };
  testing::FakeClock clock;
  clock.Advance(end_ - absl::Hours(24 * 15 - 1) - clock.Now());
  const CertificateWatch watch({path_, ""}, clock, absl::Milliseconds(1));
  await("[info]", 1);
  for (int day = 1; day <= 3; ++day) {
    clock.Advance(absl::Hours(24));
    await("[warning]", day);
  }
  EXPECT_EQ(count("expires in 13 days"), 1);
  EXPECT_EQ(count("expires in 11 days"), 1);
  clock.Advance(absl::Hours(24 * 13));
  await("[error]", 1);
  watch.Check();
  await("[error]", 2);
  EXPECT_EQ(count("[info]"), 1);
}

TEST_F(CertificateWatchTest, WhatCannotBeReadIsForOthersToComplainOf) {
  EXPECT_EQ(ExpiryOf(directory_.path() + "/none", absl::Now()).level,
            ExpiryLevel::kFine);
}

}  // namespace
}  // namespace cvr
