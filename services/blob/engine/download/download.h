#ifndef SERVICES_BLOB_ENGINE_DOWNLOAD_DOWNLOAD_H_
#define SERVICES_BLOB_ENGINE_DOWNLOAD_DOWNLOAD_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/blob/engine/download/blob_feed.h"
#include "services/blob/engine/download/blob_receiver.h"
#include "services/blob/engine/walk/buffer_pool.h"
#include "services/blob/engine/walk/cached_upstream_access.h"
#include "services/blob/store/blob_store.h"
#include "services/common/content.h"
#include "services/concurrency/mutex.h"
#include "services/concurrency/retry_loop.h"
#include "services/concurrency/share_ledger.h"
#include "services/concurrency/thread.h"
#include "services/metadata/api/pull_metadata.h"
#include "services/policy/failure_policy.h"
#include "services/upstream/api/upstream_client.h"

namespace cvr {

// A place that a blob may be had from.
struct BlobOrigin {
  int64_t upstream_id = 0;
  Repository repository;
  // The metadata service believes that it is there.
  bool recorded = false;
  // What it answered a moment ago: it is not asked.
  NegativeAnswer negative_answer = NegativeAnswer::kNone;
  FailurePolicy failure_policy = {};
  // False = only the plan says that it has the blob, it was not asked.
  bool confirmed = true;
  // As in Candidate, `identity` never 0 (possession.h).
  int64_t identity = 0;
  int64_t public_identity = 0;
  // Of the plan.
  int64_t cache_epoch = 0;
  int64_t upstream_version = 0;
  // FetchPlan::group.
  std::string group = {};

  ShareKey share() const { return {group, upstream_id}; }

  UpstreamEpoch epoch() const { return {upstream_id, cache_epoch}; }

  // The same place, reached alike: what an upstream said before it was purged
  // or changed does not count after.
  friend bool operator==(const BlobOrigin& a, const BlobOrigin& b) {
    return a.epoch() == b.epoch() && a.repository == b.repository;
  }
};

// One blob from upstreams into a feed and the store. Belongs to the engine, not
// to anyone who reads it: it goes on when all readers have left. Begins with
// what the store has of an interrupted one of the same identity, and leaves
// that to the next when it is interrupted itself.
class Download {
 public:
  // What downloads work with; outlives them.
  struct Tools {
    BlobStore& store;
    UpstreamClient& upstream;
    PullMetadata& metadata;
    CachedUpstreamAccess& accesses;
    BufferPool& buffers;
    ThreadPool& stages;  // Two threads for each download that runs.
    Sleeper* sleeper;    // Waits between attempts; null = really.
    RetryPolicy resume;
  };

  // Asks `origins`, one at least, in order, as far as their policies for
  // digests allow.
  Download(Tools& tools, const Digest& digest, std::vector<BlobOrigin> origins,
           BlobFeed::Options feed_options);

  const std::shared_ptr<BlobFeed>& feed() const { return feed_; }
  const std::vector<BlobOrigin>& origins() const { return origins_; }
  const Digest& digest() const { return digest_; }
  // Whose share it uses: of the first origin that it is going to ask.
  const ShareKey& share() const { return share_; }

  // The first that answered with the blob and was not found wrong; nothing so
  // far. Any thread.
  std::optional<BlobOrigin> serving_origin() const;
  // Whether that upstream has answered with the blob. Any thread.
  bool IsConfirmedBy(const BlobOrigin& origin) const;
  // Whether its bytes were found to be wrong. Any thread.
  bool IsRejected(const BlobOrigin& origin) const;

  // Blocks until the blob is verified and stored. OK also when it could not be
  // stored: readers have it all the same. Does not fail the feed: the caller
  // does, once nobody new can find this download. Call once, after
  // Claim().
  // Errors: of the origin that stopped it; else what kept the first origin from
  // supplying it, other than NOT_FOUND; NOT_FOUND when all say so; UNAVAILABLE
  // (CONTENT_MISMATCH); CANCELLED.
  absl::Status Run();

