#include "services/blob/engine/download/download.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/blob/engine/walk/candidate_walk.h"
#include "services/blob/engine/walk/possession.h"
#include "services/blob/engine/walk/upstream_failures.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

using Rest = BlobFeed::Rest;
using Stage = BlobFeed::Stage;

ContentRef RefOf(const BlobOrigin& origin, const Digest& digest) {
  return {origin.repository, Reference(digest), ContentKind::kBlob};
}

std::string HostOf(const UpstreamAccess& access) {
  return access.name.empty() ? access.url : access.name;
}

bool Contains(const std::vector<BlobOrigin>& origins,
              const BlobOrigin& origin) {
  return std::find(origins.begin(), origins.end(), origin) != origins.end();
}

ShareKey ShareOf(const std::vector<BlobOrigin>& origins) {
  for (const BlobOrigin& origin : origins) {
    if (origin.negative_answer == NegativeAnswer::kNone) return origin.share();
  }
  return origins.front().share();
}

BlobFeed::Options WithShare(BlobFeed::Options options, const ShareKey& share) {
  options.share = share;
  return options;
}

int64_t FirstIdentity(const std::vector<BlobOrigin>& origins) {
  for (const BlobOrigin& origin : origins) {
    if (origin.negative_answer == NegativeAnswer::kNone) return origin.identity;
  }
  return origins.front().identity;
}

absl::Status DamagedInheritance() {
  return absl::UnavailableError(
      "what an interrupted fetch has left is damaged, and a reader has "
      "bytes already: ask again");
}

}  // namespace

Download::Download(Tools& tools, const Digest& digest,
                   std::vector<BlobOrigin> origins,
                   BlobFeed::Options feed_options)
    : tools_(tools),
      digest_(digest),
      origins_(std::move(origins)),
      share_(ShareOf(origins_)),
      feed_(std::make_shared<BlobFeed>(WithShare(feed_options, share_))),
      hasher_(digest.algorithm()),
      identity_(FirstIdentity(origins_)) {}

std::optional<BlobOrigin> Download::serving_origin() const {
  MutexLock lock(&mutex_);
  if (confirmed_origins_.empty()) return std::nullopt;
  return confirmed_origins_.front();
}

bool Download::IsConfirmedBy(const BlobOrigin& origin) const {
  MutexLock lock(&mutex_);
  return Contains(confirmed_origins_, origin);
}

bool Download::IsRejected(const BlobOrigin& origin) const {
  MutexLock lock(&mutex_);
  return Contains(rejected_origins_, origin);
}

void Download::Abandon(const absl::Status& why, bool keeps_bytes) {
  {
    MutexLock lock(&mutex_);
    if (!why_abandoned_.ok()) return;
    why_abandoned_ = why;
    keeps_bytes_ = keeps_bytes;
    abandoned_ = true;
  }
  feed_->Stop(keeps_bytes ? Rest::kStored : Rest::kDropped);
  stop_.request_stop();
  sleeper_.Stop();
}

absl::Status Download::WhyAbandoned() const {
  MutexLock lock(&mutex_);
  return why_abandoned_;
}

Sleeper& Download::sleeper() {
  return tools_.sleeper != nullptr ? *tools_.sleeper : sleeper_;
}

Download::Progress Download::progress() const {
  const BlobOrigin* const asked = asked_;
  return {has_begun_, asked != nullptr ? *asked : origins_.front(), requests_};
}

absl::Status Download::Run() {
  const absl::Status filled = Fill();
  if (filled.ok()) Store();
  const bool continues = IsToBeContinued(filled);
  StopStages(continues ? Rest::kStored : Rest::kDropped);
  if (writer_ != nullptr && continues) writer_->Suspend();
  writer_ = owned_writer_ = nullptr;
  return filled.ok() || !abandoned_ ? filled : WhyAbandoned();
}

bool Download::IsToBeContinued(const absl::Status& filled) const {
  if (marked_corrupt_ || stored_) return false;
  if (abandoned_) return keeps_bytes_;
  return (absl::IsUnavailable(filled) || absl::IsResourceExhausted(filled)) &&
         ReasonOf(filled) != Reason::kContentMismatch;
}

