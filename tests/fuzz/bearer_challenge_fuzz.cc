// What a client sends never breaks out of the quotes of our challenge.

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "gateway/registry/bearer_challenge.h"
#include "services/upstream/auth/challenge.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const size_t half = size / 2;
  cvr::HttpRequest request;
  request.method = "GET";
  request.target = "/v2/" + input.substr(0, half);
  request.fields.Add("Host", input.substr(half));
  const std::string value = cvr::BearerChallenge(
      request, "", "http://127.0.0.1:80", "gw", "invalid_token");
  FUZZ_CHECK(value.find_first_of("\r\n") == std::string::npos);
  FUZZ_CHECK(value.find('\0') == std::string::npos);
  const auto challenges = cvr::ParseChallenges(value);
  FUZZ_CHECK(challenges.size() == 1);
  FUZZ_CHECK(challenges[0].scheme == "bearer");
  const auto& parameters = challenges[0].parameters;
  FUZZ_CHECK(parameters.at("service") == "gw");
  FUZZ_CHECK(parameters.at("error") == "invalid_token");
  FUZZ_CHECK(absl::StartsWith(parameters.at("realm"), "http://"));
  FUZZ_CHECK(absl::EndsWith(parameters.at("realm"), "/jwt/auth"));
  FUZZ_CHECK(parameters.size() == 3 + parameters.count("scope"));
  return 0;
}
