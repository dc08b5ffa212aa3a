#include "gateway/request_head.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace cvr {
namespace {

constexpr absl::string_view kLineEnd = "\r\n";
constexpr absl::string_view kHeadEnd = "\r\n\r\n";

HeadError BadRequest(absl::string_view message) {
  return {400, std::string(message)};
}
HeadError TargetTooLong() { return {414, "the request target is too long"}; }
HeadError FieldsTooLarge() { return {431, "the header fields are too large"}; }

// RFC 9110, section 5.6.2.
bool IsToken(absl::string_view text) {
  return !text.empty() && absl::c_all_of(text, [](char c) {
    return absl::ascii_isalnum(c) ||
           absl::StrContains("!#$%&'*+-.^_`|~", absl::string_view(&c, 1));
  });
}

bool IsFieldValue(absl::string_view text) {
  return absl::c_all_of(text, [](char c) {
    return c == '\t' || !absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
}

std::optional<HeadError> ParseRequestLine(absl::string_view line,
                                          RequestHead& head) {
  const std::vector<absl::string_view> parts = absl::StrSplit(line, ' ');
  if (parts.size() != 3 || !IsToken(parts[0]) || parts[1].empty() ||
      !absl::c_all_of(parts[1], [](char c) {
        return !absl::ascii_iscntrl(static_cast<unsigned char>(c));
      })) {
    return BadRequest("malformed request line");
  }
  if (parts[2] != "HTTP/1.1" && parts[2] != "HTTP/1.0") {
    if (absl::StartsWith(parts[2], "HTTP/")) {
      return HeadError{505, "only HTTP/1.1 is spoken here"};
    }
    return BadRequest("malformed request line");
  }
  head.method = std::string(parts[0]);
  head.target = std::string(parts[1]);
  head.http_1_0 = parts[2] == "HTTP/1.0";
  head.keep_alive = !head.http_1_0;
  return std::nullopt;
}

bool HasToken(absl::string_view list, absl::string_view token) {
  return absl::c_any_of(absl::StrSplit(list, ','), [&](absl::string_view item) {
    return absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(item), token);
  });
}

// What the fields say about the framing of the message.
struct Framing {
  int hosts = 0;
  bool transfer_encoding = false;
  std::optional<std::string> content_length;
};

std::optional<HeadError> NoteField(absl::string_view name,
                                   absl::string_view value, RequestHead& head,
                                   Framing& framing) {
  if (absl::EqualsIgnoreCase(name, "Host")) {
    ++framing.hosts;
  } else if (absl::EqualsIgnoreCase(name, "Connection")) {
    if (HasToken(value, "close")) head.keep_alive = false;
    if (head.http_1_0 && HasToken(value, "keep-alive")) head.keep_alive = true;
  } else if (absl::EqualsIgnoreCase(name, "Expect")) {
    head.expects_continue = absl::EqualsIgnoreCase(value, "100-continue");
  } else if (absl::EqualsIgnoreCase(name, "Transfer-Encoding")) {
    framing.transfer_encoding = true;
  } else if (absl::EqualsIgnoreCase(name, "Content-Length")) {
    if (value.empty() || !absl::c_all_of(value, absl::ascii_isdigit) ||
        (framing.content_length && *framing.content_length != value)) {
      return BadRequest("malformed Content-Length");
    }
    framing.content_length = std::string(value);
  }
  return std::nullopt;
}

std::optional<HeadError> ParseField(absl::string_view line, RequestHead& head,
                                    Framing& framing) {
  if (line.size() + kLineEnd.size() > kFieldLineBytesMax) {
    // podman and CRI-O ask again, for fewer ranges, after a 400 only.
    if (absl::StartsWithIgnoreCase(line, "Range:")) {
      return BadRequest("the Range field is too long");
    }
    return FieldsTooLarge();
  }
  const size_t colon = line.find(':');
  if (colon == absl::string_view::npos || !IsToken(line.substr(0, colon))) {
    return BadRequest("malformed header field");
  }
  const absl::string_view value =
      absl::StripAsciiWhitespace(line.substr(colon + 1));
  if (!IsFieldValue(value)) return BadRequest("malformed header field");
  return NoteField(line.substr(0, colon), value, head, framing);
}

std::optional<HeadError> ApplyFraming(const Framing& framing,
                                      RequestHead& head) {
  if (framing.hosts > 1 || (framing.hosts == 0 && !head.http_1_0)) {
    return BadRequest("exactly one Host field is needed");
  }
  // Two lengths are how requests are smuggled past a proxy.
  if (framing.transfer_encoding && framing.content_length) {
    return BadRequest("both Content-Length and Transfer-Encoding");
  }
  head.has_body = framing.transfer_encoding ||
                  (framing.content_length &&
                   !absl::c_all_of(*framing.content_length,
                                   [](char c) { return c == '0'; }));
  uint64_t length = 0;
  if (framing.content_length &&
      absl::SimpleAtoi(*framing.content_length, &length)) {
    head.content_length = length;
  }
  return std::nullopt;
}

}  // namespace

size_t FindHeadEnd(absl::string_view bytes) {
  const size_t end = bytes.find(kHeadEnd);
  return end == absl::string_view::npos ? end : end + kHeadEnd.size();
}

HeadError CheckPartialHead(absl::string_view bytes) {
  // A TLS client that tries this port first must learn so at once: it waits for
  // an answer of some kind before it falls back to plain HTTP.
  if (!bytes.empty() && !IsToken(bytes.substr(0, 1)) && bytes[0] != '\r' &&
      bytes[0] != '\n') {
    return BadRequest("not a request of HTTP/1.1");
  }
  if (bytes.substr(0, kRequestLineBytesMax).find(kLineEnd) ==
          absl::string_view::npos &&
      bytes.size() >= kRequestLineBytesMax) {
    return TargetTooLong();
  }
  if (bytes.size() >= kHeadBytesMax) return FieldsTooLarge();
  return {};
}

std::variant<RequestHead, HeadError> ParseRequestHead(absl::string_view text) {
  absl::ConsumeSuffix(&text, kHeadEnd);
  if (text.size() + kHeadEnd.size() > kHeadBytesMax) return FieldsTooLarge();
  RequestHead head;
  Framing framing;
  bool first = true;
  for (const absl::string_view line : absl::StrSplit(text, kLineEnd)) {
    if (first && line.size() + kLineEnd.size() > kRequestLineBytesMax) {
      return TargetTooLong();
    }
    const auto error =
        first ? ParseRequestLine(line, head) : ParseField(line, head, framing);
    if (error) return *error;
    first = false;
  }
  if (const auto error = ApplyFraming(framing, head)) return *error;
  return head;
}

void HideRange(std::string& head) {
  constexpr absl::string_view kName = "range:";
  for (size_t line = head.find(kLineEnd.data()); line != std::string::npos;
       line = head.find(kLineEnd.data(), line)) {
    line += kLineEnd.size();
    if (absl::StartsWithIgnoreCase(absl::string_view(head).substr(line),
                                   kName)) {
      head[line] = kHiddenRangeField[0];
    }
  }
}

}  // namespace cvr
