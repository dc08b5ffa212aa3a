#include "services/process/byte_size.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cvr {
namespace {

constexpr absl::string_view kUnits = "KMGTPE";

// Bytes of a unit in lower case; empty for what is none.
std::optional<uint64_t> UnitBytes(absl::string_view unit) {
  if (unit.empty() || unit == "b") return 1;
  const size_t power = kUnits.find(absl::ascii_toupper(unit[0]));
  if (power == kUnits.npos) return std::nullopt;
  const absl::string_view rest = unit.substr(1);
  if (!rest.empty() && rest != "b" && rest != "i" && rest != "ib") {
    return std::nullopt;
  }
  const uint64_t base = rest == "b" ? 1000 : 1024;
  uint64_t bytes = base;
  for (size_t i = 0; i < power; ++i) bytes *= base;
  return bytes;
}

// `number` is digits with at most one point among them.
std::optional<uint64_t> Times(absl::string_view number, uint64_t unit) {
  uint64_t whole = 0;
  if (absl::SimpleAtoi(number, &whole)) {
    if (whole > UINT64_MAX / unit) return std::nullopt;
    return whole * unit;
  }
  double value = 0;
  if (!absl::SimpleAtod(number, &value)) return std::nullopt;
  const double bytes = value * static_cast<double>(unit);
  // 2^64; and half a byte is a mistake.
  if (bytes >= 18446744073709551616.0 || unit == 1) return std::nullopt;
  return static_cast<uint64_t>(std::llround(bytes));
}

}  // namespace

std::optional<uint64_t> ParseByteSize(absl::string_view text) {
  const std::string lower =
      absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
  const size_t end =
      std::min(lower.find_first_not_of("0123456789."), lower.size());
  const std::string number = lower.substr(0, end);
  if (number.empty() || !absl::ascii_isdigit(number.front()) ||
      !absl::ascii_isdigit(number.back())) {
    return std::nullopt;
  }
  const auto unit = UnitBytes(
      absl::StripLeadingAsciiWhitespace(absl::string_view(lower).substr(end)));
  if (!unit) return std::nullopt;
  return Times(number, *unit);
}

bool AbslParseFlag(absl::string_view text, ByteSize* size, std::string* error) {
  const auto bytes = ParseByteSize(text);
  if (!bytes) {
    *error = "not a size: want a number of bytes, such as 10G, 512MiB or 1000";
    return false;
  }
  size->bytes = *bytes;
  return true;
}

std::string AbslUnparseFlag(const ByteSize& size) {
  uint64_t value = size.bytes;
  if (value == 0) return "0";
  size_t units = 0;
  for (; value % 1024 == 0 && units < kUnits.size(); ++units) value /= 1024;
  if (units == 0) return absl::StrCat(value);
  return absl::StrCat(value, kUnits.substr(units - 1, 1), "iB");
}

}  // namespace cvr
