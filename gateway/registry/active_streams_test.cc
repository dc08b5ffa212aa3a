#include "gateway/registry/active_streams.h"

#include <memory>
#include <utility>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace cvr {
namespace {

using ::cvr::testing::StatusIs;

// Endless until it is cancelled.
class EndlessStream : public ContentStream {
 public:
  // Counts its cancellations in `*cancels`, unless that is null.
  explicit EndlessStream(int* cancels = nullptr) : cancels_(cancels) {}

  const ContentHeader& header() const override { return header_; }
  absl::StatusOr<Chunk> Next() override {
    if (cancelled_) return absl::CancelledError("cancelled");
    return Chunk::OfString("more");
  }
  void Cancel() override {
    cancelled_ = true;
    if (cancels_ != nullptr) ++*cancels_;
  }

 private:
  int* const cancels_;
  const ContentHeader header_{{"", Digest::OfBytes("")}};
  bool cancelled_ = false;
};

TEST(ActiveStreamsTest, CancelReachesPresentAndLaterStreams) {
  ActiveStreams streams;
  const auto present = streams.Track(std::make_unique<EndlessStream>());
  EXPECT_EQ(present->Next()->bytes(), "more");
  streams.CancelAll();
  EXPECT_THAT(present->Next(), StatusIs(absl::StatusCode::kCancelled));
  const auto later = streams.Track(std::make_unique<EndlessStream>());
  EXPECT_THAT(later->Next(), StatusIs(absl::StatusCode::kCancelled));
}

TEST(ActiveStreamsTest, ForgetsStreamsThatAreGone) {
  ActiveStreams streams;
  int cancels = 0;
  streams.Track(std::make_unique<EndlessStream>(&cancels)).reset();
  streams.CancelAll();  // Would touch freed memory otherwise.
  EXPECT_EQ(cancels, 0);
}

}  // namespace
}  // namespace cvr
