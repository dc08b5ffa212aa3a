#include <httplib.h>

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/upstream/fake_registry.h"
#include "tests/support/upstream/fake_registry_reply.h"

namespace cvr::testing {
namespace {

constexpr size_t kPieceBytes = 64 * 1024;

}  // namespace

// The server below knows good HTTP only, so this goes past it.
void FakeRegistry::SendRaw(const FakeAnswer& answer, int client_port) {
  absl::string_view rest = *answer.raw;
  while (!rest.empty()) {
    const size_t count =
        answer.drip ? answer.drip->Take(rest.size()) : rest.size();
    if (!server_->Send(client_port, rest.substr(0, count))) break;
    rest.remove_prefix(count);
  }
  server_->HangUp(client_port);
}

void FakeRegistry::Send(Reply reply, const FakeAnswer& answer,
                        const httplib::Request& request,
                        httplib::Response& response) {
  if (answer.body) {
    reply.body = std::make_shared<const std::string>(*answer.body);
    reply.offset = 0;
    reply.length = reply.body->size();
  }
  for (const HttpHeader& header : answer.headers) reply.Set(header);
  for (const std::string& name : answer.without_headers) reply.Remove(name);
  std::string content_type;
  response.status = reply.status;
  for (const HttpHeader& header : reply.headers) {
    if (absl::EqualsIgnoreCase(header.name, "Content-Type")) {
      content_type = header.value;
    } else {
      response.set_header(header.name, header.value);
    }
  }
  const auto announce = [&] {
    if (!answer.chunked && !response.has_header("Content-Length")) {
      response.set_header("Content-Length", absl::StrCat(reply.length));
    }
  };
  announce();
  if (request.method == "HEAD" || (reply.length == 0 && !answer.chunked)) {
    if (!content_type.empty())
      response.set_header("Content-Type", content_type);
    return;
  }
  auto provider = [this, reply = std::move(reply), answer,
                   client_port = request.remote_port](size_t sent,
                                                      httplib::DataSink& sink) {
    const auto is_at = [sent](const std::optional<uint64_t>& byte) {
      return byte && *byte == sent;
    };
    if (answer.gate && is_at(answer.gate_at_byte)) answer.gate->Pass();
    const bool breaks =
        is_at(answer.truncate_at_byte) || is_at(answer.reset_at_byte);
    if (breaks && answer.before_break) answer.before_break();
    if (is_at(answer.truncate_at_byte)) return false;
    if (is_at(answer.reset_at_byte)) {
      server_->Reset(client_port);
      return false;
    }
    if (sent == reply.length) {
      sink.done();
      return true;
    }
    uint64_t end = std::min<uint64_t>(sent + kPieceBytes, reply.length);
    for (const auto& stop : {answer.gate_at_byte, answer.truncate_at_byte,
                             answer.reset_at_byte, answer.drip_at_byte}) {
      if (stop && *stop > sent) end = std::min(end, *stop);
    }
    if (answer.drip && sent >= answer.drip_at_byte.value_or(0)) {
      end = sent + answer.drip->Take(end - sent);
    }
    return sink.write(reply.body->data() + reply.offset + sent, end - sent);
  };
  if (answer.chunked) {
    response.set_chunked_content_provider(content_type, std::move(provider));
  } else {
    response.set_content_provider(content_type, std::move(provider));
  }
}

}  // namespace cvr::testing
