#include "gateway/outage/remembering_resolver.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

// Who asks, with all that may matter: whoever has other rights than a moment
// ago is somebody else.
std::string KeyOf(const Caller& caller) {
  return absl::StrCat(caller.token_id, ";", caller.may_pull, caller.may_manage,
                      caller.is_admin, caller.all_groups, ";",
                      absl::StrJoin(caller.registry_ids, ","), ";",
                      caller.group.size(), ";", caller.group);
}

// Lengths keep one text from being taken for another.
std::string KeyOf(const ResolveRequest& request, const Reference& reference) {
  const ContentRef& content = request.content;
  const std::string& repository = content.repository.name();
  return absl::StrCat(KeyOf(request.caller), ";", request.registry_id, ";",
                      request.source_namespace.size(), ";",
                      request.source_namespace, ";",
                      static_cast<int>(content.kind), ";", repository.size(),
                      ";", repository, ";", reference.ToString());
}

bool IsRememberable(const ContentRef& content) {
  return content.kind == ContentKind::kManifest ||
         content.kind == ContentKind::kBlob;
}

// For how long the hit may be repeated, as far as its entry is concerned.
absl::Duration ValidityOf(const Resolution& resolution) {
  for (const Candidate& candidate : resolution.plan.candidates) {
    if (candidate.upstream_id == resolution.hit->upstream_id &&
        candidate.cached) {
      return candidate.cached->stale_for;
    }
  }
  return absl::ZeroDuration();
}

}  // namespace

RememberingResolver::RememberingResolver(Resolver& resolver,
                                         MetadataContact& contact,
                                         const Options& options,
                                         const Clock& clock)
    : resolver_(resolver),
      contact_(contact),
      options_(options),
      clock_(clock),
      decisions_(options.bytes_max) {
  if (options_.grace > absl::ZeroDuration() &&
      !options_.confirm_after.empty()) {
    confirming_.emplace("confirm", [this] { Confirm(); });
  }
}

RememberingResolver::~RememberingResolver() {
  sleeper_.Stop();
  confirming_.reset();
}

absl::StatusOr<Resolution> RememberingResolver::Resolve(
    const ResolveRequest& request) {
  if (options_.grace <= absl::ZeroDuration() ||
      !IsRememberable(request.content)) {
    return contact_.Query([&] { return resolver_.Resolve(request); });
  }
  const std::string key = KeyOf(request, request.content.reference);
  ResolveRequest patient = request;
  patient.patience = std::min(request.patience, PatienceFor(key));
  auto answer = Ask(patient, key);
  if (answer.ok()) {
    if (!answer->hit && request.counts_as_pull) AskLater(request, key);
    return answer;
  }
  if (!MetadataContact::IsSilence(answer.status())) return answer;
  auto known = Recall(key);
  return known ? *std::move(known) : std::move(answer);
}

// What is not remembered is waited for as long as may be.
absl::Duration RememberingResolver::PatienceFor(const std::string& key) {
  if (!Find(key)) return absl::InfiniteDuration();
  return contact_.is_away() ? options_.patience_when_away : options_.patience;
}

absl::StatusOr<Resolution> RememberingResolver::Ask(
    const ResolveRequest& request, const std::string& key) {
  uint64_t generation = 0;
  auto answer =
      contact_.Query([&] { return resolver_.Resolve(request); }, &generation);
  if (MetadataContact::IsSilence(answer.status())) return answer;
  if (answer.ok() && answer->hit) {
    Learn(request, key, *answer, generation);
  } else {
    decisions_.Forget(key);
  }
  return answer;
}

void RememberingResolver::Learn(const ResolveRequest& request,
                                const std::string& key,
                                const Resolution& resolution,
                                uint64_t generation) {
  const std::string& group = resolution.plan.group;
  const std::vector<BoundedMemory<Decision>::Owner> owners = {
      {absl::StrCat("registry ", request.registry_id), 8},
      {absl::StrCat("group ", group), 4}};
  const Hit& hit = *resolution.hit;
  const auto put = [&](const std::string& text, absl::Time until) {
    decisions_.Put(text, owners, Decision{hit, group},
                   hit.target.media_type.size() + group.size(), generation,
                   until);
  };
  const absl::Time now = clock_.SteadyNow();
  put(key, now + std::min(options_.grace, ValidityOf(resolution)));
  // Clients of a tag go on with its digest, and get the same bytes by it.
  if (!request.content.reference.is_digest()) {
    put(KeyOf(request, Reference(hit.target.digest)), now + options_.grace);
  }
}

