#ifndef SERVICES_POLICY_TRANSFER_LIMITS_H_
#define SERVICES_POLICY_TRANSFER_LIMITS_H_

#include <cstdint>

// Time limits for responses of upstreams; see limits.h.
namespace cvr::limits {

// What an upstream may take for one answer that is no blob: 4 MiB in it are no
// more than an old telephone line carries.
inline constexpr int kDocumentSecondsMax = 120;

// Default of the flag for the minimum speed of a body. A slower transfer is
// aborted: no network is that slow, and the transfer would occupy a download
// slot for hours.
inline constexpr uint64_t kDownloadBytesPerSecondMin = 1024;

}  // namespace cvr::limits

#endif  // SERVICES_POLICY_TRANSFER_LIMITS_H_
