#include "services/common/pull_name.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/limits.h"
#include "services/common/reference.h"

namespace cvr {

std::string PullNameOf(absl::string_view group, absl::string_view name) {
  // `/` and a repository of one letter.
  constexpr size_t kRoom = 2;
  std::string path = absl::StrCat(group, "/", name);
  const auto parts = 1 + std::count(path.begin(), path.end(), '/');
  if (absl::StrContains(name, '/') ||
      static_cast<size_t>(parts) > limits::kRegistryPathPartsMax ||
      path.size() + kRoom > limits::kRepositoryCharsMax ||
      IsRegistryNumber(group.substr(0, group.find('/'))) ||
      !Repository::Parse(path).ok()) {
    return "";
  }
  return path;
}

bool IsRegistryNumber(absl::string_view component) {
  return !component.empty() && absl::c_all_of(component, absl::ascii_isdigit);
}

}  // namespace cvr
