#ifndef TESTS_POSSESSION_TWO_TENANTS_H_
#define TESTS_POSSESSION_TWO_TENANTS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/blob/api/content_source.h"
#include "services/blob/engine/engine.h"
#include "services/blob/store/testing/in_memory_blob_store.h"
#include "services/concurrency/mutex.h"
#include "services/metadata/metadata_stack.h"
#include "tests/support/in_memory_upstream.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/waiting/gate.h"

namespace cvr::testing {

// Upstreams of which one is the adversary's: what it claims to have and what it
// sends are two things. Notes what it was asked, and what it has delivered in
// full. Thread-safe.
class HostileUpstreams final : public InMemoryUpstreamClient {
 public:
  // How the adversary's upstream answers for a blob or manifest that it does
  // not have.
  enum class Lie {
    kNone,            // 404.
    kHeaderOnly,      // The right size, and then nothing.
    kHeaderAndBreak,  // Half of the bytes, wrong ones, then it breaks off.
    kWrongBytes,      // All of the size, other bytes.
    kNoSize,          // Bytes of an unknown number.
    kDown,
  };
  // What its wrong bytes are made of; no secret has such a byte.
  static constexpr char kJunk = '\xee';

  // `id` is the adversary's from now on; `size` is what it says of every blob.
  void SetHostile(int64_t id) { hostile_ = id; }
  void SetLie(Lie lie);
  // What HEAD of every tag answers with.
  void SetTagTarget(std::optional<Descriptor> target);
  void SetSizeOf(const Digest& digest, uint64_t size);

  // As `BLOB r sha256:... 0-`, in order of arrival, without their times.
  std::vector<std::string> TakeHostileLog();
  // To whoever asked as that.
  bool HasDelivered(int64_t identity, const Digest& digest) const;

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

 private:
  struct Promise {
    Lie lie;
    uint64_t size;
  };
  Promise PromiseOf(const Digest& digest) const;
  void Note(std::string line);
  void NoteDelivered(const UpstreamAccess& access, const Digest& digest);
  absl::Status SendJunk(const Promise& promise, const UpstreamBlobPart& part,
                        UpstreamBlobSink& sink) const;

  int64_t hostile_ = 0;
  mutable Mutex mutex_;
  Lie lie_ ABSL_GUARDED_BY(mutex_) = Lie::kNone;
  std::optional<Descriptor> tag_target_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::pair<Digest, uint64_t>> sizes_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> log_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<int64_t, std::string>> delivered_ ABSL_GUARDED_BY(mutex_);
};

// The real metadata service and the real engine among upstreams in memory, with
// two groups: the victim's, whose upstream is private, and the adversary's.
// Both have an upstream to one public registry besides.
class TwoTenants {
 public:
  TwoTenants();
  ~TwoTenants();

  struct Tenant {
    std::string group;
    int64_t registry = 0;
    int64_t own = 0;         // The upstream with credentials.
    int64_t everybodys = 0;  // The public one.
  };
  const Tenant& victim() const { return victim_; }
  const Tenant& adversary() const { return adversary_; }

  struct Pull {
    ContentRef content;
    std::optional<ByteRangeSpec> range = std::nullopt;
    bool header_only = false;
  };
  // As the gateway does it. The stream, as far as it has come.
  absl::StatusOr<std::unique_ptr<ContentStream>> Open(const Tenant& tenant,
                                                      const Pull& pull);
  // Everything that comes, also of a stream that fails; and how it ended.
  struct Got {
    absl::Status status;
    std::string bytes;
  };
  Got GetAll(const Tenant& tenant, const Pull& pull);

  // Blocks until no download runs but `count`.
  void AwaitDownloads(size_t count) const;

  // Whether the upstream has delivered it, with the credentials of now.
  bool HasDelivered(int64_t upstream, const Digest& digest);

  // The bytes are evicted, as a store does it.
  void Evict(const Digest& digest);
  void ChangePassword(int64_t upstream, const std::string& password);

  MetadataStack& metadata() { return *stack_; }
  HostileUpstreams& upstreams() { return upstreams_; }
  Engine& engine() { return *engine_; }

 private:
  Tenant MakeTenant(const std::string& name);

  TemporaryDirectory directory_;
  std::unique_ptr<MetadataStack> stack_;
  InMemoryBlobStore store_;
  HostileUpstreams upstreams_;
  std::unique_ptr<Engine> engine_;
  Tenant victim_;
  Tenant adversary_;
};

}  // namespace cvr::testing

#endif  // TESTS_POSSESSION_TWO_TENANTS_H_
