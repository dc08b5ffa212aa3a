#include "gateway/native_rest/field_value.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/json_util.h"
#include "services/common/time_wire.h"
#include "services/common/utf8.h"

namespace cvr::native_rest {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// google.protobuf.Duration is valid up to 10 000 years.
constexpr int64_t kDurationSecondsMax = 315'576'000'000;
constexpr size_t kFractionDigitsMax = 9;

constexpr char kNotText[] = "must be a text";
constexpr char kNotWhole[] = "must be a whole number in the field's range";
constexpr char kNotNumber[] = "must be a number";

// A whole number, written as a number or as a text.
template <typename Number>
std::optional<Number> WholeOf(const Json& value) {
  Number number = 0;
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    // SimpleAtoi() passes over spaces and takes a `+`.
    if (text.empty() || !(absl::ascii_isdigit(text[0]) || text[0] == '-') ||
        absl::ascii_isspace(text.back()) || !absl::SimpleAtoi(text, &number)) {
      return std::nullopt;
    }
    return number;
  }
  if (value.is_number_unsigned()) {
    const uint64_t wide = value.get<uint64_t>();
    if (wide > static_cast<uint64_t>(std::numeric_limits<Number>::max())) {
      return std::nullopt;
    }
    return static_cast<Number>(wide);
  }
  if (value.is_number_integer()) {
    // Negative, or else it were unsigned.
    const int64_t wide = value.get<int64_t>();
    if (std::numeric_limits<Number>::min() == 0 && wide < 0) {
      return std::nullopt;
    }
    if (wide < static_cast<int64_t>(std::numeric_limits<Number>::min())) {
      return std::nullopt;
    }
    return static_cast<Number>(wide);
  }
  return std::nullopt;
}

std::optional<double> RealOf(const Json& value) {
  if (value.is_number()) return value.get<double>();
  double number = 0;
  if (!value.is_string() ||
      !absl::SimpleAtod(value.get_ref<const std::string&>(), &number) ||
      !std::isfinite(number)) {
    return std::nullopt;
  }
  return number;
}

// `-1.5s`.
bool ParseDuration(absl::string_view text,
                   google::protobuf::Duration& duration) {
  if (!absl::ConsumeSuffix(&text, "s")) return false;
  const bool negative = absl::ConsumePrefix(&text, "-");
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('.', 1));
  const bool has_fraction = parts.first.size() != text.size();
  std::string nanos(parts.second);
  int64_t whole = 0;
  int32_t fraction = 0;
  if (parts.first.empty() || !absl::ascii_isdigit(parts.first[0]) ||
      !absl::SimpleAtoi(parts.first, &whole) ||
      !absl::ascii_isdigit(parts.first.back()) || whole > kDurationSecondsMax) {
    return false;
  }
  if (has_fraction) {
    if (nanos.empty() || nanos.size() > kFractionDigitsMax) return false;
    for (const char c : nanos) {
      if (!absl::ascii_isdigit(c)) return false;
    }
    nanos.resize(kFractionDigitsMax, '0');
    if (!absl::SimpleAtoi(nanos, &fraction)) return false;
  }
  if (whole == kDurationSecondsMax && fraction > 0) return false;
  duration.set_seconds(negative ? -whole : whole);
  duration.set_nanos(negative ? -fraction : fraction);
  return true;
}

bool ParseTimestamp(absl::string_view text,
                    google::protobuf::Timestamp& timestamp) {
  absl::Time time;
  // Abseil also takes spaces, `infinite-future` and years of any length.
  if (text.size() < 5 || !absl::ascii_isdigit(text[0]) || text[4] != '-' ||
      absl::ascii_isspace(text.back()) ||
      !absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) {
    return false;
  }
  const int64_t year = absl::ToCivilSecond(time, absl::UTCTimeZone()).year();
  if (year < 1 || year > 9999) return false;
  timestamp = ToWire(time);
  return true;
}

// `displayName` as `display_name`.
std::string SnakeCase(absl::string_view text) {
  std::string snake;
  for (const char c : text) {
    if (absl::ascii_isupper(c)) snake.push_back('_');
    snake.push_back(absl::ascii_tolower(c));
  }
  return snake;
}

bool IsFieldPath(absl::string_view text) {
  return !text.empty() && absl::c_all_of(text, [](char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '*';
  });
}

std::string SetWellKnown(Message& message, const Json& value) {
  if (auto* const duration =
          dynamic_cast<google::protobuf::Duration*>(&message)) {
    return value.is_string() &&
                   ParseDuration(value.get<std::string>(), *duration)
               ? ""
               : "must be a duration in seconds, such as \"3600s\"";
  }
  if (auto* const time = dynamic_cast<google::protobuf::Timestamp*>(&message)) {
    return value.is_string() && ParseTimestamp(value.get<std::string>(), *time)
               ? ""
               : "must be a time, such as \"2026-01-02T03:04:05Z\"";
  }
  if (auto* const mask = dynamic_cast<google::protobuf::FieldMask*>(&message)) {
    if (!value.is_string()) return "must be paths of fields with commas";
    for (const absl::string_view path :
         absl::StrSplit(value.get_ref<const std::string&>(), ',')) {
      if (!IsFieldPath(path)) return "must be paths of fields with commas";
      mask->add_paths(SnakeCase(path));
    }
    return "";
  }
  const bool parsed =
      google::protobuf::util::JsonStringToMessage(
          value.dump(-1, ' ', false, Json::error_handler_t::replace), &message)
          .ok();
  return parsed ? ""
                : absl::StrCat("must be the JSON of ",
                               message.GetDescriptor()->full_name());
}

