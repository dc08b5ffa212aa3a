#include "services/blob/engine/download/blob_fetcher.h"

#include <algorithm>
#include <stop_token>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "services/blob/engine/download/blob_origins.h"
#include "services/blob/engine/download/content_streams.h"
#include "services/blob/engine/download/detour.h"
#include "services/blob/engine/download/repairing_stream.h"
#include "services/blob/engine/walk/possession.h"
#include "services/common/errors.h"
#include "services/common/limits.h"
#include "services/common/status_macros.h"
#include "services/concurrency/clock.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

const Digest& DigestOf(const FetchRequest& request) {
  return request.content.reference.digest();
}

// A disk that damages what was written a moment ago is not worth more.
constexpr int kRepairsMax = 2;

Patience PatienceOf(const FetchRequest& request) {
  return {request.deadline, request.cancel};
}

StreamRequest StreamRequestOf(const FetchRequest& request) {
  return {request.range, request.header_only};
}

// Waits that end when the client leaves.
absl::StatusOr<uint64_t> AwaitSize(BlobFeed::Reader& reader,
                                   const FetchRequest& request) {
  const std::stop_callback leave(request.cancel, [&] { reader.Cancel(); });
  return reader.WaitForSize(request.deadline);
}

absl::Status AwaitVerified(BlobFeed::Reader& reader,
                           const FetchRequest& request) {
  const std::stop_callback leave(request.cancel, [&] { reader.Cancel(); });
  return reader.WaitUntilVerified(request.deadline);
}

StreamDescriptor StreamDescriptorOf(const Digest& digest, uint64_t size_bytes,
                                    CacheStatus how, const BlobOrigin& origin) {
  return {{kOctetStream, digest, size_bytes}, how, origin.upstream_id};
}

absl::Status Stopping() { return errors::ShuttingDown("the blob service"); }

}  // namespace

// What is wanted, and how often bytes for it were found to be damaged.
struct BlobFetcher::Pull {
  explicit Pull(const FetchRequest& wanted)
      : request(wanted),
        origins(std::make_shared<const std::vector<BlobOrigin>>(
            OriginsOf(wanted))) {}

  FetchRequest request;
  // OriginsOf(request), which stays the same when a range or what is possessed
  // is another.
  std::shared_ptr<const std::vector<BlobOrigin>> origins;
  int repairs = 0;
  // Downloads that run are of no use to it.
  bool alone = false;

  bool counts_as_pull() const {
    return repairs == 0 && request.counts_as_pull && !request.header_only;
  }
};

BlobFetcher::BlobFetcher(Download::Tools& tools, Options options,
                         FairPool& downloads, FairPool& detours,
                         BlobProber& prober, DownloadsInFlight& seen)
    : tools_(tools),
      options_(options),
      downloads_(downloads),
      detours_(detours),
      prober_(prober),
      seen_(seen) {}

absl::StatusOr<BlobFetcher::Stream> BlobFetcher::Fetch(
    const FetchRequest& request) {
  return Open(Pull(request));
}

absl::StatusOr<BlobFetcher::Stream> BlobFetcher::Repair(
    const FetchRequest& request) {
  Pull pull(request);
  pull.repairs = 1;
  return Open(std::move(pull));
}

absl::StatusOr<BlobFetcher::Stream> BlobFetcher::Open(Pull pull) {
  while (true) {
    ASSIGN_OR_RETURN(Stream stream, TryOpen(pull));
    if (stream != nullptr) return stream;
  }
}

std::shared_ptr<BlobFlight> BlobFetcher::FlightFor(const Pull& pull) const {
  const auto flights = flights_.find(DigestOf(pull.request));
  if (pull.alone || flights == flights_.end()) return nullptr;
  const auto found = absl::c_find_if(flights->second, [&](const auto& flight) {
    return MayJoin(pull.request, flight->download());
  });
  return found == flights->second.end() ? nullptr : *found;
}

