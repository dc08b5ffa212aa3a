#ifndef SERVICES_METADATA_TABLES_OPERATION_TABLES_H_
#define SERVICES_METADATA_TABLES_OPERATION_TABLES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_operation.pb.h"

// More of tables.h: operations, and answers that are kept for repeated
// requests.
namespace cvr::tables {

inline constexpr char kOperationIds[] = "operation";

// Operations, the newest first.
absl::StatusOr<std::optional<stored::Operation>> FindOperation(
    const ReadTransaction& transaction, int64_t id);
// Those with an id below `before`; 0 = all.
absl::Status VisitOperations(
    const ReadTransaction& transaction, int64_t before,
    absl::FunctionRef<absl::StatusOr<bool>(const stored::Operation&)> visitor);
void PutOperation(WriteTransaction& transaction,
                  const stored::Operation& operation);
void DeleteOperation(WriteTransaction& transaction, int64_t id);

// Answers, by caller, method and request.
struct ReplayKey {
  int64_t token_id = 0;
  std::string method;
  std::string request_id;

  // As it is stored.
  std::string Encode() const;
};
absl::StatusOr<std::optional<stored::RequestReplay>> FindReplay(
    const ReadTransaction& transaction, const ReplayKey& key);
absl::StatusOr<std::optional<stored::RequestReplay>> FindReplay(
    const ReadTransaction& transaction, absl::string_view encoded_key);
void PutReplay(WriteTransaction& transaction, const ReplayKey& key,
               const stored::RequestReplay& replay);
// Those of one caller, or all if `token_id` is 0, with the encoded key of each.
absl::Status VisitReplays(
    const ReadTransaction& transaction, int64_t token_id,
    absl::FunctionRef<absl::StatusOr<bool>(absl::string_view key,
                                           const stored::RequestReplay&)>
        visitor);
void PutReplay(WriteTransaction& transaction, absl::string_view encoded_key,
               const stored::RequestReplay& replay);
void DeleteReplay(WriteTransaction& transaction, absl::string_view encoded_key);

}  // namespace cvr::tables

#endif  // SERVICES_METADATA_TABLES_OPERATION_TABLES_H_
