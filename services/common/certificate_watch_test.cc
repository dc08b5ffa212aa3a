#include "services/common/certificate_watch.h"

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_authority.h"

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

TEST_F(CertificateWatchTest, WhatCannotBeReadIsForOthersToComplainOf) {
  EXPECT_EQ(ExpiryOf(directory_.path() + "/none", absl::Now()).level,
            ExpiryLevel::kFine);
}

}  // namespace
}  // namespace cvr
