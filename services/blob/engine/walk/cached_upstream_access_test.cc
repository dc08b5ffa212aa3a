#include "services/blob/engine/walk/cached_upstream_access.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/concurrency/thread.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_metadata_client.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::NotNull;

// Every upstream has a certificate bundle.
class BundleMetadataClient : public FakeMetadataClient {
 public:
  absl::StatusOr<UpstreamAccess> GetUpstreamAccess(int64_t id) override {
    auto access = FakeMetadataClient::GetUpstreamAccess(id);
    if (access.ok()) access->tls.ca_bundle_pem.assign(bundle_bytes, 'x');
    return access;
  }
  size_t bundle_bytes = 0;
};

class CachedUpstreamAccessTest : public ::testing::Test {
 protected:
  CachedUpstreamAccessTest() { metadata_.SetPassword(7, "first", 1); }

  // As a pull whose plan names that version.
  std::string PasswordAt(int64_t version, int64_t cache_epoch = 1) {
    const auto access = accesses_.Get({7, cache_epoch}, version);
    EXPECT_THAT(access, IsOk());
    return access.ok() ? (*access)->password : "";
  }

  BundleMetadataClient metadata_;
  FakeClock clock_;
  CachedUpstreamAccess accesses_{metadata_, clock_};
};

TEST_F(CachedUpstreamAccessTest, AsksOnceForEachVersion) {
  EXPECT_EQ(PasswordAt(1), "first");
  EXPECT_EQ(PasswordAt(1), "first");
  EXPECT_EQ(metadata_.access_requests(), 1);
}

TEST_F(CachedUpstreamAccessTest, AChangedPasswordIsUsedByTheNextPlan) {
  EXPECT_EQ(PasswordAt(1), "first");
  metadata_.SetPassword(7, "second", 2);
  EXPECT_EQ(PasswordAt(2), "second");
  EXPECT_EQ(PasswordAt(2), "second");
  EXPECT_EQ(metadata_.access_requests(), 2);
  // The old one is not kept beside it.
  EXPECT_EQ(PasswordAt(1), "second");
  EXPECT_EQ(metadata_.access_requests(), 3);
}

// What the answer may be recorded for has moved.
TEST_F(CachedUpstreamAccessTest, AnotherEpochIsAnotherVersion) {
  EXPECT_EQ(PasswordAt(1, 1), "first");
  EXPECT_EQ(PasswordAt(1, 2), "first");
  EXPECT_EQ(metadata_.access_requests(), 2);
}

TEST_F(CachedUpstreamAccessTest, AsksWhereNoVersionIsKnown) {
  EXPECT_EQ(PasswordAt(1), "first");
  EXPECT_EQ(PasswordAt(0), "first");
  EXPECT_EQ(metadata_.access_requests(), 2);
  // An older metadata service does not say the version.
  ASSERT_THAT(accesses_.Get({8, 1}, 1), IsOk());
  ASSERT_THAT(accesses_.Get({8, 1}, 1), IsOk());
  EXPECT_EQ(metadata_.access_requests(), 4);
}

TEST_F(CachedUpstreamAccessTest, NeverKeepsAFailure) {
  metadata_.FailWith(absl::UnavailableError("down"));
  EXPECT_THAT(accesses_.Get({7, 1}, 1),
              StatusIs(absl::StatusCode::kUnavailable));
  metadata_.FailWith(absl::OkStatus());
  EXPECT_EQ(PasswordAt(1), "first");
}

// A plan from before a change must not go on with it for ever.
TEST_F(CachedUpstreamAccessTest, AsksAgainAfterAWhile) {
  EXPECT_EQ(PasswordAt(1), "first");
  metadata_.RemoveUpstream(7);
  EXPECT_EQ(PasswordAt(1), "first");
  clock_.Advance(absl::Seconds(limits::kCachedAccessSeconds));
  EXPECT_THAT(accesses_.Get({7, 1}, 1), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(CachedUpstreamAccessTest, DropsTheLeastRecentlyUsedBeyondItsBound) {
  EXPECT_EQ(PasswordAt(1), "first");
  const auto bound = static_cast<int64_t>(limits::kCachedAccessesMax);
  for (int64_t id = 100; id < 100 + bound; ++id) {
    metadata_.SetPassword(id, "p", 1);
    // One is used all the time.
    ASSERT_THAT(accesses_.Get({100, 1}, 1), IsOk());
    ASSERT_THAT(accesses_.Get({id, 1}, 1), IsOk());
  }
  const int before = metadata_.access_requests();
  ASSERT_THAT(accesses_.Get({100, 1}, 1), IsOk());
  EXPECT_EQ(metadata_.access_requests(), before);
  EXPECT_EQ(PasswordAt(1), "first");
  EXPECT_EQ(metadata_.access_requests(), before + 1);
}

TEST_F(CachedUpstreamAccessTest, KeepsNoMoreBytesThanItsBound) {
  metadata_.bundle_bytes = limits::kCachedAccessBytesMax / 2;
  metadata_.SetPassword(8, "p", 1);
  ASSERT_THAT(accesses_.Get({7, 1}, 1), IsOk());
  ASSERT_THAT(accesses_.Get({8, 1}, 1), IsOk());
  const int before = metadata_.access_requests();
  ASSERT_THAT(accesses_.Get({8, 1}, 1), IsOk());
  EXPECT_EQ(metadata_.access_requests(), before);
  ASSERT_THAT(accesses_.Get({7, 1}, 1), IsOk());
  EXPECT_EQ(metadata_.access_requests(), before + 1);
}

// Whoever uses it goes on, whatever becomes of the entry.
TEST_F(CachedUpstreamAccessTest, WhatIsInUseStaysWhole) {
  const auto used = accesses_.Get({7, 1}, 1);
  ASSERT_THAT(used, IsOk());
  metadata_.SetPassword(7, "second", 2);
  EXPECT_EQ(PasswordAt(2), "second");
  ASSERT_THAT(*used, NotNull());
  EXPECT_EQ((*used)->username, "user");
  EXPECT_EQ((*used)->password, "first");
}

TEST_F(CachedUpstreamAccessTest, ManyThreadsAskAtOnce) {
  std::vector<std::unique_ptr<Thread>> threads;
  for (int i = 0; i < 4; ++i) {
    threads.push_back(std::make_unique<Thread>("asker", [this, i] {
      for (int k = 0; k < 200; ++k) {
        if (k % 50 == i) metadata_.SetPassword(7, "first", k + 1);
        EXPECT_EQ(PasswordAt(k), "first");
      }
    }));
  }
  threads.clear();
}

}  // namespace
}  // namespace cvr::testing
