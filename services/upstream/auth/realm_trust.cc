#include "services/upstream/auth/realm_trust.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/network/ip_network.h"

namespace cvr {
namespace {

// Domains of two labels under which anybody can have a name. The full public
// suffix list is longer; what serves registries or web pages is here.
constexpr absl::string_view kSharedDomains[] = {
    "amazonaws.com",
    "appspot.com",
    "azure-api.net",
    "azurecontainer.io",
    "azurecr.io",
    "azureedge.net",
    "azurewebsites.net",
    "azurestaticapps.net",
    "cloudapp.net",
    "cloudflare.net",
    "cloudfront.net",
    "cloudfunctions.net",
    "digitaloceanspaces.com",
    "duckdns.org",
    "dyndns.org",
    "fastly.net",
    "firebaseapp.com",
    "fly.dev",
    "gcr.io",
    "github.io",
    "gitlab.io",
    "googleapis.com",
    "herokuapp.com",
    "jfrog.io",
    "linodeobjects.com",
    "myqcloud.com",
    "netlify.app",
    "ngrok.io",
    "ngrok.app",
    "ngrok-free.app",
    "on-aws.com",
    "onrender.com",
    "pages.dev",
    "pkg.dev",
    "r2.dev",
    "railway.app",
    "repl.co",
    "run.app",
    "scw.cloud",
    "sslip.io",
    "surge.sh",
    "trycloudflare.com",
    "vercel.app",
    "web.app",
    "windows.net",
    "workers.dev",
    "xip.io",
    "nip.io",
};

// The last two labels, when they are somebody's; else empty.
std::string RegistrableDomain(const std::string& host) {
  const std::vector<std::string> labels = absl::StrSplit(host, '.');
  if (IpAddress::Parse(host) || labels.size() < 2) return "";
  const std::string& top = labels[labels.size() - 1];
  const std::string& second = labels[labels.size() - 2];
  if (top.empty() || second.empty()) return "";
  const bool is_country_level = top.size() == 2 && second.size() <= 3;
  const std::string domain = absl::StrCat(second, ".", top);
  const bool is_shared =
      std::find(std::begin(kSharedDomains), std::end(kSharedDomains), domain) !=
      std::end(kSharedDomains);
  return is_country_level || is_shared ? "" : domain;
}

}  // namespace

bool IsTrustedRealm(const Url& upstream, const Url& realm,
                    const std::vector<std::string>& trusted_hosts) {
  if (!realm.is_https() && upstream.is_https()) return false;
  if (realm.host() == upstream.host()) return true;
  for (const std::string& trusted : trusted_hosts) {
    if (absl::EqualsIgnoreCase(trusted, realm.host()) ||
        absl::EqualsIgnoreCase(trusted,
                               absl::StrCat(realm.host(), ":", realm.port()))) {
      return true;
    }
  }
  const std::string domain = RegistrableDomain(realm.host());
  return !domain.empty() && domain == RegistrableDomain(upstream.host());
}

}  // namespace cvr
