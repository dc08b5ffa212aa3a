#include "services/upstream/http/proxy_settings.h"

#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/network/ip_network.h"

namespace cvr {
namespace {

// The first of these variables that is set and not empty.
std::string Variable(std::initializer_list<const char*> names) {
  for (const char* const name : names) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

// `10.0.0.0/8`; a bare address is a block of one.
bool IsInBlock(const IpAddress& address, const std::string& block) {
  const auto network = IpNetwork::Parse(block);
  return network && network->Contains(address);
}

}  // namespace

ProxySettings::ProxySettings(std::string http_proxy, std::string https_proxy,
                             const std::string& no_proxy)
    : http_proxy_(std::move(http_proxy)), https_proxy_(std::move(https_proxy)) {
  for (absl::string_view entry :
       absl::StrSplit(no_proxy, absl::ByAnyChar(", "), absl::SkipEmpty())) {
    absl::ConsumePrefix(&entry, ".");
    absl::ConsumeSuffix(&entry, ".");
    if (absl::ConsumePrefix(&entry, "[")) absl::ConsumeSuffix(&entry, "]");
    if (!entry.empty()) no_proxy_.push_back(absl::AsciiStrToLower(entry));
  }
}

ProxySettings ProxySettings::FromEnvironment() {
  // A CGI's caller could set HTTP_PROXY by a header; nobody reads it since.
  return ProxySettings(
      Variable({"http_proxy", "all_proxy", "ALL_PROXY"}),
      Variable({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}),
      Variable({"no_proxy", "NO_PROXY"}));
}

std::string ProxySettings::ProxyFor(const Url& url) const {
  const std::string& proxy = url.is_https() ? https_proxy_ : http_proxy_;
  return proxy.empty() || IsExcepted(url.host()) ? "" : proxy;
}

bool ProxySettings::IsExcepted(const std::string& host) const {
  const auto address = IpAddress::Parse(host);
  for (const std::string& entry : no_proxy_) {
    if (entry == "*" || entry == host) return true;
    if (address ? IsInBlock(*address, entry)
                : absl::EndsWith(host, absl::StrCat(".", entry))) {
      return true;
    }
  }
  return false;
}

}  // namespace cvr