absl::StatusOr<BlobFetcher::Stream> BlobFetcher::TryOpen(Pull& pull) {
  const FetchRequest& request = pull.request;
  const Digest& digest = DigestOf(request);
  if (absl::c_all_of(*pull.origins,
                     [](const auto& one) { return HasNegativeAnswer(one); })) {
    return prober_.FindFirst(*pull.origins, digest, PatienceOf(request))
        .status();
  }
  std::shared_ptr<BlobFlight> flight;
  uint64_t ends_seen = 0;
  {
    MutexLock lock(&mutex_);
    if (stopping_) return Stopping();
    flight = FlightFor(pull);
    ends_seen = ends_;
  }
  if (flight != nullptr) {
    return Join(pull, flight,
                std::make_unique<BlobFeed::Reader>(flight->download().feed()));
  }
  if (!EntitledOrigin(request)) {
    LearnPossession(tools_.metadata, digest,
                    absl::MakeSpan(pull.request.plan.candidates));
  }
  if (EntitledOrigin(request) || AllPossess(request)) {
    auto stored = tools_.store.Open(digest);
    if (stored.ok()) return ServeStored(pull, *std::move(stored));
    if (!absl::IsNotFound(stored.status())) {
      spdlog::error("cannot open cached blob {}, fetching it again: {}",
                    digest.ToString(), stored.status().ToString());
    }
  }
  // As if nobody had it.
  if (request.header_only) {
    ASSIGN_OR_RETURN(Stream header, Probe(pull));
    if (header != nullptr) return header;
    // All that tells the size are the bytes.
  }
  return Start(pull, ends_seen);
}

absl::StatusOr<BlobFetcher::Stream> BlobFetcher::ServeStored(
    const Pull& pull, std::shared_ptr<const BlobReader> reader) {
  const FetchRequest& request = pull.request;
  const Digest& digest = DigestOf(request);
  std::optional<BlobOrigin> origin = EntitledOrigin(request);
  if (!origin) {
    ASSIGN_OR_RETURN(const auto answer, prober_.FindFirst(*pull.origins, digest,
                                                          PatienceOf(request)));
    origin = answer.origin;
  }
  const StreamDescriptor descriptor =
      StreamDescriptorOf(digest, reader->size(), CacheStatus::kHit, *origin);
  ASSIGN_OR_RETURN(Stream stream,
                   MakeStoredStream(descriptor, StreamRequestOf(request),
                                    tools_.store, std::move(reader)));
  RecordBlob(tools_.metadata, {*origin, pull.counts_as_pull()},
             descriptor.target);
  return WithRepair(pull, std::move(stream), nullptr);
}

absl::StatusOr<BlobFetcher::Stream> BlobFetcher::Probe(const Pull& pull) {
  const FetchRequest& request = pull.request;
  const Digest& digest = DigestOf(request);
  ASSIGN_OR_RETURN(const auto answer, prober_.FindFirst(*pull.origins, digest,
                                                        PatienceOf(request)));
  if (!answer.size_bytes) return nullptr;
  return MakeHeaderStream(StreamDescriptorOf(digest, *answer.size_bytes,
                                             CacheStatus::kMiss, answer.origin),
                          StreamRequestOf(request));
}

absl::StatusOr<BlobFetcher::Stream> BlobFetcher::Start(const Pull& pull,
                                                       uint64_t ends_seen) {
  const FetchRequest& request = pull.request;
  const Digest& digest = DigestOf(request);
  const auto flight = std::make_shared<BlobFlight>(
      std::make_unique<Download>(tools_, digest, *pull.origins, options_.feed));
  // Before the download runs: one that finds no reader may end early.
  auto reader = std::make_unique<BlobFeed::Reader>(flight->download().feed());
  {
    MutexLock lock(&mutex_);
    if (stopping_) return Stopping();
    // Somebody else began since, or has ended: the blob may be stored now.
    if (ends_ != ends_seen || FlightFor(pull) != nullptr) return nullptr;
    flights_[digest].push_back(flight);
    running_.push_back(flight);
  }
  seen_.Add(flight);
  const absl::Status busy = downloads_.Schedule(
      flight->download().share(), [this, flight] { Run(flight); });
  if (!busy.ok()) {
    End(flight, busy);
    return busy;
  }
  return Join(pull, flight, std::move(reader));
}

