#ifndef TOOLS_CVR_COMMANDS_OPERATION_VIEW_H_
#define TOOLS_CVR_COMMANDS_OPERATION_VIEW_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cvr/v1/operation.pb.h"

namespace cvr {

// Operations as a table, and one with all its fields.
std::string OperationTable(const std::vector<v1::Operation>& operations);
std::string OperationFields(const v1::Operation& operation);

// `1200 of 5000, 2048 (2.0 KiB) bytes`; empty when nothing is known.
std::string ProgressText(const v1::Operation& operation);

// The error with which an operation has ended, with its attachments and the
// number of the operation; OK when it succeeded or goes on.
absl::Status ErrorOf(const v1::Operation& operation);

// `operation` as JSON can show it: without a response and details of errors
// whose types this program does not know, because the server is newer.
v1::Operation WithKnownTypes(v1::Operation operation);

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_OPERATION_VIEW_H_
