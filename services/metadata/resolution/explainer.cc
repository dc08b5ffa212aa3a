#include "services/metadata/resolution/explainer.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/api/resolution_wire.h"
#include "services/metadata/resolution/candidate_reader.h"

namespace cvr {
namespace {

using Considered = v1::ExplainResponse::Considered;

std::string At(absl::Time time) {
  if (time == absl::InfiniteFuture()) return "forever";
  return absl::StrCat("until ", absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time,
                                                 absl::UTCTimeZone()));
}

bool IsList(const ContentRef& content) {
  return content.kind == ContentKind::kTags ||
         content.kind == ContentKind::kReferrers;
}

// One Explain() at work: what LocalResolver would do, told.
class Explaining {
 public:
  Explaining(const ReadTransaction& transaction, const ContentRef& content,
             const std::string& source_namespace, absl::Time now)
      : content_(content),
        source_namespace_(source_namespace),
        reader_(transaction, content, now) {}

  absl::Status Add(const UpstreamRoute& route) {
    Considered& considered = *response_.add_considered();
    considered.set_upstream_id(route.upstream_id);
    considered.set_upstream_name(route.upstream_name);
    considered.set_position(response_.considered_size());
    if (route.disabled) {
      Tell(considered, Considered::DISABLED, "the upstream is disabled");
      return absl::OkStatus();
    }
    if (!route.StandsFor(source_namespace_)) {
      Tell(considered, Considered::OTHER_NAMESPACE,
           absl::StrCat("'", source_namespace_,
                        "' is not among its source namespaces"));
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const auto why, reader_.WhyExcluded(route));
    if (why) {
      Tell(considered, Considered::EXCLUDED_BY_RULE, *why);
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const auto known, reader_.Read(route));
    *considered.mutable_candidate() = ToWire(known.candidate);
    // Whose bytes others have is not for people.
    considered.mutable_candidate()->clear_identity();
    considered.mutable_candidate()->clear_public_identity();
    Judge(known, considered);
    all_yield_ = all_yield_ && CandidateReader::Yields(known.candidate);
    return absl::OkStatus();
  }

  v1::ExplainResponse Finish() {
    response_.set_outcome(Outcome());
    return std::move(response_);
  }

 private:
  static void Tell(Considered& considered, Considered::Verdict verdict,
                   std::string why) {
    considered.set_verdict(verdict);
    considered.set_why(std::move(why));
  }

  void Judge(const CandidateReader::Known& known, Considered& considered) {
    const Candidate& candidate = known.candidate;
    if (candidate.denial != Denial::kNone) {
      JudgeDenied(known, considered);
      return;
    }
    // A digest that is here is served all the same.
    const bool is_served = content_.is_addressed_by_digest() &&
                           CandidateReader::IsServedUnasked(candidate);
    if (!ends_at_.empty() && !response_.has_hit() && !is_served) {
      Tell(considered, Considered::NOT_NEEDED,
           absl::StrCat("a pull stops at '", ends_at_,
                        "', which has a lower position"));
      return;
    }
    if (!candidate.cached) {
      Tell(considered,
           response_.has_hit() ? Considered::NOT_NEEDED : Considered::UNKNOWN,
           !candidate.reachable ? "not cached"
           : candidate.possessed
               ? "no cache entry, but a cached manifest of this upstream "
                 "references the digest, and this upstream delivered the "
                 "content before, so the stored content may be served"
               : "no cache entry, but a cached manifest of this upstream "
                 "references the digest, so it will be fetched from this "
                 "upstream");
      return;
    }
    JudgeCached(known, considered);
  }

  // A refusal of that kind, which `option` of `cvr upstream update` is about.
  // What follows from it, for people.
  std::string FollowUp(Considered& considered, const FailurePolicy& policy,
                       FailurePolicy::Actions FailurePolicy::*kind,
                       const char* option) {
    const bool by_digest = content_.reference.is_digest() && !IsList(content_);
    const bool stops =
        policy.WithoutCopy(kind, by_digest) != FailurePolicy::Action::kNext;
    if (stops && ends_at_.empty()) ends_at_ = considered.upstream_name();
    return absl::StrCat(" (", option, by_digest ? " digest" : " tag",
                        stops ? "=next would continue with the next upstream"
                              : "=stop would end the pull here",
                        ")");
  }

  void JudgeDenied(const CandidateReader::Known& known,
                   Considered& considered) {
    const FailurePolicy& policy = known.candidate.failure_policy;
    *considered.mutable_denied_until() = ToWire(known.denied_until);
    const std::string until =
        absl::StrCat("; not asked again ", At(known.denied_until));
    switch (known.candidate.denial) {
      case Denial::kNone:
        break;
      case Denial::kAbsent:
        return Tell(
            considered, Considered::KNOWN_ABSENT,
            absl::StrCat("the upstream answered 404 recently (negative cache)",
                         until));
      case Denial::kRefused:
        return Tell(
            considered, Considered::KNOWN_REFUSED,
            absl::StrCat("the upstream answered 401 or 403 recently (cached "
                         "response; see --absence-ttl)",
                         FollowUp(considered, policy, &FailurePolicy::denied,
                                  "--on-denied"),
                         until));
      case Denial::kHidden:
        return Tell(
            considered, Considered::KNOWN_HIDDEN,
            absl::StrCat("the upstream answered 401 or 403 recently although "
                         "it granted a token, so this content is hidden from "
                         "its credentials (negative cache)",
                         FollowUp(considered, policy, &FailurePolicy::hidden,
                                  "--on-hidden"),
                         until));
    }
  }

