#ifndef TOOLS_CVR_COMMANDS_CLEANUP_VIEW_H_
#define TOOLS_CVR_COMMANDS_CLEANUP_VIEW_H_

#include <string>
#include <vector>

#include "cvr/v1/cleanup_policy.pb.h"
#include "google/protobuf/duration.pb.h"

namespace cvr {

// `14 days`; what is no whole number of days as DurationText() has it.
std::string DaysText(const google::protobuf::Duration& duration);

// A cleanup policy with all its fields.
std::string CleanupFields(const v1::CleanupPolicy& policy);

// Runs as a table, and one with all its fields.
std::string CleanupRunTable(const std::vector<v1::CleanupRun>& runs);
std::string CleanupRunFields(const v1::CleanupRun& run);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_CLEANUP_VIEW_H_
