#include "gateway/registry/http_error.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gateway/message/url_text.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

constexpr size_t kMessageBytesMax = 1024;

// No delay is no field.
constexpr int kNoRetry = 0;

struct ReasonRow {
  Reason reason;
  std::optional<absl::StatusCode> code;  // Absent = any.
  int http_status;
  const char* oci_code;
  int retry_after_s;
};

// Codes beyond those of the specification (UNAVAILABLE, RANGE_INVALID) are
// allowed there; clients show them as they are.
constexpr ReasonRow kByReason[] = {
    {Reason::kNameInvalid, {}, 400, "NAME_INVALID", kNoRetry},
    {Reason::kNameUnknown, {}, 404, "NAME_UNKNOWN", kNoRetry},
    {Reason::kDigestInvalid, {}, 400, "DIGEST_INVALID", kNoRetry},
    {Reason::kManifestUnknown, {}, 404, "MANIFEST_UNKNOWN", kNoRetry},
    {Reason::kManifestInvalid, absl::StatusCode::kInvalidArgument, 400,
     "MANIFEST_INVALID", kNoRetry},
    {Reason::kManifestInvalid, {}, 502, "MANIFEST_INVALID", kNoRetry},
    {Reason::kBlobUnknown, {}, 404, "BLOB_UNKNOWN", kNoRetry},
    {Reason::kRangeNotSatisfiable, {}, 416, "RANGE_INVALID", kNoRetry},
    // A read that is not served is a 404; only a write is a wrong method.
    {Reason::kUnsupported, absl::StatusCode::kNotFound, 404, "UNSUPPORTED",
     kNoRetry},
    {Reason::kUnsupported, {}, 405, "UNSUPPORTED", kNoRetry},
    {Reason::kDenied, {}, 403, "DENIED", kNoRetry},
    {Reason::kUpstreamUnavailable, {}, 503, "UNAVAILABLE", 10},
    {Reason::kUpstreamRateLimited, {}, 429, "TOOMANYREQUESTS", 60},
    {Reason::kUpstreamRefused, {}, 403, "DENIED", kNoRetry},
    {Reason::kUpstreamInvalid, {}, 502, "UNAVAILABLE", 10},
    {Reason::kContentMismatch, {}, 502, "UNAVAILABLE", 10},
    {Reason::kContentDamaged, {}, 503, "UNAVAILABLE", 1},
    {Reason::kFieldInvalid, {}, 400, "UNSUPPORTED", kNoRetry},
    {Reason::kUnauthenticated, {}, 401, "UNAUTHORIZED", kNoRetry},
};

struct CodeRow {
  absl::StatusCode code;
  int http_status;
  const char* oci_code;
  int retry_after_s;
  const char* message;
};

constexpr char kUnreachable[] =
    "a backend service (cvr-metadata or cvr-blob) is unavailable; retry later";

// Errors without a reason above: clients are told what their code says, and no
// reason. The last row stands for all others.
constexpr CodeRow kByCode[] = {
    {absl::StatusCode::kInvalidArgument, 400, "UNSUPPORTED", kNoRetry,
     "invalid request"},
    {absl::StatusCode::kNotFound, 404, "NAME_UNKNOWN", kNoRetry, "not found"},
    {absl::StatusCode::kPermissionDenied, 403, "DENIED", kNoRetry,
     "access denied"},
    {absl::StatusCode::kOutOfRange, 416, "RANGE_INVALID", kNoRetry,
     "range not satisfiable"},
    {absl::StatusCode::kUnavailable, 503, "UNAVAILABLE", 5, kUnreachable},
    {absl::StatusCode::kResourceExhausted, 503, "UNAVAILABLE", 5,
     "the server is overloaded; retry later"},
    {absl::StatusCode::kCancelled, 503, "UNAVAILABLE", 1,
     "this gateway is shutting down"},
    {absl::StatusCode::kAborted, 503, "UNAVAILABLE", 1, kUnreachable},
    {absl::StatusCode::kDeadlineExceeded, 504, "UNAVAILABLE", 5,
     "timeout while waiting for a backend service"},
    {absl::StatusCode::kUnimplemented, 501, "UNSUPPORTED", kNoRetry,
     "not supported"},
    {absl::StatusCode::kInternal, 500, "UNKNOWN", kNoRetry,
     "internal error; see the gateway's log"},
};

