#include "gateway/rest/api_document.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gateway/message/url_text.h"
#include "nlohmann/json.hpp"
#include "services/common/status_macros.h"

namespace cvr::rest {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kMethods[] = {"get", "post", "put", "patch", "delete"};
constexpr char kFormat[] = "container";
constexpr char kFormatAlias[] = "containers";

absl::Status Wrong(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("API document: ", what));
}

// What `value` is, or what it refers to. Null when that is missing.
const Json* Resolve(const Json& document, const Json& value) {
  const auto it = value.find("$ref");
  if (it == value.end()) return &value;
  if (!it->is_string()) return nullptr;
  std::string pointer = it->get<std::string>();
  if (!absl::StartsWith(pointer, "#/")) return nullptr;
  const Json::json_pointer place(pointer.substr(1));
  return document.contains(place) ? &document.at(place) : nullptr;
}

std::optional<int64_t> NumberAt(const Json& schema, const char* key) {
  const auto it = schema.find(key);
  if (it == schema.end() || !it->is_number_integer()) return std::nullopt;
  return it->get<int64_t>();
}

absl::StatusOr<ValueType> TypeOf(const Json& schema) {
  const std::string type = schema.value("type", "");
  if (type == "string") return ValueType::kText;
  if (type == "integer") return ValueType::kInteger;
  if (type == "boolean") return ValueType::kFlag;
  return Wrong(absl::StrCat("unsupported parameter type '", type, "'"));
}

absl::StatusOr<Parameter> ReadParameter(const Json& document,
                                        const std::string& name,
                                        const Json& schema_or_reference) {
  const Json* const schema = Resolve(document, schema_or_reference);
  if (schema == nullptr) return Wrong("a schema is missing");
  Parameter parameter;
  parameter.name = name;
  ASSIGN_OR_RETURN(parameter.type, TypeOf(*schema));
  parameter.nullable = schema->value("nullable", false);
  parameter.may_be_blank = NumberAt(*schema, "minLength").value_or(0) == 0;
  parameter.is_secret = schema->value("writeOnly", false);
  parameter.minimum = NumberAt(*schema, "minimum");
  parameter.maximum = NumberAt(*schema, "maximum");
  parameter.default_value = NumberAt(*schema, "default");
  if (parameter.type == ValueType::kInteger) {
    for (const Json& allowed : schema->value("enum", Json::array())) {
      parameter.allowed.push_back(allowed.get<int64_t>());
    }
  }
  return parameter;
}

absl::Status ReadParameters(const Json& document, const Json& list,
                            Operation& operation) {
  for (const Json& item : list) {
    const Json* const found = Resolve(document, item);
    if (found == nullptr) return Wrong("a parameter is missing");
    ASSIGN_OR_RETURN(Parameter parameter,
                     ReadParameter(document, found->value("name", ""),
                                   found->value("schema", Json::object())));
    parameter.required = found->value("required", false);
    const std::string place = found->value("in", "");
    if (place == "path") operation.path.push_back(std::move(parameter));
    if (place == "query") operation.query.push_back(std::move(parameter));
  }
  return absl::OkStatus();
}

absl::Status ReadBody(const Json& document, const Json& body,
                      Operation& operation) {
  const Json::json_pointer place("/content/application~1json/schema");
  if (!body.contains(place)) return Wrong("the request body has no schema");
  const Json* const schema = Resolve(document, body.at(place));
  if (schema == nullptr) return Wrong("a body's schema is missing");
  operation.takes_body = true;
  operation.needs_one = NumberAt(*schema, "minProperties").value_or(0) > 0;
  const Json required = schema->value("required", Json::array());
  const Json properties = schema->value("properties", Json::object());
  for (const auto& [name, property] : properties.items()) {
    ASSIGN_OR_RETURN(Parameter parameter,
                     ReadParameter(document, name, property));
    parameter.required = absl::c_linear_search(required, Json(name));
    operation.body.push_back(std::move(parameter));
  }
  return absl::OkStatus();
}

