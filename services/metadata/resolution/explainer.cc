#include "services/metadata/resolution/explainer.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/api/resolution_wire.h"
#include "services/metadata/resolution/pull_decision.h"

namespace cvr {
namespace {

using Considered = v1::ExplainResponse::Considered;

std::string At(absl::Time time) {
  if (time == absl::InfiniteFuture()) return "forever";
  return absl::StrCat("until ", absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time,
                                                 absl::UTCTimeZone()));
}

// One Explain() at work: a PullDecision, told.
class Explaining {
 public:
  Explaining(const v1::ExplainRequest& request, const ContentRef& content,
             const PullDecision& decision)
      : request_(request), content_(content), decision_(decision) {}

  v1::ExplainResponse Run() {
    for (size_t index = 0; index < decision_.verdicts.size(); ++index) {
      Add(index);
    }
    if (decision_.hit) {
      *response_.mutable_hit() =
          CachedContentOf(decision_.verdicts[*decision_.hit].known);
    }
    response_.set_outcome(Outcome());
    return std::move(response_);
  }

 private:
  static void Tell(Considered& considered, Considered::Verdict verdict,
                   std::string why) {
    considered.set_verdict(verdict);
    considered.set_why(std::move(why));
  }

  // The entry must be there.
  static v1::CachedContent CachedContentOf(
      const CandidateReader::Known& known) {
    const Descriptor& target = known.candidate.cached->target;
    v1::CachedContent cached;
    cached.set_digest(target.digest.ToString());
    cached.set_media_type(target.media_type);
    cached.set_size_bytes(static_cast<int64_t>(target.size_bytes));
    cached.set_upstream_id(known.candidate.upstream_id);
    if (known.fresh_until != absl::InfiniteFuture()) {
      *cached.mutable_fresh_until_time() = ToWire(known.fresh_until);
    }
    if (known.stale_until != absl::InfiniteFuture()) {
      *cached.mutable_stale_until_time() = ToWire(known.stale_until);
    }
    return cached;
  }

  const std::string& NameOf(size_t index) const {
    return decision_.verdicts[index].route->upstream_name;
  }

  void Add(size_t index) {
    const RouteVerdict& verdict = decision_.verdicts[index];
    Considered& considered = *response_.add_considered();
    considered.set_upstream_id(verdict.route->upstream_id);
    considered.set_upstream_name(verdict.route->upstream_name);
    considered.set_position(response_.considered_size());
    switch (verdict.kind) {
      case RouteVerdict::Kind::kDisabled:
        return Tell(considered, Considered::VERDICT_DISABLED,
                    "the upstream is disabled");
      case RouteVerdict::Kind::kOtherNamespace:
        return Tell(considered, Considered::VERDICT_OTHER_NAMESPACE,
                    absl::StrCat("'", request_.source_namespace(),
                                 "' is not among its source namespaces"));
      case RouteVerdict::Kind::kExcluded:
        return Tell(considered, Considered::VERDICT_DENIED_BY_RULE,
                    verdict.why_excluded);
      case RouteVerdict::Kind::kCandidate:
        break;
    }
    if (verdict.known.candidate.cached) {
      *considered.mutable_cached() = CachedContentOf(verdict.known);
    }
    considered.set_referenced(verdict.known.candidate.reachable);
    considered.set_delivered(verdict.known.candidate.possessed);
    TellOfCandidate(index, considered);
  }

  // Whether a pull ends before it comes to that candidate.
  bool IsAfterEnd(size_t index) const {
    if (!decision_.end || decision_.hit) return false;
    const auto& order = decision_.order;
    return std::find(order.begin(), order.end(), index) >
           std::find(order.begin(), order.end(), *decision_.end);
  }

