#include "services/upstream/curl_handle_pool.h"

namespace cvr {

CurlHandle CurlHandlePool::Take(const std::string& key) {
  CurlHandle handle;
  {
    MutexLock lock(&mutex_);
    for (auto it = idle_.begin(); it != idle_.end(); ++it) {
      if (it->first != key) continue;
      handle = std::move(it->second);
      idle_.erase(it);
      break;
    }
  }
  return handle == nullptr ? CurlHandle(curl_easy_init()) : std::move(handle);
}

void CurlHandlePool::Return(const std::string& key, CurlHandle handle) {
  CurlHandle dropped;  // Closes its connections after the lock is gone.
  MutexLock lock(&mutex_);
  idle_.emplace_front(key, std::move(handle));
  if (idle_.size() <= idle_max_) return;
  dropped = std::move(idle_.back().second);
  idle_.pop_back();
}

}  // namespace cvr
