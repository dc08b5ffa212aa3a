#include "tools/cvr/client/resource_name.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"

namespace cvr {
namespace {

// Group and name.
std::pair<std::string, std::string> Split(
    const std::string& word, const std::optional<std::string>& group) {
  if (group) return {*group, word};
  const size_t slash = word.rfind('/');
  if (slash == std::string::npos) return {kDefaultGroup, word};
  return {word.substr(0, slash), word.substr(slash + 1)};
}

std::string FieldName(absl::string_view what, absl::string_view field) {
  return what.empty() ? std::string(field) : absl::StrCat(what, "_", field);
}

}  // namespace

bool IsId(absl::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

void SetResource(absl::string_view what, const std::string& word,
                 const std::optional<std::string>& group,
                 google::protobuf::Message& request) {
  const auto& type = *request.GetDescriptor();
  const auto& reflection = *request.GetReflection();
  if (IsId(word)) {
    int64_t id = 0;
    (void)absl::SimpleAtoi(word, &id);
    reflection.SetInt64(&request, type.FindFieldByName(FieldName(what, "id")),
                        id);
    return;
  }
  auto& key = *reflection.MutableMessage(
      &request, type.FindFieldByName(FieldName(what, "key")));
  const auto& key_type = *key.GetDescriptor();
  auto [its_group, its_name] = Split(word, group);
  key.GetReflection()->SetString(&key, key_type.FindFieldByName("group"),
                                 std::move(its_group));
  key.GetReflection()->SetString(&key, key_type.FindFieldByName("name"),
                                 std::move(its_name));
}

CLI::Validator ResourceWord() {
  return CLI::Validator(
      [](std::string& word) -> std::string {
        int64_t id = 0;
        if (IsId(word)) {
          if (absl::SimpleAtoi(word, &id) && id > 0) return "";
          return absl::StrCat("'", word, "' is not an ID above 0");
        }
        if (!word.empty() && word.front() != '/' && word.back() != '/') {
          return "";
        }
        return absl::StrCat("'", word,
                            "' is not an ID, a NAME or a GROUP/NAME");
      },
      "");
}

CLI::Option* AddResourceName(CLI::App& command, const std::string& name,
                             std::string& word,
                             const std::string& description) {
  const bool is_argument = name.front() != '-';
  return command
      .add_option(name, word,
                  absl::StrCat(description, ": its ID, NAME or GROUP/NAME"))
      ->check(ResourceWord())
      ->type_name(is_argument ? "" : "ID|NAME");
}

CLI::Option* AddGroupOfName(CLI::App& command,
                            std::optional<std::string>& group) {
  return command.add_option(
      "--group", group,
      "Group of what is named without one (default: \"default\")");
}

std::string ResourceText(absl::string_view what, const std::string& word,
                         const std::optional<std::string>& group) {
  if (IsId(word)) return absl::StrCat(what, " ", word);
  const auto [its_group, its_name] = Split(word, group);
  return absl::StrCat(what, " ", its_group, "/", its_name);
}

}  // namespace cvr
