#ifndef SERVICES_METADATA_WATCH_RESOURCE_WATCH_H_
#define SERVICES_METADATA_WATCH_RESOURCE_WATCH_H_

#include <cstdint>
#include <functional>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cvr/v1/watch_service.pb.h"
#include "services/access/caller.h"
#include "services/concurrency/long_calls.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/watch/change_log.h"

namespace cvr {

// Reads resources as they are answered by Get methods. Errors: NOT_FOUND.
struct ResourceReaders {
  std::function<absl::StatusOr<v1::Group>(const std::string&)> group;
  std::function<absl::StatusOr<v1::Registry>(int64_t)> registry;
  std::function<absl::StatusOr<v1::Upstream>(int64_t)> upstream;
};

// What WatchService promises, without the wire. A change is sent with the
// resource as it is when it is sent: a resource that changes twice may be sent
// twice as it is in the end. An upstream or a registry that the caller could
// see and cannot see any more is sent as deleted. Thread-safe.
class ResourceWatch {
 public:
  struct Options {
    LongCalls::Options calls;
    absl::Duration bookmark_interval = absl::Seconds(50);
  };

  // All must outlive it.
  ResourceWatch(const MetadataStore& store, const ChangeLog& log,
                ResourceReaders readers, const Options& options)
      : store_(store),
        log_(log),
        readers_(std::move(readers)),
        options_(options),
        calls_(options.calls, "WatchResources") {}
  ResourceWatch(const MetadataStore& store, const ChangeLog& log,
                ResourceReaders readers)
      : ResourceWatch(store, log, std::move(readers), Options{}) {}

  v1::GetRevisionResponse GetRevision() const;

  // One call of WatchResources.
  struct Call {
    // Whether the caller may still call, asked before anything is sent.
    absl::FunctionRef<absl::StatusOr<Caller>()> check;
    absl::FunctionRef<bool()> is_cancelled;
    // False = the caller has gone.
    absl::FunctionRef<bool(const v1::WatchResourcesResponse&)> send;
  };
  // Returns when the caller has gone, is not allowed any more, or the process
  // stops. Errors: OUT_OF_RANGE; RESOURCE_EXHAUSTED when too many calls watch;
  // CANCELLED; UNAVAILABLE (reason SHUTTING_DOWN); those of `call.check`.
  absl::Status Watch(const v1::WatchResourcesRequest& request,
                     const Call& call);

 private:
  // Sends what is there after `after`, which becomes the last revision that was
  // sent. Returns whether the caller was sent anything.
  absl::StatusOr<bool> SendNext(const v1::WatchResourcesRequest& request,
                                const Call& call, int64_t& after);
  // What the caller is told of a change; nothing = it must not be told.
  absl::StatusOr<std::optional<v1::WatchResourcesResponse>> MessageFor(
      const ResourceChange& change, const Caller& caller) const;
  absl::StatusOr<bool> MaySeeNow(const ResourceChange& change,
                                 const Caller& caller) const;
  // Fills in the resource. Errors: NOT_FOUND.
  absl::Status Read(const ResourceChange& change,
                    v1::WatchResourcesResponse& message) const;

  const MetadataStore& store_;
  const ChangeLog& log_;
  const ResourceReaders readers_;
  const Options options_;
  LongCalls calls_;
};

}  // namespace cvr

#endif  // SERVICES_METADATA_WATCH_RESOURCE_WATCH_H_
