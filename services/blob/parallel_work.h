#ifndef SERVICES_BLOB_PARALLEL_WORK_H_
#define SERVICES_BLOB_PARALLEL_WORK_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "services/concurrency/thread.h"

namespace cvr {

// Calls `body` on `workers` threads at the same time, the caller's among them,
// and returns when all have returned. `body` takes work from somewhere until
// there is none. `name` is that of the threads (thread.h).
inline void WorkInParallel(const char* name, size_t workers,
                           absl::FunctionRef<void()> body) {
  std::vector<std::unique_ptr<Thread>> others;
  for (size_t i = 1; i < workers; ++i) {
    others.push_back(std::make_unique<Thread>(name, body));
  }
  body();
}

}  // namespace cvr

#endif  // SERVICES_BLOB_PARALLEL_WORK_H_
