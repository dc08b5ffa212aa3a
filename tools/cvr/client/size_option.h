#ifndef TOOLS_CVR_CLIENT_SIZE_OPTION_H_
#define TOOLS_CVR_CLIENT_SIZE_OPTION_H_

#include "CLI/CLI.hpp"

namespace cvr {

// Turns a size above 0 (`10MiB`, byte_size.h) into its number of bytes: for
// CLI::Option::transform(). Refuses what is none.
CLI::Validator SizeInBytes();

}  // namespace cvr

#endif  // TOOLS_CVR_CLIENT_SIZE_OPTION_H_
