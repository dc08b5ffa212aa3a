#include "gateway/native_rest/error_reply.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "absl/algorithm/container.h"
#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/util/json_util.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"
#include "services/rpc/rpc_status.h"

namespace cvr::native_rest {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kDetailPrefix[] = "type.googleapis.com/google.rpc.";
constexpr char kDebugInfo[] = "type.googleapis.com/google.rpc.DebugInfo";

struct CodeRow {
  absl::StatusCode code;
  const char* name;
  int http_status;
  int retry_after_s;  // 0 = no field, unless the status says it.
};

// google.rpc.Code, by its comments. The last row stands for all others.
constexpr CodeRow kByCode[] = {
    {absl::StatusCode::kCancelled, "CANCELLED", 499, 0},
    {absl::StatusCode::kInvalidArgument, "INVALID_ARGUMENT", 400, 0},
    {absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", 504, 5},
    {absl::StatusCode::kNotFound, "NOT_FOUND", 404, 0},
    {absl::StatusCode::kAlreadyExists, "ALREADY_EXISTS", 409, 0},
    {absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED", 403, 0},
    {absl::StatusCode::kUnauthenticated, "UNAUTHENTICATED", 401, 0},
    {absl::StatusCode::kResourceExhausted, "RESOURCE_EXHAUSTED", 429, 1},
    {absl::StatusCode::kFailedPrecondition, "FAILED_PRECONDITION", 400, 0},
    {absl::StatusCode::kAborted, "ABORTED", 409, 0},
    {absl::StatusCode::kOutOfRange, "OUT_OF_RANGE", 400, 0},
    {absl::StatusCode::kUnimplemented, "UNIMPLEMENTED", 501, 0},
    {absl::StatusCode::kInternal, "INTERNAL", 500, 0},
    {absl::StatusCode::kUnavailable, "UNAVAILABLE", 503, 5},
    {absl::StatusCode::kDataLoss, "DATA_LOSS", 500, 0},
    {absl::StatusCode::kUnknown, "UNKNOWN", 500, 0},
};

const CodeRow& FindRow(absl::StatusCode code) {
  for (const CodeRow& row : kByCode) {
    if (row.code == code) return row;
  }
  return kByCode[std::size(kByCode) - 1];
}

Json DetailsOf(const absl::Status& status) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  Json details = Json::array();
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    if (!absl::StartsWith(url, kDetailPrefix) || url == kDebugInfo) return;
    google::protobuf::Any any;
    any.set_type_url(std::string(url));
    any.set_value(std::string(payload));
    std::string text;
    // A type that this program does not know is left out.
    if (!google::protobuf::util::MessageToJsonString(any, &text, options)
             .ok()) {
      return;
    }
    Json detail = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (detail.is_object()) details.push_back(std::move(detail));
  });
  // Payloads have no order, and equal errors are equal texts.
  std::sort(details.begin(), details.end(), [](const Json& a, const Json& b) {
    return a["@type"] < b["@type"];
  });
  return details;
}

// Every error has a reason.
HttpReply ReplyFor(int http_status, const absl::Status& plain) {
  const absl::Status status = WithSomeReason(plain);
  Json error = {{"code", http_status},
                {"message", std::string(status.message())},
                {"status", FindRow(status.code()).name},
                {"details", DetailsOf(status)}};
  HttpReply reply;
  reply.status = http_status;
  reply.fields.Add("Content-Type", "application/json");
  reply.body = Json({{"error", std::move(error)}})
                   .dump(-1, ' ', false, Json::error_handler_t::replace);
  return reply;
}

// What HTTP says of a request that no service has seen.
absl::StatusCode CodeOf(int http_status) {
  switch (http_status) {
    case 404:
      return absl::StatusCode::kNotFound;
    case 405:
    case 501:
    case 505:
      return absl::StatusCode::kUnimplemented;
    case 408:
      return absl::StatusCode::kDeadlineExceeded;
    case 429:
      return absl::StatusCode::kResourceExhausted;
    case 503:
      return absl::StatusCode::kUnavailable;
    default:
      return http_status < 500 ? absl::StatusCode::kInvalidArgument
                               : absl::StatusCode::kInternal;
  }
}

}  // namespace

HttpReply ErrorReply(const absl::Status& status) {
  const CodeRow& row = FindRow(status.code());
  const int http_status =
      ReasonOf(status) == Reason::kEtagMismatch ? 412 : row.http_status;
  HttpReply reply = ReplyFor(
      http_status,
      WasAnswered(status)
          ? status
          : WithReason(absl::UnavailableError("a service behind this gateway "
                                              "cannot be reached: try again"),
                       Reason::kServiceUnavailable));
  int64_t retry_after_s = row.retry_after_s;
  if (const auto delay = RetryAfterOf(status)) {
    retry_after_s = std::max<int64_t>(
        1, absl::ToInt64Seconds(absl::Ceil(*delay, absl::Seconds(1))));
  }
  if (retry_after_s > 0) {
    reply.fields.Add("Retry-After", absl::StrCat(retry_after_s));
  }
  if (http_status == 401) {
    reply.fields.Add("WWW-Authenticate", "Bearer realm=\"cvr\"");
  }
  return reply;
}

HttpReply NoSuchPathReply() {
  return ReplyFor(404, WithReason(absl::NotFoundError("there is no such path"),
                                  Reason::kUnsupported));
}

HttpReply WrongMethodReply(const std::vector<std::string>& methods) {
  HttpReply reply = ReplyFor(
      405, WithReason(absl::UnimplementedError("the path has no such method"),
                      Reason::kUnsupported));
  std::string allow = absl::StrJoin(methods, ", ");
  if (absl::c_linear_search(methods, "GET")) allow += ", HEAD";
  reply.fields.Add("Allow", allow);
  return reply;
}

HttpReply UnsupportedTypeReply() {
  return ReplyFor(
      415, WithReason(absl::InvalidArgumentError(
                          "the body must be of the type application/json"),
                      Reason::kRequestInvalid));
}

HttpReply ProtocolErrorReply(int http_status, absl::string_view message) {
  HttpReply reply =
      ReplyFor(http_status, absl::Status(CodeOf(http_status), message));
  if (http_status == 429 || http_status == 503) {
    reply.fields.Add("Retry-After", "1");
  }
  return reply;
}

}  // namespace cvr::native_rest
