#ifndef SERVICES_UPSTREAM_HTTP_CURL_CURL_HANDLE_POOL_H_
#define SERVICES_UPSTREAM_HTTP_CURL_CURL_HANDLE_POOL_H_

#include <curl/curl.h>

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "services/concurrency/mutex.h"

namespace cvr {

struct CurlCleanup {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using CurlHandle = std::unique_ptr<CURL, CurlCleanup>;

// A libcurl handle that can be interrupted from another thread, and that keeps
// its open connections.
class CurlSession {
 public:
  // Null when memory is short.
  static std::unique_ptr<CurlSession> Create();
  ~CurlSession();
  CurlSession(const CurlSession&) = delete;
  CurlSession& operator=(const CurlSession&) = delete;

  CURL* easy() const { return easy_; }
  // What performs easy(), which is added for that and removed again.
  CURLM* multi() const { return multi_; }

 private:
  CurlSession(CURL* easy, CURLM* multi) : easy_(easy), multi_(multi) {}

  CURL* const easy_;
  CURLM* const multi_;
};

// Idle libcurl handles, each with its open connections. A handle is one
// thread's from Take() to Return(), and handles share nothing, so no lock of
// libcurl is needed. A handle only ever serves one key (an origin with one TLS
// setup and one proxy): a connection cannot be reused by somebody else.
// Thread-safe.
class CurlHandlePool {
 public:
  // Keeps at most so many idle handles, dropping the longest idle first.
  explicit CurlHandlePool(size_t idle_max) : idle_max_(idle_max) {}

  // The handle of `key` that was idle for the shortest time, or a new one; null
  // when memory is short.
  std::unique_ptr<CurlSession> Take(const std::string& key);
  // `handle` has been reset (which keeps its connections).
  void Return(const std::string& key, std::unique_ptr<CurlSession> handle);

 private:
  const size_t idle_max_;

  Mutex mutex_;
  // The most recently used first.
  std::list<std::pair<std::string, std::unique_ptr<CurlSession>>> idle_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_CURL_CURL_HANDLE_POOL_H_
