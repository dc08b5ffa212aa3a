#include "services/blob/garbage_collector.h"

#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/blob/store/testing/in_memory_blob_store.h"
#include "tests/support/fake_metadata_client.h"
#include "tests/support/status_matchers.h"

namespace cvr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class GarbageCollectorTest : public ::testing::Test {
 protected:
  // Looks only when it is told to.
  static GarbageCollector::Options Unhurried() {
    GarbageCollector::Options options;
    options.interval = absl::InfiniteDuration();
    options.batch_max = 2;
    return options;
  }

  Digest Store(const std::string& bytes) {
    const Digest digest = Digest::OfBytes(bytes);
    EXPECT_THAT(store_.Put(digest, bytes), IsOk());
    return digest;
  }
  Digest StoreGarbage(const std::string& bytes) {
    const Digest digest = Store(bytes);
    metadata_.AddGarbage(digest);
    return digest;
  }
  bool IsStored(const Digest& digest) { return store_.Open(digest).ok(); }

  FakeMetadataClient metadata_;
  InMemoryBlobStore store_;
  std::set<std::string> in_use_;
  GarbageCollector collector_{
      Unhurried(), metadata_, store_,
      [this](const Digest& d) { return in_use_.contains(d.ToString()); }};
};

TEST_F(GarbageCollectorTest, DeletesAllThatIsGarbageAndNothingElse) {
  const Digest kept = Store("kept");
  std::vector<Digest> garbage;
  for (const char* bytes : {"1", "2", "3", "4", "5"}) {
    garbage.push_back(StoreGarbage(bytes));
  }
  // What is not here is as good as deleted.
  metadata_.AddGarbage(Digest::OfBytes("never stored"));
  EXPECT_EQ(collector_.RunOnce(), 6u);
  for (const Digest& digest : garbage) EXPECT_FALSE(IsStored(digest));
  EXPECT_TRUE(IsStored(kept));
  EXPECT_THAT(metadata_.garbage(), IsEmpty());
  EXPECT_EQ(collector_.RunOnce(), 0u);
}

// More of it than one batch, which must not keep the rest from being seen.
TEST_F(GarbageCollectorTest, WhatIsBeingFetchedIsLeftForTheNextTime) {
  const Digest a = StoreGarbage("a");
  const Digest b = StoreGarbage("b");
  const Digest c = StoreGarbage("c");
  in_use_ = {a.ToString(), b.ToString()};
  EXPECT_EQ(collector_.RunOnce(), 1u);
  EXPECT_TRUE(IsStored(a));
  EXPECT_TRUE(IsStored(b));
  EXPECT_FALSE(IsStored(c));
  EXPECT_THAT(metadata_.garbage(), ElementsAre(a, b));
  in_use_.clear();
  EXPECT_EQ(collector_.RunOnce(), 2u);
  EXPECT_FALSE(IsStored(a));
}

TEST_F(GarbageCollectorTest, AReaderKeepsWhatItReads) {
  const Digest digest = StoreGarbage("read");
  const auto reader = *store_.Open(digest);
  EXPECT_EQ(collector_.RunOnce(), 1u);
  EXPECT_FALSE(IsStored(digest));
  EXPECT_EQ(reader->ReadChunk(0)->bytes(), "read");
}

TEST_F(GarbageCollectorTest, AServiceThatIsAwayIsAskedAgain) {
  const Digest digest = StoreGarbage("a");
  metadata_.FailWith(absl::UnavailableError("away"));
  EXPECT_EQ(collector_.RunOnce(), 0u);
  EXPECT_TRUE(IsStored(digest));
  metadata_.FailWith(absl::OkStatus());
  EXPECT_EQ(collector_.RunOnce(), 1u);
}

TEST_F(GarbageCollectorTest, ItLooksByItself) {
  const Digest digest = StoreGarbage("a");
  GarbageCollector::Options options;
  options.interval = absl::Milliseconds(1);
  const GarbageCollector collector(options, metadata_, store_,
                                   [](const Digest&) { return false; });
  metadata_.AwaitNoGarbage();
  EXPECT_FALSE(IsStored(digest));
}

TEST_F(GarbageCollectorTest, OnceStoppedItDeletesNothing) {
  const Digest digest = StoreGarbage("a");
  collector_.Stop();
  EXPECT_EQ(collector_.RunOnce(), 0u);
  EXPECT_TRUE(IsStored(digest));
}

}  // namespace
}  // namespace cvr::testing
