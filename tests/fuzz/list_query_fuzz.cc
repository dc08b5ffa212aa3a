// Whatever stands after a `?` is understood or refused, and a link that we make
// of it leads to the same page.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "gateway/message/query.h"
#include "services/common/errors.h"
#include "tests/fuzz/check.h"

namespace cvr {
namespace {

void CheckError(const absl::Status& status) {
  FUZZ_CHECK(absl::IsInvalidArgument(status));
  FUZZ_CHECK(ReasonOf(status) != Reason::kNone);
  FUZZ_CHECK(status.message().size() < 1000);
  for (const char c : status.message()) FUZZ_CHECK(c >= ' ' && c <= '~');
}

void CheckLink(PageRequest page, const std::string& source_namespace) {
  if (page.last.empty()) page.last = "x";
  const std::string link =
      NextPageLink("/v2/a/tags/list", page, source_namespace);
  for (const char c : link) FUZZ_CHECK(c >= ' ' && c <= '~');
  const size_t begin = link.find('?') + 1;
  const size_t end = link.find('>');
  FUZZ_CHECK(link.substr(end) == ">; rel=\"next\"");
  const std::string query = link.substr(begin, end - begin);
  const auto again = ParsePageRequest(query);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(again->n == page.n && again->last == page.last);
  const auto same = SourceNamespaceOf(query);
  FUZZ_CHECK(same.ok() && *same == source_namespace);
}

}  // namespace
}  // namespace cvr

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view query(reinterpret_cast<const char*>(data), size);
  const auto page = cvr::ParsePageRequest(query);
  const auto host = cvr::SourceNamespaceOf(query);
  if (!page.ok()) cvr::CheckError(page.status());
  if (!host.ok()) cvr::CheckError(host.status());
  if (page.ok() && host.ok()) cvr::CheckLink(*page, *host);
  return 0;
}
