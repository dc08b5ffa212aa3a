#include "tests/conformance/expectations.h"

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace cvr::testing {
namespace {

constexpr size_t kShownBytesMax = 120;

bool IsErrorCode(const nlohmann::json& code) {
  return code.is_string() && !code.get<std::string>().empty() &&
         absl::c_all_of(code.get<std::string>(), [](char c) {
           return absl::ascii_isupper(c) || c == '_';
         });
}

}  // namespace

std::string FirstOf(const std::vector<std::string>& problems) {
  for (const std::string& problem : problems) {
    if (!problem.empty()) return problem;
  }
  return "";
}

std::string Equal(const std::string& what, const std::string& got,
                  const std::string& wanted) {
  if (got == wanted) return "";
  return absl::StrCat(what, ": want '", wanted.substr(0, kShownBytesMax),
                      "', got '", got.substr(0, kShownBytesMax), "'");
}

std::string Status(const HttpResponse& response, int wanted) {
  return Equal("status", absl::StrCat(response.status), absl::StrCat(wanted));
}

std::string Header(const HttpResponse& response, const std::string& name,
                   const std::string& wanted) {
  return Equal(name, response.header(absl::AsciiStrToLower(name)), wanted);
}

std::string Body(const HttpResponse& response, const std::string& wanted) {
  if (!response.error.empty()) return response.error;
  return Equal("body", response.body, wanted);
}

std::string OciError(const HttpResponse& response, int status,
                     const std::string& code) {
  if (auto wrong = Status(response, status); !wrong.empty()) return wrong;
  const auto body = nlohmann::json::parse(response.body, nullptr, false);
  const std::string shown = response.body.substr(0, kShownBytesMax);
  if (!body.is_object() || !body.contains("errors") ||
      !body["errors"].is_array() || body["errors"].empty()) {
    return absl::StrCat("no list of errors: ", shown);
  }
  for (const auto& error : body["errors"]) {
    if (!error.is_object() || !IsErrorCode(error.value("code", "")) ||
        !error.value("message", nlohmann::json("")).is_string()) {
      return absl::StrCat("malformed error: ", shown);
    }
  }
  if (code.empty()) return "";
  return Equal("code", body["errors"][0]["code"], code);
}

}  // namespace cvr::testing
