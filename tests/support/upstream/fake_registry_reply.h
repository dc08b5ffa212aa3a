#ifndef TESTS_SUPPORT_UPSTREAM_FAKE_REGISTRY_REPLY_H_
#define TESTS_SUPPORT_UPSTREAM_FAKE_REGISTRY_REPLY_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/upstream/fake_registry.h"

namespace cvr::testing {

// What a good registry answers, before a FakeAnswer spoils it.
struct FakeRegistry::Reply {
  int status = 200;
  std::vector<HttpHeader> headers;
  std::shared_ptr<const std::string> body =
      std::make_shared<const std::string>();
  uint64_t offset = 0;  // Of what is sent of `body`.
  uint64_t length = 0;

  static Reply Of(int status, std::vector<HttpHeader> headers,
                  std::string body) {
    Reply reply = {status, std::move(headers)};
    reply.length = body.size();
    reply.body = std::make_shared<const std::string>(std::move(body));
    return reply;
  }
  static Reply Error(int status, absl::string_view code) {
    return Of(status, {{"Content-Type", "application/json"}},
              absl::StrCat(R"({"errors":[{"code":")", code,
                           R"(","message":"as the test wants it"}]})"));
  }

  void Set(const HttpHeader& header) {
    Remove(header.name);
    headers.push_back(header);
  }
  void Remove(const std::string& name) {
    headers.erase(std::remove_if(headers.begin(), headers.end(),
                                 [&](const HttpHeader& header) {
                                   return absl::EqualsIgnoreCase(header.name,
                                                                 name);
                                 }),
                  headers.end());
  }
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_UPSTREAM_FAKE_REGISTRY_REPLY_H_
