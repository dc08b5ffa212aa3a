#include "gateway/native_rest/path_template.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/status_macros.h"
#include "services/common/utf8.h"
#include "services/network/percent_encoding.h"

namespace cvr::native_rest {
namespace {

absl::Status Wrong(absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("not a path template: ", text));
}

bool IsWord(absl::string_view text) {
  return !text.empty() && absl::c_all_of(text, [](char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
  });
}

bool IsFieldPath(absl::string_view text) {
  for (const absl::string_view name : absl::StrSplit(text, '.')) {
    if (!IsWord(name)) return false;
  }
  return true;
}

// Whether a decoded segment can be, or be part of, a value.
bool IsSegment(absl::string_view text) {
  if (!IsUtf8(text) || absl::c_any_of(text, absl::ascii_iscntrl)) return false;
  for (const absl::string_view part : absl::StrSplit(text, '/')) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

}  // namespace

std::optional<RequestPath> RequestPath::Parse(absl::string_view path) {
  RequestPath parsed;
  if (!absl::ConsumePrefix(&path, "/")) return std::nullopt;
  const size_t colon = path.find_last_of(":/");
  if (colon != path.npos && path[colon] == ':') {
    parsed.verb = std::string(path.substr(colon + 1));
    if (!IsWord(parsed.verb)) return std::nullopt;
    path = path.substr(0, colon);
  }
  for (const absl::string_view raw : absl::StrSplit(path, '/')) {
    auto segment = PercentDecode(raw);
    if (!segment || !IsSegment(*segment)) return std::nullopt;
    parsed.segments.push_back(*std::move(segment));
  }
  return parsed;
}

absl::Status PathTemplate::AddParts(absl::string_view text) {
  for (const absl::string_view part : absl::StrSplit(text, '/')) {
    if (!parts_.empty() && parts_.back().kind == Kind::kRest) {
      return Wrong(text_);
    }
    if (part == "**") {
      parts_.push_back({Kind::kRest, ""});
    } else if (part == "*") {
      parts_.push_back({Kind::kAny, ""});
    } else if (IsWord(part)) {
      parts_.push_back({Kind::kWord, std::string(part)});
    } else {
      return Wrong(text_);
    }
  }
  return absl::OkStatus();
}

absl::Status PathTemplate::AddVariable(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> sides =
      absl::StrSplit(text, absl::MaxSplits('=', 1));
  if (!IsFieldPath(sides.first)) return Wrong(text_);
  const size_t begin = parts_.size();
  RETURN_IF_ERROR(
      AddParts(sides.first.size() == text.size() ? "*" : sides.second));
  variables_.push_back({std::string(sides.first), begin, parts_.size()});
  return absl::OkStatus();
}

absl::StatusOr<PathTemplate> PathTemplate::Parse(absl::string_view text) {
  PathTemplate parsed;
  parsed.text_ = std::string(text);
  absl::string_view rest = text;
  while (absl::ConsumePrefix(&rest, "/")) {
    if (absl::ConsumePrefix(&rest, "{")) {
      const size_t end = rest.find('}');
      if (end == rest.npos) return Wrong(text);
      RETURN_IF_ERROR(parsed.AddVariable(rest.substr(0, end)));
      rest.remove_prefix(end + 1);
    } else {
      const absl::string_view part = rest.substr(0, rest.find_first_of("/:"));
      RETURN_IF_ERROR(parsed.AddParts(part));
      rest.remove_prefix(part.size());
    }
  }
  if (absl::ConsumePrefix(&rest, ":")) {
    if (!IsWord(rest)) return Wrong(text);
    parsed.verb_ = std::string(rest);
    rest = "";
  }
  if (!rest.empty() || parsed.parts_.empty()) return Wrong(text);
  return parsed;
}

std::optional<std::vector<PathTemplate::Binding>> PathTemplate::Match(
    const RequestPath& path) const {
  const auto& segments = path.segments;
  const bool has_rest = parts_.back().kind == Kind::kRest;
  if (path.verb != verb_ || segments.size() < parts_.size() ||
      (!has_rest && segments.size() != parts_.size())) {
    return std::nullopt;
  }
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].kind == Kind::kWord && parts_[i].word != segments[i]) {
      return std::nullopt;
    }
  }
  std::vector<Binding> bindings;
  for (const Variable& variable : variables_) {
    const bool to_the_end = has_rest && variable.end == parts_.size();
    const auto first = segments.begin() + variable.begin;
    const auto last =
        to_the_end ? segments.end() : segments.begin() + variable.end;
    bindings.push_back({variable.field, absl::StrJoin(first, last, "/")});
  }
  return bindings;
}

std::vector<std::string> PathTemplate::fields() const {
  std::vector<std::string> fields;
  for (const Variable& variable : variables_) fields.push_back(variable.field);
  return fields;
}

size_t PathTemplate::word_count() const {
  return absl::c_count_if(
      parts_, [](const Part& part) { return part.kind == Kind::kWord; });
}

}  // namespace cvr::native_rest
