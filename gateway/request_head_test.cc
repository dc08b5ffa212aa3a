#include "gateway/request_head.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

// The status that `fields` under a good request line lead to; 0 = accepted.
int StatusOf(const std::variant<RequestHead, HeadError>& parsed) {
  const auto* error = std::get_if<HeadError>(&parsed);
  return error == nullptr ? 0 : error->http_status;
}

std::variant<RequestHead, HeadError> WithFields(absl::string_view fields) {
  return ParseRequestHead(
      absl::StrCat("GET /v2/ HTTP/1.1\r\nHost: x\r\n", fields, "\r\n"));
}

RequestHead Parsed(absl::string_view fields) {
  const auto parsed = WithFields(fields);
  EXPECT_EQ(StatusOf(parsed), 0) << fields;
  return StatusOf(parsed) == 0 ? std::get<RequestHead>(parsed) : RequestHead();
}

TEST(RequestHeadTest, LineIsTakenApart) {
  const RequestHead head = Parsed("");
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.target, "/v2/");
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.http_1_0);
  EXPECT_FALSE(head.has_body);
}

TEST(RequestHeadTest, FramingIsUnderstood) {
  EXPECT_FALSE(Parsed("Content-Length: 0\r\n").has_body);
  EXPECT_TRUE(Parsed("content-length:  17\r\n").has_body);
  EXPECT_TRUE(Parsed("Content-Length: 99999999999999999999999\r\n").has_body);
  EXPECT_TRUE(Parsed("Transfer-Encoding: chunked\r\n").has_body);
  EXPECT_FALSE(Parsed("Connection: upgrade, CLOSE\r\n").keep_alive);
}

TEST(RequestHeadTest, AmbiguousFramingIsRefused) {
  for (const char* fields :
       {"Content-Length: 1\r\nContent-Length: 2\r\n", "Content-Length: -1\r\n",
        "Content-Length: 1,1\r\n", "Content-Length:\r\n",
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "Host: y\r\n",
        "Transfer-Encoding : chunked\r\n", " continued\r\n", ": x\r\n",
        "no colon\r\n", "a\nb: c\r\n", "a: b\rc\r\n", "a: b\nc: d\r\n"}) {
    EXPECT_EQ(StatusOf(WithFields(fields)), 400) << fields;
  }
  EXPECT_EQ(StatusOf(WithFields(std::string("a: \0\r\n", 6))), 400);
}

TEST(RequestHeadTest, OldClientsAreServed) {
  const auto parsed = ParseRequestHead("GET / HTTP/1.0\r\n\r\n");
  ASSERT_EQ(StatusOf(parsed), 0);
  EXPECT_FALSE(std::get<RequestHead>(parsed).keep_alive);
  EXPECT_EQ(StatusOf(ParseRequestHead("GET / HTTP/1.1\r\n\r\n")), 400);
  EXPECT_EQ(StatusOf(ParseRequestHead("GET / HTTP/3\r\n\r\n")), 505);
}

TEST(RequestHeadTest, LimitsAreExact) {
  const auto line = [](size_t size) {
    const std::string rest = "GET / HTTP/1.0\r\n";
    return absl::StrCat("GET /", std::string(size - rest.size(), 'a'),
                        " HTTP/1.0\r\n\r\n");
  };
  EXPECT_EQ(StatusOf(ParseRequestHead(line(kRequestLineBytesMax))), 0);
  EXPECT_EQ(StatusOf(ParseRequestHead(line(kRequestLineBytesMax + 1))), 414);
  const auto field = [](size_t size) {
    return absl::StrCat("a: ", std::string(size - 5, 'b'), "\r\n");
  };
  EXPECT_EQ(StatusOf(WithFields(field(kFieldLineBytesMax))), 0);
  EXPECT_EQ(StatusOf(WithFields(field(kFieldLineBytesMax + 1))), 431);
}

// The one status after which podman asks for fewer ranges.
TEST(RequestHeadTest, ARangeThatIsTooLongIsABadRequest) {
  const std::string name = "rAnge: ";
  const auto range = [&](size_t size) {
    return absl::StrCat(name, std::string(size - name.size() - 2, ','), "\r\n");
  };
  EXPECT_EQ(StatusOf(WithFields(range(kFieldLineBytesMax))), 0);
  EXPECT_EQ(StatusOf(WithFields(range(kFieldLineBytesMax + 1))), 400);
}

TEST(RequestHeadTest, PartialHeadIsRefusedAsSoonAsItIsTooLong) {
  EXPECT_EQ(CheckPartialHead("GET / HTTP/1.1\r\nA: b").message, "");
  EXPECT_EQ(
      CheckPartialHead(std::string(kRequestLineBytesMax, 'a')).http_status,
      414);
  const std::string line = "GET / HTTP/1.1\r\n";
  EXPECT_EQ(
      CheckPartialHead(line + std::string(kHeadBytesMax, 'a')).http_status,
      431);
}

// What a client sends that takes the port for one of TLS. It waits for an
// answer before it tries plain HTTP: skopeo and podman for ten seconds a pull.
TEST(RequestHeadTest, TlsIsRefusedAtItsFirstByte) {
  EXPECT_EQ(CheckPartialHead("\x16").http_status, 400);
  EXPECT_NE(CheckPartialHead("\x16").message, "");
  EXPECT_EQ(CheckPartialHead("").message, "");
  EXPECT_EQ(CheckPartialHead("\r\n").message, "");
}

TEST(RequestHeadTest, RangeIsHiddenWhereverItStands) {
  std::string head =
      "GET /range: HTTP/1.1\r\nRange: bytes=1-\r\nX-Range: range: 1\r\n"
      "rANGE:2\r\nIf-Range: x\r\n\r\n";
  HideRange(head);
  EXPECT_EQ(head,
            "GET /range: HTTP/1.1\r\n-ange: bytes=1-\r\nX-Range: range: 1\r\n"
            "-ANGE:2\r\nIf-Range: x\r\n\r\n");
}

}  // namespace
}  // namespace cvr