const ReasonRow* FindReason(Reason reason, absl::StatusCode code) {
  for (const ReasonRow& row : kByReason) {
    if (row.reason == reason && (!row.code || *row.code == code)) return &row;
  }
  return nullptr;
}

const CodeRow& FindCode(absl::StatusCode code) {
  for (const CodeRow& row : kByCode) {
    if (row.code == code) return row;
  }
  return kByCode[std::size(kByCode) - 1];
}

std::string ErrorBody(const char* oci_code, absl::string_view message,
                      Reason reason) {
  nlohmann::json error = nlohmann::json::object();
  error["code"] = oci_code;
  error["message"] = Printable(message, kMessageBytesMax);
  error["detail"] = nlohmann::json::object();
  if (reason != Reason::kNone) {
    error["detail"]["reason"] = std::string(ReasonName(reason));
  }
  nlohmann::json body = nlohmann::json::object();
  body["errors"] = nlohmann::json::array();
  body["errors"].push_back(std::move(error));
  return body.dump();
}

HttpReply MakeReply(int http_status, std::string body) {
  HttpReply reply;
  reply.status = http_status;
  reply.fields.Add("Content-Type", "application/json");
  reply.body = std::move(body);
  return reply;
}

void AddRetryAfter(HttpReply& reply, const absl::Status& status,
                   int default_s) {
  int64_t seconds = default_s;
  if (const auto delay = RetryAfterOf(status)) {
    seconds = std::max<int64_t>(
        1, absl::ToInt64Seconds(absl::Ceil(*delay, absl::Seconds(1))));
  }
  if (seconds > 0) reply.fields.Add("Retry-After", absl::StrCat(seconds));
}

}  // namespace

HttpReply ErrorReply(const absl::Status& status) {
  const Reason reason = ReasonOf(status);
  HttpReply reply;
  int retry_after_s = kNoRetry;
  if (const ReasonRow* row = FindReason(reason, status.code())) {
    reply = MakeReply(row->http_status,
                      ErrorBody(row->oci_code, status.message(), reason));
    retry_after_s = row->retry_after_s;
  } else {
    const CodeRow& by_code = FindCode(status.code());
    reply =
        MakeReply(by_code.http_status,
                  ErrorBody(by_code.oci_code, by_code.message, Reason::kNone));
    retry_after_s = by_code.retry_after_s;
    if (by_code.message == kUnreachable) {
      // Who answers with it says so in the log: it may be tried again first.
      reply.outage = Printable(status.ToString(), kMessageBytesMax);
    } else if (reply.status >= 500) {
      spdlog::warn("HTTP request failed: status {}, cause: {}", reply.status,
                   Printable(status.ToString(), kMessageBytesMax));
    }
  }
  AddRetryAfter(reply, status, retry_after_s);
  const auto size = ContentSizeOf(status);
  if (reply.status == 416 && size) {
    reply.fields.Add("Content-Range", absl::StrCat("bytes */", *size));
  }
  if (reply.status == 405) reply.fields.Add("Allow", "GET, HEAD");
  return reply;
}

HttpReply AccessErrorReply(const absl::Status& status) {
  if (!absl::IsResourceExhausted(status)) return ErrorReply(status);
  HttpReply reply = MakeReply(
      429, ErrorBody("TOOMANYREQUESTS", status.message(), Reason::kNone));
  AddRetryAfter(reply, status, 1);
  return reply;
}

HttpReply ProtocolErrorReply(int http_status, absl::string_view message) {
  const bool busy = http_status == 503 || http_status == 429;
  const char* const code = http_status == 429   ? "TOOMANYREQUESTS"
                           : http_status == 503 ? "UNAVAILABLE"
                                                : "UNSUPPORTED";
  HttpReply reply =
      MakeReply(http_status, ErrorBody(code, message, Reason::kNone));
  if (busy) reply.fields.Add("Retry-After", "1");
  return reply;
}

}  // namespace cvr
