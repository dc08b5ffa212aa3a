#ifndef SERVICES_METADATA_CONVERSION_OPERATION_CONVERSION_H_
#define SERVICES_METADATA_CONVERSION_OPERATION_CONVERSION_H_

#include "cvr/v1/operation.pb.h"
#include "services/metadata/store/stored_operation.pb.h"

namespace cvr {

// An operation from its row. What only the row has stays behind: who started
// and works on it, and with what argument. Pure.
v1::Operation ToApi(const stored::Operation& from);

// The progress of a row.
v1::Operation::Progress ProgressOf(const stored::Operation& row);
void SetProgress(const v1::Operation::Progress& from, stored::Operation& to);

}  // namespace cvr

#endif  // SERVICES_METADATA_CONVERSION_OPERATION_CONVERSION_H_
