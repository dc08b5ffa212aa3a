#include "gateway/outage/metadata_contact.h"

#include "services/rpc/rpc_status.h"
#include "spdlog/spdlog.h"

namespace cvr {

MetadataContact::Question MetadataContact::Begin() {
  MutexLock lock(&mutex_);
  return {next_number_++, generation_};
}

void MetadataContact::Note(const Question& question,
                           const absl::Status& answer) {
  const bool is_silence = IsSilence(answer);
  MutexLock lock(&mutex_);
  if (is_silence && away_since_number_ == 0) {
    away_since_number_ = next_number_;
  }
  if (is_silence || away_since_number_ == 0 ||
      question.number < away_since_number_) {
    return;
  }
  away_since_number_ = 0;
  ++generation_;
}

void MetadataContact::NoteChange() {
  MutexLock lock(&mutex_);
  ++generation_;
  spdlog::debug("the metadata service tells of a change");
}

uint64_t MetadataContact::generation() const {
  MutexLock lock(&mutex_);
  return generation_;
}

bool MetadataContact::is_away() const {
  MutexLock lock(&mutex_);
  return away_since_number_ != 0;
}

bool MetadataContact::IsSilence(const absl::Status& status) {
  return !WasAnswered(status);
}

}  // namespace cvr
