#include "tools/cvr/declaration/declaration_commands.h"

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/common/errors.h"
#include "services/common/status_macros.h"
#include "tools/cvr/client/secrets.h"
#include "tools/cvr/declaration/declaration.h"
#include "tools/cvr/declaration/exporter.h"
#include "tools/cvr/declaration/plan.h"
#include "tools/cvr/declaration/server_state.h"

namespace cvr {
namespace {

using declaration::Change;
using declaration::FieldChange;

struct ApplyOptions {
  std::string file;
  bool dry_run = false;
  declaration::PlanOptions plan;
};

std::string AsText(const std::vector<Change>& changes) {
  std::string text;
  for (const Change& change : changes) {
    absl::StrAppend(&text, std::string(1, change.sign), " ", change.object,
                    "\n");
    for (const FieldChange& field : change.fields) {
      absl::StrAppend(&text, "    ", field.field, ": ");
      if (change.sign == '~' && !field.before.empty()) {
        absl::StrAppend(&text, field.before, " -> ");
      }
      absl::StrAppend(&text, field.after, "\n");
    }
  }
  return text;
}

// People see quotes around texts; JSON has its own.
std::string WithoutQuotes(const std::string& text) {
  const auto parsed = nlohmann::json::parse(text, nullptr,
                                            /*allow_exceptions=*/false);
  return parsed.is_string() ? parsed.get<std::string>() : text;
}

std::string AsJson(const std::vector<Change>& changes) {
  auto list = nlohmann::ordered_json::array();
  for (const Change& change : changes) {
    auto& item = list.emplace_back();
    item["action"] = change.sign == '+'   ? "create"
                     : change.sign == '-' ? "delete"
                                          : "update";
    item["object"] = change.object;
    item["fields"] = nlohmann::ordered_json::array();
    for (const FieldChange& field : change.fields) {
      item["fields"].push_back({{"field", field.field},
                                {"old", WithoutQuotes(field.before)},
                                {"new", WithoutQuotes(field.after)}});
    }
  }
  return list.dump(1) + "\n";
}

// `2 created, 1 changed, 0 deleted`.
std::string Summary(const std::vector<Change>& changes, size_t count) {
  int created = 0;
  int changed = 0;
  int deleted = 0;
  for (size_t i = 0; i < count; ++i) {
    ++(changes[i].sign == '+'   ? created
       : changes[i].sign == '-' ? deleted
                                : changed);
  }
  return absl::StrCat(created, " created, ", changed, " changed, ", deleted,
                      " deleted");
}

absl::StatusOr<std::string> Content(const std::string& file,
                                    const Environment& environment) {
  if (file != "-") return ReadFile(file);
  return std::string(std::istreambuf_iterator<char>(environment.in), {});
}

absl::Status CarryOut(ServerConnection& server,
                      const std::vector<Change>& changes,
                      declaration::UpstreamIds ids) {
  for (size_t i = 0; i < changes.size(); ++i) {
    const absl::Status status =
        changes[i].carry_out(server, ids, /*validate_only=*/false);
    if (status.ok()) continue;
    const std::string place =
        changes[i].where.empty() ? "" : absl::StrCat(changes[i].where, ": ");
    return Annotate(
        status, absl::StrCat(place, changes[i].object,
                             " (already applied: ", Summary(changes, i), ")"));
  }
  return absl::OkStatus();
}

// Lets the server check what each change would do to what it has now.
absl::Status Validate(ServerConnection& server,
                      const std::vector<Change>& changes,
                      declaration::UpstreamIds ids) {
  bool makes_room = false;
  for (const Change& change : changes) {
    makes_room = makes_room || change.sign == '-';
    const absl::Status status =
        change.carry_out(server, ids, /*validate_only=*/true);
    // What goes first makes room for it.
    const bool fits = makes_room && absl::IsResourceExhausted(status);
    if (status.ok() || fits) continue;
    const std::string place =
        change.where.empty() ? "" : absl::StrCat(change.where, ": ");
    return Annotate(status, absl::StrCat(place, change.object));
  }
  return absl::OkStatus();
}

absl::Status Apply(Session& session, const ApplyOptions& options) {
  ASSIGN_OR_RETURN(const std::string content,
                   Content(options.file, session.environment));
  ASSIGN_OR_RETURN(
      const auto groups,
      declaration::ParseDeclaration(
          options.file == "-" ? "standard input" : options.file, content));
  ASSIGN_OR_RETURN(const auto state,
                   declaration::LoadServerState(session.server));
  ASSIGN_OR_RETURN(
      const auto changes,
      declaration::MakePlan(groups, state, options.plan, session.environment));
  session.output.Print(AsText(changes), AsJson(changes));
  if (changes.empty()) {
    session.output.PrintNote("no changes: the server already matches the file");
    return absl::OkStatus();
  }
  if (options.dry_run) {
    session.output.stream().flush();
    RETURN_IF_ERROR(
        Validate(session.server, changes, declaration::IdsOf(state)));
    session.output.PrintNote("dry run: nothing was changed");
    return absl::OkStatus();
  }
  session.output.stream().flush();
  RETURN_IF_ERROR(CarryOut(session.server, changes, declaration::IdsOf(state)));
  session.output.PrintNote(Summary(changes, changes.size()));
  return absl::OkStatus();
}

struct ExportOptions {
  std::string file = "-";
  std::string group;
  bool no_ids = false;
};

absl::Status Export(Session& session, const ExportOptions& options) {
  ASSIGN_OR_RETURN(const auto state,
                   declaration::LoadServerState(session.server));
  ASSIGN_OR_RETURN(const std::string text,
                   declaration::Exported(state, options.group,
                                         /*with_ids=*/!options.no_ids));
  if (options.file == "-") {
    session.output.stream() << text;
    return absl::OkStatus();
  }
  std::ofstream file(options.file, std::ios::trunc);
  file << text;
  if (!file.flush()) {
    return absl::UnknownError(absl::StrCat("cannot write ", options.file));
  }
  session.output.PrintNote(absl::StrCat(options.file, " written"));
  return absl::OkStatus();
}

}  // namespace

void AddDeclarationCommands(CLI::App& root, Action* chosen) {
  const auto apply = std::make_shared<ApplyOptions>();
  CLI::App& command = AddCommand(
      root, "apply",
      "Apply a declarative configuration file and show the changes", chosen,
      [apply](Session& session) { return Apply(session, *apply); });
  command.add_option("-f,--file", apply->file, "YAML file; - = standard input")
      ->type_name("FILE")
      ->required();
  command.add_flag("--dry-run", apply->dry_run,
                   "Show the changes without applying them; the server checks "
                   "them");
  command.add_flag(
      "--prune", apply->plan.prune,
      "Delete objects of the listed groups that are not in the file");
  command.add_flag("--keep-cache", apply->plan.keep_cache,
                   "Keep what is cached of upstreams whose url changes, which "
                   "is purged otherwise. It is served after the new url has "
                   "delivered it anew");
  command.add_flag("--set-passwords", apply->plan.set_passwords,
                   "Always send passwords and private keys, also for unchanged "
                   "upstreams (needed to rotate a password)");
  const auto options = std::make_shared<ExportOptions>();
  CLI::App& exporting = AddCommand(
      root, "export",
      "Export the current configuration as a file for cvr apply", chosen,
      [options](Session& session) { return Export(session, *options); });
  exporting
      .add_option("-f,--file", options->file,
                  "Output file; - = standard output")
      ->type_name("FILE")
      ->capture_default_str();
  exporting.add_option("--group", options->group, "Only this group");
  exporting.add_flag("--no-ids", options->no_ids,
                     "Leave out the ids of registries, for a server that has "
                     "others");
}

}  // namespace cvr
