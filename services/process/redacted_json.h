#ifndef SERVICES_PROCESS_REDACTED_JSON_H_
#define SERVICES_PROCESS_REDACTED_JSON_H_

#include <cstddef>
#include <string>

#include "google/protobuf/message.h"

namespace cvr {

// `message` as protobuf JSON in at most `bytes_max` bytes, without what
// ClearSensitive() takes out of messages, at any depth.
// What would be longer is cut field by field, the longest texts and lists
// first: every field that was set is still there, with a mark of how much is
// missing. Pure.
std::string RedactedJson(const google::protobuf::Message& message,
                         size_t bytes_max);

}  // namespace cvr

#endif  // SERVICES_PROCESS_REDACTED_JSON_H_
