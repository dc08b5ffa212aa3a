#ifndef SERVICES_POLICY_TRANSFER_LIMITS_H_
#define SERVICES_POLICY_TRANSFER_LIMITS_H_

#include <cstdint>

// Bounds of what upstreams may take their time for; as limits.h.
namespace cvr::limits {

// What an upstream may take for one answer that is no blob: 4 MiB in it are no
// more than an old telephone line carries.
inline constexpr int kDocumentSecondsMax = 120;

// Below it a body is given up: no line is that slow, and whoever sends so
// little only holds a place. A flag's default.
inline constexpr uint64_t kDownloadBytesPerSecondMin = 1024;

}  // namespace cvr::limits

#endif  // SERVICES_POLICY_TRANSFER_LIMITS_H_