std::string SetEnum(Message& message, const FieldDescriptor& field,
                    const Json& value) {
  const auto* const reflection = message.GetReflection();
  const google::protobuf::EnumValueDescriptor* found = nullptr;
  if (value.is_string()) {
    found = field.enum_type()->FindValueByName(value.get<std::string>());
  } else if (const auto number = WholeOf<int32_t>(value)) {
    found = field.enum_type()->FindValueByNumber(*number);
  }
  if (found == nullptr) {
    return absl::StrCat("must be a name of ", field.enum_type()->full_name());
  }
  if (field.is_repeated()) {
    reflection->AddEnum(&message, &field, found);
  } else {
    reflection->SetEnum(&message, &field, found);
  }
  return "";
}

std::string SetString(Message& message, const FieldDescriptor& field,
                      const Json& value) {
  if (!value.is_string()) return kNotText;
  std::string text = value.get<std::string>();
  if (field.type() == FieldDescriptor::TYPE_BYTES) {
    std::string bytes;
    if (!absl::Base64Unescape(text, &bytes) &&
        !absl::WebSafeBase64Unescape(text, &bytes)) {
      return "must be base64";
    }
    text = std::move(bytes);
  } else if (!IsUtf8(text)) {
    return "must be UTF-8";
  }
  const auto* const reflection = message.GetReflection();
  if (field.is_repeated()) {
    reflection->AddString(&message, &field, std::move(text));
  } else {
    reflection->SetString(&message, &field, std::move(text));
  }
  return "";
}

// Sets or adds `value`, unless it is absent.
template <typename Number, typename Setter, typename Adder>
std::string SetNumber(Message& message, const FieldDescriptor& field,
                      std::optional<Number> value, const char* problem,
                      Setter set, Adder add) {
  if (!value) return problem;
  const auto* const reflection = message.GetReflection();
  if (field.is_repeated()) {
    (reflection->*add)(&message, &field, *value);
  } else {
    (reflection->*set)(&message, &field, *value);
  }
  return "";
}

}  // namespace

bool IsWellKnown(const Descriptor& message) {
  return absl::StartsWith(message.full_name(), "google.protobuf.");
}

bool IsLeaf(const FieldDescriptor& field) {
  return field.message_type() == nullptr ||
         (!field.is_map() && IsWellKnown(*field.message_type()));
}

const FieldDescriptor* FindField(const Descriptor& message,
                                 absl::string_view name) {
  const std::string key(name);
  const FieldDescriptor* const field = message.FindFieldByName(key);
  return field != nullptr ? field : message.FindFieldByCamelcaseName(key);
}

std::string SetValue(Message& message, const FieldDescriptor& field,
                     const Json& value) {
  using google::protobuf::Reflection;
  const Reflection* const reflection = message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return SetNumber(message, field, WholeOf<int32_t>(value), kNotWhole,
                       &Reflection::SetInt32, &Reflection::AddInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return SetNumber(message, field, WholeOf<int64_t>(value), kNotWhole,
                       &Reflection::SetInt64, &Reflection::AddInt64);
    case FieldDescriptor::CPPTYPE_UINT32:
      return SetNumber(message, field, WholeOf<uint32_t>(value), kNotWhole,
                       &Reflection::SetUInt32, &Reflection::AddUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return SetNumber(message, field, WholeOf<uint64_t>(value), kNotWhole,
                       &Reflection::SetUInt64, &Reflection::AddUInt64);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return SetNumber(message, field, RealOf(value), kNotNumber,
                       &Reflection::SetDouble, &Reflection::AddDouble);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return SetNumber(message, field, RealOf(value), kNotNumber,
                       &Reflection::SetFloat, &Reflection::AddFloat);
    case FieldDescriptor::CPPTYPE_BOOL:
      return SetNumber(
          message, field,
          value.is_boolean() ? std::optional<bool>(value.get<bool>())
                             : std::nullopt,
          "must be true or false", &Reflection::SetBool, &Reflection::AddBool);
    case FieldDescriptor::CPPTYPE_ENUM:
      return SetEnum(message, field, value);
    case FieldDescriptor::CPPTYPE_STRING:
      return SetString(message, field, value);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SetWellKnown(field.is_repeated()
                              ? *reflection->AddMessage(&message, &field)
                              : *reflection->MutableMessage(&message, &field),
                          value);
  }
  return "has an unknown type";
}

std::string SetText(Message& message, const FieldDescriptor& field,
                    absl::string_view text) {
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL &&
      (text == "true" || text == "false")) {
    return SetValue(message, field, Json(text == "true"));
  }
  return SetValue(message, field, Json(std::string(text)));
}

}  // namespace cvr::native_rest
