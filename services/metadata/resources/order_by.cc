#include "services/metadata/resources/order_by.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/common/errors.h"
#include "services/metadata/store/key_encoding.h"

namespace cvr {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Bounds what is copied and split.
constexpr size_t kBytesMax = 256;

int64_t NumberOf(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.GetInt64(message, &field);
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.GetEnumValue(message, &field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field) ? 1 : 0;
    default:
      return 0;
  }
}

}  // namespace

absl::StatusOr<OrderBy> OrderBy::Parse(
    absl::string_view text, absl::Span<const absl::string_view> offered) {
  const std::vector<absl::string_view> words = absl::StrSplit(
      text.substr(0, kBytesMax), absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
  OrderBy order;
  order.field = std::string(words.empty() ? offered.front() : words[0]);
  order.descending = words.size() > 1 && words[1] == "desc";
  const bool has_direction =
      words.size() < 2 || words[1] == "desc" || words[1] == "asc";
  if (text.size() > kBytesMax || words.size() > 2 || !has_direction ||
      !absl::c_linear_search(offered, order.field)) {
    return errors::FieldInvalid(
        "order_by",
        absl::StrCat("must be one of ", absl::StrJoin(offered, ", "),
                     ", which ' desc' may follow"));
  }
  return order;
}

std::string OrderBy::KeyOf(const Message& resource, int64_t id) const {
  const auto* const by = resource.GetDescriptor()->FindFieldByName(field);
  KeyBuilder key;
  if (by == nullptr) return key.Int(id).Build();
  const auto& reflection = *resource.GetReflection();
  if (by->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    key.String(reflection.GetString(resource, by));
  } else if (by->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    google::protobuf::Timestamp time;
    const Message& value = reflection.GetMessage(resource, by);
    if (value.GetDescriptor() == time.GetDescriptor()) time.CopyFrom(value);
    key.Int(std::max<int64_t>(time.seconds(), 0)).Int(time.nanos());
  } else {
    key.Int(std::max<int64_t>(NumberOf(resource, *by), 0));
  }
  std::string bytes = key.Int(id).Build();
  if (!descending) return bytes;
  // The complement of what has its own end sorts the other way round.
  for (char& byte : bytes) byte = static_cast<char>(~byte);
  return bytes;
}

}  // namespace cvr
