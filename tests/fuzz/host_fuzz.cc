// Whatever stands where a host belongs is understood in one way or refused, and
// an address or a network that is understood is the same when it is written
// again.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/network/host.h"
#include "services/network/ip_network.h"
#include "tests/fuzz/check.h"

namespace cvr {
namespace {

void CheckHost(absl::string_view text) {
  const auto authority = SplitAuthority(text);
  FUZZ_CHECK(authority || !IsHostAndPort(text));
  if (!authority) return;
  FUZZ_CHECK(authority->host.size() <= text.size());
  if (!IsHostAndPort(text)) return;
  const auto address = IpAddress::Parse(authority->host);
  FUZZ_CHECK(IsDnsName(authority->host) != authority->has_brackets);
  FUZZ_CHECK(!authority->has_brackets || (address && !address->is_v4()));
  for (const char c : text) FUZZ_CHECK(c > ' ' && c <= '~' && c != '/');
}

void CheckAddress(absl::string_view text) {
  const auto address = IpAddress::Parse(text);
  if (!address) return;
  FUZZ_CHECK(IpAddress::Parse(address->ToString()) == address);
  FUZZ_CHECK(IpAddress::FromBytes(address->bytes()) == address);
  FUZZ_CHECK(address->Mapped().Unmapped() == address->Unmapped());
  const auto network = IpNetwork::Parse(text);
  FUZZ_CHECK(network && network->Contains(*address));
  FUZZ_CHECK(IpNetwork::Parse(absl::StrCat(text, "/0"))->Contains(*address));
}

}  // namespace
}  // namespace cvr

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  cvr::CheckHost(text);
  cvr::CheckAddress(text);
  return 0;
}
