// Requests for several ranges, over real sockets.

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gateway/gateway_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/errors.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Part {
  std::string head;
  std::string bytes;

  friend bool operator==(const Part& a, const Part& b) {
    return a.head == b.head && a.bytes == b.bytes;
  }
};

// Takes a reply apart as RFC 2046, section 5.1.1 says; no parts when anything
// about it is not as it says.
std::vector<Part> PartsOf(const RawReply& reply) {
  absl::string_view boundary;
  const std::string type = reply.Field("Content-Type");
  boundary = type;
  if (reply.status != 206 || !reply.complete ||
      !absl::ConsumePrefix(&boundary, "multipart/byteranges; boundary=")) {
    return {};
  }
  const std::vector<std::string> pieces = absl::StrSplit(
      absl::StrCat("\r\n", reply.body), absl::StrCat("\r\n--", boundary));
  if (!pieces.front().empty() || pieces.back() != "--\r\n") return {};
  std::vector<Part> parts;
  for (size_t i = 1; i + 1 < pieces.size(); ++i) {
    const std::vector<std::string> part =
        absl::StrSplit(pieces[i], absl::MaxSplits("\r\n\r\n", 1));
    if (part.size() != 2) return {};
    parts.push_back({part[0], part[1]});
  }
  return parts;
}

class GatewayRangesTest : public GatewayTest {
 protected:
  RawReply GetRanges(absl::string_view ranges, absl::string_view fields = "") {
    return Get(BlobUrl(layer_),
               absl::StrCat("Range: bytes=", ranges, "\r\n", fields));
  }

  // The part with the bytes from `first` to `last`.
  Part Bytes(size_t first, size_t last) const {
    return {absl::StrCat("\r\nContent-Type: application/octet-stream\r\n"
                         "Content-Range: bytes ",
                         first, "-", last, "/1000000"),
            layer_bytes_.substr(first, last - first + 1)};
  }
};

TEST_F(GatewayRangesTest, SeveralRangesAreAnsweredInParts) {
  for (const bool cached : {false, true}) {
    const RawReply reply = GetRanges("500000-899999, 0-0,-7, 999990-");
    EXPECT_THAT(PartsOf(reply),
                ElementsAre(Bytes(500000, 899999), Bytes(0, 0),
                            Bytes(999993, 999999), Bytes(999990, 999999)))
        << cached;
    EXPECT_EQ(reply.Field("Content-Range"), "<none>");
    EXPECT_EQ(reply.Field("Docker-Content-Digest"), layer_.ToString());
    EXPECT_EQ(reply.Field("ETag"), absl::StrCat("\"", layer_.ToString(), "\""));
    EXPECT_EQ(reply.Field("Cache-Status"),
              cached ? "cvr; hit" : "cvr; fwd=miss; stored");
  }
}

// podman counts the parts, so they are never merged.
TEST_F(GatewayRangesTest, AdjacentAndOverlappingRangesStayApart) {
  EXPECT_THAT(
      PartsOf(GetRanges("0-9,10-19,5-14,0-9")),
      ElementsAre(Bytes(0, 9), Bytes(10, 19), Bytes(5, 14), Bytes(0, 9)));
}

TEST_F(GatewayRangesTest, NothingFollowsThePartsOnTheConnection) {
  auto client = Connect();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(
        PartsOf(client->Request("GET", BlobUrl(layer_),
                                "Range: bytes=0-99999,200000-299999\r\n")),
        SizeIs(2));
  }
  EXPECT_EQ(client->Request("GET", "/v2/").body, "{}");
}

TEST_F(GatewayRangesTest, RangesPastTheEndAreLeftOut) {
  for (const bool cached : {false, true}) {
    for (const char* ranges :
         {"2000000-,0-3,10-13", "0-3,1000000-1000001,10-13,-0"}) {
      EXPECT_THAT(PartsOf(GetRanges(ranges)),
                  ElementsAre(Bytes(0, 3), Bytes(10, 13)))
          << ranges << cached;
    }
  }
}

TEST_F(GatewayRangesTest, OneRangeThatIsLeftIsAPlain206) {
  for (const char* ranges : {"10-13,", "10-13,1000000-", "2000000-,-0,10-13"}) {
    const RawReply reply = GetRanges(ranges);
    EXPECT_EQ(reply.status, 206) << ranges;
    EXPECT_EQ(reply.Field("Content-Type"), "application/octet-stream");
    EXPECT_EQ(reply.Field("Content-Range"), "bytes 10-13/1000000");
    EXPECT_EQ(reply.body, layer_bytes_.substr(10, 4));
  }
}

