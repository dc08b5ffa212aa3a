#include "gateway/native_rest/request_fields.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/algorithm/container.h"
#include "absl/random/random.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr::native_rest {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kIfMatch[] = "If-Match";
constexpr char kIfNoneMatch[] = "If-None-Match";
constexpr char kIdempotencyKey[] = "Idempotency-Key";
constexpr char kRequestId[] = "X-Request-Id";
constexpr size_t kRequestIdBytesMax = 128;

// RFC 9110, section 8.8.3, without its quotes. Empty for another text.
absl::string_view OpaqueTagOf(absl::string_view tag) {
  tag = absl::StripAsciiWhitespace(tag);
  absl::ConsumePrefix(&tag, "W/");
  if (!absl::ConsumePrefix(&tag, "\"") || !absl::ConsumeSuffix(&tag, "\"")) {
    return "";
  }
  const bool good = absl::c_all_of(
      tag, [](char c) { return absl::ascii_isgraph(c) && c != '"'; });
  return good ? tag : "";
}

// RFC 9562, in either case.
bool IsUuid(absl::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash ? text[i] != '-' : !absl::ascii_isxdigit(text[i])) return false;
  }
  return true;
}

const FieldDescriptor* TextField(const google::protobuf::Descriptor& message,
                                 const std::string& name) {
  const FieldDescriptor* const field = message.FindFieldByName(name);
  return field != nullptr && !field->is_repeated() &&
                 field->type() == FieldDescriptor::TYPE_STRING
             ? field
             : nullptr;
}

// Sets a text field, which may have the same value already.
absl::Status SetOnce(Message& message, const FieldDescriptor& field,
                     absl::string_view header, absl::string_view value) {
  const auto* const reflection = message.GetReflection();
  const std::string before = reflection->GetString(message, &field);
  if (!before.empty() && before != value) {
    return errors::FieldInvalid(
        header, absl::StrCat("is not the ", field.name(), " of the request"));
  }
  reflection->SetString(&message, &field, std::string(value));
  return absl::OkStatus();
}

absl::Status Unsupported(absl::string_view header) {
  return errors::FieldInvalid(header, "has no meaning for this method");
}

absl::Status ApplyIfMatch(absl::string_view value, const Route& route,
                          Message& request) {
  Message* message = &request;
  const FieldDescriptor* field = TextField(*request.GetDescriptor(), "etag");
  const FieldDescriptor* const body =
      request.GetDescriptor()->FindFieldByName(route.body);
  if (field == nullptr && body != nullptr) {
    field = TextField(*body->message_type(), "etag");
    message = request.GetReflection()->MutableMessage(&request, body);
  }
  if (field == nullptr) return Unsupported(kIfMatch);
  // What is not there is answered with 404 anyway.
  if (absl::StripAsciiWhitespace(value) == "*") return absl::OkStatus();
  const absl::string_view tag = OpaqueTagOf(value);
  if (tag.empty()) {
    return errors::FieldInvalid(kIfMatch, "must be one ETag in quotes, or *");
  }
  return SetOnce(*message, *field, kIfMatch, tag);
}

absl::Status ApplyIdempotencyKey(absl::string_view value, Message& request) {
  const FieldDescriptor* const field =
      TextField(*request.GetDescriptor(), "request_id");
  if (field == nullptr) return Unsupported(kIdempotencyKey);
  // A structured field would have quotes.
  if (absl::ConsumePrefix(&value, "\"")) absl::ConsumeSuffix(&value, "\"");
  if (!IsUuid(value)) {
    return errors::FieldInvalid(kIdempotencyKey, "must be a UUID");
  }
  return SetOnce(request, *field, kIdempotencyKey, value);
}

}  // namespace

absl::Status ApplyFields(const HttpFields& fields, const Route& route,
                         Message& request) {
  if (const auto value = fields.Get(kIfMatch)) {
    RETURN_IF_ERROR(ApplyIfMatch(*value, route, request));
  }
  if (const auto value = fields.Get(kIdempotencyKey)) {
    RETURN_IF_ERROR(ApplyIdempotencyKey(*value, request));
  }
  if (route.http_method != "GET" && fields.Has(kIfNoneMatch)) {
    return Unsupported(kIfNoneMatch);
  }
  return absl::OkStatus();
}

std::string EntityTagOf(const Message& answer) {
  const FieldDescriptor* const field =
      TextField(*answer.GetDescriptor(), "etag");
  if (field == nullptr) return "";
  const std::string tag = absl::StrCat(
      "\"", answer.GetReflection()->GetString(answer, field), "\"");
  return OpaqueTagOf(tag).empty() ? "" : tag;
}

bool NamesEntityTag(absl::string_view field, absl::string_view entity_tag) {
  if (entity_tag.empty()) return false;
  for (const absl::string_view tag : absl::StrSplit(field, ',')) {
    if (absl::StripAsciiWhitespace(tag) == "*") return true;
    const absl::string_view opaque = OpaqueTagOf(tag);
    if (!opaque.empty() && opaque == OpaqueTagOf(entity_tag)) return true;
  }
  return false;
}

std::string RequestIdOf(const HttpFields& fields) {
  const absl::string_view sent = fields.First(kRequestId);
  const bool good =
      !sent.empty() && sent.size() <= kRequestIdBytesMax &&
      absl::c_all_of(sent, [](char c) {
        return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
      });
  if (good) return std::string(sent);
  thread_local absl::BitGen generator;
  const uint64_t high = absl::Uniform<uint64_t>(generator);
  const uint64_t low = absl::Uniform<uint64_t>(generator);
  // Version 4, variant 10.
  return absl::StrFormat(
      "%08x-%04x-4%03x-%04x-%012x", high >> 32, (high >> 16) & 0xffff,
      high & 0xfff, 0x8000 | ((low >> 48) & 0x3fff), low & 0xffff'ffff'ffff);
}

}  // namespace cvr::native_rest