absl::StatusOr<BlobFetcher::Stream> BlobFetcher::Join(
    const Pull& pull, const std::shared_ptr<BlobFlight>& flight,
    std::unique_ptr<BlobFeed::Reader> reader) {
  const FetchRequest& request = pull.request;
  const Download& download = flight->download();
  const auto size = AwaitSize(*reader, request);
  if (!size.ok()) {
    // Others' candidates may have failed where this request's own would not.
    const bool final = absl::IsDeadlineExceeded(size.status()) ||
                       request.cancel.stop_requested() ||
                       IsSameWalk(download.origins(), *pull.origins);
    return final ? absl::StatusOr<Stream>(size.status()) : nullptr;
  }
  std::optional<BlobOrigin> origin = ConfirmedOrigin(*pull.origins, download);
  if (!origin) origin = EntitledOrigin(request, download);
  if (!origin) {
    ASSIGN_OR_RETURN(const auto answer,
                     prober_.FindFirst(*pull.origins, download.digest(),
                                       PatienceOf(request)));
    origin = answer.origin;
    if (!IsOfSame(*origin, download)) {
      Pull own = pull;
      own.alone = true;
      return Open(std::move(own));
    }
  }
  // There is no last chunk to be held back.
  if (*size == 0) RETURN_IF_ERROR(AwaitVerified(*reader, request));
  const StreamDescriptor descriptor =
      StreamDescriptorOf(download.digest(), *size, CacheStatus::kMiss, *origin);
  if (request.header_only) {
    return MakeHeaderStream(descriptor, StreamRequestOf(request));
  }
  StartDetour(pull, flight, *origin, *reader);
  auto stream = MakeFollowingStream(descriptor, StreamRequestOf(request),
                                    std::move(reader));
  if (absl::IsAborted(stream.status())) {
    Remove(*flight);
    return nullptr;
  }
  RETURN_IF_ERROR(stream.status());
  if (!flight->Note(*origin, pull.counts_as_pull()) && download.is_stored()) {
    origin->recorded = download.serving_origin() == origin;
    RecordBlob(tools_.metadata,
               {*origin, pull.counts_as_pull(), DeliveredTo(download, *origin)},
               descriptor.target);
  }
  return WithRepair(pull, *std::move(stream), flight);
}

// For a range far ahead of what has come. Who repairs has bytes already that
// only verified ones may follow.
void BlobFetcher::StartDetour(const Pull& pull,
                              const std::shared_ptr<BlobFlight>& flight,
                              const BlobOrigin& origin,
                              BlobFeed::Reader& reader) {
  const auto& feed = flight->download().feed();
  const auto& wanted = pull.request.range;
  const uint64_t size = feed->size().value_or(0);
  const auto range = ResolveRange(wanted, size);
  if (!wanted || pull.repairs > 0 || !range.ok()) return;
  if (range->offset < feed->received_bytes() + options_.detour_bytes) return;
  ByteRange part = *range;
  if (const auto* from = std::get_if<ByteRangeSpec::From>(&wanted->value);
      from != nullptr && !from->last) {
    // Who continues an earlier pull would have all of an unverified blob: the
    // last chunk has to wait.
    const uint64_t last =
        (size - 1) / limits::kChunkBytes * limits::kChunkBytes;
    if (part.offset >= last) return;
    part.length = last - part.offset;
  }
  const auto detour = reader.OpenDetour(part.offset);
  const absl::Status started =
      detours_.Schedule(origin.share(), [this, flight, origin, part, detour] {
        const Download& download = flight->download();
        RunDetour(tools_, download.digest(), origin, part, *download.feed(),
                  *detour);
      });
  if (!started.ok()) feed->End(*detour);
}

