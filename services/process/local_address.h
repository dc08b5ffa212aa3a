#ifndef SERVICES_PROCESS_LOCAL_ADDRESS_H_
#define SERVICES_PROCESS_LOCAL_ADDRESS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cvr {

// Whether `address` is `unix:PATH`.
bool IsUnixAddress(absl::string_view address);

// PATH of `unix:PATH`; empty when it is no such address. `unix:///tmp/s` and
// `unix:/tmp/s` are the same.
std::string UnixPathOf(absl::string_view address);

// Whether `address` (host:port, [v6]:port, unix:PATH) can be reached from this
// machine only.
bool IsLocalAddress(absl::string_view address);

}  // namespace cvr

#endif  // SERVICES_PROCESS_LOCAL_ADDRESS_H_
