#include "services/blob/late_records.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace cvr {
namespace {

// About what a record takes.
size_t BytesOf(const CacheRecord& record) {
  return sizeof(record) + 512 + record.upstream_etag.size() +
         record.references.size() * (sizeof(Digest) + 64);
}

}  // namespace

bool LateRecords::Fits(const Used& used, size_t bytes, size_t share) const {
  return used.records < options_.records_max / share &&
         used.bytes + bytes <= options_.bytes_max / share;
}

bool LateRecords::Add(const CacheRecord& record) {
  const size_t bytes = BytesOf(record);
  MutexLock lock(&mutex_);
  Used& own = of_upstream_[record.upstream_id];
  if (!Fits(all_, bytes, 1) || !Fits(own, bytes, options_.upstream_share)) {
    if (own.records == 0) of_upstream_.erase(record.upstream_id);
    return false;
  }
  for (Used* const used : {&all_, &own}) {
    ++used->records;
    used->bytes += bytes;
  }
  records_.push_back({next_number_++, record});
  return true;
}

void LateRecords::Forget(int64_t upstream_id, const ContentRef& content) {
  MutexLock lock(&mutex_);
  if (!of_upstream_.contains(upstream_id)) return;
  const std::string path = content.RelativePath();
  for (auto record = records_.begin(); record != records_.end();) {
    const auto next = std::next(record);
    if (record->record.upstream_id == upstream_id &&
        record->record.content.RelativePath() == path) {
      Remove(record);
    }
    record = next;
  }
}

std::optional<LateRecords::Late> LateRecords::First() const {
  MutexLock lock(&mutex_);
  if (records_.empty()) return std::nullopt;
  return records_.front();
}

void LateRecords::Remove(uint64_t number) {
  MutexLock lock(&mutex_);
  const auto record =
      std::find_if(records_.begin(), records_.end(),
                   [&](const Late& late) { return late.number == number; });
  if (record != records_.end()) Remove(record);
}

void LateRecords::Remove(Records::iterator record) {
  const size_t bytes = BytesOf(record->record);
  const auto own = of_upstream_.find(record->record.upstream_id);
  for (Used* const used : {&all_, &own->second}) {
    --used->records;
    used->bytes -= bytes;
  }
  if (own->second.records == 0) of_upstream_.erase(own);
  records_.erase(record);
}

}  // namespace cvr
