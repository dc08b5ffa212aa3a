#ifndef GATEWAY_HTTP_ADMINISTRATION_H_
#define GATEWAY_HTTP_ADMINISTRATION_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "gateway/message/http_message.h"
#include "services/common/limits.h"

namespace cvr {

// What is under `/api/`. Thread-safe.
class Administration {
 public:
  virtual ~Administration() = default;

  // Whether who shows a secret may ask at all; answers as whom it counts, its
  // address. Errors: UNAUTHENTICATED, RESOURCE_EXHAUSTED, UNAVAILABLE.
  using Admit =
      absl::FunctionRef<absl::StatusOr<std::string>(const std::string& secret)>;

  // The reply to a request whose body is not worth reading: because of its
  // path, its method or who asks, as Handle() would reply. Absent when the body
  // is to be read.
  virtual std::optional<HttpReply> Refuse(const HttpRequest& head,
                                          Admit admit) = 0;

  // The reply to a request, whose body has been read. Calls `admit` before
  // anything that needs to know who asks.
  virtual HttpReply Handle(const HttpRequest& request, Admit admit) = 0;

  // The reply to a request that could not be read, such as 413.
  virtual HttpReply ProtocolError(int http_status,
                                  absl::string_view message) = 0;

  // Makes every Handle() return soon, now and later.
  virtual void Cancel() = 0;

  // Maximum size of a body. Connections hold bodies without a thread, so this
  // times the number of connections is what callers with a token can take.
  virtual size_t body_bytes_max() const { return limits::kHttpBodyBytesMax; }
};

// Whether `target` is for administration. Pure.
inline bool IsAdministrationTarget(absl::string_view target) {
  return absl::StartsWith(target, "/api/");
}

// Whether such a `target` is for the API that is transcoded from the protos,
// and not for the facade. Pure.
inline bool IsNativeRestTarget(absl::string_view target) {
  return absl::StartsWith(target, "/api/cvr/");
}

}  // namespace cvr

#endif  // GATEWAY_HTTP_ADMINISTRATION_H_
