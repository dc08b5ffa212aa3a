#ifndef GATEWAY_MESSAGE_REQUEST_HEAD_H_
#define GATEWAY_MESSAGE_REQUEST_HEAD_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "gateway/message/http_message.h"

// The request line and header fields of a request: RFC 9112, sections 2-6. The
// only parser of what clients send; the server library never sees it, since it
// reads lines of any length, decodes fields and targets, and answers a Range
// that it does not like before we are asked. All pure.
namespace cvr {

inline constexpr size_t kRequestLineBytesMax = 8192;
inline constexpr size_t kFieldLineBytesMax = 8192;
// Some clients send many cookies or a large token; none sends more than this.
inline constexpr size_t kHeadBytesMax = 64 * 1024;

struct RequestHead {
  std::string method;
  // In origin form, whatever form the client chose: see RequestTarget.
  std::string target;
  // As sent, without the spaces around values; nothing is decoded. Host is that
  // of an absolute-form target, if it was one.
  HttpFields fields;
  // Whether the client wants to send another request on this connection.
  bool keep_alive = true;
  bool http_1_0 = false;
  // Whether a body follows. It may be of any length, even endless.
  bool has_body = false;
  // Whether the body is chunked: RFC 9112, section 7.1.
  bool chunked = false;
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
// npos while it is not complete. The first `checked` bytes are known to hold no
// end.
size_t FindHeadEnd(absl::string_view bytes, size_t checked = 0);

// What can be said about an incomplete head: 414 or 431 when it is too long
// already, 400 when it does not begin like one or holds a line end other than
// CRLF, and no message when more may follow. It has been asked about the first
// `checked` bytes before.
HeadError CheckPartialHead(absl::string_view bytes, size_t checked = 0);

// `head` is complete, as FindHeadEnd() says. Whatever two parsers might read in
// two ways is refused: whether and where a body ends, above all.
std::variant<RequestHead, HeadError> ParseRequestHead(absl::string_view head);

// Whether `line`, without its CRLF, is `name: value`.
bool IsFieldLine(absl::string_view line);

}  // namespace cvr

#endif  // GATEWAY_MESSAGE_REQUEST_HEAD_H_
