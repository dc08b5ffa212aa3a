#include "gateway/rest/arguments.h"

#include <limits>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/message/form.h"
#include "nlohmann/json.hpp"
#include "services/common/json_reader.h"
#include "services/common/status_macros.h"
#include "services/common/utf8.h"

namespace cvr::rest {
namespace {

using Json = nlohmann::json;

constexpr char kJsonType[] = "application/json";
constexpr char kFormType[] = "application/x-www-form-urlencoded";

std::string TypeOf(const std::optional<std::string>& content_type) {
  const std::string field = content_type.value_or("");
  const std::string type(
      absl::StripAsciiWhitespace(field.substr(0, field.find(';'))));
  return type.empty() ? kJsonType : absl::AsciiStrToLower(type);
}

absl::Status AddForm(absl::string_view text, Json& values) {
  ASSIGN_OR_RETURN(const Form form, Form::Parse(text));
  // Backwards, so that the first of a name counts.
  for (auto it = form.pairs().rbegin(); it != form.pairs().rend(); ++it) {
    values[it->first] = it->second;
  }
  return absl::OkStatus();
}

// What no body of ours comes near. A tree of more could cost some fifty times
// its text, for each request at the same time.
constexpr size_t kJsonValuesMax = 8192;
constexpr size_t kJsonDepthMax = 32;

absl::Status AddJson(absl::string_view text, Json& values) {
  if (!IsUtf8(text)) {
    return absl::InvalidArgumentError(
        "the request body is not UTF-8, and JSON holds no other bytes: a "
        "password that has them can be sent as a form "
        "(application/x-www-form-urlencoded, password=%FF)");
  }
  if (!IsModestJson(text, kJsonValuesMax, kJsonDepthMax)) {
    return absl::InvalidArgumentError("the request body is not valid JSON");
  }
  const Json body = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (body.is_discarded()) {
    return absl::InvalidArgumentError("the request body is not valid JSON");
  }
  if (!body.is_object()) {
    return absl::InvalidArgumentError("the request body is not a JSON object");
  }
  // Nothing takes lists or objects. To copy them would go as deep as they do.
  for (const auto& [name, value] : body.items()) {
    values[name] = value.is_structured() ? Json::array() : value;
  }
  return absl::OkStatus();
}

std::optional<int64_t> ToInteger(const Json& raw) {
  if (raw.is_number_unsigned() &&
      raw.get<uint64_t>() > std::numeric_limits<int64_t>::max()) {
    return std::nullopt;
  }
  if (raw.is_number_integer()) return raw.get<int64_t>();
  if (!raw.is_string()) return std::nullopt;
  const auto& text = raw.get_ref<const std::string&>();
  int64_t number = 0;
  const bool canonical =
      absl::SimpleAtoi(text, &number) && text == absl::StrCat(number);
  return canonical ? std::make_optional(number) : std::nullopt;
}

std::optional<bool> ToFlag(const Json& raw) {
  if (raw.is_boolean()) return raw.get<bool>();
  if (raw == "true" || raw == "1") return true;
  if (raw == "false" || raw == "0") return false;
  return std::nullopt;
}

std::optional<Arguments::Value> Convert(const Parameter& parameter,
                                        const Json& raw) {
  if (raw.is_null()) {
    return parameter.nullable ? std::make_optional<Arguments::Value>("")
                              : std::nullopt;
  }
  switch (parameter.type) {
    case ValueType::kText:
      // Secrets are never shown, so they need be no text.
      if (!raw.is_string() ||
          !(parameter.is_secret || IsUtf8(raw.get_ref<const std::string&>()))) {
        return std::nullopt;
      }
      return raw.get<std::string>();
    case ValueType::kInteger:
      return ToInteger(raw);
    case ValueType::kFlag:
      return ToFlag(raw);
  }
  return std::nullopt;
}

// What is wrong with `value`; empty = nothing.
std::string Fault(const Parameter& parameter, const Arguments::Value& value) {
  if (const auto* const text = std::get_if<std::string>(&value)) {
    const bool blank = absl::StripAsciiWhitespace(*text).empty();
    return blank && !parameter.may_be_blank ? "is empty" : "";
  }
  const auto* const number = std::get_if<int64_t>(&value);
  if (number == nullptr) return "";
  const bool good = *number >= parameter.minimum.value_or(*number) &&
                    *number <= parameter.maximum.value_or(*number) &&
                    (parameter.allowed.empty() ||
                     absl::c_linear_search(parameter.allowed, *number));
  return good ? "" : "does not have a valid value";
}

// Gathers arguments, and what is wrong with them.
class Reader {
 public:
  void Read(const Parameter& parameter, const Json* raw) {
    if (raw == nullptr) {
      if (parameter.required) Complain(parameter, "is missing");
      if (parameter.default_value) {
        arguments_.Set(parameter.name, *parameter.default_value);
      }
      return;
    }
    auto value = Convert(parameter, *raw);
    if (!value) return Complain(parameter, "is invalid");
    const std::string fault = Fault(parameter, *value);
    if (!fault.empty()) return Complain(parameter, fault);
    arguments_.Set(parameter.name, *std::move(value));
  }

