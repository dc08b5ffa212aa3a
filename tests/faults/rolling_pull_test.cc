// The upstream is unplugged while fifty clients pull one image after another.
#include <memory>
#include <string>
#include <vector>

#include "services/concurrency/thread.h"
#include "tests/faults/several_upstreams.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

constexpr int kClients = 50;
// Some are cached by then, one is on its way, the rest was never asked for.
constexpr int kImages = 8;
constexpr int kImageOnItsWay = 3;

// How a request ended, as far as a client may care.
enum class End { kWhole, kRefused, kCutShort, kWrong };

End EndOf(const HttpResponse& response, const std::string& bytes) {
  if (response.status == 200) {
    if (!response.error.empty()) return End::kCutShort;
    return response.body == bytes ? End::kWhole : End::kWrong;
  }
  const bool is_clean =
      response.status == 503 && response.error.empty() &&
      !response.header("retry-after").empty() &&
      response.header("content-type") == "application/json" &&
      absl::StrContains(response.body, "\"code\":\"UNAVAILABLE\"");
  return is_clean ? End::kRefused : End::kWrong;
}

class RollingPullTest : public SeveralUpstreams {
 protected:
  struct Pulled {
    End manifest = End::kWrong;
    End blob = End::kWrong;
  };
  using PulledByOne = std::vector<Pulled>;

  RollingPullTest() {
    for (int i = 0; i < kImages; ++i) {
      images_.push_back(ImageNamed(absl::StrCat(i)));
      upstream_->Add(images_.back(), absl::StrCat("v", i));
    }
  }

  // One client: every image, one after another.
  PulledByOne PullAll() const {
    PulledByOne pulled;
    for (int i = 0; i < kImages; ++i) {
      const End manifest =
          EndOf(GetTag(absl::StrCat("v", i)), images_[i].manifest);
      pulled.push_back(
          {manifest, EndOf(Get(BlobPath(images_[i])), images_[i].blob)});
    }
    return pulled;
  }

  // Fifty of them, with `beside` going on at the same time.
  template <typename Beside>
  std::vector<PulledByOne> PullAllByAll(Beside beside) const {
    std::vector<PulledByOne> all(kClients);
    std::vector<std::unique_ptr<Thread>> clients;
    for (PulledByOne& pulled : all) {
      clients.push_back(
          std::make_unique<Thread>("client", [&] { pulled = PullAll(); }));
    }
    beside();
    clients.clear();
    return all;
  }

  const std::unique_ptr<Source> upstream_ = Add();
  std::vector<TestImage> images_;
};

TEST_F(RollingPullTest, WhatIsCachedIsServedAndTheRestIsRefusedCleanly) {
  FakeAnswer held;
  held.gate = std::make_shared<Gate>();
  held.gate_at_byte = held.truncate_at_byte = 300'000;
  upstream_->fake().Answer(
      {"GET", images_[kImageOnItsWay].blob_digest.ToString()}, held);

  const auto during = PullAllByAll([&] {
    held.gate->AwaitArrivals();
    upstream_->AnswerAll(503);  // Whoever slips in before the plug is out.
    upstream_->Unplug();
  });
  for (const PulledByOne& pulled : during) {
    for (int i = 0; i < kImages; ++i) {
      SCOPED_TRACE(i);
      if (i < kImageOnItsWay) {
        EXPECT_EQ(pulled[i].manifest, End::kWhole);
        EXPECT_EQ(pulled[i].blob, End::kWhole);
      } else if (i == kImageOnItsWay) {
        EXPECT_EQ(pulled[i].manifest, End::kWhole);
        // Those who had some bytes cannot be told anything any more.
        EXPECT_TRUE(pulled[i].blob == End::kCutShort ||
                    pulled[i].blob == End::kRefused);
      } else {
        EXPECT_EQ(pulled[i].manifest, End::kRefused);
        EXPECT_EQ(pulled[i].blob, End::kRefused);
      }
    }
  }

  const auto afterwards = PullAllByAll([] {});
  for (const PulledByOne& pulled : afterwards) {
    for (int i = 0; i < kImages; ++i) {
      SCOPED_TRACE(i);
      EXPECT_EQ(pulled[i].manifest,
                i <= kImageOnItsWay ? End::kWhole : End::kRefused);
      EXPECT_EQ(pulled[i].blob,
                i < kImageOnItsWay ? End::kWhole : End::kRefused);
    }
  }
}

// One question per content, however many clients there are.
TEST_F(RollingPullTest, FiftyClientsAreOneForTheUpstream) {
  for (const PulledByOne& pulled : PullAllByAll([] {})) {
    for (const Pulled& image : pulled) {
      EXPECT_EQ(image.manifest, End::kWhole);
      EXPECT_EQ(image.blob, End::kWhole);
    }
  }
  for (int i = 0; i < kImages; ++i) {
    EXPECT_EQ(
        upstream_->fake().CountRequests({"GET", TagPath(absl::StrCat("v", i))}),
        1);
    EXPECT_EQ(upstream_->fake().CountRequests({"GET", BlobPath(images_[i])}),
              1);
  }
}

}  // namespace
}  // namespace cvr::testing
