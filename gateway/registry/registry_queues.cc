#include "gateway/registry/registry_queues.h"

#include "absl/hash/hash.h"
#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "services/common/limits.h"

namespace cvr {
namespace {

// More than run at once, so that two of those seldom share one.
constexpr uint64_t kNameQueues = 1024;

// Where the first `parts` components of a path end; npos if there are fewer
// with something behind them.
size_t EndOf(absl::string_view path, int parts) {
  size_t end = path.find('/');
  while (--parts > 0 && end != path.npos) end = path.find('/', end + 1);
  return end;
}

}  // namespace

std::string QueueOfRegistry(absl::string_view id) {
  return absl::StrCat("registry ", id);
}

RegistryQueues::RegistryQueues(size_t names_max)
    : names_max_(names_max), salt_(absl::Uniform<uint64_t>(absl::BitGen())) {}

void RegistryQueues::Learn(absl::string_view path,
                           const LocatedRegistry& registry) {
  const absl::string_view name =
      path.substr(0, EndOf(path, registry.path_parts));
  MutexLock lock(&mutex_);
  const auto known = ids_.find(name);
  if (known != ids_.end()) {
    known->second = registry.id;
    return;
  }
  if (ids_.size() >= names_max_) ids_.erase(ids_.begin());
  ids_.emplace(name, registry.id);
}

std::string RegistryQueues::QueueOf(absl::string_view path) const {
  const size_t two = EndOf(path, 2);
  if (path.find('/') == 0 || two == path.npos) return "other requests";
  {
    MutexLock lock(&mutex_);
    size_t end = two;
    for (size_t parts = 2;
         end != path.npos && parts <= limits::kRegistryPathPartsMax; ++parts) {
      const auto known = ids_.find(path.substr(0, end));
      if (known != ids_.end()) {
        return QueueOfRegistry(absl::StrCat(known->second));
      }
      end = path.find('/', end + 1);
    }
  }
  return absl::StrCat("name ",
                      absl::HashOf(salt_, path.substr(0, two)) % kNameQueues);
}

}  // namespace cvr
