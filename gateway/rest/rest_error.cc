#include "gateway/rest/rest_error.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "gateway/message/url_text.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"
#include "spdlog/spdlog.h"

namespace cvr::rest {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLoggedBytesMax = 512;
constexpr size_t kTypeBytesMax = 64;

struct StatusRow {
  absl::StatusCode code;
  int http_status;
  const char* message;
  int retry_after_s;  // 0 = no field.
};

// The last row stands for all others.
constexpr StatusRow kByCode[] = {
    {absl::StatusCode::kUnauthenticated, 401, "401 Unauthorized", 0},
    {absl::StatusCode::kPermissionDenied, 403, "403 Forbidden", 0},
    {absl::StatusCode::kNotFound, 404, "404 Not Found", 0},
    {absl::StatusCode::kAborted, 412, "412 Precondition Failed", 0},
    {absl::StatusCode::kResourceExhausted, 429, "429 Too Many Requests", 1},
    {absl::StatusCode::kUnimplemented, 501, "501 Not Implemented", 0},
    {absl::StatusCode::kUnavailable, 503, "503 Service Unavailable", 5},
    {absl::StatusCode::kCancelled, 503, "503 Service Unavailable", 1},
    {absl::StatusCode::kDeadlineExceeded, 504, "504 Gateway Timeout", 5},
    {absl::StatusCode::kInternal, 500, "500 Internal Server Error", 0},
};

const StatusRow& FindRow(absl::StatusCode code) {
  for (const StatusRow& row : kByCode) {
    if (row.code == code) return row;
  }
  return kByCode[std::size(kByCode) - 1];
}

HttpReply JsonReply(int status, const Json& body) {
  HttpReply reply;
  reply.status = status;
  reply.fields.Add("Content-Type", "application/json");
  reply.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return reply;
}

HttpReply ParameterReply(int status, absl::string_view error) {
  return JsonReply(status, {{"error", std::string(error)}});
}

HttpReply FieldsReply(const std::vector<FieldViolation>& violations) {
  Json fields = Json::object();
  for (const FieldViolation& violation : violations) {
    fields[violation.field].push_back(violation.description);
  }
  return JsonReply(400, {{"message", std::move(fields)}});
}

HttpReply StatusReply(const absl::Status& status) {
  const StatusRow& row = FindRow(status.code());
  HttpReply reply = JsonReply(row.http_status, {{"message", row.message}});
  int64_t retry_after_s = row.retry_after_s;
  if (const auto delay = RetryAfterOf(status)) {
    retry_after_s = std::max<int64_t>(
        1, absl::ToInt64Seconds(absl::Ceil(*delay, absl::Seconds(1))));
  }
  if (retry_after_s > 0) {
    reply.fields.Add("Retry-After", absl::StrCat(retry_after_s));
  }
  if (row.http_status == 401) {
    reply.fields.Add("WWW-Authenticate", "Bearer realm=\"cvr\"");
  }
  if (row.http_status >= 500) {
    spdlog::warn("REST request failed: status {}, cause: {}", row.http_status,
                 Printable(status.ToString(), kLoggedBytesMax));
  }
  return reply;
}

}  // namespace

HttpReply ErrorReply(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument: {
      const auto violations = FieldViolationsOf(status);
      return violations.empty() ? ParameterReply(400, status.message())
                                : FieldsReply(violations);
    }
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return FieldsReply({{"base", std::string(status.message())}});
    case absl::StatusCode::kResourceExhausted:
      if (ReasonOf(status) != Reason::kLimitReached) break;
      return FieldsReply({{"base", std::string(status.message())}});
    default:
      break;
  }
  return StatusReply(status);
}

HttpReply NoSuchPathReply() { return ParameterReply(404, "404 Not Found"); }

HttpReply WrongMethodReply(const std::vector<std::string>& methods) {
  HttpReply reply = ParameterReply(405, "405 Not Allowed");
  std::string allow = absl::StrJoin(methods, ", ");
  if (std::find(methods.begin(), methods.end(), "GET") != methods.end()) {
    allow += ", HEAD";
  }
  reply.fields.Add("Allow", allow);
  return reply;
}

HttpReply UnsupportedTypeReply(absl::string_view content_type) {
  return ParameterReply(415,
                        absl::StrCat("The provided content-type '",
                                     Printable(content_type, kTypeBytesMax),
                                     "' is not supported."));
}

HttpReply ProtocolErrorReply(int http_status, absl::string_view message) {
  HttpReply reply = ParameterReply(http_status, message);
  if (http_status == 429 || http_status == 503) {
    reply.fields.Add("Retry-After", "1");
  }
  return reply;
}

}  // namespace cvr::rest