  void TellOfCandidate(size_t index, Considered& considered) {
    const CandidateReader::Known& known = decision_.verdicts[index].known;
    if (known.candidate.negative_answer != NegativeAnswer::kNone) {
      TellOfDenied(known, considered);
    } else if (IsAfterEnd(index)) {
      Tell(considered, Considered::VERDICT_NOT_NEEDED,
           absl::StrCat("a pull stops at '", NameOf(*decision_.end),
                        "', which is asked before it"));
    } else if (!known.candidate.cached) {
      TellOfUncached(known.candidate, considered);
    } else {
      TellOfCached(index, considered);
    }
    // It would be asked only if the bytes of the hit were gone.
    if (decision_.hit && index != *decision_.hit &&
        known.candidate.negative_answer == NegativeAnswer::kNone) {
      considered.set_verdict(Considered::VERDICT_NOT_NEEDED);
    }
  }

  static void TellOfUncached(const Candidate& candidate,
                             Considered& considered) {
    Tell(considered, Considered::VERDICT_UNKNOWN,
         !candidate.reachable ? "not cached"
         : candidate.possessed
             ? "no cache entry, but a cached manifest of this upstream "
               "references the digest, and this upstream delivered the "
               "content before, so the stored content may be served"
             : "no cache entry, but a cached manifest of this upstream "
               "references the digest, so it will be fetched from this "
               "upstream");
  }

  // What follows from a refusal, which `option` of `cvr upstream update` is
  // about, for people.
  std::string FollowUp(const Candidate& candidate, const char* option) const {
    const bool by_digest = content_.is_addressed_by_digest();
    return absl::StrCat(" (", option, by_digest ? " digest" : " tag",
                        EndsPull(candidate, by_digest)
                            ? "=next would continue with the next upstream"
                            : "=stop would end the pull here",
                        ")");
  }

  void TellOfDenied(const CandidateReader::Known& known,
                    Considered& considered) const {
    *considered.mutable_negative_until_time() = ToWire(known.denied_until);
    const std::string until =
        absl::StrCat("; not asked again ", At(known.denied_until));
    switch (known.candidate.negative_answer) {
      case NegativeAnswer::kNone:
        break;
      case NegativeAnswer::kNotFound:
        return Tell(
            considered, Considered::VERDICT_KNOWN_NOT_FOUND,
            absl::StrCat("the upstream answered 404 recently (negative cache)",
                         until));
      case NegativeAnswer::kRefused:
        return Tell(
            considered, Considered::VERDICT_KNOWN_REFUSED,
            absl::StrCat("the upstream answered 401 or 403 recently (cached "
                         "response; see --negative-ttl)",
                         FollowUp(known.candidate, "--on-refused"), until));
      case NegativeAnswer::kHidden:
        return Tell(
            considered, Considered::VERDICT_KNOWN_HIDDEN,
            absl::StrCat("the upstream answered 401 or 403 recently although "
                         "it granted a token, so this content is hidden from "
                         "its credentials (negative cache)",
                         FollowUp(known.candidate, "--on-hidden"), until));
    }
  }

  void TellOfCached(size_t index, Considered& considered) const {
    const CandidateReader::Known& known = decision_.verdicts[index].known;
    const CachedEntry& cached = *known.candidate.cached;
    const std::string entry = absl::StrCat(
        "entry ", known.entry_id, ", ", cached.target.digest.ToString(), ", ");
    if (!cached.fresh) {
      Tell(considered, Considered::VERDICT_STALE,
           absl::StrCat(entry, "fresh ", At(known.fresh_until),
                        " (expired); may be served stale ",
                        At(known.stale_until)));
      return;
    }
    if (!known.candidate.possessed) {
      Tell(considered, Considered::VERDICT_UNKNOWN,
           absl::StrCat(entry,
                        "but this upstream has not delivered the content with "
                        "its current URL and credentials, so it will be "
                        "fetched from this upstream"));
      return;
    }
    const std::string fresh =
        absl::StrCat(entry, "is fresh ", At(known.fresh_until));
    if (decision_.hit || IsList(content_)) {
      Tell(considered, Considered::VERDICT_FRESH, fresh);
    } else {
      Tell(considered, Considered::VERDICT_FRESH_BUT_SHADOWED,
           absl::StrCat(fresh,
                        ", but an upstream with a lower position may have the "
                        "tag and is asked first"));
    }
  }

