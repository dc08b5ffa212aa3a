#ifndef TOOLS_CVR_COMMANDS_DELETION_H_
#define TOOLS_CVR_COMMANDS_DELETION_H_

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tools/cvr/client/command.h"

namespace cvr {

// Deletes a thing and tells people what became of it: `registry 7 deleted`, or
// that there is none, which is an error unless `remove_request` has
// allow_missing. `get` and `remove` are methods of a generated stub, with their
// requests; `what` names the thing (`registry 7`), `done` says what happened to
// it. Errors: those of `remove`.
template <typename Get, typename GetRequest, typename Remove,
          typename RemoveRequest>
absl::Status DeleteOne(Session& session, Get get, const GetRequest& get_request,
                       Remove remove, const RemoveRequest& remove_request,
                       const std::string& what,
                       const std::string& done = "deleted") {
  // Somebody may delete it between the two calls; then both sentences are true.
  // Who may delete but not see is told by the deletion alone.
  const bool is_missing =
      absl::IsNotFound(session.server.Call(get, get_request).status());
  const absl::Status status =
      session.server.Call(remove, remove_request).status();
  if (!status.ok()) return status;
  session.output.PrintNote(
      is_missing ? absl::StrCat("there is no ", what, ": nothing to delete")
                 : absl::StrCat(what, " ", done));
  return absl::OkStatus();
}

// What a deletion says that was asked for with or without --validate-only.
inline const char* Deleted(bool validate_only) {
  return validate_only ? "would be deleted" : "deleted";
}

// What follows a creation or an update that was asked for with --validate-only.
inline void NoteValidation(Session& session, bool validate_only) {
  if (validate_only) session.output.PrintNote("valid; nothing was changed");
}

}  // namespace cvr

#endif  // TOOLS_CVR_COMMANDS_DELETION_H_
