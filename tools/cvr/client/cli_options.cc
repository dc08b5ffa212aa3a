#include "tools/cvr/client/cli_options.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace cvr {

CLI::Validator PositiveInteger() {
  // CLI11's own validator prints its bounds in hundreds of digits.
  return CLI::Validator(
      [](std::string& text) -> std::string {
        int64_t value = 0;
        if (absl::SimpleAtoi(text, &value) && value > 0) return "";
        return absl::StrCat("'", text, "' is not a positive integer");
      },
      "");
}

CLI::Option* AddId(CLI::App& command, const std::string& name, int64_t& id,
                   const std::string& description) {
  return command.add_option(name, id, description)
      ->check(PositiveInteger())
      ->type_name(name == "ID" ? "" : "ID");
}

CLI::Option* AddIds(CLI::App& command, const std::string& name,
                    std::vector<int64_t>& ids, const std::string& description) {
  return command.add_option(name, ids, description)
      ->check(PositiveInteger())
      ->type_name(name == "ID" ? "" : "ID");
}

CLI::Option* AddSwitch(CLI::App& command, const std::string& names,
                       std::optional<bool>& value,
                       const std::string& description) {
  // Bound as a variable, CLI11 would take an optional<bool> for a counter and
  // set it to 0.
  return command.add_flag_function(
      names, [&value](int64_t count) { value = count > 0; }, description);
}

CLI::Option* AddEtag(CLI::App& command, std::string& etag) {
  return command.add_option("--etag", etag,
                            "Fail if the object was modified: the etag must be "
                            "equal to the current one (optimistic locking)");
}

}  // namespace cvr
