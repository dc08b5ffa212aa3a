#include "services/metadata/resources/filter.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"

namespace cvr {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Reads one filter from left to right.
class FilterParser {
 public:
  FilterParser(absl::string_view text, const Descriptor& type,
               absl::Span<const absl::string_view> offered)
      : text_(text), type_(type), offered_(offered) {}

  absl::StatusOr<Filter> Parse() {
    Filter filter;
    SkipSpace();
    while (!AtEnd()) {
      if (filter.terms_.size() == Filter::kTermsMax) {
        return Bad(absl::StrCat("more than ", Filter::kTermsMax, " terms"));
      }
      ASSIGN_OR_RETURN(auto term, ParseTerm());
      filter.terms_.push_back(std::move(term));
      SkipSpace();
      if (AtEnd()) break;
      if (Word() != "AND") return Bad("'AND' expected");
      SkipSpace();
      if (AtEnd()) return Bad("a term expected");
    }
    return filter;
  }

 private:
  struct Value {
    std::string text;
    bool quoted = false;
  };

  absl::StatusOr<Filter::Term> ParseTerm() {
    const size_t start = at_;
    Filter::Term term;
    term.field = std::string(Word());
    if (!absl::c_linear_search(offered_, term.field)) {
      at_ = start;
      return Bad(
          absl::StrCat("one of ", absl::StrJoin(offered_, ", "), " expected"));
    }
    RETURN_IF_ERROR(FindWay(term));
    SkipSpace();
    if (AtEnd() || (text_[at_] != '=' && text_[at_] != ':')) {
      return Bad("'=' or ':' expected");
    }
    term.contains = text_[at_++] == ':';
    SkipSpace();
    const size_t value_at = at_;
    ASSIGN_OR_RETURN(const Value value, ParseValue());
    const absl::Status typed = Assign(value, term);
    if (!typed.ok()) at_ = value_at;
    return typed.ok() ? absl::StatusOr<Filter::Term>(std::move(term))
                      : Bad(typed.message());
  }

  absl::Status FindWay(Filter::Term& term) const {
    const Descriptor* at = &type_;
    for (const auto part : absl::StrSplit(term.field, '.')) {
      const auto* const field =
          at == nullptr ? nullptr : at->FindFieldByName(std::string(part));
      if (field == nullptr || field->is_repeated()) {
        return absl::InternalError(absl::StrCat(
            type_.full_name(), " cannot be filtered by ", term.field));
      }
      term.path.push_back(field);
      at = field->message_type();
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Value> ParseValue() {
    if (AtEnd()) return Bad("a value expected");
    Value value;
    if (text_[at_] != '"') {
      value.text = std::string(Word());
      if (value.text.empty()) return Bad("a value expected");
      return value;
    }
    value.quoted = true;
    for (++at_; !AtEnd(); ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        return value;
      }
      if (text_[at_] == '\\') {
        ++at_;
        if (AtEnd() || (text_[at_] != '"' && text_[at_] != '\\')) {
          return Bad("'\"' or '\\' expected");
        }
      }
      value.text += text_[at_];
    }
    return Bad("'\"' expected");
  }

  // The value as one of the field's type. Errors: what is expected.
  static absl::Status Assign(const Value& value, Filter::Term& term) {
    const FieldDescriptor& field = *term.path.back();
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
        field.type() != FieldDescriptor::TYPE_BYTES) {
      term.value =
          term.contains ? absl::AsciiStrToLower(value.text) : value.text;
      return absl::OkStatus();
    }
    if (term.contains) {
      return absl::InvalidArgumentError("':' is for texts; '=' expected");
    }
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_BOOL:
        if (value.quoted || (value.text != "true" && value.text != "false")) {
          return absl::InvalidArgumentError("true or false expected");
        }
        term.value = value.text == "true";
        return absl::OkStatus();
      case FieldDescriptor::CPPTYPE_ENUM: {
        const auto* const named =
            field.enum_type()->FindValueByName(value.text);
        if (named == nullptr) {
          return absl::InvalidArgumentError(absl::StrCat(
              "a value of ", field.enum_type()->name(), " expected"));
        }
        term.value = int64_t{named->number()};
        return absl::OkStatus();
      }
      case FieldDescriptor::CPPTYPE_INT32:
      case FieldDescriptor::CPPTYPE_INT64: {
        int64_t number = 0;
        if (value.quoted || !absl::SimpleAtoi(value.text, &number)) {
          return absl::InvalidArgumentError("a number expected");
        }
        term.value = number;
        return absl::OkStatus();
      }
      default:
        return absl::InvalidArgumentError(
            "a text, number or truth value expected");
    }
  }

  static bool IsOfWord(char c) {
    return !absl::ascii_isspace(c) && !absl::StrContains("=:()<>!,\"", c);
  }

  absl::string_view Word() {
    const size_t start = at_;
    while (!AtEnd() && IsOfWord(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  void SkipSpace() {
    while (!AtEnd() && absl::ascii_isspace(text_[at_])) ++at_;
  }
  bool AtEnd() const { return at_ == text_.size(); }

  absl::Status Bad(absl::string_view what) const {
    return errors::FieldInvalid(
        "filter", absl::StrCat("character ", at_ + 1, ": ", what));
  }

  const absl::string_view text_;
  const Descriptor& type_;
  const absl::Span<const absl::string_view> offered_;
  size_t at_ = 0;
};

absl::StatusOr<Filter> Filter::Parse(
    absl::string_view text, const Descriptor& type,
    absl::Span<const absl::string_view> offered) {
  if (text.size() > kBytesMax) {
    return errors::FieldInvalid(
        "filter", absl::StrCat("must not have more than ", kBytesMax, " bytes"),
        v1::FIELD_TOO_LONG);
  }
  return FilterParser(text, type, offered).Parse();
}

bool Filter::Matches(const Message& resource) const {
  return absl::c_all_of(
      terms_, [&](const Term& term) { return Matches(term, resource); });
}

bool Filter::Matches(const Term& term, const Message& resource) {
  const Message* at = &resource;
  for (size_t i = 0; i + 1 < term.path.size(); ++i) {
    at = &at->GetReflection()->GetMessage(*at, term.path[i]);
  }
  const FieldDescriptor* const field = term.path.back();
  const auto& reflection = *at->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string text = reflection.GetString(*at, field);
      const auto& wanted = std::get<std::string>(term.value);
      return term.contains
                 ? absl::StrContains(absl::AsciiStrToLower(text), wanted)
                 : text == wanted;
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(*at, field) == std::get<bool>(term.value);
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.GetEnumValue(*at, field) ==
             std::get<int64_t>(term.value);
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.GetInt32(*at, field) == std::get<int64_t>(term.value);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.GetInt64(*at, field) == std::get<int64_t>(term.value);
    default:
      return false;  // Parse() lets none through.
  }
}

const std::string* Filter::EqualTo(absl::string_view field) const {
  for (const Term& term : terms_) {
    if (term.field == field && !term.contains) {
      return std::get_if<std::string>(&term.value);
    }
  }
  return nullptr;
}

}  // namespace cvr
