// Several ranges at once, end to end: of blobs that are not cached, on their
// way, and cached.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "tests/integration/system_test.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {
namespace {

class RangesTest : public SystemTest {
 protected:
  std::string LayerPath() const { return BlobPath(image_, 1); }

  HttpResponse GetRanges(const std::string& ranges) const {
    return system_.Get(LayerPath(), {absl::StrCat("Range: bytes=", ranges)});
  }

  // The whole body of a reply with these parts, by the reply's own boundary.
  std::string InParts(const HttpResponse& response,
                      const std::vector<std::pair<size_t, size_t>>& parts) {
    const std::string type = response.header("content-type");
    absl::string_view boundary = type;
    if (!absl::ConsumePrefix(&boundary, "multipart/byteranges; boundary=")) {
      return "no boundary";
    }
    const std::string& layer = image_.blobs[1];
    std::string body;
    for (const auto& [first, last] : parts) {
      absl::StrAppend(&body, body.empty() ? "" : "\r\n", "--", boundary,
                      "\r\nContent-Type: application/octet-stream\r\n"
                      "Content-Range: bytes ",
                      first, "-", last, "/", layer.size(), "\r\n\r\n",
                      layer.substr(first, last - first + 1));
    }
    absl::StrAppend(&body, "\r\n--", boundary, "--\r\n");
    return body;
  }

  // Not EXPECT_EQ: nobody wants to see megabytes of noise.
  void ExpectParts(const HttpResponse& response,
                   const std::vector<std::pair<size_t, size_t>>& parts) {
    EXPECT_EQ(response.status, 206);
    EXPECT_EQ(response.error, "");
    EXPECT_TRUE(response.body == InParts(response, parts));
  }

  const Image image_ = AddImage(upstream_, "library/big", "1", {8 * kMiB});
};

TEST_P(RangesTest, PartsAreTheSameWhateverIsCached) {
  ASSERT_EQ(system_.Get("library/big/manifests/1").status, 200);
  const std::string ranges = "3000000-5000000,0-99,-100,99999999-";
  for (const char* state : {"cold", "warm"}) {
    SCOPED_TRACE(state);
    ExpectParts(GetRanges(ranges),
                {{3000000, 5000000}, {0, 99}, {8 * kMiB - 100, 8 * kMiB - 1}});
    EXPECT_TRUE(system_.Get(LayerPath()).body == image_.blobs[1]);
  }
  upstream_.Stop();
  ExpectParts(GetRanges("0-0,8388607-"), {{0, 0}, {8388607, 8388607}});
}

TEST_P(RangesTest, PartsOfABlobOnItsWayComeFromItsDownload) {
  ASSERT_EQ(system_.Get("library/big/manifests/1").status, 200);
  const auto gate = std::make_shared<Gate>();
  FakeAnswer slow;
  slow.gate = gate;
  slow.gate_at_byte = 4 * kMiB;
  upstream_.Answer({"GET", image_.BlobDigests()[1].ToString()}, slow);
  ASSERT_GE(HttpGetAndLeave(system_.http(), System::Target(LayerPath()), kMiB),
            kMiB);
  ExpectParts(GetRanges("1000000-2000000,0-99"), {{1000000, 2000000}, {0, 99}});
  gate->Open();
  EXPECT_TRUE(system_.Get(LayerPath()).body == image_.blobs[1]);
  EXPECT_EQ(
      upstream_.CountRequests({"GET", image_.BlobDigests()[1].ToString()}), 1);
}

TEST_P(RangesTest, NothingSatisfiableIs416) {
  ASSERT_EQ(system_.Get("library/big/manifests/1").status, 200);
  const HttpResponse response = GetRanges("8388608-,9000000-9000001");
  EXPECT_EQ(response.status, 416);
  EXPECT_EQ(response.header("content-range"), "bytes */8388608");
}

INSTANTIATE_TEST_SUITE_P(Shapes, RangesTest, AllShapes(), ShapeName);

}  // namespace
}  // namespace cvr::testing