// Damage is answered with another download: of what the store has dropped, or
// beside the one that was followed and whose stored part is not to be trusted.
BlobFetcher::Stream BlobFetcher::WithRepair(
    const Pull& pull, Stream stream, std::shared_ptr<BlobFlight> followed) {
  if (pull.request.header_only) return stream;
  if (pull.repairs == kRepairsMax) {
    return MakeRepairingStream(std::move(stream), nullptr);
  }
  Pull again = pull;
  again.repairs = pull.repairs + 1;
  again.alone = false;
  again.request.deadline = absl::InfiniteFuture();
  return MakeRepairingStream(
      std::move(stream),
      [this, again = std::move(again), followed = std::move(followed)](
          ByteRange rest,
          std::stop_token cancel) mutable -> absl::StatusOr<Stream> {
        if (followed != nullptr) {
          Download& download = followed->download();
          download.MarkCorrupt();
          Remove(*followed);
          // Until then what the reader has may be wrong, and it must not get
          // the rest.
          RETURN_IF_ERROR(download.feed()->WaitUntilVerified(cancel));
        }
        again.request.cancel = std::move(cancel);
        DropIfDamaged(tools_.store, DigestOf(again.request), rest.offset);
        again.request.range =
            ByteRangeSpec{ByteRangeSpec::From{rest.offset, rest.end() - 1}};
        return Open(again);
      });
}

void BlobFetcher::Run(const std::shared_ptr<BlobFlight>& flight) {
  Download& download = flight->download();
  // Cancelled while it waited for its turn.
  if (!download.Claim()) return;
  const absl::Status status = download.Run();
  if (status.ok()) {
    const Descriptor target = {kOctetStream, download.digest(),
                               download.feed()->size().value_or(0)};
    for (const auto& served : flight->Close()) {
      if (download.is_stored()) RecordBlob(tools_.metadata, served, target);
    }
  }
  End(flight, status);
}

// Readers learn of a failure only when nobody can find the flight any more, so
// that looking again makes sense.
void BlobFetcher::End(const std::shared_ptr<BlobFlight>& flight,
                      const absl::Status& status) {
  Remove(*flight);
  seen_.Remove(*flight, status);
  flight->download().feed()->Finish(status);
  MutexLock lock(&mutex_);
  running_.erase(std::find(running_.begin(), running_.end(), flight));
  flight_ended_.SignalAll();
}

// From now on nobody joins it.
void BlobFetcher::Remove(const BlobFlight& flight) {
  MutexLock lock(&mutex_);
  const auto it = flights_.find(flight.download().digest());
  if (it == flights_.end()) return;
  auto& flights = it->second;
  const auto gone = absl::c_find_if(
      flights, [&](const auto& one) { return one.get() == &flight; });
  if (gone == flights.end()) return;
  flights.erase(gone);
  if (flights.empty()) flights_.erase(it);
  ++ends_;
}

void BlobFetcher::Abandon(const std::shared_ptr<BlobFlight>& flight,
                          const absl::Status& why, bool keeps_bytes) {
  Download& download = flight->download();
  Remove(*flight);
  download.Abandon(why, keeps_bytes);
  if (download.Claim()) End(flight, why);
}

bool BlobFetcher::Cancel(int64_t id, const absl::Status& why,
                         bool keeps_bytes) {
  const auto seen = seen_.FindFlight(id);
  std::shared_ptr<BlobFlight> flight;
  {
    MutexLock lock(&mutex_);
    const auto it = std::find(running_.begin(), running_.end(), seen);
    if (it == running_.end()) return false;
    flight = *it;
  }
  Abandon(flight, why, keeps_bytes);
  return true;
}

void BlobFetcher::Shutdown(absl::Time deadline) {
  std::vector<std::shared_ptr<BlobFlight>> left;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    while (!running_.empty()) {
      const absl::Duration left_time = deadline - Clock::Real().SteadyNow();
      if (flight_ended_.WaitWithTimeout(&mutex_, left_time)) break;
    }
    left = running_;
  }
  for (const auto& flight : left) {
    Abandon(flight, Stopping(), /*keeps_bytes=*/true);
  }
}

bool BlobFetcher::IsDownloading(const Digest& digest) const {
  MutexLock lock(&mutex_);
  return std::any_of(running_.begin(), running_.end(), [&](const auto& flight) {
    return flight->download().digest() == digest;
  });
}

size_t BlobFetcher::download_count() const {
  MutexLock lock(&mutex_);
  return running_.size();
}

}  // namespace cvr