  void Complain(const Parameter& parameter, absl::string_view fault) {
    Complain(absl::StrCat(parameter.name, " ", fault));
  }
  void Complain(std::string fault) { faults_.push_back(std::move(fault)); }

  absl::StatusOr<Arguments> Finish() && {
    if (faults_.empty()) return std::move(arguments_);
    return absl::InvalidArgumentError(absl::StrJoin(faults_, ", "));
  }

 private:
  Arguments arguments_;
  std::vector<std::string> faults_;
};

const Json* ValueOf(const Json& values, const std::string& name) {
  const auto it = values.find(name);
  return it == values.end() ? nullptr : &*it;
}

bool HasNone(const std::vector<Parameter>& parameters, const Json& values) {
  return absl::c_none_of(parameters, [&](const Parameter& parameter) {
    return values.contains(parameter.name);
  });
}

std::string Names(const std::vector<Parameter>& parameters) {
  return absl::StrJoin(parameters, ", ",
                       [](std::string* out, const Parameter& parameter) {
                         out->append(parameter.name);
                       });
}

}  // namespace

const Arguments::Value* Arguments::Find(absl::string_view name) const {
  const auto it = values_.find(name);
  return it == values_.end() ? nullptr : &it->second;
}

std::string Arguments::Text(absl::string_view name) const {
  const auto* const value = std::get_if<std::string>(Find(name));
  return value == nullptr ? "" : *value;
}

int64_t Arguments::Integer(absl::string_view name) const {
  const auto* const value = std::get_if<int64_t>(Find(name));
  return value == nullptr ? 0 : *value;
}

bool Arguments::Flag(absl::string_view name) const {
  const auto* const value = std::get_if<bool>(Find(name));
  return value != nullptr && *value;
}

bool IsReadableType(const std::optional<std::string>& content_type) {
  const std::string type = TypeOf(content_type);
  return type == kJsonType || type == kFormType;
}

absl::StatusOr<Arguments> ReadArguments(const Operation& operation,
                                        const ArgumentSource& source) {
  Reader reader;
  Json query = Json::object();
  if (!AddForm(source.query, query).ok()) {
    return absl::InvalidArgumentError("the query string is not valid");
  }
  for (size_t i = 0; i < operation.path.size(); ++i) {
    const Json raw = source.path[i];
    reader.Read(operation.path[i], &raw);
  }
  for (const Parameter& parameter : operation.query) {
    reader.Read(parameter, ValueOf(query, parameter.name));
  }
  if (!operation.takes_body) return std::move(reader).Finish();

  for (const Parameter& parameter : operation.body) {
    if (!parameter.is_secret || !query.contains(parameter.name)) continue;
    reader.Complain(
        parameter,
        "must not be sent in the query string; use the request body");
    query.erase(parameter.name);
  }
  Json values = std::move(query);
  if (TypeOf(source.content_type) == kFormType) {
    if (!AddForm(source.body, values).ok()) {
      return absl::InvalidArgumentError(
          "the request body is not valid form data");
    }
  } else if (!source.body.empty()) {
    RETURN_IF_ERROR(AddJson(source.body, values));
  }
  for (const Parameter& parameter : operation.body) {
    reader.Read(parameter, ValueOf(values, parameter.name));
  }
  if (operation.needs_one && HasNone(operation.body, values)) {
    reader.Complain(
        absl::StrCat(Names(operation.body),
                     " are missing, at least one parameter must be provided"));
  }
  return std::move(reader).Finish();
}

}  // namespace cvr::rest
