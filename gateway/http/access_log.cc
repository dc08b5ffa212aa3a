#include "gateway/http/access_log.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gateway/message/url_text.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

constexpr size_t kMethodBytesMax = 16;
constexpr size_t kTargetBytesMax = 1024;
constexpr size_t kAgentBytesMax = 128;
constexpr size_t kReasonBytesMax = 512;
constexpr size_t kRequestIdBytesMax = 128;

// What the log may show of a target. Clients of other products put tokens and
// passwords into queries of this kind; ours does not take them from there, but
// must not keep them either.
std::string ShownTarget(absl::string_view target) {
  const size_t query = target.find('?');
  if (query == target.npos || absl::StartsWith(target, "/v2") ||
      absl::StartsWith(target, "/jwt/")) {
    return std::string(target);
  }
  return absl::StrCat(target.substr(0, query), "?...");
}

}  // namespace

std::string FormatAccess(const AccessRecord& record) {
  std::string line = absl::StrFormat(
      "http method=\"%s\" target=\"%s\" status=%d bytes=%d ms=%.1f "
      "cache=\"%s\" "
      "client=%s agent=\"%s\"",
      Printable(record.method, kMethodBytesMax),
      Printable(ShownTarget(record.target), kTargetBytesMax), record.status,
      record.body_bytes, absl::ToDoubleMilliseconds(record.duration),
      record.cache_status, record.client,
      Printable(record.user_agent, kAgentBytesMax));
  if (!record.request_id.empty()) {
    absl::StrAppend(&line, " request_id=",
                    Printable(record.request_id, kRequestIdBytesMax));
  }
  if (!record.broken_off.ok()) {
    absl::StrAppendFormat(
        &line, " broken_off=\"%s\"",
        Printable(record.broken_off.ToString(), kReasonBytesMax));
  }
  return line;
}

void LogAccess(const AccessRecord& record) {
  const bool ours =
      !record.broken_off.ok() && !absl::IsCancelled(record.broken_off);
  spdlog::log(ours ? spdlog::level::warn : spdlog::level::info, "{}",
              FormatAccess(record));
}

}  // namespace cvr
