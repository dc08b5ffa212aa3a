#include "services/upstream/http/curl/curl_transfer.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/errors.h"

namespace cvr {
namespace {

// Google's registries send heads of 128 KiB.
constexpr size_t kHeadBytesMax = 512 * 1024;
// How often the time is looked at when nothing comes.
constexpr int kLookMs = 1000;

// Never set back, so that timeouts cannot be fooled. Only differences count.
absl::Time SteadyNow() {
  return absl::UnixEpoch() +
         absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

// `HTTP/1.1 200 OK`; 0 when it is none.
int StatusCode(absl::string_view line) {
  if (!absl::StartsWithIgnoreCase(line, "HTTP/")) return 0;
  const size_t space = line.find(' ');
  if (space == absl::string_view::npos) return 0;
  int status = 0;
  return absl::SimpleAtoi(line.substr(space + 1, 3), &status) ? status : 0;
}

}  // namespace

CurlTransfer::CurlTransfer(CurlSession& session, const HttpCall& request,
                           const Limits& limits, const AddressPolicy* policy,
                           HttpReceiver& receiver)
    : handle_(session.easy()),
      multi_(session.multi()),
      request_(request),
      limits_(limits),
      guard_(policy),
      receiver_(receiver),
      start_(SteadyNow()) {
  for (const auto& [name, value] : request.fields) {
    fields_ =
        curl_slist_append(fields_, absl::StrCat(name, ": ", value).c_str());
  }
  CURL* const handle = handle_;
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, fields_);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error_);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, OnHeaderLine);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, OnProgress);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, this);
  guard_.Watch(handle);
}

CurlTransfer::~CurlTransfer() {
  // The handle lives on and must not point here.
  curl_easy_reset(handle_);
  curl_slist_free_all(fields_);
}

absl::Status CurlTransfer::Run() {
  const auto interrupt = [this] { curl_multi_wakeup(multi_); };
  const std::stop_callback on_cancel(request_.cancel, interrupt);
  const std::stop_callback on_stop(limits_.stop, interrupt);
  CURLcode code = Perform();
  if (FoundLeftovers(code)) {
    curl_easy_setopt(handle_, CURLOPT_FRESH_CONNECT, 1L);
    head_ = {};
    head_bytes_ = 0;
    error_[0] = 0;
    code = Perform();
  }
  return StatusOf(code);
}

CURLcode CurlTransfer::Perform() {
  if (curl_multi_add_handle(multi_, handle_) != CURLM_OK) {
    return CURLE_FAILED_INIT;
  }
  int running = 1;
  CURLMcode trouble = CURLM_OK;
  while (running > 0 && trouble == CURLM_OK && !IsCancelled()) {
    trouble = curl_multi_perform(multi_, &running);
    if (running == 0 || trouble != CURLM_OK || IsCancelled()) break;
    trouble = curl_multi_poll(multi_, nullptr, 0, LookMs(), nullptr);
    if (IsOverdue()) break;
  }
  CURLcode code = CURLE_ABORTED_BY_CALLBACK;
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) code = message->data.result;
  }
  curl_multi_remove_handle(multi_, handle_);
  return code;
}

bool CurlTransfer::IsCancelled() {
  if (!outcome_.ok()) return true;
  if (request_.cancel.stop_requested()) {
    outcome_ = absl::CancelledError("nobody wants the answer any more");
  } else if (limits_.stop.stop_requested()) {
    outcome_ = WithReason(absl::UnavailableError("the process is stopping"),
                          Reason::kShuttingDown);
  }
  return !outcome_.ok();
}

bool CurlTransfer::FoundLeftovers(CURLcode code) const {
  long connects = 1;
  curl_easy_getinfo(handle_, CURLINFO_NUM_CONNECTS, &connects);
  return connects == 0 && !head_done_ && outcome_.ok() &&
         (code == CURLE_UNSUPPORTED_PROTOCOL ||
          code == CURLE_WEIRD_SERVER_REPLY);
}