  // The candidates that a pull comes to, in the order in which it does, without
  // those that have denied it.
  std::vector<size_t> Reached() const {
    std::vector<size_t> reached;
    for (const size_t index : decision_.order) {
      if (decision_.end == index) break;
      if (decision_.candidate(index).negative_answer == NegativeAnswer::kNone) {
        reached.push_back(index);
      }
    }
    return reached;
  }

  std::string NamesOf(const std::vector<size_t>& indexes) const {
    return absl::StrJoin(indexes, ", then ",
                         [this](std::string* out, size_t index) {
                           absl::StrAppend(out, "'", NameOf(index), "'");
                         });
  }

  // Whether some candidate has denied it so.
  bool HasDenial(NegativeAnswer negative_answer) const {
    return std::any_of(
        decision_.order.begin(), decision_.order.end(), [&](size_t index) {
          return decision_.candidate(index).negative_answer == negative_answer;
        });
  }

  std::string Outcome() const {
    if (decision_.hit) {
      return absl::StrCat("served from the cache of '", NameOf(*decision_.hit),
                          "'");
    }
    const std::vector<size_t> reached = Reached();
    if (decision_.end) {
      const std::string end =
          absl::StrCat("answers 403: '", NameOf(*decision_.end),
                       "' refused access recently (negative cache), and the "
                       "pull stops there");
      return reached.empty()
                 ? end
                 : absl::StrCat("asks ", NamesOf(reached), ", then ", end);
    }
    if (reached.empty()) return Refusal();
    if (!IsList(content_)) {
      return absl::StrCat("asks ", NamesOf(reached), " in this order");
    }
    const bool is_cached =
        std::all_of(reached.begin(), reached.end(), [this](size_t index) {
          return CandidateReader::IsServedUnasked(decision_.candidate(index));
        });
    return is_cached ? "merges cached lists"
                     : absl::StrCat("merges the lists of ", NamesOf(reached));
  }

  // When no candidate is left that has not denied it.
  std::string Refusal() const {
    if (HasDenial(NegativeAnswer::kRefused)) {
      return "answers 403: an upstream refused access recently (negative "
             "cache)";
    }
    if (HasDenial(NegativeAnswer::kHidden)) {
      return "answers 404: no upstream offers it to its configured "
             "credentials; an upstream answered 401 or 403 recently although "
             "it granted a token (negative cache)";
    }
    if (HasDenial(NegativeAnswer::kNotFound)) {
      return "answers 404: no upstream had it recently (negative cache)";
    }
    const bool is_excluded =
        std::any_of(decision_.verdicts.begin(), decision_.verdicts.end(),
                    [](const RouteVerdict& verdict) {
                      return verdict.kind == RouteVerdict::Kind::kExcluded;
                    });
    return is_excluded ? "answers 403: excluded by the rules of every upstream"
                       : "answers 404: no enabled upstream serves this "
                         "repository or namespace";
  }

  const v1::ExplainRequest& request_;
  const ContentRef& content_;
  const PullDecision& decision_;

  v1::ExplainResponse response_;
};

}  // namespace

absl::StatusOr<v1::ExplainResponse> Explainer::Explain(
    const v1::ExplainRequest& request) {
  ASSIGN_OR_RETURN(const auto content, FromWire(request.content()));
  ASSIGN_OR_RETURN(const auto routes, routes_.Get(request.registry_id()));
  if (routes == nullptr) {
    return errors::RegistryUnknown(absl::StrCat(request.registry_id()));
  }
  v1::ExplainResponse response;
  RETURN_IF_ERROR(store_.Read([&](const ReadTransaction& transaction) {
    ASSIGN_OR_RETURN(
        const auto decision,
        DecidePull(transaction, routes->upstreams, content,
                   request.source_namespace(), clock_.SteadyNow()));
    response = Explaining(request, content, decision).Run();
    return absl::OkStatus();
  }));
  return response;
}

}  // namespace cvr
