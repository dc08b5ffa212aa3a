#ifndef TESTS_SUPPORT_UPSTREAM_LIST_TEXTS_H_
#define TESTS_SUPPORT_UPSTREAM_LIST_TEXTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/referrer_line.h"
#include "services/upstream/api/upstream_list.h"

namespace cvr::testing {

// A list in the form in which tests compare it: tags as they are.
inline absl::StatusOr<std::vector<std::string>> TextsOf(
    const absl::StatusOr<UpstreamList>& list) {
  if (!list.ok()) return list.status();
  return std::vector<std::string>(list->texts().begin(), list->texts().end());
}

// And of referrers the descriptors.
inline absl::StatusOr<std::vector<std::string>> DescriptorsOf(
    const absl::StatusOr<UpstreamList>& list) {
  auto texts = TextsOf(list);
  if (!texts.ok()) return texts;
  for (std::string& text : *texts) {
    const auto referrer = ParseReferrerLine(text);
    text = referrer ? std::string(referrer->descriptor) : "<no referrer>";
  }
  return texts;
}

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_UPSTREAM_LIST_TEXTS_H_
