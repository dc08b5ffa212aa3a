#ifndef SERVICES_UPSTREAM_HTTP_CURL_CURL_TRANSFER_H_
#define SERVICES_UPSTREAM_HTTP_CURL_CURL_TRANSFER_H_

#include <curl/curl.h>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/upstream/http/address_policy.h"
#include "services/upstream/http/curl/address_guard.h"
#include "services/upstream/http/curl/curl_handle_pool.h"
#include "services/upstream/http/http_transport.h"
#include "services/upstream/http/stall_watch.h"

namespace cvr {

// One request on one libcurl handle: what libcurl calls back. Not thread-safe,
// but for the tokens that end it; lives for one request.
class CurlTransfer {
 public:
  struct Limits {
    absl::Duration head_timeout;
    absl::Duration stall_timeout;
    uint64_t stall_bytes_min = 0;
    std::stop_token stop = {};
  };

  // `policy` = null: connections are not checked. All must outlive this.
  CurlTransfer(CurlSession& session, const HttpCall& request,
               const Limits& limits, const AddressPolicy* policy,
               HttpReceiver& receiver);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  // Performs the request; everything else is set on the handle by now.
  absl::Status Run();

 private:
  static size_t OnHeaderLine(char* data, size_t size, size_t count, void* self);
  static size_t OnBody(char* data, size_t size, size_t count, void* self);
  static int OnProgress(void* self, curl_off_t, curl_off_t, curl_off_t,
                        curl_off_t);

  // As curl_easy_perform(), but ends when IsCancelled().
  CURLcode Perform();
  // Whether the call or the process is to end; notes which.
  bool IsCancelled();
  // Until when nothing can be overdue; a second at most.
  int LookMs() const;
  // False ends the transfer.
  bool TakeHeaderLine(absl::string_view line);
  bool EndHead();
  bool IsOverdue();
  // Whether a connection that was used before held the rest of a body that was
  // longer than its head had said: no answer to this request.
  bool FoundLeftovers(CURLcode code) const;
  absl::Status StatusOf(CURLcode code) const;

  CURL* const handle_;
  CURLM* const multi_;
  const HttpCall& request_;
  const Limits limits_;
  AddressGuard guard_;
  HttpReceiver& receiver_;
  curl_slist* fields_ = nullptr;
  char error_[CURL_ERROR_SIZE] = {};

  const absl::Time start_;
  absl::Duration busy_;  // Of the receiver.
  HttpHead head_;
  size_t head_bytes_ = 0;
  bool head_done_ = false;
  std::optional<StallWatch> stall_watch_;  // Once the head is done.
  absl::Status outcome_;  // The first error that we found ourselves.
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_CURL_CURL_TRANSFER_H_
