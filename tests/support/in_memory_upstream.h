#ifndef TESTS_SUPPORT_IN_MEMORY_UPSTREAM_H_
#define TESTS_SUPPORT_IN_MEMORY_UPSTREAM_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/concurrency/mutex.h"
#include "services/upstream/api/upstream_client.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {

// What goes wrong with one call, or with every call, to an upstream. Nothing
// that is left at its default.
struct UpstreamFault {
  // Answered at once in place of everything else.
  absl::Status error;
  // The call waits here before it answers anything...
  std::shared_ptr<Gate> gate;
  // ...or, when this is set too, after so many bytes of a blob's part.
  std::optional<uint64_t> gate_at_byte;
  // A blob's body ends after so many bytes, with UNAVAILABLE.
  std::optional<uint64_t> break_at_byte;
  // The bytes are other than those of the digest: the last one is flipped.
  bool corrupt = false;
  // Parts are not supported: every blob comes from byte 0.
  bool ignore_part = false;
  // The header of a blob does not say its size.
  bool hide_size = false;
};

// Upstream registries held in memory, told apart by UpstreamAccess::id. Obeys
// the contract of UpstreamClient and fails as it is told to. Thread-safe.
class InMemoryUpstreamClient : public UpstreamClient {
 public:
  static constexpr int kAlways = -1;

  struct Call {
    enum class Kind {
      kGetManifest,
      kHeadManifest,
      kGetBlob,
      kListTags,
      kListReferrers,
    };
    Kind kind;
    int64_t upstream_id = 0;
    std::string repository;
    std::string reference;  // Empty for kListTags.
    UpstreamBlobPart part;  // Of kGetBlob.
    std::string password = {};
  };

  // Adds a manifest and, unless `tag` is empty, points the tag at it.
  Descriptor AddManifest(int64_t upstream_id, absl::string_view repository,
                         absl::string_view tag, absl::string_view media_type,
                         std::string bytes);
  Digest AddBlob(int64_t upstream_id, absl::string_view repository,
                 std::string bytes);
  // `descriptor` is JSON; it is listed as it is.
  void AddReferrer(int64_t upstream_id, absl::string_view repository,
                   const Digest& subject, std::string descriptor);
  // Forgets everything that the upstream holds; faults stay.
  void Clear(int64_t upstream_id);

  // Bytes of a blob per OnBytes(); 64 KiB at first.
  void SetPieceBytes(size_t bytes);

  // The next `times` calls to the upstream go wrong like this. Faults are used
  // up in the order in which they were given.
  void Inject(int64_t upstream_id, UpstreamFault fault, int times = 1);
  // Takes back what is left of them.
  void Heal(int64_t upstream_id);

  // Every call so far, in order of arrival.
  std::vector<Call> calls() const;
  int CountCalls(Call::Kind kind) const;

  absl::StatusOr<UpstreamManifest> GetManifest(
      const UpstreamAccess& access, const Repository& repository,
      const Reference& reference) override;
  absl::StatusOr<Descriptor> HeadManifest(const UpstreamAccess& access,
                                          const Repository& repository,
                                          const Reference& reference) override;
  absl::Status GetBlob(const UpstreamAccess& access,
                       const Repository& repository, const Digest& digest,
                       const UpstreamBlobPart& part,
                       UpstreamBlobSink& sink) override;
  absl::StatusOr<UpstreamList> ListTags(const UpstreamAccess& access,
                                        const Repository& repository) override;
  absl::StatusOr<UpstreamList> ListReferrers(const UpstreamAccess& access,
                                             const Repository& repository,
                                             const Digest& subject) override;

 private:
  struct Content {
    std::string media_type;
    std::shared_ptr<const std::string> bytes;
  };
  struct RepositoryContent {
    std::map<std::string, std::string> tags;                    // To digests.
    std::map<std::string, Content> manifests;                   // By digest.
    std::map<std::string, Content> blobs;                       // By digest.
    std::map<std::string, std::vector<std::string>> referrers;  // By subject.
  };
  struct Upstream {
    std::map<std::string, RepositoryContent> repositories;
    std::deque<std::pair<UpstreamFault, int>> faults;  // And how often.
  };

  // Records the call and takes the fault that is its lot.
  UpstreamFault Arrive(const UpstreamAccess& access, Call call,
                       const std::stop_token& cancel = {});
  absl::StatusOr<std::pair<Digest, Content>> FindManifest(
      int64_t upstream_id, const Repository& repository,
      const Reference& reference) const;
  absl::StatusOr<Content> FindBlob(int64_t upstream_id,
                                   const Repository& repository,
                                   const Digest& digest) const;
  // Null when it does not know the repository.
  const RepositoryContent* FindRepository(int64_t upstream_id,
                                          const Repository& repository) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  size_t piece_bytes() const;

  mutable Mutex mutex_;
  std::map<int64_t, Upstream> upstreams_ ABSL_GUARDED_BY(mutex_);
  std::vector<Call> calls_ ABSL_GUARDED_BY(mutex_);
  size_t piece_bytes_ ABSL_GUARDED_BY(mutex_) = 64 * 1024;
};

}  // namespace cvr::testing

#endif  // TESTS_SUPPORT_IN_MEMORY_UPSTREAM_H_
