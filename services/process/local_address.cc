#include "services/process/local_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace cvr {

bool IsUnixAddress(absl::string_view address) {
  return absl::StartsWith(address, "unix:");
}

std::string UnixPathOf(absl::string_view address) {
  if (!absl::ConsumePrefix(&address, "unix:")) return "";
  if (absl::StartsWith(address, "///")) address.remove_prefix(2);
  return std::string(address);
}

bool IsLocalAddress(absl::string_view address) {
  if (IsUnixAddress(address)) return true;
  const size_t colon = address.rfind(':');
  const absl::string_view host = address.substr(0, colon);
  in_addr v4;
  const bool is_v4 = inet_pton(AF_INET, std::string(host).c_str(), &v4) == 1;
  return host == "localhost" || host == "[::1]" ||
         (is_v4 && (ntohl(v4.s_addr) >> 24) == IN_LOOPBACKNET);
}

}  // namespace cvr
