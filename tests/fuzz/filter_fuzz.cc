// A filter that is accepted has the bounds that it should have, can be applied
// to every resource, and means the same when its terms are asked for twice. An
// order that is accepted is one that was offered.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "cvr/v1/audit_event.pb.h"
#include "services/metadata/resources/filter.h"
#include "services/metadata/resources/order_by.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  constexpr absl::string_view kFields[] = {"method", "resource.type",
                                           "resource.id", "result_code",
                                           "request_omitted"};
  const auto& type = *cvr::v1::AuditEvent::descriptor();
  const auto filter = cvr::Filter::Parse(input, type, kFields);
  if (filter.ok()) {
    FUZZ_CHECK(size <= cvr::Filter::kBytesMax);
    cvr::v1::AuditEvent event;
    const bool matches_nothing = filter->Matches(event);
    FUZZ_CHECK(!filter->empty() || matches_nothing);
    if (const std::string* const method = filter->EqualTo("method")) {
      event.set_method(*method);
      // It matches no event of another method.
      cvr::v1::AuditEvent other = event;
      other.set_method(absl::StrCat(*method, "x"));
      FUZZ_CHECK(!filter->Matches(other));
    }
    const std::string twice = absl::StrCat(input, " AND ", input);
    const auto same = cvr::Filter::Parse(twice, type, kFields);
    FUZZ_CHECK(!same.ok() || same->Matches(event) == filter->Matches(event));
  }
  const auto order = cvr::OrderBy::Parse(input, kFields);
  if (order.ok()) {
    bool is_offered = false;
    for (const auto field : kFields) is_offered |= order->field == field;
    FUZZ_CHECK(is_offered);
  }
  return 0;
}