  // How far it is. Any thread; costs the download nothing.
  struct Progress {
    bool has_begun;
    // Asked now, or last; before that, the first.
    const BlobOrigin& origin;
    // Made of upstreams so far.
    int requests;
  };
  Progress progress() const;
  // Whether Run() has stored it. Any thread.
  bool is_stored() const { return stored_; }
  // The identity that every byte was delivered to; 0 = some came to one and
  // some to another, which proves nothing for either. Any thread, once stored.
  int64_t delivered_to() const { return delivered_to_; }

  // What was stored so far is damaged: it is not to be kept. Any thread; too
  // late when it is committed.
  void MarkCorrupt() { marked_corrupt_ = true; }

  // Makes Run() return `why` at once, wherever it is; what has come is left for
  // the next download, unless `keeps_bytes` says otherwise. The first call
  // counts. Any thread.
  void Abandon(const absl::Status& why, bool keeps_bytes = true);

  // For exactly one caller true: it is the one to call Run(), or, of a download
  // that waits for its turn, to see to it that nobody does.
  [[nodiscard]] bool Claim() { return !has_begun_.exchange(true); }

 private:
  absl::Status Fill();
  absl::Status FillFrom(const BlobOrigin& origin);
  Attempt FillOnce(const UpstreamAccess& access, const BlobOrigin& origin);
  absl::Status Verify(const UpstreamAccess& access);
  void Store();
  bool IsToBeContinued(const absl::Status& filled) const;
  absl::Status WhyAbandoned() const;
  Sleeper& sleeper();

  absl::Status Begin();
  void Prepare();
  void OpenWriter();
  absl::Status StartAgain(const absl::Status& why);
  absl::Status BeginFor(int64_t identity);
  void TakeOver(int64_t identity);
  bool MayBlameInheritance(const absl::Status& status) const;
  void RejectBytes();

  void OnAnswer();
  void StartStages();
  bool HashInherited();
  void RunStage(BlobFeed::Stage stage);
  bool WorkOn(BlobFeed::Stage stage, Chunk chunk);
  void AwaitStage(BlobFeed::Stage stage);
  void StopStages(BlobFeed::Rest rest);

  Tools& tools_;
  const Digest digest_;
  const std::vector<BlobOrigin> origins_;
  const ShareKey share_;
  const std::shared_ptr<BlobFeed> feed_;
  std::atomic<bool> abandoned_ = false;
  std::atomic<bool> keeps_bytes_ = true;
  std::stop_source stop_;
  StoppableSleeper sleeper_;
  std::atomic<bool> stored_ = false;
  std::atomic<bool> marked_corrupt_ = false;
  std::atomic<int64_t> delivered_to_ = 0;
  std::atomic<bool> has_begun_ = false;
  std::atomic<int> requests_ = 0;
  // One of origins_.
  std::atomic<const BlobOrigin*> asked_ = nullptr;

  // Of the thread in Run(), and of one stage each while that runs.
  std::unique_ptr<BlobReceiver> receiver_;
  DigestHasher hasher_;
  // Of an earlier download; unverified until this one is.
  uint64_t inherited_bytes_ = 0;
  // Up to where attempts are counted; see FillOnce().
  uint64_t counted_bytes_ = 0;
  std::shared_ptr<BlobWriter> writer_;  // Null once the store has failed.
  // Of the thread in Run() alone: whose bytes are here, whether there are
  // others' among them, and the writer, which is told.
  int64_t identity_;
  bool is_mixed_ = false;
  std::shared_ptr<BlobWriter> owned_writer_;

  mutable Mutex mutex_;
  CondVar stage_ended_;
  bool running_[2] ABSL_GUARDED_BY(mutex_) = {};
  absl::Status why_abandoned_ ABSL_GUARDED_BY(mutex_);
  std::vector<BlobOrigin> confirmed_origins_ ABSL_GUARDED_BY(mutex_);
  std::vector<BlobOrigin> rejected_origins_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_DOWNLOAD_DOWNLOAD_H_
