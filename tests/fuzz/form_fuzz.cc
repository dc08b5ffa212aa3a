// A form survives being written down again, and the client whom a proxy speaks
// for is an address, whatever they send.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "gateway/http/client_address.h"
#include "gateway/message/form.h"
#include "tests/fuzz/check.h"

namespace {

std::string Escape(absl::string_view text) {
  std::string escaped;
  for (const char c : text) {
    absl::StrAppendFormat(&escaped, "%%%02X", static_cast<uint8_t>(c));
  }
  return escaped;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const auto form = cvr::Form::Parse(input);
  if (form.ok()) {
    std::string text;
    for (const auto& [name, value] : form->pairs()) {
      if (!text.empty()) text += '&';
      text += Escape(name) + "=" + Escape(value);
    }
    const auto again = cvr::Form::Parse(text);
    FUZZ_CHECK(again.ok());
    FUZZ_CHECK(again->pairs() == form->pairs());
  }
  static const cvr::TrustedProxies* const proxies =
      new cvr::TrustedProxies(*cvr::TrustedProxies::Parse("127.0.0.0/8,::1"));
  for (const char* peer : {"127.0.0.1", "192.0.2.7"}) {
    const std::string client = proxies->AddressOf(peer, input);
    FUZZ_CHECK(!client.empty() && client.size() < 64);
    FUZZ_CHECK(client.find_first_not_of("0123456789abcdef.:") ==
               std::string::npos);
  }
  FUZZ_CHECK(proxies->AddressOf("192.0.2.7", input) == "192.0.2.7");
  (void)cvr::TrustedProxies::Parse(input).ok();
  return 0;
}
