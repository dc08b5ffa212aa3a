#include "gateway/service_handler.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/message/url_text.h"

namespace cvr {
namespace {

constexpr size_t kReasonBytesMax = 256;

HttpReply TextReply(int status, std::string text) {
  HttpReply reply;
  reply.status = status;
  reply.fields.Add("Content-Type", "text/plain");
  reply.body = std::move(text);
  return reply;
}

}  // namespace

HttpReply HealthReply() { return TextReply(200, "ok\n"); }

HttpReply ReadyReply(const ReadinessCheck& check) {
  const absl::Status status = check ? check() : absl::OkStatus();
  if (status.ok()) return TextReply(200, "ok\n");
  return TextReply(
      503, absl::StrCat("not ready: ",
                        Printable(status.message(), kReasonBytesMax), "\n"));
}

HttpReply RootReply() {
  return TextReply(200,
                   "Container Virtual Registry\n"
                   "Pull: <host>/virtual_registries/containers/<id>/<image>\n"
                   "or:   <host>/virtual_registries/containers/<group>/<name>/"
                   "<image>\n");
}

}  // namespace cvr
