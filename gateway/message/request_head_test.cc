#include "gateway/message/request_head.h"

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
        "Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: +1\r\n",
        "Content-Length: 0x1\r\n", "X: \x0b\r\n", "Content-Length: 1,1\r\n",
        "Content-Length:\r\n",
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

// What a handler sees is what was sent: `%0d%0a` in a value is six characters.
TEST(RequestHeadTest, FieldsAreKeptAsTheyWereSent) {
  const RequestHead head =
      Parsed("Range: bytes=1-\r\nX: a%0D%0Ab%00\r\nrange:\tx \r\nEmpty:\r\n");
  EXPECT_EQ(head.fields.Get("x"), "a%0D%0Ab%00");
  EXPECT_EQ(head.fields.Get("RANGE"), "bytes=1-, x");
  EXPECT_EQ(head.fields.Get("Empty"), "");
  EXPECT_EQ(head.fields.Get("REMOTE_ADDR"), std::nullopt);
}

TEST(RequestHeadTest, AbsoluteFormIsOriginFormWithAnotherHost) {
  const auto parsed = ParseRequestHead(
      "GET HTTP://a.example:80/v2/?n=1 HTTP/1.1\r\nHost: b.example\r\n\r\n");
  ASSERT_EQ(StatusOf(parsed), 0);
  const auto& head = std::get<RequestHead>(parsed);
  EXPECT_EQ(head.target, "/v2/?n=1");
  EXPECT_EQ(head.fields.Get("Host"), "a.example:80");
}

TEST(RequestHeadTest, HostIsAHostAndStandsOnce) {
  for (const char* host :
       {"", "x", "x:80", "x:", "[::1]:8080", "a.b.", "1.2"}) {
    EXPECT_EQ(StatusOf(ParseRequestHead(
                  absl::StrCat("GET / HTTP/1.1\r\nHost: ", host, "\r\n\r\n"))),
              0)
        << host;
  }
  for (const char* host : {"a b", "u@x", "x/", "x:y", "x:123456", "[::1", "a\"",
                           "a\\b", "x?y", "x#y", "a,b:1:2"}) {
    EXPECT_EQ(StatusOf(ParseRequestHead(
                  absl::StrCat("GET / HTTP/1.1\r\nHost: ", host, "\r\n\r\n"))),
              400)
        << host;
  }
  EXPECT_EQ(StatusOf(WithFields("host: x\r\n")), 400);
}

TEST(RequestHeadTest, TransferCodingsOtherThanChunkedAreRefused) {
  EXPECT_TRUE(Parsed("Transfer-Encoding: Chunked\r\n").chunked);
  EXPECT_EQ(StatusOf(WithFields("Transfer-Encoding: gzip, chunked\r\n")), 501);
  for (const char* codings :
       {"", "gzip", "identity", "chunked, chunked", "chunked, gzip",
        "chunked;q=1", "xchunked", "\"chunked\"", "gzip, deflate, chunked"}) {
    EXPECT_EQ(StatusOf(WithFields(
                  absl::StrCat("Transfer-Encoding: ", codings, "\r\n"))),
              400)
        << codings;
  }
  EXPECT_EQ(StatusOf(WithFields("Transfer-Encoding: chunked\r\n"
                                "transfer-encoding: chunked\r\n")),
            400);
  EXPECT_EQ(StatusOf(ParseRequestHead(
                "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")),
            400);
}

// Nobody waits for the rest of what can be no head.
TEST(RequestHeadTest, LineEndsOtherThanCrLfAreRefusedAtOnce) {
  for (const absl::string_view bytes :
       {absl::string_view("GET / HTTP/1.1\nHost: x\n\n"),
        absl::string_view("GET / HTTP/1.1\rHost"),
        absl::string_view("GET / HTTP/1.1\r\nHost: x\n\r"),
        absl::string_view("GET /\0 ", 7)}) {
    for (size_t checked = 0; checked < bytes.size(); ++checked) {
      // What was checked had no such line end in it.
      if (!CheckPartialHead(bytes.substr(0, checked)).message.empty()) break;
      EXPECT_EQ(CheckPartialHead(bytes, checked).message,
                "a line must end with CRLF");
    }
  }
  EXPECT_EQ(CheckPartialHead("GET / HTTP/1.1\r").message, "");
  EXPECT_EQ(CheckPartialHead("GET / HTTP/1.1\r\n\r").message, "");
}

TEST(RequestHeadTest, EndIsFoundAcrossWhatWasChecked) {
  const std::string head = "GET / HTTP/1.1\r\n\r\n";
  for (size_t checked = 0; checked < head.size(); ++checked) {
    EXPECT_EQ(FindHeadEnd(head + "x", checked), head.size()) << checked;
  }
  EXPECT_EQ(FindHeadEnd("GET / HTTP/1.1\r\n\r"), absl::string_view::npos);
}

}  // namespace
}  // namespace cvr
