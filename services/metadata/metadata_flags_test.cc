#include "services/metadata/metadata_flags.h"

#include <string>

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

ABSL_DECLARE_FLAG(std::string, secret_key_file);
ABSL_DECLARE_FLAG(absl::Duration, token_lifetime);
ABSL_DECLARE_FLAG(absl::Duration, cleanup_check_interval);
ABSL_DECLARE_FLAG(absl::Duration, signing_key_rotation);

namespace cvr {
namespace {

TEST(MetadataFlagsTest, SaysWhereEverythingIsKept) {
  const auto options = MetadataOptionsFromFlags("/data", "/elsewhere/token");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->data_dir, "/data");
  EXPECT_EQ(options->admin_token_file, "/elsewhere/token");
}

TEST(MetadataFlagsTest, SaysWhereTheKeyOfSecretsIs) {
  const absl::FlagSaver saver;
  EXPECT_EQ(MetadataOptionsFromFlags("/data", "")->secret_key_file, "");
  absl::SetFlag(&FLAGS_secret_key_file, "/safe/key");
  EXPECT_EQ(MetadataOptionsFromFlags("/data", "")->secret_key_file,
            "/safe/key");
}

TEST(MetadataFlagsTest, SaysHowLongTokensAndTheirKeysLive) {
  const absl::FlagSaver saver;
  absl::SetFlag(&FLAGS_token_lifetime, absl::Minutes(2));
  absl::SetFlag(&FLAGS_signing_key_rotation, absl::Hours(3));
  const auto options = MetadataOptionsFromFlags("", "");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->signing.token_lifetime, absl::Minutes(2));
  EXPECT_EQ(options->signing.rotate_after, absl::Hours(3));
}

TEST(MetadataFlagsTest, RefusesTokensThatAreBornExpired) {
  const absl::FlagSaver saver;
  absl::SetFlag(&FLAGS_token_lifetime, absl::ZeroDuration());
  EXPECT_EQ(MetadataOptionsFromFlags("", "").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(MetadataFlagsTest, SaysHowOftenCleanupIsLookedFor) {
  const absl::FlagSaver saver;
  EXPECT_EQ(MetadataOptionsFromFlags("", "")->cleanup_check_interval,
            absl::Minutes(1));
  absl::SetFlag(&FLAGS_cleanup_check_interval, absl::Seconds(3));
  EXPECT_EQ(MetadataOptionsFromFlags("", "")->cleanup_check_interval,
            absl::Seconds(3));
  absl::SetFlag(&FLAGS_cleanup_check_interval, absl::ZeroDuration());
  EXPECT_EQ(MetadataOptionsFromFlags("", "").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(MetadataFlagsTest, RefusesKeysThatGoBeforeTheirTokens) {
  const absl::FlagSaver saver;
  absl::SetFlag(&FLAGS_token_lifetime, absl::Minutes(10));
  absl::SetFlag(&FLAGS_signing_key_rotation, absl::Minutes(9));
  EXPECT_EQ(MetadataOptionsFromFlags("", "").status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace cvr
