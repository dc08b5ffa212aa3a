#ifndef GATEWAY_SERVICE_HANDLER_H_
#define GATEWAY_SERVICE_HANDLER_H_

#include <functional>

#include "absl/status/status.h"
#include "gateway/message/http_message.h"

namespace cvr {

// Asked on every /readyz, from any thread. OK when pulls can be served.
using ReadinessCheck = std::function<absl::Status()>;

// What people and orchestrators ask. The check's message is shown to them.
HttpReply HealthReply();
HttpReply ReadyReply(const ReadinessCheck& check);
HttpReply RootReply();

}  // namespace cvr

#endif  // GATEWAY_SERVICE_HANDLER_H_
