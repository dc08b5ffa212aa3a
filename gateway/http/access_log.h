#ifndef GATEWAY_HTTP_ACCESS_LOG_H_
#define GATEWAY_HTTP_ACCESS_LOG_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace cvr {

struct PullRecord;

// One request, as told after its reply.
struct AccessRecord {
  std::string method;
  std::string target;
  std::string client;
  std::string user_agent;
  std::string cache_status;
  // X-Request-Id of the reply; empty = none.
  std::string request_id;
  int status = 0;
  uint64_t body_bytes = 0;  // Sent.
  absl::Duration duration;
  // Why the body broke off. A client that left is CANCELLED.
  absl::Status broken_off;
  // Absent unless it was a pull.
  std::shared_ptr<const PullRecord> pull;
};

// Called once per request, from any thread.
using AccessLogger = std::function<void(const AccessRecord&)>;

// `key=value` pairs on one line, whatever the client sent.
std::string FormatAccess(const AccessRecord& record);

// Through spdlog: info, or warning when the reply broke off on our side.
void LogAccess(const AccessRecord& record);

}  // namespace cvr

#endif  // GATEWAY_HTTP_ACCESS_LOG_H_
