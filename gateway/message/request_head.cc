#include "gateway/message/request_head.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gateway/message/request_target.h"

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

absl::string_view StripSpaces(absl::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// What the head says beside its fields: the framing of the message.
struct Framing {
  std::string authority;  // Of an absolute-form target.
  std::optional<std::string> host;
  std::optional<std::string> transfer_encoding;
  std::optional<std::string> content_length;
};

std::optional<HeadError> ParseRequestLine(absl::string_view line,
                                          RequestHead& head, Framing& framing) {
  const std::vector<absl::string_view> parts = absl::StrSplit(line, ' ');
  if (parts.size() != 3 || !IsToken(parts[0])) {
    return BadRequest("malformed request line");
  }
  if (parts[2] != "HTTP/1.1" && parts[2] != "HTTP/1.0") {
    if (absl::StartsWith(parts[2], "HTTP/")) {
      return HeadError{505, "unsupported HTTP version: use HTTP/1.1"};
    }
    return BadRequest("malformed request line");
  }
  if (parts[0] == "CONNECT") {
    return HeadError{501, "this server is no proxy"};
  }
  auto target = ParseRequestTarget(parts[0], parts[1]);
  if (!target) return BadRequest("malformed request target");
  head.method = std::string(parts[0]);
  head.target = std::move(target->path_and_query);
  framing.authority = std::move(target->authority);
  head.http_1_0 = parts[2] == "HTTP/1.0";
  head.keep_alive = !head.http_1_0;
  return std::nullopt;
}

bool HasToken(absl::string_view list, absl::string_view token) {
  return absl::c_any_of(absl::StrSplit(list, ','), [&](absl::string_view item) {
    return absl::EqualsIgnoreCase(StripSpaces(item), token);
  });
}

// Two lengths are how requests are smuggled past a proxy.
std::optional<HeadError> NoteOnce(absl::string_view name,
                                  absl::string_view value,
                                  std::optional<std::string>& noted) {
  if (noted) return BadRequest(absl::StrCat("more than one ", name, " field"));
  noted = std::string(value);
  return std::nullopt;
}

std::optional<HeadError> NoteField(absl::string_view name,
                                   absl::string_view value, RequestHead& head,
                                   Framing& framing) {
  if (absl::EqualsIgnoreCase(name, "Host")) {
    if (!IsHostField(value)) return BadRequest("malformed Host");
    return NoteOnce("Host", value, framing.host);
  }
  if (absl::EqualsIgnoreCase(name, "Connection")) {
    if (HasToken(value, "close")) head.keep_alive = false;
    if (head.http_1_0 && HasToken(value, "keep-alive")) head.keep_alive = true;
  } else if (absl::EqualsIgnoreCase(name, "Expect")) {
    head.expects_continue =
        !head.http_1_0 && absl::EqualsIgnoreCase(value, "100-continue");
  } else if (absl::EqualsIgnoreCase(name, "Transfer-Encoding")) {
    return NoteOnce("Transfer-Encoding", value, framing.transfer_encoding);
  } else if (absl::EqualsIgnoreCase(name, "Content-Length")) {
    if (value.empty() || !absl::c_all_of(value, absl::ascii_isdigit)) {
      return BadRequest("malformed Content-Length");
    }
    return NoteOnce("Content-Length", value, framing.content_length);
  }
  return std::nullopt;
}

std::optional<HeadError> ParseField(absl::string_view line, RequestHead& head,
                                    Framing& framing) {
  if (line.size() + kLineEnd.size() > kFieldLineBytesMax) {
    // podman and CRI-O ask again, for fewer ranges, after a 400 only.
    if (absl::StartsWithIgnoreCase(line, "Range:")) {
      return BadRequest("the Range header is too long");
    }
    return FieldsTooLarge();
  }
  if (!IsFieldLine(line)) return BadRequest("malformed header field");
  const size_t colon = line.find(':');
  const absl::string_view name = line.substr(0, colon);
  const absl::string_view value = StripSpaces(line.substr(colon + 1));
  if (!absl::EqualsIgnoreCase(name, "Host")) head.fields.Add(name, value);
  return NoteField(name, value, head, framing);
}

// RFC 9112, section 6.1.
std::optional<HeadError> ApplyTransferEncoding(absl::string_view codings,
                                               RequestHead& head) {
  if (head.http_1_0) return BadRequest("Transfer-Encoding in HTTP/1.0");
  if (absl::EqualsIgnoreCase(codings, "chunked")) {
    head.has_body = true;
    head.chunked = true;
    return std::nullopt;
  }
  const size_t last = codings.rfind(',');
  if (last != absl::string_view::npos && codings.find(',') == last &&
      absl::EqualsIgnoreCase(StripSpaces(codings.substr(last + 1)),
                             "chunked") &&
      !absl::EqualsIgnoreCase(StripSpaces(codings.substr(0, last)),
                              "chunked")) {
    return HeadError{501, "the transfer coding is not supported"};
  }
  return BadRequest("malformed Transfer-Encoding");
}

std::optional<HeadError> ApplyFraming(const Framing& framing,
                                      RequestHead& head) {
  if (!framing.host && !head.http_1_0) {
    return BadRequest("a Host field is needed");
  }
  if (!framing.authority.empty()) {
    head.fields.Add("Host", framing.authority);
  } else if (framing.host) {
    head.fields.Add("Host", *framing.host);
  }
  if (framing.transfer_encoding && framing.content_length) {
    return BadRequest(
        "the request has both Content-Length and Transfer-Encoding");
  }
  if (framing.transfer_encoding) {
    return ApplyTransferEncoding(*framing.transfer_encoding, head);
  }
  if (!framing.content_length) return std::nullopt;
  head.has_body =
      !absl::c_all_of(*framing.content_length, [](char c) { return c == '0'; });
  uint64_t length = 0;
  if (absl::SimpleAtoi(*framing.content_length, &length)) {
    head.content_length = length;
  }
  return std::nullopt;
}

// Whether there is a CR or LF alone, or a NUL, from `at` on. The last byte may
// be half a line end, and `at` may be in the middle of one.
bool HasBadLineEnd(absl::string_view bytes, size_t at) {
  constexpr absl::string_view kTelling("\r\n\0", 3);
  if (at > 0) --at;
  if (at > 0 && bytes[at] == '\n' && bytes[at - 1] == '\r') ++at;
  for (at = bytes.find_first_of(kTelling, at);
       at != absl::string_view::npos && at + 1 < bytes.size();
       at = bytes.find_first_of(kTelling, at + kLineEnd.size())) {
    if (bytes.substr(at, kLineEnd.size()) != kLineEnd) return true;
  }
  return false;
}

}  // namespace

