#ifndef SERVICES_BLOB_ENGINE_MANIFEST_MANIFEST_WALK_H_
#define SERVICES_BLOB_ENGINE_MANIFEST_MANIFEST_WALK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/blob/api/content_source.h"
#include "services/blob/engine/manifest/manifest_loader.h"
#include "services/blob/engine/walk/candidate_walk.h"
#include "services/blob/engine/walk/single_flight.h"
#include "services/metadata/api/pull_metadata.h"

namespace cvr {

using ManifestFlights = SingleFlight<std::shared_ptr<const ManifestAnswer>>;
using ManifestProbes = SingleFlight<Descriptor>;

// One request's way through its candidates: the first in order that has the
// manifest supplies it. ActionOn() decides what a failure of one candidate
// means for those after it, by the candidate's own policy.
//
// While a candidate lets it wait, those after it are asked ahead, with HEAD,
// which is free at registries that count pulls. That saves time when the first
// turns out not to have it, and changes nothing else: an answer waits for its
// turn. Used by one thread, once.
class ManifestWalk {
 public:
  // What walks share; outlives them.
  struct Tools {
    ManifestLoader& loader;
    PullMetadata& metadata;
    // Each with one flight for each upstream and path.
    ManifestFlights& flights;
    ManifestProbes& probes;
    // How long a candidate may take until one more is asked ahead.
    absl::Duration overlap_delay;
  };

  struct Found {
    ManifestAnswer answer;
    int64_t upstream_id = 0;
  };

  enum class Purpose {
    kPull,
    kLook,     // What does not count as a pull.
    kRefresh,  // What upstreams say now: no copy stands in for it.
  };

  // `request` must outlive it.
  ManifestWalk(Tools& tools, const FetchRequest& request, Purpose purpose);

  // Errors: as ContentSource::Fetch.
  absl::StatusOr<Found> Run();

 private:
  // What has been asked of a candidate before its turn.
  struct Ahead {
    std::optional<ManifestProbes::Ticket> probe;
    // Somebody else is asking it in full.
    std::optional<ManifestFlights::Ticket> flight;
  };

  const Candidate& candidate(size_t turn) const {
    return request_.plan.candidates[turn];
  }
  ManifestLoader::Question QuestionFor(size_t turn) const;
  std::string KeyOf(size_t turn) const;
  absl::Status KnownAnswerOf(size_t turn) const;

  // CandidateWalk::OnFailure() of that candidate; kServeStale sets `copy`.
  FailurePolicy::Action OnFailure(CandidateWalk& walk, size_t turn,
                                  const absl::Status& failure,
                                  std::optional<ManifestAnswer>& copy);
  absl::StatusOr<ManifestAnswer> TakeTurn(size_t turn);
  absl::StatusOr<ManifestAnswer> Ask(size_t turn,
                                     ManifestLoader::Question question);
  absl::StatusOr<std::shared_ptr<const ManifestAnswer>> AwaitFlight(
      const ManifestLoader::Question& question,
      std::optional<ManifestFlights::Ticket>& flight);
  // Waits for a flight, and asks others ahead meanwhile.
  template <typename Flights>
  auto Await(Flights& flights, const typename Flights::Ticket& ticket);
  void AskAhead();

  Tools& tools_;
  const FetchRequest& request_;
  const Purpose purpose_;
  const absl::Status unknown_;
  std::vector<Ahead> ahead_;  // By turn.
  size_t next_ahead_ = 0;
};

// Joins or starts the flight that asks the candidate in full; see
// SingleFlight::Begin() for `asked_at`.
ManifestFlights::Ticket BeginManifestFlight(
    ManifestWalk::Tools& tools, const ManifestLoader::Question& question,
    absl::Time asked_at = absl::InfiniteFuture());

}  // namespace cvr

#endif  // SERVICES_BLOB_ENGINE_MANIFEST_MANIFEST_WALK_H_