  void JudgeCached(const CandidateReader::Known& known,
                   Considered& considered) {
    const CachedEntry& cached = *known.candidate.cached;
    if (known.fresh_until != absl::InfiniteFuture()) {
      *considered.mutable_fresh_until() = ToWire(known.fresh_until);
    }
    const std::string entry = absl::StrCat(
        "entry ", known.entry_id, ", ", cached.target.digest.ToString(), ", ");
    if (!cached.fresh) {
      Tell(considered, Considered::STALE,
           absl::StrCat(entry, "fresh ", At(known.fresh_until),
                        " (expired); may be served stale ",
                        At(known.stale_until)));
      return;
    }
    if (!known.candidate.possessed) {
      Tell(considered, Considered::UNKNOWN,
           absl::StrCat(entry,
                        "but this upstream has not delivered the content with "
                        "its current URL and credentials, so it will be "
                        "fetched from this upstream"));
      return;
    }
    const std::string fresh =
        absl::StrCat(entry, "is fresh ", At(known.fresh_until));
    if (response_.has_hit()) {
      Tell(considered, Considered::NOT_NEEDED, fresh);
    } else if (!IsList(content_) && !content_.reference.is_digest() &&
               !all_yield_) {
      Tell(considered, Considered::FRESH_BUT_SHADOWED,
           absl::StrCat(fresh,
                        ", but an upstream with a lower position may have the "
                        "tag and is asked first"));
    } else {
      Tell(considered, Considered::FRESH, fresh);
      if (IsList(content_)) return;
      *response_.mutable_hit()->mutable_target() = ToWire(cached.target);
      response_.mutable_hit()->set_upstream_id(known.candidate.upstream_id);
    }
  }

  std::string Outcome() const {
    std::string asked;
    bool refused = false;
    bool excluded = false;
    bool absent = false;
    bool hidden = false;
    for (const Considered& considered : response_.considered()) {
      switch (considered.verdict()) {
        case Considered::STALE:
        case Considered::UNKNOWN:
        case Considered::FRESH_BUT_SHADOWED:
          absl::StrAppend(&asked, asked.empty() ? "" : ", then ", "'",
                          considered.upstream_name(), "'");
          break;
        case Considered::KNOWN_REFUSED:
          refused = true;
          break;
        case Considered::KNOWN_ABSENT:
          absent = true;
          break;
        case Considered::KNOWN_HIDDEN:
          hidden = true;
          break;
        case Considered::EXCLUDED_BY_RULE:
          excluded = true;
          break;
        default:
          break;
      }
      if (response_.has_hit() &&
          considered.upstream_id() == response_.hit().upstream_id()) {
        return absl::StrCat("served from the cache of '",
                            considered.upstream_name(), "'");
      }
    }
    const std::string end =
        ends_at_.empty() ? ""
                         : absl::StrCat("answers 403: '", ends_at_,
                                        "' denied access recently (negative "
                                        "cache), and the pull stops there");
    if (!asked.empty() && ends_at_.empty()) {
      return absl::StrCat(IsList(content_) ? "merges the lists of " : "asks ",
                          asked, IsList(content_) ? "" : " in this order");
    }
    if (!asked.empty()) return absl::StrCat("asks ", asked, ", then ", end);
    if (!end.empty()) return end;
    if (IsList(content_) && !absent && !hidden && !refused && !excluded) {
      return "merges cached lists";
    }
    if (refused)
      return "answers 403: an upstream denied access recently (negative cache)";
    if (hidden) {
      return "answers 404: no upstream offers it to its configured "
             "credentials; an upstream answered 401 or 403 recently although "
             "it granted a token (negative cache)";
    }
    if (absent)
      return "answers 404: no upstream had it recently (negative cache)";
    if (excluded) return "answers 403: excluded by the rules of every upstream";
    return "answers 404: no enabled upstream serves this repository or "
           "namespace";
  }

  const ContentRef& content_;
  const std::string& source_namespace_;
  const CandidateReader reader_;

  v1::ExplainResponse response_;
  bool all_yield_ = true;
  // The upstream at which a pull that has come so far fails; empty = none yet.
  std::string ends_at_;
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
    Explaining explaining(transaction, content, request.source_namespace(),
                          clock_.SteadyNow());
    for (const UpstreamRoute& route : routes->upstreams)
      RETURN_IF_ERROR(explaining.Add(route));
    response = explaining.Finish();
    return absl::OkStatus();
  }));
  return response;
}

}  // namespace cvr
