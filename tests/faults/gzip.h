#ifndef TESTS_FAULTS_GZIP_H_
#define TESTS_FAULTS_GZIP_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cvr::testing {

// `bytes` in the form of gzip (RFC 1952), not made any smaller.
std::string Gzipped(absl::string_view bytes);

}  // namespace cvr::testing

#endif  // TESTS_FAULTS_GZIP_H_
