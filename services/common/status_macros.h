#ifndef SERVICES_COMMON_STATUS_MACROS_H_
#define SERVICES_COMMON_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the calling function when `expr`, a status, is not OK.
#define RETURN_IF_ERROR(expr)                                 \
  do {                                                        \
    if (absl::Status cvr_status_ = (expr); !cvr_status_.ok()) \
      return cvr_status_;                                     \
  } while (false)

// Evaluates `expr`, a StatusOr; returns its error from the calling function or
// assigns its value to `lhs`, which may declare a variable.
#define ASSIGN_OR_RETURN(lhs, expr) \
  CVR_ASSIGN_OR_RETURN_(CVR_CONCAT_(cvr_or_, __LINE__), lhs, expr)

#define CVR_CONCAT_INNER_(a, b) a##b
#define CVR_CONCAT_(a, b) CVR_CONCAT_INNER_(a, b)
#define CVR_ASSIGN_OR_RETURN_(tmp, lhs, expr)    \
  auto tmp = (expr);                             \
  if (!tmp.ok()) return std::move(tmp).status(); \
  lhs = *std::move(tmp)

#endif  // SERVICES_COMMON_STATUS_MACROS_H_
