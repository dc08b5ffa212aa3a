#include "gateway/http/http_exchange.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace cvr {
namespace {

// RFC 9110, section 5.6.7.
std::string HttpDate(absl::Time time) {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", time,
                          absl::UTCTimeZone());
}

bool HasBody(int status) { return status != 304 && status != 204; }

// Sends the stream to `sink`, exactly as many bytes as were promised. False
// breaks the connection off short of them.
bool SendStream(Exchange& exchange, httplib::DataSink& sink) {
  const uint64_t promised = *exchange.reply->content_length;
  while (exchange.body_bytes < promised) {
    const absl::StatusOr<Chunk> chunk = exchange.reply->stream();
    if (!chunk.ok()) {
      exchange.broken_off = chunk.status();
      return false;
    }
    const size_t size = chunk->size();
    if (size == 0 || size > promised - exchange.body_bytes) {
      exchange.broken_off = absl::InternalError(
          "the response body does not match Content-Length");
      return false;
    }
    if (!sink.write(chunk->bytes().data(), size)) {
      exchange.broken_off =
          absl::CancelledError("the client closed the connection");
      return false;
    }
    exchange.body_bytes += size;
  }
  sink.done();
  return true;
}

}  // namespace

AccessRecord RecordOf(const Exchange& exchange, absl::Time now) {
  const HttpRequest& request = exchange.request;
  AccessRecord record;
  record.method = request.method;
  record.target = request.target;
  record.client = request.client;
  record.user_agent = request.fields.Get("User-Agent").value_or("");
  record.cache_status =
      exchange.reply->fields.Get("Cache-Status").value_or("-");
  record.request_id = exchange.reply->fields.Get("X-Request-Id").value_or("");
  record.status = exchange.reply->status;
  record.body_bytes = exchange.body_bytes;
  record.duration = now - exchange.begun_at;
  record.broken_off = exchange.broken_off;
  record.pull = exchange.reply->pull;
  return record;
}

void WriteReply(Exchange& exchange, httplib::Response& response) {
  HttpReply& reply = *exchange.reply;
  response.status = reply.status;
  if (exchange.request.is_head() || !HasBody(reply.status)) return;
  if (!reply.stream) {
    response.body = reply.body;
    exchange.body_bytes = reply.body.size();
    return;
  }
  response.set_content_provider("",
                                [&exchange](size_t, httplib::DataSink& sink) {
                                  return SendStream(exchange, sink);
                                });
}

void WriteFields(const Exchange& exchange, httplib::Response& response) {
  const HttpReply& reply = *exchange.reply;
  response.headers.clear();
  for (const auto& [name, value] : reply.fields) {
    response.headers.emplace(name, value);
  }
  if (HasBody(reply.status)) {
    response.headers.emplace(
        "Content-Length",
        absl::StrCat(reply.content_length.value_or(reply.body.size())));
  }
  response.headers.emplace("Date", HttpDate(absl::Now()));
  response.headers.emplace("X-Content-Type-Options", "nosniff");
  if (exchange.close) {
    response.headers.emplace("Connection", "close");
  } else if (exchange.head.http_1_0) {
    response.headers.emplace("Connection", "keep-alive");
  }
}

}  // namespace cvr