std::optional<RememberingResolver::Decision> RememberingResolver::Find(
    const std::string& key) {
  return decisions_.Find(key, contact_.generation(), clock_.SteadyNow());
}

std::optional<Resolution> RememberingResolver::Recall(const std::string& key) {
  auto decision = Find(key);
  if (!decision) return std::nullopt;
  const uint64_t generation = contact_.generation();
  if (told_in_generation_.exchange(generation) != generation) {
    spdlog::warn(
        "the metadata service does not answer: what it has decided within {} "
        "is repeated to the same callers",
        absl::FormatDuration(options_.grace));
  }
  Resolution resolution;
  resolution.hit = std::move(decision->hit);
  resolution.plan.group = std::move(decision->group);
  resolution.remembered = true;
  return resolution;
}

absl::StatusOr<std::vector<CachedRepository>>
RememberingResolver::ListRepositories(const Caller& caller, int64_t registry_id,
                                      const CachedRepository& start_after,
                                      int max) {
  return contact_.Query([&] {
    return resolver_.ListRepositories(caller, registry_id, start_after, max);
  });
}

absl::StatusOr<LocatedRegistry> RememberingResolver::Locate(
    absl::string_view path) {
  return contact_.Query([&] { return resolver_.Locate(path); });
}

void RememberingResolver::AskLater(const ResolveRequest& request,
                                   const std::string& key) {
  if (!confirming_) return;
  const absl::Time now = clock_.SteadyNow();
  MutexLock lock(&mutex_);
  if (unconfirmed_keys_.size() >= options_.confirmed_max ||
      unconfirmed_keys_.contains(key)) {
    return;
  }
  size_t& of_registry = unconfirmed_of_[request.registry_id];
  if (of_registry >= std::max<size_t>(1, options_.confirmed_max / 4)) return;
  ++of_registry;
  unconfirmed_keys_.insert(key);
  Unconfirmed added{request, key, now};
  added.request.counts_as_pull = false;
  const absl::Time due_at = now + options_.confirm_after[0];
  unconfirmed_.emplace(due_at, std::move(added));
}

void RememberingResolver::Confirm() {
  while (sleeper_.Sleep(options_.confirm_interval)) {
    while (auto due = TakeDue()) {
      const auto answer = Ask(due->request, due->key);
      ++due->times_asked;
      if ((answer.ok() && answer->hit) ||
          due->times_asked >= options_.confirm_after.size() ||
          !sleeper_.Sleep(absl::ZeroDuration())) {
        MutexLock lock(&mutex_);
        Drop(*due);
      } else {
        PutBack(*std::move(due));
      }
    }
  }
}

std::optional<RememberingResolver::Unconfirmed> RememberingResolver::TakeDue() {
  const absl::Time now = clock_.SteadyNow();
  MutexLock lock(&mutex_);
  const auto first = unconfirmed_.begin();
  if (first == unconfirmed_.end() || first->first > now) return std::nullopt;
  Unconfirmed taken = std::move(first->second);
  unconfirmed_.erase(first);
  return taken;
}

void RememberingResolver::PutBack(Unconfirmed asked) {
  const absl::Time due_at =
      asked.begun_at + options_.confirm_after[asked.times_asked];
  MutexLock lock(&mutex_);
  unconfirmed_.emplace(due_at, std::move(asked));
}

void RememberingResolver::Drop(const Unconfirmed& asked) {
  unconfirmed_keys_.erase(asked.key);
  const auto of_registry = unconfirmed_of_.find(asked.request.registry_id);
  if (--of_registry->second == 0) unconfirmed_of_.erase(of_registry);
}

}  // namespace cvr
