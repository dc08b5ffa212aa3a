#ifndef GATEWAY_OUTAGE_REMEMBERING_RESOLVER_H_
#define GATEWAY_OUTAGE_REMEMBERING_RESOLVER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/outage/bounded_memory.h"
#include "gateway/outage/metadata_contact.h"
#include "services/concurrency/clock.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/retry_loop.h"
#include "services/concurrency/thread.h"
#include "services/metadata/api/resolver.h"

namespace cvr {

// A Resolver that works while the metadata service is unavailable: for a while
// it repeats the answers that the service gave to exactly the same request.
// Only hits are remembered, by caller with all its rights, registry, source
// namespace and content; a tag's hit also for the manifest's digest. So a
// caller gets only what the service has recently given to the same caller.
// Remembered hits are used only when the service gives no answer at all, and at
// most `grace` after its own answer, or as long as a tag may be served stale by
// its upstream's settings if that is shorter. With the generation of `contact`
// all of it ends. Lists are never remembered. Content that a pull adds to the
// cache is a hit only afterwards: the resolver asks for it again in the
// background, so that one pull is enough. Thread-safe.
class RememberingResolver : public Resolver {
 public:
  struct Options {
    absl::Duration grace = absl::Minutes(5);
    // A registry may have an eighth, a group a quarter.
    size_t bytes_max = 64 << 20;
    // When the service is asked again about content that was pulled, measured
    // from the beginning of the pull.
    std::vector<absl::Duration> confirm_after = {
        absl::Milliseconds(100), absl::Seconds(1), absl::Seconds(5),
        absl::Seconds(20),       absl::Minutes(1), absl::Minutes(4)};
    // How long the service is waited for when its answer is remembered: as a
    // rule, and when it has not answered others.
    absl::Duration patience = absl::Seconds(2);
    absl::Duration patience_when_away = absl::Milliseconds(300);
    // How much waits to be asked about; a registry may have a quarter.
    size_t confirmed_max = 8192;
    absl::Duration confirm_interval = absl::Milliseconds(100);
  };

  // All must outlive it.
  RememberingResolver(Resolver& resolver, MetadataContact& contact,
                      const Options& options, const Clock& clock);
  // May take as long as a question to `resolver`.
  ~RememberingResolver() override;

  // As the metadata service answers, or, when it does not, as it answered:
  // `remembered` is set then.
  absl::StatusOr<Resolution> Resolve(const ResolveRequest& request) override;
  absl::StatusOr<std::vector<CachedRepository>> ListRepositories(
      const Caller& caller, int64_t registry_id,
      const CachedRepository& start_after, int max) override;
  // Names are never remembered: one that is hidden from the caller would be
  // answered otherwise than one that is not there.
  absl::StatusOr<LocatedRegistry> Locate(absl::string_view path) override;

 private:
  struct Decision {
    Hit hit;
    std::string group;
  };
  struct Unconfirmed {
    ResolveRequest request;
    std::string key;
    absl::Time begun_at;
    size_t times_asked = 0;
  };

  absl::StatusOr<Resolution> Ask(const ResolveRequest& request,
                                 const std::string& key);
  absl::Duration PatienceFor(const std::string& key);
  void Learn(const ResolveRequest& request, const std::string& key,
             const Resolution& resolution, uint64_t generation);
  std::optional<Decision> Find(const std::string& key);
  std::optional<Resolution> Recall(const std::string& key);

  // Of the thread that asks again.
  void Confirm();
  void AskLater(const ResolveRequest& request, const std::string& key);
  std::optional<Unconfirmed> TakeDue();
  void PutBack(Unconfirmed asked);
  void Drop(const Unconfirmed& asked) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Resolver& resolver_;
  MetadataContact& contact_;
  const Options options_;
  const Clock& clock_;
  BoundedMemory<Decision> decisions_;

  // That in which it was last said that something is recalled.
  std::atomic<uint64_t> told_in_generation_ = 0;

  StoppableSleeper sleeper_;
  Mutex mutex_;
  // By when they are due.
  std::multimap<absl::Time, Unconfirmed> unconfirmed_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<std::string> unconfirmed_keys_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<int64_t, size_t> unconfirmed_of_ ABSL_GUARDED_BY(mutex_);
  std::optional<Thread> confirming_;  // Uses all of the above.
};

}  // namespace cvr

#endif  // GATEWAY_OUTAGE_REMEMBERING_RESOLVER_H_
