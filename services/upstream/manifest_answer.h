#ifndef SERVICES_UPSTREAM_MANIFEST_ANSWER_H_
#define SERVICES_UPSTREAM_MANIFEST_ANSWER_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/content.h"
#include "services/concurrency/memory_budget.h"
#include "services/concurrency/share_ledger.h"
#include "services/upstream/api/upstream_client.h"
#include "services/upstream/http/hop_runner.h"

namespace cvr {

// Gathers a manifest's bytes, up to limits::kManifestBytesMax. Not thread-safe.
class ManifestReceiver : public HopReceiver {
 public:
  // A large one takes room in `memory`, in the shares of `owner`; null = it
  // takes what it needs.
  explicit ManifestReceiver(MemoryBudget* memory = nullptr, ShareKey owner = {})
      : memory_(memory), owner_(std::move(owner)) {}

  absl::Status OnHead(const Url& url, const HttpHead& head) override;
  absl::Status OnBytes(absl::string_view bytes) override;

  // The manifest, once `answer` is complete, verified against `reference` if
  // that is a digest and against the digest that the upstream says.
  // Errors: UNAVAILABLE (reason CONTENT_MISMATCH, UPSTREAM_INVALID, or
  // MANIFEST_INVALID for what no client should be given: see manifest_type.h).
  absl::StatusOr<UpstreamManifest> Finish(const HopAnswer& answer,
                                          const Reference& reference) &&;

 private:
  absl::Status TakeRoom(uint64_t bytes);

  MemoryBudget* const memory_;  // Or null.
  const ShareKey owner_;
  std::string host_;
  std::string bytes_;
  MemoryBudget::Lease room_;
};

// What the answer to a HEAD says of the manifest. The size is 0 when it does
// not say.
// Errors: UNAVAILABLE (reason UPSTREAM_INVALID) when the digest is neither said
// nor asked for; (CONTENT_MISMATCH) when another one is said than asked for.
absl::StatusOr<Descriptor> ManifestInHead(const HopAnswer& answer,
                                          const Reference& reference);

}  // namespace cvr

#endif  // SERVICES_UPSTREAM_MANIFEST_ANSWER_H_