bool IsFieldLine(absl::string_view line) {
  const size_t colon = line.find(':');
  return colon != absl::string_view::npos && IsToken(line.substr(0, colon)) &&
         IsFieldValue(line.substr(colon + 1));
}

size_t FindHeadEnd(absl::string_view bytes, size_t checked) {
  const size_t from = checked < kHeadEnd.size() ? 0 : checked - kHeadEnd.size();
  const size_t end = bytes.find(kHeadEnd, from);
  return end == absl::string_view::npos ? end : end + kHeadEnd.size();
}

HeadError CheckPartialHead(absl::string_view bytes, size_t checked) {
  // A TLS client that tries this port first must learn so at once: it waits for
  // an answer of some kind before it falls back to plain HTTP.
  if (!bytes.empty() && !IsToken(bytes.substr(0, 1)) && bytes[0] != '\r' &&
      bytes[0] != '\n') {
    return BadRequest("not a valid HTTP/1.1 request");
  }
  if (HasBadLineEnd(bytes, checked))
    return BadRequest("a line must end with CRLF");
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
    const auto error = first ? ParseRequestLine(line, head, framing)
                             : ParseField(line, head, framing);
    if (error) return *error;
    first = false;
  }
  if (const auto error = ApplyFraming(framing, head)) return *error;
  return head;
}

}  // namespace cvr