TEST_F(GatewayRangesTest, NoRangeThatIsLeftIs416) {
  const RawReply reply = GetRanges("1000000-,2000000-2000001,-0");
  EXPECT_EQ(reply.status, 416);
  EXPECT_EQ(reply.Field("Content-Range"), "bytes */1000000");
  EXPECT_EQ(OciCode(reply), "RANGE_INVALID");
  const Digest empty =
      registry_.Put("/library/alpine/blobs/empty", kOctetStream, "");
  EXPECT_EQ(Get(BlobUrl(empty), "Range: bytes=0-0,-1\r\n").status, 416);
}

// A short request must not make us send a blob many times over.
TEST_F(GatewayRangesTest, RangesOfMoreThanEverythingGetEverythingOnce) {
  for (const char* ranges : {"0-,0-", "0-999999,-1", "-1,0-,5-"}) {
    const RawReply reply = GetRanges(ranges);
    EXPECT_EQ(reply.status, 200) << ranges;
    EXPECT_EQ(reply.Field("Content-Range"), "<none>");
    EXPECT_EQ(reply.body, layer_bytes_);
  }
}

TEST_F(GatewayRangesTest, TooManyRangesGetEverything) {
  const std::vector<std::string> most(limits::kRangesPerRequestMax, "7-7");
  const std::string ranges = absl::StrJoin(most, ",");
  EXPECT_THAT(PartsOf(GetRanges(ranges)), SizeIs(limits::kRangesPerRequestMax));
  EXPECT_EQ(GetRanges(ranges + ",7-7").body, layer_bytes_);
}

TEST_F(GatewayRangesTest, IfRangeHoldsForAllOrNone) {
  const std::string tag = absl::StrCat("\"", layer_.ToString(), "\"");
  const auto get = [&](absl::string_view if_range) {
    return GetRanges("0-3,10-13", absl::StrCat("If-Range: ", if_range, "\r\n"));
  };
  EXPECT_THAT(PartsOf(get(tag)), SizeIs(2));
  EXPECT_EQ(get("\"other\"").body, layer_bytes_);
}

TEST_F(GatewayRangesTest, HeadAndManifestsIgnoreRanges) {
  const RawReply head =
      Request("HEAD", BlobUrl(layer_), "Range: bytes=0-9,20-29\r\n");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Field("Content-Length"), "1000000");
  EXPECT_EQ(Get(ManifestUrl("3.20"), "Range: bytes=0-1,3-4\r\n").body,
            manifest_bytes_);
}

TEST_F(GatewayRangesTest, PartsAreReadFromTheStoreOnceTheyAreThere) {
  EXPECT_THAT(PartsOf(GetRanges("0-3,10-13,20-23")), SizeIs(3));
  EXPECT_EQ(registry_.fetches(), 1);
  EXPECT_EQ(registry_.reads(), 2);
  EXPECT_EQ(registry_.pulls(), 1);
}

TEST_F(GatewayRangesTest, OnePartIsOpenAtATime) {
  std::atomic<int> open_max = 0;
  registry_.set_stream_hook([&](uint64_t) {
    open_max = std::max<int>(open_max, registry_.open_streams());
    return absl::OkStatus();
  });
  EXPECT_THAT(PartsOf(GetRanges("0-3,10-13,20-23")), SizeIs(3));
  EXPECT_EQ(open_max, 1);
}

// Until the first bytes are there, a failure is a reply.
TEST_F(GatewayRangesTest, AFirstPartThatFailsIsTold) {
  registry_.set_fetch_error(errors::UpstreamUnavailable("hub", "refused"));
  const RawReply reply = GetRanges("0-3,10-13");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(OciCode(reply), "UNAVAILABLE");
}

TEST_F(GatewayRangesTest, BytesThatGoBetweenPartsAreFetchedAgain) {
  Get(BlobUrl(layer_));
  registry_.set_stream_hook([&](uint64_t offset) {
    if (offset == 0) registry_.LoseStoredBytes();
    return absl::OkStatus();
  });
  EXPECT_THAT(PartsOf(GetRanges("0-3,10-13")),
              ElementsAre(Bytes(0, 3), Bytes(10, 13)));
  EXPECT_EQ(registry_.fetches(), 2);
}

TEST_F(GatewayRangesTest, ALaterPartThatFailsBreaksTheReplyOff) {
  registry_.set_stream_hook([](uint64_t offset) {
    return offset < 600000 ? absl::OkStatus()
                           : errors::UpstreamUnavailable("hub", "reset");
  });
  for (const char* ranges : {"0-3,500000-699999,800000-", "0-3,600000-"}) {
    auto client = Connect();
    const RawReply reply = client->Request(
        "GET", BlobUrl(layer_), absl::StrCat("Range: bytes=", ranges, "\r\n"));
    EXPECT_EQ(reply.status, 206) << ranges;
    EXPECT_FALSE(reply.complete);
    EXPECT_THAT(PartsOf(reply), IsEmpty());
    EXPECT_TRUE(client->AtEnd());
  }
}

}  // namespace
}  // namespace cvr
