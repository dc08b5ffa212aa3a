// A disk that fills up, for real: a small file system in memory, which only
// this process and its children see. Without the right to mount one, the test
// is skipped and says so.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/concurrency/thread.h"
#include "tests/integration/system.h"
#include "tests/support/child_process.h"
#include "tests/support/upstream/fake_registry.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kDiskBytes = 160 * kMiB;
constexpr uint64_t kMinFreeBytes = 48 * kMiB;

absl::Status Failed(const char* what) {
  return absl::PermissionDeniedError(
      absl::StrCat(what, ": ", std::strerror(errno)));
}

absl::Status WriteTo(const char* path, const std::string& text) {
  const int file = open(path, O_WRONLY);
  if (file < 0) return Failed(path);
  const bool written = write(file, text.data(), text.size()) == text.size();
  close(file);
  return written ? absl::OkStatus() : Failed(path);
}

// What this process mounts from now on, nobody else sees, and it is gone with
// the process. Call before there are threads.
absl::Status LeaveTheMountNamespace() {
  const uid_t uid = geteuid();
  const gid_t gid = getegid();
  if (unshare(CLONE_NEWNS) != 0) {
    // As anybody: with a user namespace of one's own, where those are allowed.
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return Failed("unshare");
    absl::Status status = WriteTo("/proc/self/setgroups", "deny");
    status.Update(WriteTo("/proc/self/uid_map", absl::StrCat("0 ", uid, " 1")));
    status.Update(WriteTo("/proc/self/gid_map", absl::StrCat("0 ", gid, " 1")));
    if (!status.ok()) return status;
  }
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return Failed("making mounts private");
  }
  return absl::OkStatus();
}

class FullDiskTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    namespace_status_ = new absl::Status(LeaveTheMountNamespace());
  }

  FullDiskTest() { Mount(); }

  void SetUp() override {
    if (!mounted_.ok()) {
      GTEST_SKIP() << "SKIPPED: no file system can be mounted here: "
                   << mounted_.ToString();
    }
    system_.Start();
  }

  ~FullDiskTest() override {
    if (HasFailure()) std::cerr << system_.Log();
    system_.Kill();
    if (mounted_.ok()) umount2(disk().c_str(), MNT_DETACH);
  }

  std::string disk() const { return directory_.Join("disk"); }

  void Mount() {
    mounted_ = *namespace_status_;
    if (!mounted_.ok()) return;
    std::filesystem::create_directory(disk());
    const std::string options = absl::StrCat("size=", kDiskBytes);
    if (mount("tmpfs", disk().c_str(), "tmpfs", 0, options.c_str()) != 0) {
      mounted_ = Failed("mount");
    }
  }

  uint64_t FreeBytes() const {
    struct statvfs about = {};
    EXPECT_EQ(statvfs(disk().c_str(), &about), 0);
    return about.f_bavail * about.f_frsize;
  }

  // Takes all of the disk but `left_bytes` for something else.
  void Fill(uint64_t left_bytes) {
    std::ofstream file(disk() + "/other", std::ios::binary | std::ios::app);
    const std::string piece(4096, 'x');
    while (FreeBytes() > left_bytes && file.write(piece.data(), piece.size()) &&
           file.flush()) {
    }
  }
  void Empty() { std::filesystem::remove(disk() + "/other"); }

  int Downloads(const Image& image) const {
    return upstream_.CountRequests({"GET", image.BlobDigests()[1].ToString()});
  }

  // Returns once a pull needs the upstream no more.
  void AwaitCached(const Image& image) {
    int downloads = -1;
    while (downloads != Downloads(image)) {
      downloads = Downloads(image);
      ASSERT_EQ(Pull(system_, image), "");
    }
  }

  static absl::Status* namespace_status_;

  const ScratchDirectory directory_;
  absl::Status mounted_;
  FakeRegistry upstream_;
  System system_{Shape::kStandalone,
                 upstream_.url(),
                 {"--data_dir=" + disk() + "/data",
                  absl::StrCat("--min_free_bytes=", kMinFreeBytes)}};
};

absl::Status* FullDiskTest::namespace_status_ = nullptr;

TEST_F(FullDiskTest, PullsGoOnWithoutTheCacheUntilThereIsRoom) {
  const Image cached = AddImage(upstream_, "library/a", "1", {2 * kMiB});
  const Image image = AddImage(upstream_, "library/b", "1", {5 * kMiB});
  AwaitCached(cached);
  EXPECT_EQ(Downloads(cached), 1);

  // Short of what is to stay free, and then of everything.
  for (const uint64_t left_bytes : {kMinFreeBytes / 2, uint64_t{0}}) {
    SCOPED_TRACE(absl::StrCat(left_bytes, " bytes left"));
    Fill(left_bytes);
    for (int i = 1; i <= 2; ++i) {
      const int downloads = Downloads(image);
      EXPECT_EQ(Pull(system_, image), "");
      EXPECT_EQ(Downloads(image), downloads + 1);
    }
    EXPECT_EQ(Pull(system_, cached), "");
  }

  Empty();
  // What was evicted is told a moment later, also of what has come back since
  // (eviction_reporter.h). Nothing of it waits any more after a start.
  EXPECT_TRUE(system_.Stop());
  system_.Start();
  AwaitCached(image);
  AwaitCached(cached);
  upstream_.Stop();
  EXPECT_EQ(Pull(system_, image), "");
  EXPECT_EQ(Pull(system_, cached), "");
}

TEST_F(FullDiskTest, ADiskThatFillsUpUnderADownloadDoesNotEndIt) {
  const Image image = AddImage(upstream_, "library/b", "1", {9 * kMiB});
  ASSERT_EQ(system_.Get("library/b/manifests/1").status, 200);
  const auto gate = std::make_shared<Gate>();
  FakeAnswer slow;
  slow.gate = gate;
  slow.gate_at_byte = 5 * kMiB;
  upstream_.Answer({"GET", image.BlobDigests()[1].ToString()}, slow);
  std::string result = "not pulled";
  {
    Thread client("client", [&] { result = Pull(system_, image); });
    gate->AwaitArrivals();
    Fill(0);
    gate->Open();
  }
  EXPECT_EQ(result, "");
  EXPECT_EQ(Downloads(image), 1);
  Empty();
  AwaitCached(image);
}

}  // namespace
}  // namespace cvr::testing
