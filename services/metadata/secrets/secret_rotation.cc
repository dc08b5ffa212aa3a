#include "services/metadata/secrets/secret_rotation.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "services/metadata/secrets/kept_answers.h"
#include "services/metadata/secrets/store_key.h"
#include "services/metadata/secrets/upstream_secrets.h"
#include "services/metadata/store/transactions.h"
#include "services/metadata/tables/tables.h"
#include "spdlog/spdlog.h"

namespace cvr {
namespace {

absl::StatusOr<int64_t> ResealUpstreams(WriteTransaction& transaction,
                                        const SecretBox& box) {
  std::vector<stored::Upstream> rows;
  RETURN_IF_ERROR(tables::VisitUpstreams(
      transaction, /*start_after=*/0,
      [&](const stored::Upstream& row) -> absl::StatusOr<bool> {
        if (!row.sealed_secrets().empty()) rows.push_back(row);
        return true;
      }));
  for (auto& row : rows) {
    RETURN_IF_ERROR(Annotate(ResealUpstream(box, row),
                             absl::StrCat("upstream ", row.upstream().id())));
    tables::PutUpstream(transaction, row);
  }
  return static_cast<int64_t>(rows.size());
}

// Whoever calls can do something about it.
absl::Status FileStatus(const absl::Status& status) {
  return absl::IsUnavailable(status)
             ? absl::FailedPreconditionError(status.message())
             : status;
}

}  // namespace

absl::StatusOr<int64_t> SecretRotation::SealAnew() {
  ASSIGN_OR_RETURN(
      const int64_t secrets,
      WriteValue<int64_t>(
          store_,
          [&](WriteTransaction& transaction) -> absl::StatusOr<int64_t> {
            ASSIGN_OR_RETURN(const int64_t upstreams,
                             ResealUpstreams(transaction, box_));
            ASSIGN_OR_RETURN(const int keys, signing_keys_.Reseal(transaction));
            RETURN_IF_ERROR(ResealAnswers(transaction, box_));
            PutKeyCheck(transaction, box_);
            return upstreams + keys;
          }));
  RETURN_IF_ERROR(FileStatus(box_.DropOldKeys()));
  return secrets;
}

absl::StatusOr<v1::Operation> SecretRotation::Rotate(
    const v1::RotateSecretKeyRequest& request, const Caller& caller) {
  return WriteValue<v1::Operation>(store_, [&](WriteTransaction& transaction) {
    return operations_.StartIn(transaction, {.method = kRotate,
                                             .group = "",
                                             .request_id = request.request_id(),
                                             .token_id = caller.token_id,
                                             .can_cancel = false});
  });
}

absl::StatusOr<google::protobuf::Any> SecretRotation::RotateFor(
    OperationRun& operation) {
  ASSIGN_OR_RETURN(const auto response, RotateNow());
  v1::Operation::Progress progress;
  progress.set_done_count(response.secret_count());
  progress.set_total_count(response.secret_count());
  operation.Report(progress);
  return PackedResponse(response);
}

absl::StatusOr<v1::RotateSecretKeyResponse> SecretRotation::RotateNow() {
  MutexLock lock(&mutex_);
  if (box_.HasOldKeys()) RETURN_IF_ERROR(SealAnew().status());
  RETURN_IF_ERROR(FileStatus(box_.AddKey()));
  ASSIGN_OR_RETURN(const int64_t secrets, SealAnew());
  spdlog::info("secret key rotated, {} secrets re-encrypted", secrets);
  v1::RotateSecretKeyResponse response;
  response.set_secret_count(secrets);
  return response;
}

absl::Status SecretRotation::Finish() {
  MutexLock lock(&mutex_);
  return box_.HasOldKeys() ? SealAnew().status() : absl::OkStatus();
}

}  // namespace cvr