absl::Status CurlTransfer::StatusOf(CURLcode code) const {
  if (!outcome_.ok()) return outcome_;
  const std::string host = request_.url.host_and_port();
  const std::string detail = error_[0] ? error_ : curl_easy_strerror(code);
  switch (code) {
    case CURLE_OK:
      if (head_done_) return absl::OkStatus();
      return errors::UpstreamInvalid(host, "the response has no headers");
    case CURLE_COULDNT_CONNECT:
      if (guard_.has_refused()) return AddressDenied(host);
      return errors::UpstreamUnavailable(host, detail);
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9 and what is no HTTP.
    case CURLE_WEIRD_SERVER_REPLY:
      return errors::UpstreamInvalid(host, detail);
    default:
      return errors::UpstreamUnavailable(host, detail);
  }
}

size_t CurlTransfer::OnHeaderLine(char* data, size_t size, size_t count,
                                  void* self) {
  const absl::string_view line(data, size * count);
  return static_cast<CurlTransfer*>(self)->TakeHeaderLine(line) ? line.size()
                                                                : 0;
}

bool CurlTransfer::TakeHeaderLine(absl::string_view line) {
  if (head_done_) return true;  // Trailers say nothing to us.
  head_bytes_ += line.size();
  if (head_bytes_ > kHeadBytesMax) {
    outcome_ = errors::UpstreamInvalid(request_.url.host_and_port(),
                                       "the response headers are too large");
    return false;
  }
  line = absl::StripAsciiWhitespace(line);
  if (line.empty()) return EndHead();
  if (const int status = StatusCode(line); status != 0) {
    head_ = {status};
    return true;
  }
  const size_t colon = line.find(':');
  if (colon != absl::string_view::npos) {
    head_.fields.Add(line.substr(0, colon),
                     absl::StripAsciiWhitespace(line.substr(colon + 1)));
  }
  return true;
}

bool CurlTransfer::EndHead() {
  if (head_.status < 200) return true;  // Interim: another head follows.
  head_done_ = true;
  outcome_ = receiver_.OnHead(head_);
  stall_watch_.emplace(limits_.stall_timeout, limits_.stall_bytes_min,
                       SteadyNow());
  return outcome_.ok();
}

size_t CurlTransfer::OnBody(char* data, size_t size, size_t count,
                            void* self_pointer) {
  auto& self = *static_cast<CurlTransfer*>(self_pointer);
  const absl::string_view bytes(data, size * count);
  if (!self.head_done_) return 0;
  const absl::Time before = SteadyNow();
  self.outcome_ = self.receiver_.OnBytes(bytes);
  const absl::Duration busy = SteadyNow() - before;
  self.stall_watch_->OnBytes(bytes.size(), before, busy);
  self.busy_ += busy;
  return self.outcome_.ok() ? bytes.size() : CURL_WRITEFUNC_ERROR;
}

int CurlTransfer::LookMs() const {
  const absl::Time now = SteadyNow();
  absl::Duration left = request_.timeout - (now - start_ - busy_);
  left = std::min(left, head_done_ ? stall_watch_->TimeLeft(now)
                                   : limits_.head_timeout - (now - start_));
  // One more, so that it is over by then.
  return static_cast<int>(absl::ToInt64Milliseconds(std::clamp(
             left, absl::ZeroDuration(), absl::Milliseconds(kLookMs - 1)))) +
         1;
}

int CurlTransfer::OnProgress(void* self, curl_off_t, curl_off_t, curl_off_t,
                             curl_off_t) {
  return static_cast<CurlTransfer*>(self)->IsOverdue() ? 1 : 0;
}

bool CurlTransfer::IsOverdue() {
  if (!outcome_.ok()) return true;
  const std::string host = request_.url.host_and_port();
  if (!head_done_ && SteadyNow() - start_ > limits_.head_timeout) {
    outcome_ = errors::UpstreamUnavailable(
        host, absl::StrCat("timeout: no response headers within ",
                           absl::FormatDuration(limits_.head_timeout)));
  } else if (head_done_ && stall_watch_->IsStalled(SteadyNow())) {
    outcome_ = errors::UpstreamUnavailable(
        host, absl::StrCat("timeout: the response body had less than ",
                           limits_.stall_bytes_min, " bytes in ",
                           absl::FormatDuration(limits_.stall_timeout)));
  } else if (SteadyNow() - start_ - busy_ > request_.timeout) {
    outcome_ = errors::UpstreamUnavailable(
        host, absl::StrCat("timeout: the response was not complete within ",
                           absl::FormatDuration(request_.timeout)));
  }
  return !outcome_.ok();
}

}  // namespace cvr
