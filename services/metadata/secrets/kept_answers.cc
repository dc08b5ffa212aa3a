#include "services/metadata/secrets/kept_answers.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/status_macros.h"
#include "services/metadata/tables/operation_tables.h"

namespace cvr {
namespace {

std::string ContextOf(absl::string_view key) {
  return absl::StrCat("request_replay/", key);
}

}  // namespace

std::string SealAnswer(const SecretBox& box, absl::string_view key,
                       const stored::KeptAnswer& answer) {
  return box.Seal(answer.SerializeAsString(), ContextOf(key));
}

absl::StatusOr<stored::KeptAnswer> OpenAnswer(
    const SecretBox& box, absl::string_view key,
    const stored::RequestReplay& replay) {
  ASSIGN_OR_RETURN(const std::string bytes,
                   box.Open(replay.sealed_answer(), ContextOf(key)));
  stored::KeptAnswer answer;
  if (!answer.ParseFromString(bytes)) {
    return absl::DataLossError("metadata store: a kept answer is corrupt");
  }
  return answer;
}

absl::Status ResealAnswers(WriteTransaction& transaction,
                           const SecretBox& box) {
  std::vector<std::pair<std::string, stored::RequestReplay>> rows;
  RETURN_IF_ERROR(tables::VisitReplays(
      transaction, /*token_id=*/0,
      [&](absl::string_view key,
          const stored::RequestReplay& row) -> absl::StatusOr<bool> {
        rows.emplace_back(key, row);
        return true;
      }));
  for (auto& [key, row] : rows) {
    ASSIGN_OR_RETURN(const auto answer, OpenAnswer(box, key, row));
    row.set_sealed_answer(SealAnswer(box, key, answer));
    tables::PutReplay(transaction, key, row);
  }
  return absl::OkStatus();
}

}  // namespace cvr
