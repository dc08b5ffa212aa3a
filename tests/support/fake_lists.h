#ifndef TESTS_SUPPORT_FAKE_LISTS_H_
#define TESTS_SUPPORT_FAKE_LISTS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// The lists of a registry: OCI distribution-spec, "Content Discovery". Pure.
namespace cvr::testing {

struct FakePage {
  std::string body;
  std::string link;  // Empty: this is the last page.
};

// The page of `tags`' keys that `target` asks for by its `n` and `last`.
FakePage FakeTagsPage(const std::map<std::string, std::string>& tags,
                      absl::string_view target);

// `descriptors` are JSON.
std::string FakeReferrersBody(const std::vector<std::string>& descriptors);

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_FAKE_LISTS_H_
