#include "gateway/http/chunked_body.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "gateway/message/request_head.h"

namespace cvr {
namespace {

constexpr absl::string_view kLineEnd = "\r\n";

// No client of ours sends extensions; this is room for what proxies may add.
constexpr size_t kSizeLineBytesMax = 256;
// Everything but the data, all together: a body in chunks of one byte must come
// to an end as well.
constexpr size_t kFramingBytesMax = 512 * 1024;
constexpr size_t kSizeDigitsMax = 16;

// Where the line that `rest` starts with ends; npos while that is not known.
size_t LineSize(absl::string_view rest) { return rest.find(kLineEnd); }

bool IsExtension(absl::string_view text) {
  const absl::string_view stripped = absl::StripLeadingAsciiWhitespace(text);
  return (stripped.empty() || stripped[0] == ';') &&
         absl::c_all_of(text, [](unsigned char c) {
           return c == '\t' || !absl::ascii_iscntrl(c);
         });
}

}  // namespace

ChunkedBody::State ChunkedBody::Take(std::string& received) {
  absl::string_view rest = received;
  while (state_ == State::kMore) {
    const size_t left = rest.size();
    const Part part = part_;
    state_ = TakePart(rest);
    if (rest.size() == left && part_ == part) break;
    if (part != Part::kData) framing_bytes_ += left - rest.size();
    if (state_ == State::kMore && framing_bytes_ > kFramingBytesMax) {
      state_ = State::kTooLong;
    }
  }
  received.erase(0, received.size() - rest.size());
  return state_;
}

ChunkedBody::State ChunkedBody::TakePart(absl::string_view& rest) {
  switch (part_) {
    case Part::kSizeLine:
      return TakeSizeLine(rest);
    case Part::kData:
      return TakeData(rest);
    case Part::kDataEnd:
      return TakeDataEnd(rest);
    case Part::kTrailer:
      break;
  }
  return TakeTrailer(rest);
}

ChunkedBody::State ChunkedBody::TakeSizeLine(absl::string_view& rest) {
  const size_t size = LineSize(rest);
  if (std::min(size, rest.size()) > kSizeLineBytesMax) {
    return State::kMalformed;
  }
  if (size == absl::string_view::npos) {
    // What cannot become a line needs no waiting for its end.
    const size_t bad = rest.find('\n');
    return bad == absl::string_view::npos ? State::kMore : State::kMalformed;
  }
  const absl::string_view line = rest.substr(0, size);
  const size_t digits =
      std::min(line.find_first_not_of("0123456789abcdefABCDEF"), line.size());
  if (digits == 0 || !IsExtension(line.substr(digits))) {
    return State::kMalformed;
  }
  absl::string_view number = line.substr(0, digits);
  while (number.size() > 1 && absl::ConsumePrefix(&number, "0")) continue;
  if (number.size() > kSizeDigitsMax ||
      !absl::SimpleHexAtoi(number, &chunk_left_) ||
      chunk_left_ > bytes_max_ - body_.size()) {
    return State::kTooLong;
  }
  rest.remove_prefix(size + kLineEnd.size());
  part_ = chunk_left_ == 0 ? Part::kTrailer : Part::kData;
  return State::kMore;
}

ChunkedBody::State ChunkedBody::TakeData(absl::string_view& rest) {
  const size_t taken = std::min<uint64_t>(chunk_left_, rest.size());
  body_.append(rest.data(), taken);
  rest.remove_prefix(taken);
  chunk_left_ -= taken;
  if (chunk_left_ == 0) part_ = Part::kDataEnd;
  return State::kMore;
}

ChunkedBody::State ChunkedBody::TakeDataEnd(absl::string_view& rest) {
  if (!absl::StartsWith(kLineEnd, rest.substr(0, kLineEnd.size()))) {
    return State::kMalformed;
  }
  if (rest.size() < kLineEnd.size()) return State::kMore;
  rest.remove_prefix(kLineEnd.size());
  part_ = Part::kSizeLine;
  return State::kMore;
}

ChunkedBody::State ChunkedBody::TakeTrailer(absl::string_view& rest) {
  const size_t size = LineSize(rest);
  if (std::min(size, rest.size()) > kFieldLineBytesMax) return State::kTooLong;
  if (size == absl::string_view::npos) return State::kMore;
  const absl::string_view line = rest.substr(0, size);
  if (!line.empty() && !IsFieldLine(line)) return State::kMalformed;
  rest.remove_prefix(size + kLineEnd.size());
  return line.empty() ? State::kComplete : State::kMore;
}

}  // namespace cvr
