#include "tools/cvr/client/size_option.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/process/byte_size.h"

namespace cvr {

CLI::Validator SizeInBytes() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        const auto bytes = ParseByteSize(text);
        if (!bytes || *bytes == 0 || *bytes > uint64_t{INT64_MAX}) {
          return absl::StrCat("'", text,
                              "' is not a size above 0, such as 528 or 10MiB");
        }
        text = absl::StrCat(*bytes);
        return "";
      },
      "");
}

}  // namespace cvr
