#ifndef SERVICES_UPSTREAM_HTTP_PROXY_SETTINGS_H_
#define SERVICES_UPSTREAM_HTTP_PROXY_SETTINGS_H_

#include <string>
#include <vector>

#include "services/upstream/http/url.h"

namespace cvr {

// Through which proxy a URL is reached, by the environment's usual variables
// and as libcurl reads them: http_proxy, https_proxy or HTTPS_PROXY (HTTP_PROXY
// is not read), all_proxy or ALL_PROXY, no_proxy or NO_PROXY. It is decided
// here, and not in libcurl, because addresses can only be checked where we
// connect ourselves. A value type.
class ProxySettings {
 public:
  ProxySettings() = default;  // No proxy at all.
  ProxySettings(std::string http_proxy, std::string https_proxy,
                const std::string& no_proxy);
  static ProxySettings FromEnvironment();

  // Empty = directly.
  std::string ProxyFor(const Url& url) const;

 private:
  bool IsExcepted(const std::string& host) const;

  std::string http_proxy_;
  std::string https_proxy_;
  // Hosts and their subdomains, addresses, CIDR blocks, or `*`.
  std::vector<std::string> no_proxy_;
};

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_HTTP_PROXY_SETTINGS_H_
