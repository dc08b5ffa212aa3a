#ifndef GATEWAY_REQUEST_HEAD_H_
#define GATEWAY_REQUEST_HEAD_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"

// The request line and header fields, checked before the server library sees
// them: it reads lines of any length, cannot name the limit that was broken,
// and answers a Range that it does not like before we are asked. RFC 9112,
// sections 2-6. All pure.
namespace cvr {

// The server library's own bounds; longer lines would end in its bare 400.
inline constexpr size_t kRequestLineBytesMax = 8192;
inline constexpr size_t kFieldLineBytesMax = 8192;
// Some clients send many cookies or a large token; none sends more than this.
inline constexpr size_t kHeadBytesMax = 64 * 1024;

struct RequestHead {
  std::string method;
  std::string target;
  // Whether the client wants to send another request on this connection.
  bool keep_alive = true;
  bool http_1_0 = false;
  // Whether a body follows. It may be of any length, even endless.
  bool has_body = false;
  // Of the body, when it was told and fits.
  std::optional<uint64_t> content_length;
  // Whether the body comes only once it was asked for.
  bool expects_continue = false;
};

// What is wrong with a head, as the status to answer with.
struct HeadError {
  int http_status = 400;
  std::string message;
};

// The length of the head that `bytes` starts with, its empty line included;
// npos while it is not complete.
size_t FindHeadEnd(absl::string_view bytes);

// What can be said about an incomplete head: 414 or 431 when it is too long
// already, 400 when it does not begin like one, and no message when more may
// follow.
HeadError CheckPartialHead(absl::string_view bytes);

// `head` is complete, as FindHeadEnd() says.
std::variant<RequestHead, HeadError> ParseRequestHead(absl::string_view head);

// Range under another name of the same length. The server library's own range
// handling is wrong (it accepts ranges past the end, and answers bad syntax
// itself), so it never gets to see the field: this is the one place.
inline constexpr char kHiddenRangeField[] = "-ange";
void HideRange(std::string& head);

}  // namespace cvr

#endif  // GATEWAY_REQUEST_HEAD_H_
