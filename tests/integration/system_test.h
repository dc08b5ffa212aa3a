#ifndef TESTS_INTEGRATION_SYSTEM_TEST_H_
#define TESTS_INTEGRATION_SYSTEM_TEST_H_

#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/integration/system.h"
#include "tests/support/upstream/fake_registry.h"
#include "tests/support/waiting/eventually.h"

namespace cvr::testing {

inline constexpr size_t kMiB = 1 << 20;

// A running system in front of one upstream. A test that fails prints what the
// processes have logged.
class SystemFixture : public ::testing::Test {
 protected:
  // `blob_flags` are added to those of the process that stores blobs.
  explicit SystemFixture(Shape shape, std::vector<std::string> blob_flags = {})
      : system_(shape, upstream_.url(), std::move(blob_flags)) {
    system_.Start();
  }
  ~SystemFixture() override {
    if (HasFailure()) std::cerr << system_.Log().substr(0, log_bytes_max_);
  }

  // The path of the image's config (0) or of a layer, as clients ask for it.
  static std::string BlobPath(const Image& image, size_t index) {
    return absl::StrCat(image.repository, "/blobs/",
                        image.BlobDigests()[index].ToString());
  }
  // The entry of the image's first layer, as the metadata service names it.
  static std::string LayerEntry(const Image& image) {
    return absl::StrCat("/", BlobPath(image, 1));
  }

  // How often the upstream was asked for the image's first layer.
  int Downloads(const Image& image) const {
    return upstream_.CountRequests({"GET", image.BlobDigests()[1].ToString()});
  }

  // Waits until the cache has an entry, or has none. A client may have the last
  // byte of a blob a moment before that is recorded.
  void AwaitEntry(const std::string& entry, bool present = true) const {
    ASSERT_TRUE(Eventually(
        [&] { return system_.EntryPaths().contains(entry) == present; },
        absl::StrCat("the entry ", entry,
                     present ? " is recorded" : " is removed")));
  }

  // Pulls the image and waits until its first layer is recorded.
  void Cache(const Image& image) {
    ASSERT_EQ(Pull(system_, image), "");
    AwaitEntry(LayerEntry(image));
  }

  FakeRegistry upstream_;
  System system_;
  // Of the log, from its beginning, for a test that fails.
  size_t log_bytes_max_ = std::string::npos;
};

// The same for tests that hold for both shapes:
//
//   INSTANTIATE_TEST_SUITE_P(Shapes, PullTest, AllShapes(), ShapeName);
class SystemTest : public SystemFixture,
                   public ::testing::WithParamInterface<Shape> {
 protected:
  explicit SystemTest(std::vector<std::string> blob_flags = {})
      : SystemFixture(GetParam(), std::move(blob_flags)) {}
};

inline auto AllShapes() {
  return ::testing::Values(Shape::kStandalone, Shape::kThreeProcesses);
}

inline std::string ShapeName(const ::testing::TestParamInfo<Shape>& info) {
  return info.param == Shape::kStandalone ? "Standalone" : "ThreeProcesses";
}

}  // namespace cvr::testing

#endif  // TESTS_INTEGRATION_SYSTEM_TEST_H_
