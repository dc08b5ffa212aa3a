#include "services/metadata/api/record_wire.h"

#include <utility>

#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/api/resolution_wire.h"
#include "services/metadata/resources/upstream_wire.h"

namespace cvr {

internal::v1::RecordCacheEntryRequest ToWire(const CacheRecord& record) {
  internal::v1::RecordCacheEntryRequest message;
  message.set_upstream_id(record.upstream_id);
  *message.mutable_content() = ToWire(record.content);
  *message.mutable_target() = ToWire(record.target);
  message.set_upstream_etag(record.upstream_etag);
  for (const Digest& digest : record.references) {
    message.add_references(digest.ToString());
  }
  message.set_counts_as_pull(record.counts_as_pull);
  message.set_unconfirmed(!record.confirmed);
  message.set_delivered_to(record.delivered_to);
  message.set_cache_epoch(record.cache_epoch);
  return message;
}

absl::StatusOr<CacheRecord> FromWire(
    const internal::v1::RecordCacheEntryRequest& message) {
  ASSIGN_OR_RETURN(auto content, FromWire(message.content()));
  ASSIGN_OR_RETURN(auto target, FromWire(message.target()));
  CacheRecord record{message.upstream_id(), std::move(content),
                     std::move(target), message.upstream_etag()};
  for (const auto& text : message.references()) {
    ASSIGN_OR_RETURN(const auto digest, Digest::Parse(text));
    record.references.push_back(digest);
  }
  record.counts_as_pull = message.counts_as_pull();
  record.confirmed = !message.unconfirmed();
  record.delivered_to = message.delivered_to();
  record.cache_epoch = message.cache_epoch();
  return record;
}

internal::v1::RecordNegativeAnswerRequest ToNegativeAnswerRequest(
    const UpstreamEpoch& upstream, const ContentRef& content,
    NegativeAnswer negative_answer) {
  internal::v1::RecordNegativeAnswerRequest message;
  message.set_upstream_id(upstream.upstream_id);
  message.set_cache_epoch(upstream.cache_epoch);
  *message.mutable_content() = ToWire(content);
  message.set_negative_answer(ToWire(negative_answer));
  return message;
}

absl::StatusOr<NegativeAnswerRecord> FromWire(
    const internal::v1::RecordNegativeAnswerRequest& message) {
  ASSIGN_OR_RETURN(auto content, FromWire(message.content()));
  ASSIGN_OR_RETURN(const NegativeAnswer negative_answer,
                   FromWire(message.negative_answer()));
  if (negative_answer == NegativeAnswer::kNone) {
    return errors::FieldInvalid("negative_answer", "must be set");
  }
  return NegativeAnswerRecord{{message.upstream_id(), message.cache_epoch()},
                              std::move(content),
                              negative_answer};
}

internal::v1::UpstreamEpoch ToWire(const UpstreamEpoch& upstream) {
  internal::v1::UpstreamEpoch message;
  message.set_upstream_id(upstream.upstream_id);
  message.set_cache_epoch(upstream.cache_epoch);
  return message;
}

UpstreamEpoch FromWire(const internal::v1::UpstreamEpoch& message) {
  return {message.upstream_id(), message.cache_epoch()};
}

internal::v1::GetUpstreamAccessResponse ToWire(const UpstreamAccess& access) {
  internal::v1::GetUpstreamAccessResponse message;
  *message.mutable_upstream() = FromAccess(access);
  internal::v1::UpstreamCredentials& secrets = *message.mutable_credentials();
  secrets.set_username(access.username);
  secrets.set_password(access.password);
  secrets.set_client_key_pem(access.tls.client_key_pem);
  message.set_identity(access.identity);
  message.set_cache_epoch(access.cache_epoch);
  return message;
}

UpstreamAccess FromWire(
    const internal::v1::GetUpstreamAccessResponse& message) {
  UpstreamAccess access = ToAccess(message.upstream());
  access.username = message.credentials().username();
  access.password = message.credentials().password();
  access.tls.client_key_pem = message.credentials().client_key_pem();
  access.identity = message.identity();
  access.cache_epoch = message.cache_epoch();
  return access;
}

internal::v1::TakeRefreshDueResponse ToWire(
    const std::vector<RefreshDue>& due) {
  internal::v1::TakeRefreshDueResponse message;
  for (const auto& [content, candidate] : due) {
    auto* const added = message.add_due();
    *added->mutable_content() = ToWire(content);
    *added->mutable_candidate() = ToWire(candidate);
  }
  return message;
}

absl::StatusOr<std::vector<RefreshDue>> FromWire(
    const internal::v1::TakeRefreshDueResponse& message) {
  std::vector<RefreshDue> due;
  for (const auto& one : message.due()) {
    ASSIGN_OR_RETURN(auto content, FromWire(one.content()));
    ASSIGN_OR_RETURN(auto candidate, FromWire(one.candidate()));
    due.push_back({std::move(content), std::move(candidate)});
  }
  return due;
}

}  // namespace cvr
