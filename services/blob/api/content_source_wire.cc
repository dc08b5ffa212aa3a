#include "services/blob/api/content_source_wire.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "services/common/content_wire.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/api/resolution_wire.h"

namespace cvr {
namespace {

internal::v1::ByteRange RangeToWire(const ByteRangeSpec& range) {
  internal::v1::ByteRange message;
  if (const auto* const suffix =
          std::get_if<ByteRangeSpec::Suffix>(&range.value)) {
    message.set_suffix_length(static_cast<int64_t>(suffix->length));
    return message;
  }
  const auto& from = std::get<ByteRangeSpec::From>(range.value);
  message.set_first(static_cast<int64_t>(from.first));
  if (from.last) message.set_last(static_cast<int64_t>(*from.last));
  return message;
}

absl::StatusOr<ByteRangeSpec> RangeFromWire(
    const internal::v1::ByteRange& message) {
  if (message.first() < 0 || message.last() < 0 ||
      message.suffix_length() < 0) {
    return errors::FieldInvalid("range", "must not be negative");
  }
  if (message.has_suffix_length()) {
    return ByteRangeSpec{
        ByteRangeSpec::Suffix{static_cast<uint64_t>(message.suffix_length())}};
  }
  ByteRangeSpec::From from;
  from.first = static_cast<uint64_t>(message.first());
  if (message.has_last()) {
    if (message.last() < message.first()) {
      return errors::FieldInvalid("range.last", "must not be below first");
    }
    from.last = static_cast<uint64_t>(message.last());
  }
  return ByteRangeSpec{from};
}

constexpr std::pair<CacheStatus, internal::v1::ContentHeader::CacheStatus>
    kCacheStatuses[] = {
        {CacheStatus::kHit, internal::v1::ContentHeader::CACHE_STATUS_HIT},
        {CacheStatus::kMiss, internal::v1::ContentHeader::CACHE_STATUS_MISS},
        {CacheStatus::kRevalidated,
         internal::v1::ContentHeader::CACHE_STATUS_REVALIDATED},
        {CacheStatus::kStale, internal::v1::ContentHeader::CACHE_STATUS_STALE},
};

}  // namespace

internal::v1::ReadRequest ToWire(const ReadRequest& request) {
  internal::v1::ReadRequest message;
  message.set_digest(request.digest.ToString());
  if (request.range) *message.mutable_range() = RangeToWire(*request.range);
  message.set_header_only(request.header_only);
  if (request.repair) {
    *message.mutable_repair()->mutable_content() =
        ToWire(request.repair->content);
    *message.mutable_repair()->mutable_plan() = ToWire(request.repair->plan);
  }
  return message;
}

absl::StatusOr<ReadRequest> FromWire(const internal::v1::ReadRequest& message) {
  ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(message.digest()));
  ReadRequest request{digest, std::nullopt, message.header_only()};
  if (message.has_range()) {
    ASSIGN_OR_RETURN(request.range, RangeFromWire(message.range()));
  }
  if (message.has_repair()) {
    ASSIGN_OR_RETURN(ContentRef content, FromWire(message.repair().content()));
    ASSIGN_OR_RETURN(FetchPlan plan, FromWire(message.repair().plan()));
    request.repair = RepairPlan{std::move(content), std::move(plan)};
  }
  return request;
}

internal::v1::FetchRequest ToWire(const FetchRequest& request, absl::Time now) {
  internal::v1::FetchRequest message;
  *message.mutable_content() = ToWire(request.content);
  *message.mutable_plan() = ToWire(request.plan);
  if (request.range) *message.mutable_range() = RangeToWire(*request.range);
  message.set_header_only(request.header_only);
  if (request.deadline != absl::InfiniteFuture()) {
    *message.mutable_header_timeout() =
        ToWire(std::max(request.deadline - now, absl::ZeroDuration()));
  }
  const auto& [last, n, artifact_type] = request.list;
  if (!last.empty() || n || !artifact_type.empty()) {
    internal::v1::ListQuery& list = *message.mutable_list();
    list.set_last(last);
    // No list is longer than what the message can say.
    if (n) list.set_n(static_cast<int64_t>(std::min<uint64_t>(*n, INT64_MAX)));
    list.set_artifact_type(artifact_type);
  }
  return message;
}

absl::StatusOr<FetchRequest> FromWire(const internal::v1::FetchRequest& message,
                                      absl::Time now) {
  ASSIGN_OR_RETURN(ContentRef content, FromWire(message.content()));
  FetchRequest request{std::move(content)};
  ASSIGN_OR_RETURN(request.plan, FromWire(message.plan()));
  if (message.has_range()) {
    ASSIGN_OR_RETURN(request.range, RangeFromWire(message.range()));
  }
  request.header_only = message.header_only();
  if (message.has_header_timeout()) {
    request.deadline = now + FromWire(message.header_timeout());
  }
  const internal::v1::ListQuery& list = message.list();
  request.list.last = list.last();
  request.list.artifact_type = list.artifact_type();
  if (list.has_n()) {
    if (list.n() < 0) {
      return errors::FieldInvalid("list.n", "must not be negative");
    }
    request.list.n = static_cast<uint64_t>(list.n());
  }
  return request;
}

internal::v1::ContentHeader ToWire(const ContentHeader& header) {
  internal::v1::ContentHeader message;
  *message.mutable_target() = ToWire(header.target);
  message.set_offset(static_cast<int64_t>(header.range.offset));
  message.set_length(static_cast<int64_t>(header.range.length));
  for (const auto& [cache_status, wire_status] : kCacheStatuses) {
    if (cache_status == header.cache_status) {
      message.set_cache_status(wire_status);
    }
  }
  message.set_upstream_id(header.upstream_id);
  if (header.goes_on_after) message.set_goes_on_after(*header.goes_on_after);
  return message;
}

absl::StatusOr<ContentHeader> FromWire(
    const internal::v1::ContentHeader& message) {
  ASSIGN_OR_RETURN(Descriptor target, FromWire(message.target()));
  if (message.offset() < 0 || message.length() < 0) {
    return errors::FieldInvalid("header", "must not be negative");
  }
  ContentHeader header{std::move(target),
                       {static_cast<uint64_t>(message.offset()),
                        static_cast<uint64_t>(message.length())}};
  header.upstream_id = message.upstream_id();
  if (message.has_goes_on_after()) {
    header.goes_on_after = message.goes_on_after();
  }
  for (const auto& [cache_status, wire_status] : kCacheStatuses) {
    if (wire_status != message.cache_status()) continue;
    header.cache_status = cache_status;
    return header;
  }
  return errors::FieldInvalid("header.cache_status", "must be set");
}

}  // namespace cvr
