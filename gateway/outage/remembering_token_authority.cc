#include "gateway/outage/remembering_token_authority.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/digest.h"

namespace cvr {
namespace {

// Nobody's secret is empty, and is no other's.
std::string NameOf(absl::string_view secret) {
  return Digest::OfBytes(secret).ToString();
}

std::string KeyOf(absl::string_view secret, absl::string_view audience,
                  absl::Span<const TokenAccess> wanted) {
  std::string asked = absl::StrCat(audience.size(), ";", audience);
  for (const TokenAccess& one : wanted) {
    absl::StrAppend(&asked, ";", static_cast<int>(one.kind), ";",
                    one.registry_id, ";", one.repository.size(), ";",
                    one.repository, ";", one.name.size(), ";", one.name);
  }
  return absl::StrCat(NameOf(secret), Digest::OfBytes(asked).ToString());
}

size_t BytesOf(const Caller& caller) {
  return caller.token_name.size() + caller.group.size() +
         caller.registry_ids.size() * sizeof(int64_t);
}

size_t BytesOf(const IssuedToken& issued) {
  size_t bytes = issued.token.size();
  for (const TokenAccess& one : issued.access) {
    bytes += sizeof(one) + one.repository.size() + one.name.size();
  }
  return bytes;
}

}  // namespace

RememberingTokenAuthority::RememberingTokenAuthority(TokenAuthority& client,
                                                     TokenAuthority& hurried,
                                                     MetadataContact& contact,
                                                     const Options& options,
                                                     const Clock& clock)
    : authority_(client),
      hurried_(hurried),
      contact_(contact),
      options_(options),
      clock_(clock),
      callers_(options.bytes_max),
      tokens_(options.bytes_max) {}

absl::StatusOr<Caller> RememberingTokenAuthority::Authenticate(
    absl::string_view secret) {
  uint64_t generation = 0;
  auto answer = contact_.Query([&] { return Authority().Authenticate(secret); },
                               &generation);
  if (is_off()) return answer;
  const std::string key = NameOf(secret);
  if (answer.ok()) {
    callers_.Put(key, {}, *answer, BytesOf(*answer), generation,
                 clock_.SteadyNow() + options_.grace);
  } else if (MetadataContact::IsSilence(answer.status())) {
    auto known = callers_.Find(key, contact_.generation(), clock_.SteadyNow());
    if (known && clock_.Now() < known->expires_at) return *std::move(known);
  } else {
    callers_.Forget(key);
  }
  return answer;
}

absl::StatusOr<IssuedToken> RememberingTokenAuthority::IssueToken(
    absl::string_view secret, absl::string_view audience,
    absl::Span<const TokenAccess> wanted) {
  uint64_t generation = 0;
  auto answer = contact_.Query(
      [&] { return Authority().IssueToken(secret, audience, wanted); },
      &generation);
  if (is_off()) return answer;
  const std::string key = KeyOf(secret, audience, wanted);
  if (answer.ok()) {
    tokens_.Put(key, {{NameOf(secret), 16}}, *answer, BytesOf(*answer),
                generation,
                clock_.SteadyNow() +
                    std::min(options_.grace,
                             answer->lifetime - options_.token_left_min));
  } else if (MetadataContact::IsSilence(answer.status())) {
    auto known = tokens_.Find(key, contact_.generation(), clock_.SteadyNow());
    if (known) return *std::move(known);
  } else {
    tokens_.Forget(key);
  }
  return answer;
}

absl::StatusOr<Trust> RememberingTokenAuthority::GetTrust(
    uint64_t known_version, absl::Duration max_wait) {
  auto answer = contact_.Query(
      [&] { return authority_.GetTrust(known_version, max_wait); });
  if (!answer.ok()) return answer;
  MutexLock lock(&mutex_);
  if (trust_version_ != answer->version) contact_.NoteChange();
  trust_version_ = answer->version;
  return answer;
}

}  // namespace cvr
