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
// group and name. A thread is taken before it is known which registry that is,
// so this remembers what names were found to be of: those have the queue of the
// id, and a registry has one queue however it is asked for.
//
// Names that were not found yet, also because there is no such registry, have
// queues by the first two components of the path, dealt into a bounded number:
// as many as there are for whoever makes names up. Which names share one
// differs with each object, so nobody can choose whom to share with.
//
// What is remembered may be outdated and decides nothing but whose share of the
// threads a request has; do not use it to find out which registry is meant.
// Bounded: when it is full, another one is forgotten. Thread-safe.
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
