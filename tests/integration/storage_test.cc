// What becomes of stored bytes, end to end: pushed out by newer ones, or
// damaged on the disk.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "tests/integration/system_test.h"
#include "tests/support/child_process.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {
namespace {

namespace fs = std::filesystem;

// --- Eviction ---------------------------------------------------------------

class EvictionTest : public SystemTest {
 protected:
  EvictionTest()
      : SystemTest({absl::StrCat("--max_bytes=", 8 * kMiB),
                    "--low_watermark_percent=60"}) {}
};

TEST_P(EvictionTest, WhatIsPushedOutLosesItsEntryAndIsFetchedAgain) {
  const Image old = AddImage(upstream_, "library/old", "1", {3 * kMiB});
  const Image next = AddImage(upstream_, "library/next", "1", {3 * kMiB});
  const Image last = AddImage(upstream_, "library/last", "1", {3 * kMiB});
  Cache(old);
  Cache(next);
  EXPECT_EQ(Downloads(old), 1);
  // Nine are more than eight; 60 % of eight is room for one.
  Cache(last);
  AwaitEntry(LayerEntry(old), false);
  AwaitEntry(LayerEntry(next), false);
  EXPECT_TRUE(system_.EntryPaths().contains(LayerEntry(last)));

  EXPECT_EQ(Pull(system_, old), "");
  EXPECT_EQ(Downloads(old), 2);
  EXPECT_EQ(Downloads(last), 1);
  AwaitEntry(LayerEntry(old), true);
}

INSTANTIATE_TEST_SUITE_P(Shapes, EvictionTest, AllShapes(), ShapeName);

TEST(StorageFlagsTest, ALowMarkThatIsNoPercentageIsRefusedInOneLine) {
  for (const char* value : {"0", "101", "half", "-1", ""}) {
    const ScratchDirectory directory;
    const ProgramResult result = RunProgram(
        {"services/blob/cvr-blob", "--data_dir=" + directory.Join("data"),
         absl::StrCat("--low_watermark_percent=", value)});
    EXPECT_EQ(result.status, 1) << value;
    const std::string& log = result.output;
    EXPECT_TRUE(absl::StrContains(log, "low_watermark_percent")) << log;
    EXPECT_TRUE(absl::StrContains(log, "from 1 to 100")) << log;
    EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
  }
}

// --- Damage -----------------------------------------------------------------

class DamageTest : public SystemTest {
 protected:
  // The file that has these bytes, and where.
  struct Place {
    fs::path path;
    size_t offset;
  };
  Place Find(absl::string_view bytes) const {
    for (const auto& entry :
         fs::recursive_directory_iterator(system_.blobs_directory())) {
      if (entry.path().extension() != ".sst") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string all(std::istreambuf_iterator<char>(file), {});
      const size_t at = all.find(std::string(bytes));
      if (at != std::string::npos) return {entry.path(), at};
    }
    ADD_FAILURE() << "no file has these bytes";
    return {};
  }

  // Flips a byte where `content` is stored from `offset` on.
  void Flip(absl::string_view content, size_t offset) const {
    const Place place = Find(content.substr(offset, 64));
    std::fstream file(place.path,
                      std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(place.offset);
    file.put(static_cast<char>(~content[offset]));
  }
};

TEST_P(DamageTest, FilesThatAreCutShortOrMissingCostTheirBlobsOnly) {
  const Image missing = AddImage(upstream_, "library/a", "1", {2 * kMiB});
  const Image cut = AddImage(upstream_, "library/b", "1", {2 * kMiB});
  const Image whole = AddImage(upstream_, "library/c", "1", {2 * kMiB});
  for (const Image* image : {&missing, &cut, &whole}) Cache(*image);
  const fs::path missing_file = Find(missing.blobs[1].substr(0, 64)).path;
  const fs::path cut_file = Find(cut.blobs[1].substr(0, 64)).path;
  system_.Kill();
  fs::remove(missing_file);
  fs::resize_file(cut_file, fs::file_size(cut_file) / 2);

  system_.Start();
  // The report of what was lost would else come after it is stored again, and
  // take the new entry.
  AwaitEntry(LayerEntry(missing), false);
  AwaitEntry(LayerEntry(cut), false);
  for (const Image* image : {&missing, &cut, &whole}) {
    EXPECT_EQ(Pull(system_, *image), "");
  }
  EXPECT_EQ(Downloads(missing), 2);
  EXPECT_EQ(Downloads(cut), 2);
  EXPECT_EQ(Downloads(whole), 1);
  // And they are stored again.
  for (const Image* image : {&missing, &cut}) Cache(*image);
  upstream_.Stop();
  EXPECT_EQ(Pull(system_, cut), "");
}

TEST_P(DamageTest, FlippedBytesAreADelayForTheClient) {
  const Image image = AddImage(upstream_, "library/a", "1", {6 * kMiB});
  Cache(image);
  Flip(image.blobs[1], 4 * kMiB + 4321);
  EXPECT_EQ(Pull(system_, image), "");
  EXPECT_EQ(Downloads(image), 2);
  EXPECT_EQ(Pull(system_, image), "");
  EXPECT_EQ(Downloads(image), 2);
}

TEST_P(DamageTest, FlippedBytesThatNobodyCanSupplyAreNeverAWholeReply) {
  const Image image = AddImage(upstream_, "library/a", "1", {6 * kMiB});
  Cache(image);
  Flip(image.blobs[1], 4 * kMiB + 4321);
  upstream_.Stop();
  const auto reply = system_.Get(BlobPath(image, 1));
  EXPECT_NE(reply.error, "");
  EXPECT_LE(reply.body.size(), 4 * kMiB + 4321);
  EXPECT_TRUE(absl::StartsWith(image.blobs[1], reply.body));
}

// Manifests are sent as they are read, too.
TEST_P(DamageTest, LargeManifestThatIsDamagedInTheMiddleIsRepaired) {
  Image image = AddImage(upstream_, "library/a", "1", {kMiB});
  // So much that its end is in its second chunk.
  image.manifest += std::string(300 * 1024, ' ') + std::string(64, '\n');
  image.manifest_digest = upstream_.AddManifest(
      "library/a", "1", "application/vnd.oci.image.manifest.v1+json",
      image.manifest);
  Cache(image);
  Flip(image.manifest, image.manifest.size() - 64);
  const std::string by_digest = image.manifest_digest.ToString();
  EXPECT_EQ(Pull(system_, image), "");
  EXPECT_EQ(upstream_.CountRequests({"GET", by_digest}), 1);
  upstream_.Stop();
  EXPECT_EQ(Pull(system_, image), "");
}

INSTANTIATE_TEST_SUITE_P(Shapes, DamageTest, AllShapes(), ShapeName);

}  // namespace
}  // namespace cvr::testing
