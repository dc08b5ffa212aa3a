#include "services/upstream/http/curl/curl_handle_pool.h"

namespace cvr {
namespace {

// As libcurl keeps for a handle that is performed alone.
constexpr long kConnectionsMax = 5;

}  // namespace

std::unique_ptr<CurlSession> CurlSession::Create() {
  CURL* const easy = curl_easy_init();
  CURLM* const multi = curl_multi_init();
  if (multi != nullptr) {
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kConnectionsMax);
  }
  auto session = std::unique_ptr<CurlSession>(new CurlSession(easy, multi));
  return easy == nullptr || multi == nullptr ? nullptr : std::move(session);
}

CurlSession::~CurlSession() {
  if (easy_ != nullptr) curl_easy_cleanup(easy_);
  if (multi_ != nullptr) curl_multi_cleanup(multi_);
}

std::unique_ptr<CurlSession> CurlHandlePool::Take(const std::string& key) {
  std::unique_ptr<CurlSession> handle;
  {
    MutexLock lock(&mutex_);
    for (auto it = idle_.begin(); it != idle_.end(); ++it) {
      if (it->first != key) continue;
      handle = std::move(it->second);
      idle_.erase(it);
      break;
    }
  }
  return handle == nullptr ? CurlSession::Create() : std::move(handle);
}

void CurlHandlePool::Return(const std::string& key,
                            std::unique_ptr<CurlSession> handle) {
  std::unique_ptr<CurlSession> dropped;  // Closes its connections unlocked.
  MutexLock lock(&mutex_);
  idle_.emplace_front(key, std::move(handle));
  if (idle_.size() <= idle_max_) return;
  dropped = std::move(idle_.back().second);
  idle_.pop_back();
}

}  // namespace cvr