absl::Status Download::Fill() {
  CandidateWalk walk(/*by_digest=*/true,
                     errors::BlobUnknown(digest_.ToString()));
  RETURN_IF_ERROR(Begin());
  for (const BlobOrigin& origin : origins_) {
    if (origin.negative_answer == NegativeAnswer::kNone) {
      RETURN_IF_ERROR(BeginFor(origin.identity));
    }
    absl::Status status = FillFrom(origin);
    if (MayBlameInheritance(status)) {
      spdlog::warn(
          "fetch of blob {}: the partial content cannot be resumed ({}), "
          "starting over",
          digest_.ToString(), status.ToString());
      RETURN_IF_ERROR(StartAgain(status));
      status = FillFrom(origin);
    }
    if (status.ok() || absl::IsCancelled(status) || abandoned_) return status;
    if (origin.negative_answer == NegativeAnswer::kNone) {
      spdlog::warn("fetch of blob {} from upstream {} failed: {}",
                   digest_.ToString(), origin.upstream_id, status.ToString());
    }
    const auto action = walk.OnFailure(status, origin.failure_policy);
    const bool is_useless = receiver_->has_lost_bytes() ||
                            ReasonOf(status) == Reason::kContentMismatch;
    if (is_useless) RejectBytes();
    if (action == CandidateWalk::Action::kStop) break;
    if (is_useless) RETURN_IF_ERROR(StartAgain(status));
  }
  return walk.status();
}

absl::Status Download::FillFrom(const BlobOrigin& origin) {
  RETURN_IF_ERROR(KnownAnswer(origin.upstream_id, origin.negative_answer,
                              errors::BlobUnknown(digest_.ToString())));
  ASSIGN_OR_RETURN(
      const auto kept,
      tools_.accesses.Get(origin.epoch(), origin.upstream_version));
  const UpstreamAccess& access = *kept;
  RETURN_IF_ERROR(CheckIdentity(access, origin.identity));
  receiver_->SwitchUpstream(HostOf(access));
  counted_bytes_ = receiver_->received_bytes();
  asked_ = &origin;
  absl::Status status =
      RetryLoop(tools_.resume, Idempotency::kIdempotent, sleeper(),
                [&] { return FillOnce(access, origin); });
  RecordAnswer(tools_.metadata, origin.epoch(), RefOf(origin, digest_), status);
  RETURN_IF_ERROR(status);
  return Verify(access);
}

Attempt Download::FillOnce(const UpstreamAccess& access,
                           const BlobOrigin& origin) {
  if (abandoned_) return {WhyAbandoned(), false, /*final=*/true};
  absl::Status status;
  if (!receiver_->IsComplete()) {
    ++requests_;
    status = tools_.upstream.GetBlob(access, origin.repository, digest_,
                                     receiver_->NextPart(), *receiver_);
  }
  // A body that breaks off after its last byte is whole all the same.
  const bool has_come = status.ok() || receiver_->IsComplete();
  if (has_come && !receiver_->has_lost_bytes()) status = receiver_->Finish();
  const uint64_t after = receiver_->received_bytes();
  // An upstream that cannot even begin is not worth waiting for: the next one
  // may do better, and the client asks again.
  const bool cannot_begin = after <= inherited_bytes_ && !IsConfirmedBy(origin);
  // A few bytes are no progress, or an upstream that sends no more could be
  // asked for ever: so many attempts are made for each chunk.
  const bool progressed = after >= counted_bytes_ + limits::kChunkBytes;
  if (progressed) counted_bytes_ = after;
  return {std::move(status), progressed, abandoned_ || cannot_begin};
}

absl::Status Download::Verify(const UpstreamAccess& access) {
  AwaitStage(Stage::kHash);
  if (abandoned_) return WhyAbandoned();
  const Digest got = hasher_.Current();
  if (got != digest_) {
    return errors::ContentMismatch(HostOf(access), digest_.ToString(),
                                   got.ToString());
  }
  delivered_to_ = is_mixed_ ? 0 : identity_;
  feed_->Publish();
  return absl::OkStatus();
}

// A store that fails never fails a pull.
void Download::Store() {
  AwaitStage(Stage::kStore);
  if (writer_ == nullptr || abandoned_ || marked_corrupt_) return;
  absl::Status status = writer_->Commit();
  if (status.ok()) {
    stored_ = true;
    const auto reader = tools_.store.Open(digest_);
    if (reader.ok()) {
      feed_->SetStored(*reader);
      return;
    }
    status = reader.status();
  }
  spdlog::warn("blob {} is not cached: {}", digest_.ToString(),
               status.ToString());
}

// All that can be done while the upstream has not answered yet. Readers are
// shown old bytes only once they are known to be whole; what is damaged goes
// with its writer.
absl::Status Download::Begin() {
  Prepare();
  while (!HashInherited()) {
    writer_ = owned_writer_ = nullptr;
    // Only when this is not the first beginning: a reader has bytes that came
    // on a detour.
    if (!feed_->Restart()) return DamagedInheritance();
    if (abandoned_) feed_->Stop();
    Prepare();
  }
  if (writer_ != nullptr) feed_->SetWriter(writer_);
  if (inherited_bytes_ > 0) {
    feed_->Resume(inherited_bytes_);
    receiver_->Resume(inherited_bytes_);
  }
  StartStages();
  return absl::OkStatus();
}

