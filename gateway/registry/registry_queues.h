#ifndef GATEWAY_REGISTRY_REGISTRY_QUEUES_H_
#define GATEWAY_REGISTRY_REGISTRY_QUEUES_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// The queues (request_scheduler.h) of requests for registries that are named by
// group and name. A thread is taken before it is known which registry a name
// means, so this class remembers the registries of names that were looked up.
// Those names use the queue of the registry's id, so a registry has one queue
// whether its id or its name is used. Names that were not found yet, also
// because there is no such registry, share a bounded number of queues, by a
// hash of the first two components of the path: so a client that invents names
// gets no more queues. The hash differs for each object, so a client cannot
// choose which names it shares a queue with. A remembered name may be outdated,
// and only decides which share of the threads a request uses; do not use it to
// find the registry of a name. Bounded: when it is full, an arbitrary name is
// dropped. Thread-safe.
class RegistryQueues {
 public:
  explicit RegistryQueues(size_t names_max = kNamesMax);

  // `path` begins with the name of `registry`.
  void Learn(absl::string_view path, const LocatedRegistry& registry);

  // Of a request for `<group>/<name>/...`. Too short a path is one of "other
  // requests".
  std::string QueueOf(absl::string_view path) const;

 private:
  static constexpr size_t kNamesMax = 4096;

  const size_t names_max_;
  const uint64_t salt_;
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, int64_t> ids_ ABSL_GUARDED_BY(mutex_);
};

// Of the registry with that id.
std::string QueueOfRegistry(absl::string_view id);

}  // namespace cvr

#endif  // GATEWAY_REGISTRY_REGISTRY_QUEUES_H_
