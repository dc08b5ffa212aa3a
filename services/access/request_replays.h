#ifndef SERVICES_ACCESS_REQUEST_REPLAYS_H_
#define SERVICES_ACCESS_REQUEST_REPLAYS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"

namespace cvr {

// Which request is repeated: `request_id`s are a caller's own, for each method.
struct RepeatableRequest {
  int64_t token_id = 0;
  // `RegistryService.CreateRegistry`.
  std::string method;
  std::string request_id;
  // Of the request as it was sent.
  std::string hash;
};

// Keeps the answers of calls with a `request_id`, so that a caller who has lost
// an answer can repeat the call without a second change. Thread-safe.
class RequestReplays {
 public:
  // A call that is at work on a request. When it is destroyed, whoever repeats
  // the call and waits goes on. To be destroyed on the thread that began it,
  // and not more than one on a thread at a time.
  class Claim {
   public:
    virtual ~Claim() = default;
    // Keeps the answer of a call that has succeeded, unless a transaction of
    // the call has kept it. Errors: those of the store; the change is made
    // then, and a repetition would make another.
    virtual absl::Status Keep(const google::protobuf::Message& answer) = 0;
  };

  virtual ~RequestReplays() = default;

  // Begins a call. Waits, until `deadline` by the wall clock, while another one
  // with the same id is at work. Null = it was answered before, and `answer` is
  // what it was answered then. A call that failed counts as not made.
  // Errors: INVALID_ARGUMENT (reason REQUEST_ID_REUSED) when the id was that of
  // another request; ABORTED (reason CONCURRENT_CHANGE) when the other one is
  // still at work; RESOURCE_EXHAUSTED (reason LIMIT_REACHED) when the caller
  // has too many answers kept; those of the store.
  virtual absl::StatusOr<std::unique_ptr<Claim>> Begin(
      const RepeatableRequest& request, absl::Time deadline,
      google::protobuf::Message& answer) = 0;
};

// A hash over all of `request`, that does not tell what is in it.
std::string HashOfRequest(const google::protobuf::Message& request);

// Errors: INVALID_ARGUMENT about `request_id` when it is no UUID, such as
// `2f1d9c0e-5b7a-4d38-9a55-0c6f3f1d7a10`.
absl::Status CheckRequestId(const std::string& request_id);

}  // namespace cvr

#endif  // SERVICES_ACCESS_REQUEST_REPLAYS_H_