// What the paths of `item` begin with.
std::string ServerOf(const Json& document, const Json& item) {
  const Json& holder = item.contains("servers") ? item : document;
  const Json servers = holder.value("servers", Json::array());
  return servers.empty() ? "" : servers[0].value("url", "");
}

absl::StatusOr<Operation> ReadOperation(const Json& document,
                                        const std::string& method,
                                        const std::string& path,
                                        const Json& item) {
  Operation operation;
  operation.method = absl::AsciiStrToUpper(method);
  operation.segments = absl::StrSplit(absl::StripPrefix(path, "/"), '/');
  operation.id = item.value("operationId", "");
  if (operation.id.empty())
    return Wrong(absl::StrCat(path, ": operationId is missing"));
  operation.is_public =
      item.contains("security") && item.at("security").empty();
  RETURN_IF_ERROR(ReadParameters(
      document, item.value("parameters", Json::array()), operation));
  if (item.contains("requestBody")) {
    RETURN_IF_ERROR(ReadBody(document, item.at("requestBody"), operation));
  }
  if (absl::c_count_if(operation.segments, [](const std::string& segment) {
        return absl::StartsWith(segment, "{");
      }) != static_cast<int64_t>(operation.path.size())) {
    return Wrong(
        absl::StrCat(path, ": the parameters do not match those in the path"));
  }
  return operation;
}

absl::StatusOr<std::vector<Operation>> ReadOperations(const Json& document) {
  std::vector<Operation> operations;
  const Json paths = document.value("paths", Json::object());
  for (const auto& [path, item] : paths.items()) {
    for (const char* const method : kMethods) {
      if (!item.contains(method)) continue;
      ASSIGN_OR_RETURN(
          Operation operation,
          ReadOperation(document, method,
                        absl::StrCat(ServerOf(document, item), path),
                        item.at(method)));
      operations.push_back(std::move(operation));
    }
  }
  if (operations.empty()) return Wrong("the document has no operations");
  return operations;
}

// Absent when some segment can be none.
std::optional<std::vector<std::string>> DecodePath(absl::string_view path) {
  std::vector<std::string> segments;
  if (!absl::ConsumePrefix(&path, "/")) return std::nullopt;
  for (const absl::string_view raw : absl::StrSplit(path, '/')) {
    auto segment = DecodeSegment(raw);
    if (!segment || segment->empty()) return std::nullopt;
    if (*segment == kFormatAlias && !segments.empty() &&
        segments.back() == "virtual_registries") {
      segment = kFormat;
    }
    segments.push_back(*std::move(segment));
  }
  return segments;
}

// The values that `segments` has where `pattern` has parameters.
std::optional<std::vector<std::string>> Values(
    const std::vector<std::string>& pattern,
    const std::vector<std::string>& segments) {
  if (pattern.size() != segments.size()) return std::nullopt;
  std::vector<std::string> values;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (absl::StartsWith(pattern[i], "{")) {
      values.push_back(segments[i]);
    } else if (pattern[i] != segments[i]) {
      return std::nullopt;
    }
  }
  return values;
}

}  // namespace

absl::StatusOr<ApiDocument> ApiDocument::Parse(absl::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Wrong("not a JSON object");
  ApiDocument document;
  // Its accessors throw when something is of another type than OpenAPI has it.
  try {
    ASSIGN_OR_RETURN(document.operations_, ReadOperations(json));
  } catch (const Json::exception& error) {
    return Wrong(error.what());
  }
  return document;
}

ApiDocument::Match ApiDocument::Find(absl::string_view method,
                                     absl::string_view path) const {
  Match match;
  const auto segments = DecodePath(path);
  if (!segments) return match;
  if (method == "HEAD") method = "GET";
  for (const Operation& operation : operations_) {
    auto values = Values(operation.segments, *segments);
    if (!values) continue;
    match.methods.push_back(operation.method);
    if (operation.method != method) continue;
    match.operation = &operation;
    match.values = *std::move(values);
  }
  return match;
}

}  // namespace cvr::rest