void Download::Prepare() {
  is_mixed_ = false;
  hasher_ = DigestHasher(digest_.algorithm());
  receiver_ = std::make_unique<BlobReceiver>(
      *feed_, tools_.buffers, [this] { OnAnswer(); }, stop_.get_token());
  OpenWriter();
}

void Download::OpenWriter() {
  inherited_bytes_ = 0;
  owned_writer_ = nullptr;
  auto writer = tools_.store.Create(digest_, identity_);
  if (!writer.ok()) {
    spdlog::warn("blob {} is not cached: {}", digest_.ToString(),
                 writer.status().ToString());
    feed_->LoseStore();
    return;
  }
  writer_ = *std::move(writer);
  owned_writer_ = writer_;
  inherited_bytes_ = writer_->readable_size();
}

// Errors: `why` when readers have bytes already; those of Begin().
absl::Status Download::StartAgain(const absl::Status& why) {
  StopStages(Rest::kDropped);
  if (!feed_->Restart()) return why;
  // Restart() has made the feed take chunks again.
  if (abandoned_) feed_->Stop();
  writer_ = owned_writer_ = nullptr;
  return Begin();
}

// `identity` is asked next. As long as no reader can have seen what came to
// another one, that is left to it.
absl::Status Download::BeginFor(int64_t identity) {
  if (identity == identity_ || feed_->size()) return absl::OkStatus();
  StopStages(Rest::kStored);
  if (writer_ != nullptr) writer_->Suspend();
  identity_ = identity;
  return StartAgain(DamagedInheritance());
}

// Bytes are going to come to `identity`, whoever had those before them.
void Download::TakeOver(int64_t identity) {
  if (identity == identity_) return;
  if (owned_writer_ != nullptr) owned_writer_->Disown();
  is_mixed_ = is_mixed_ || receiver_->received_bytes() > 0;
  identity_ = identity;
}

// Whether what an earlier download has left may be wrong, rather than what the
// upstream says.
bool Download::MayBlameInheritance(const absl::Status& status) const {
  if (inherited_bytes_ == 0 || abandoned_) return false;
  return ReasonOf(status) == Reason::kContentMismatch ||
         ReasonOf(status) == Reason::kUpstreamInvalid;
}

// Nobody is served in the name of those whose bytes were wrong.
void Download::RejectBytes() {
  MutexLock lock(&mutex_);
  rejected_origins_.insert(rejected_origins_.end(), confirmed_origins_.begin(),
                           confirmed_origins_.end());
  confirmed_origins_.clear();
}

void Download::OnAnswer() {
  const BlobOrigin& asked = *asked_.load();
  TakeOver(asked.identity);
  MutexLock lock(&mutex_);
  if (!Contains(confirmed_origins_, asked)) confirmed_origins_.push_back(asked);
}

void Download::StartStages() {
  for (const Stage stage : {Stage::kHash, Stage::kStore}) {
    if (stage == Stage::kStore && writer_ == nullptr) continue;
    bool started = false;
    {
      MutexLock lock(&mutex_);
      started = tools_.stages.Schedule([this, stage] { RunStage(stage); });
      running_[static_cast<int>(stage)] = started;
    }
    if (!started) Abandon(absl::UnavailableError("no thread to work with"));
  }
}

void Download::RunStage(Stage stage) {
  while (auto chunk = feed_->Next(stage)) {
    if (!WorkOn(stage, *std::move(chunk))) break;
  }
  MutexLock lock(&mutex_);
  running_[static_cast<int>(stage)] = false;
  stage_ended_.SignalAll();
}

// False when those bytes are damaged.
bool Download::HashInherited() {
  for (uint64_t at = 0; at < inherited_bytes_ && !abandoned_;) {
    const auto chunk = writer_->ReadChunk(at);
    if (!chunk.ok()) {
      spdlog::warn(
          "blob {}: cannot read the partial content, starting over: {}",
          digest_.ToString(), chunk.status().ToString());
      return false;
    }
    hasher_.Update(chunk->bytes());
    at += chunk->size();
  }
  return true;
}

bool Download::WorkOn(Stage stage, Chunk chunk) {
  if (stage == Stage::kHash) {
    hasher_.Update(chunk.bytes());
    return true;
  }
  const absl::Status status = writer_->Append(std::move(chunk));
  if (status.ok()) return true;
  spdlog::warn("blob {} is not cached: {}", digest_.ToString(),
               status.ToString());
  feed_->LoseStore();
  writer_ = nullptr;
  return false;
}

void Download::AwaitStage(Stage stage) {
  MutexLock lock(&mutex_);
  while (running_[static_cast<int>(stage)]) stage_ended_.Wait(&mutex_);
}

void Download::StopStages(Rest rest) {
  feed_->Stop(rest);
  AwaitStage(Stage::kHash);
  AwaitStage(Stage::kStore);
}

}  // namespace cvr
