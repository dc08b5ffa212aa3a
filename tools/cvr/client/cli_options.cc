#include "tools/cvr/client/cli_options.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

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

CLI::Option* AddRequestId(CLI::App& command, std::string& request_id) {
  return command
      .add_option("--request-id", request_id,
                  "UUID of this request: repeated with the same one after a "
                  "lost response, the command changes nothing and shows the "
                  "first response again (for 24 hours)")
      ->type_name("UUID");
}

CLI::Option* AddValidateOnly(CLI::App& command, bool& validate_only) {
  return command.add_flag("--validate-only", validate_only,
                          "Check the request on the server and show the "
                          "result, without changing anything");
}

CLI::Option* AddCreateMissing(CLI::App& command, bool& allow_missing) {
  return command.add_flag("--allow-missing", allow_missing,
                          "Create it if it does not exist");
}

CLI::Option* AddAllowMissing(CLI::App& command, bool& allow_missing) {
  return command.add_flag("--allow-missing,!--no-allow-missing", allow_missing,
                          "Succeed if it does not exist (default), or fail");
}

std::string ListOptions::Filter() const {
  return absl::StrJoin(filters, " AND ");
}

void AddListOptions(CLI::App& command, ListOptions& options,
                    const std::string& fields, const std::string& orders) {
  command
      .add_option("--filter", options.filters,
                  absl::StrCat("Only those that match: 'name = \"web\"' "
                               "(equal), 'name : \"we\"' (contains), terms "
                               "with AND between them. Fields: ",
                               fields, ". May be repeated"))
      ->allow_extra_args(false)
      ->type_name("FILTER");
  command
      .add_option("--order-by", options.order_by,
                  absl::StrCat("Field to sort by: ", orders,
                               "; with ' desc' in descending order"))
      ->type_name("FIELD");
}

}  // namespace cvr
