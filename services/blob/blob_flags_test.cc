#include "services/blob/blob_flags.h"

#include <string>

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "services/process/byte_size.h"

ABSL_DECLARE_FLAG(std::string, instance_name);
ABSL_DECLARE_FLAG(absl::Duration, refresh_interval);
ABSL_DECLARE_FLAG(absl::Duration, garbage_interval);
ABSL_DECLARE_FLAG(absl::Duration, upstream_stall_timeout);
ABSL_DECLARE_FLAG(cvr::ByteSize, fetch_rate_min);
ABSL_DECLARE_FLAG(cvr::ByteSize, max_bytes);
ABSL_DECLARE_FLAG(int, fetches_max);

namespace cvr {
namespace {

TEST(BlobFlagsTest, SaysWhereBlobsAreKeptAndHowMany) {
  const absl::FlagSaver saver;
  absl::SetFlag(&FLAGS_max_bytes, ByteSize(1000));
  const auto options = BlobOptionsFromFlags("/data/blobs", "here");
  EXPECT_EQ(options.store.directory, "/data/blobs");
  EXPECT_EQ(options.store.bounds.max_bytes, 1000);
  EXPECT_EQ(options.store.bounds.low_percent,
            BlobEvictor::Bounds().low_percent);
}

TEST(BlobFlagsTest, WithoutAnIntervalNothingIsRefreshedAhead) {
  const absl::FlagSaver saver;
  EXPECT_TRUE(BlobOptionsFromFlags("", "here").refreshes_ahead);
  absl::SetFlag(&FLAGS_refresh_interval, absl::ZeroDuration());
  EXPECT_FALSE(BlobOptionsFromFlags("", "here").refreshes_ahead);
}

TEST(BlobFlagsTest, TheLeastRateCountsOverTheStallTimeout) {
  const absl::FlagSaver saver;
  absl::SetFlag(&FLAGS_upstream_stall_timeout, absl::Seconds(20));
  absl::SetFlag(&FLAGS_fetch_rate_min, ByteSize(500));
  EXPECT_EQ(BlobOptionsFromFlags("", "here").upstream.stall_bytes_min, 10'000);
  absl::SetFlag(&FLAGS_fetch_rate_min, ByteSize(0));
  EXPECT_EQ(BlobOptionsFromFlags("", "here").upstream.stall_bytes_min, 1);
}

TEST(BlobFlagsTest, WhatIsTooSmallCountsAsTheLeast) {
  const absl::FlagSaver saver;
  absl::SetFlag(&FLAGS_fetches_max, 0);
  absl::SetFlag(&FLAGS_garbage_interval, absl::ZeroDuration());
  const auto options = BlobOptionsFromFlags("", "here");
  EXPECT_EQ(options.engine.downloads_max, 1);
  EXPECT_EQ(options.garbage.interval, absl::Milliseconds(1));
  EXPECT_EQ(options.reconciler.retry_interval, absl::Milliseconds(1));
}

TEST(BlobFlagsTest, InstancesHaveNames) {
  const absl::FlagSaver saver;
  EXPECT_EQ(BlobOptionsFromFlags("", "here").instance, "here");
  EXPECT_TRUE(CheckBlobFlags().ok());
  absl::SetFlag(&FLAGS_instance_name, "blob-a");
  EXPECT_EQ(BlobOptionsFromFlags("", "here").instance, "blob-a");
  EXPECT_TRUE(CheckBlobFlags().ok());
  for (const std::string& name :
       {std::string("blob a"), std::string("blob\n"), std::string("\xc3\xa4"),
        std::string(254, 'x')}) {
    absl::SetFlag(&FLAGS_instance_name, name);
    EXPECT_FALSE(CheckBlobFlags().ok()) << name;
  }
  EXPECT_NE(HostName(), "");
}

}  // namespace
}  // namespace cvr
