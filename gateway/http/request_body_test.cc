#include "gateway/http/request_body.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace cvr {
namespace {

using State = RequestBody::State;

constexpr size_t kBytesMax = 100;

RequestHead ChunkedHead() {
  RequestHead head;
  head.has_body = true;
  head.chunked = true;
  return head;
}

RequestHead HeadOfLength(std::optional<uint64_t> length) {
  RequestHead head;
  head.has_body = length != 0;
  head.content_length = length;
  return head;
}

struct Outcome {
  State state;
  std::string body;
  std::string rest;
  bool operator==(const Outcome&) const = default;
};

Outcome Read(const RequestHead& head, absl::string_view bytes) {
  RequestBody body(head, kBytesMax);
  std::string received(bytes);
  const State state = body.Take(received);
  return {state, body.bytes(), received};
}

// Whatever comes in one piece must be the same when it comes byte by byte.
Outcome ReadInPieces(const RequestHead& head, absl::string_view bytes) {
  RequestBody body(head, kBytesMax);
  std::string received;
  State state = State::kMore;
  for (const char c : bytes) {
    received.push_back(c);
    if (state == State::kMore) state = body.Take(received);
  }
  return {state, body.bytes(), received};
}

void ExpectChunked(absl::string_view bytes, const Outcome& outcome) {
  EXPECT_EQ(Read(ChunkedHead(), bytes), outcome) << bytes;
  if (outcome.state == State::kComplete) {
    EXPECT_EQ(ReadInPieces(ChunkedHead(), bytes), outcome) << bytes;
  }
}

TEST(RequestBodyTest, KnownLengthLeavesWhatFollows) {
  EXPECT_EQ(Read(HeadOfLength(3), "abcGET /"),
            (Outcome{State::kComplete, "abc", "GET /"}));
  EXPECT_EQ(ReadInPieces(HeadOfLength(3), "abcGET /"),
            (Outcome{State::kComplete, "abc", "GET /"}));
  EXPECT_EQ(Read(HeadOfLength(3), "ab"), (Outcome{State::kMore, "ab", ""}));
  EXPECT_EQ(Read(HeadOfLength(0), "x"), (Outcome{State::kComplete, "", "x"}));
}

TEST(RequestBodyTest, KnownLengthOverTheBoundIsRefusedUnread) {
  EXPECT_EQ(Read(HeadOfLength(kBytesMax), "").state, State::kMore);
  EXPECT_EQ(Read(HeadOfLength(kBytesMax + 1), "").state, State::kTooLong);
  EXPECT_EQ(Read(HeadOfLength(std::nullopt), "").state, State::kTooLong);
}

TEST(RequestBodyTest, ChunksAreJoined) {
  ExpectChunked("0\r\n\r\nGET /", {State::kComplete, "", "GET /"});
  ExpectChunked("3\r\nabc\r\n0\r\n\r\n", {State::kComplete, "abc", ""});
  ExpectChunked("1\r\na\r\n00A;x=\"y\"\r\n0123456789\r\n000\r\n\r\nrest",
                {State::kComplete, "a0123456789", "rest"});
  ExpectChunked("2 ;x\r\n\r\n\r\n0\r\nExpires: 0\r\nX:\r\n\r\n",
                {State::kComplete, "\r\n", ""});
  ExpectChunked(absl::StrCat(std::string(100, '0'), "\r\n\r\n"),
                {State::kComplete, "", ""});
}

TEST(RequestBodyTest, ChunkedBodiesAreBounded) {
  const std::string full(kBytesMax, 'a');
  ExpectChunked(absl::StrCat("64\r\n", full, "\r\n0\r\n\r\n"),
                {State::kComplete, full, ""});
  for (const char* size :
       {"65", "FFFFFFFFFFFFFFFF", "10000000000000000", "ffffffffffffffffff",
        "7fffffffffffffff", "8000000000000000"}) {
    EXPECT_EQ(Read(ChunkedHead(), absl::StrCat(size, "\r\n")).state,
              State::kTooLong)
        << size;
  }
  EXPECT_EQ(Read(ChunkedHead(),
                 absl::StrCat("64\r\n", full, "\r\n1\r\na\r\n0\r\n\r\n"))
                .state,
            State::kTooLong);
}

TEST(RequestBodyTest, WhatCanEndInTwoWaysIsRefused) {
  for (const absl::string_view bytes :
       {"\r\n", "x\r\n", "-1\r\n", "+1\r\n", " 1\r\n", "0x1\r\n", "1\n",
        "1 2\r\n", "1\r\nab\r\n", "1\r\na0\r\n", "1\r\na\n0\r\n\r\n",
        "3;a\rb\r\n", "3;a\nb\r\n", "0\r\nno colon\r\n\r\n",
        "0\r\n folded: 1\r\n\r\n", "0\r\nX : 1\r\n\r\n", "1;\x01\r\n"}) {
    EXPECT_EQ(Read(ChunkedHead(), bytes).state, State::kMalformed) << bytes;
  }
  EXPECT_EQ(Read(ChunkedHead(), std::string("3;\0\r\n", 5)).state,
            State::kMalformed);
  EXPECT_EQ(
      Read(ChunkedHead(), absl::StrCat("1;", std::string(300, 'x'))).state,
      State::kMalformed);
}

// Extensions and trailers cost memory and time too.
TEST(RequestBodyTest, FramingWithoutEndIsRefused) {
  std::string trailers = "0\r\n";
  while (trailers.size() < 1'000'000) absl::StrAppend(&trailers, "X: y\r\n");
  EXPECT_EQ(Read(ChunkedHead(), trailers).state, State::kTooLong);
  EXPECT_EQ(
      Read(ChunkedHead(), absl::StrCat("0\r\nX: ", std::string(9000, 'x')))
          .state,
      State::kTooLong);
}

}  // namespace
}  // namespace cvr
