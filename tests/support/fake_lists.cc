#include "tests/support/fake_lists.h"

#include <cstdint>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace cvr::testing {
namespace {

// Undecoded: tags and numbers need no encoding.
std::string QueryValue(absl::string_view target, absl::string_view name) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(target, absl::MaxSplits('?', 1));
  for (absl::string_view pair : absl::StrSplit(parts.second, '&')) {
    if (absl::ConsumePrefix(&pair, name) && absl::ConsumePrefix(&pair, "=")) {
      return std::string(pair);
    }
  }
  return "";
}

}  // namespace

FakePage FakeTagsPage(const std::map<std::string, std::string>& tags,
                      absl::string_view target) {
  size_t page_size = 0;
  if (!absl::SimpleAtoi(QueryValue(target, "n"), &page_size)) {
    page_size = SIZE_MAX;
  }
  const std::string last = QueryValue(target, "last");
  std::vector<std::string> page;
  auto it = last.empty() ? tags.begin() : tags.upper_bound(last);
  for (; it != tags.end() && page.size() < page_size; ++it) {
    page.push_back(it->first);
  }
  FakePage answer;
  answer.body =
      absl::StrCat(R"({"name":"fake","tags":[)", page.empty() ? "" : "\"",
                   absl::StrJoin(page, "\",\""), page.empty() ? "]}" : "\"]}");
  if (it != tags.end() && !page.empty()) {
    answer.link = absl::StrCat("<", target.substr(0, target.find('?')),
                               "?last=", page.back(), "&n=", page_size,
                               ">; rel=\"next\"");
  }
  return answer;
}

std::string FakeReferrersBody(const std::vector<std::string>& descriptors) {
  return absl::StrCat(R"({"schemaVersion":2,"manifests":[)",
                      absl::StrJoin(descriptors, ","), "]}");
}

}  // namespace cvr::testing
