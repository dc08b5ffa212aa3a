#include "services/blob/engine/list_fetcher.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/blob/engine/content_streams.h"
#include "services/blob/engine/list_document.h"
#include "services/blob/engine/possession.h"
#include "services/blob/engine/upstream_failures.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

using Action = FailurePolicy::Action;

struct Part {
  const Candidate* candidate;
  ListPart list;
};

std::string MergeTags(const std::vector<Part>& parts) {
  std::vector<std::string> all;
  for (const auto& [candidate, list] : parts) {
    std::vector<std::string> tags = TagsIn(list.document.bytes());
    const RuleSet& rules = candidate->tag_rules;
    std::copy_if(std::make_move_iterator(tags.begin()),
                 std::make_move_iterator(tags.end()), std::back_inserter(all),
                 [&](const std::string& tag) { return rules.AllowsTag(tag); });
  }
  return TagsDocument(std::move(all));
}

std::string MergeReferrers(const std::vector<Part>& parts) {
  std::vector<Referrer> all;
  for (const auto& [candidate, list] : parts) {
    std::vector<Referrer> referrers = ReferrersIn(list.document.bytes());
    std::move(referrers.begin(), referrers.end(), std::back_inserter(all));
  }
  return ReferrersIndex(EachOnce(std::move(all)));
}

absl::Status Unknown(const ContentRef& content) {
  return errors::RepositoryUnknown(content.repository.name());
}

}  // namespace

// What is asked of one candidate while others are waited for: one of these.
struct ListFetcher::Pending {
  absl::Status known;
  std::optional<ListPart> stored;
  std::optional<Flights::Ticket> flight;
};

// The parts in order of precedence.
struct ListFetcher::Parts {
  std::vector<Part> parts;
  bool was_asked = false;
  // Of the first that is left out for another reason than not having it.
  absl::Status failure;

  ContentOrigin origin() const {
    const bool is_stale =
        std::any_of(parts.begin(), parts.end(), [](const Part& part) {
          return part.list.origin == ContentOrigin::kStale;
        });
    if (is_stale) return ContentOrigin::kStale;
    return was_asked ? ContentOrigin::kMiss : ContentOrigin::kHit;
  }
  int64_t upstream_id() const {
    return parts.empty() ? 0 : parts.front().candidate->upstream_id;
  }
};

ListFetcher::ListFetcher(BlobStore& store, UpstreamClient& upstream,
                         MetadataClient& metadata, const Clock& clock,
                         UpstreamHealth* health, ThreadPool& pool)
    : asker_(store, upstream, metadata, clock, health), flights_(pool) {}

absl::StatusOr<std::unique_ptr<ContentStream>> ListFetcher::Fetch(
    const FetchRequest& request) {
  const bool is_tags = request.content.kind == ContentKind::kTags;
  ASSIGN_OR_RETURN(const Parts found, Collect(request));
  if (found.parts.empty()) {
    RETURN_IF_ERROR(found.failure);
    if (is_tags) return Unknown(request.content);
  }
  std::string merged =
      is_tags ? MergeTags(found.parts) : MergeReferrers(found.parts);
  const Descriptor target = {is_tags ? kJsonType : kIndexType,
                             Digest::OfBytes(merged), merged.size()};
  return MakeBytesStream({target, found.origin(), found.upstream_id()},
                         {request.range, request.header_only},
                         Chunk::OfString(std::move(merged)));
}

absl::StatusOr<ListFetcher::Parts> ListFetcher::Collect(
    const FetchRequest& request) {
  const auto& candidates = request.plan.candidates;
  std::vector<Pending> all;
  for (const Candidate& candidate : candidates) {
    all.push_back(Begin({request.content, candidate}));
  }
  Parts found;
  for (size_t i = 0; i < all.size(); ++i) {
    const Candidate& candidate = candidates[i];
    found.was_asked = found.was_asked || all[i].flight.has_value();
    auto list = End(all[i], {request.deadline, request.cancel});
    if (list.ok()) {
      found.parts.push_back({&candidate, *std::move(list)});
      continue;
    }
    const absl::Status& failure = list.status();
    if (request.cancel.stop_requested()) return failure;
    if (absl::IsNotFound(failure)) continue;
    auto copy = asker_.StaleCopy({request.content, candidate});
    switch (ActionOn(failure, candidate.failure_policy,
                     {.has_copy = copy.has_value()})) {
      case Action::kServeStale:
        spdlog::warn("{} of upstream {} is served stale: {}",
                     request.content.RelativePath(), candidate.upstream_id,
                     failure.ToString());
        found.parts.push_back({&candidate, *std::move(copy)});
        break;
      case Action::kStop:
        return failure;
      case Action::kNext:
        if (found.failure.ok()) found.failure = failure;
    }
  }
  return found;
}

ListFetcher::Pending ListFetcher::Begin(const ListAsker::Question& question) {
  const auto& [content, candidate] = question;
  Pending pending;
  pending.known =
      KnownAnswer(candidate.upstream_id, candidate.denial, Unknown(content));
  if (!pending.known.ok()) return pending;
  pending.stored = asker_.FindStored(question);
  if (pending.stored) return pending;
  pending.flight = flights_.Begin(
      absl::StrCat(candidate.upstream_id, " ", IdentityOf(candidate),
                   content.RelativePath()),
      [this, question] { return asker_.FromUpstream(question); });
  return pending;
}

absl::StatusOr<ListPart> ListFetcher::End(const Pending& pending,
                                          const Patience& patience) {
  RETURN_IF_ERROR(pending.known);
  if (pending.stored) return *pending.stored;
  return flights_.Wait(*pending.flight, patience);
}

}  // namespace cvr
