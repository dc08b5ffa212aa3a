#ifndef SERVICES_METADATA_SECRETS_KEPT_ANSWERS_H_
#define SERVICES_METADATA_SECRETS_KEPT_ANSWERS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/metadata/secrets/secret_box.h"
#include "services/metadata/store/metadata_store.h"
#include "services/metadata/store/stored_operation.pb.h"

namespace cvr {

// Answers that are kept for repeated requests (request_replays.h). They hold
// secrets of new access tokens, so they are sealed, each for the row with its
// key, the encoded tables::ReplayKey.
std::string SealAnswer(const SecretBox& box, absl::string_view key,
                       const stored::KeptAnswer& answer);

// Errors: DATA_LOSS.
absl::StatusOr<stored::KeptAnswer> OpenAnswer(
    const SecretBox& box, absl::string_view key,
    const stored::RequestReplay& replay);

// Seals all of them anew, with the newest key. Errors: DATA_LOSS; those of
// tables.h.
absl::Status ResealAnswers(WriteTransaction& transaction, const SecretBox& box);

}  // namespace cvr

#endif  // SERVICES_METADATA_SECRETS_KEPT_ANSWERS_H_
