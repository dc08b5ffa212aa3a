#ifndef SERVICES_PROCESS_VERSION_H_
#define SERVICES_PROCESS_VERSION_H_

namespace cvr {

// Semantic version of everything in the tree; CHANGELOG.md says what changed.
inline constexpr char kVersion[] = "0.1.0";

}  // namespace cvr

#endif  // SERVICES_PROCESS_VERSION_H_
