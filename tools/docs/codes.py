"""The page of errors."""

import re

import words
from words import cell, table

FILE = "error_reason"
REASONS = "cvr.v1.ErrorReason"
FIELD_REASONS = "cvr.v1.FieldReason"

# What each google.rpc.Code means here, and what a caller does.
CODES = {
    "INVALID_ARGUMENT": ("The request is wrong, whatever the state of the "
                         "system is. google.rpc.BadRequest in the details "
                         "names fields.", "Change the request."),
    "FAILED_PRECONDITION": ("The state of the system does not allow it "
                            "now.", "Change the state first."),
    "OUT_OF_RANGE": ("What is asked for lies past an end, or is no longer "
                     "kept.", "Ask for less, or begin again."),
    "UNAUTHENTICATED": ("No access token, or one that is not valid.",
                        "Show a valid one."),
    "PERMISSION_DENIED": ("The caller may see the resource, but not do "
                          "this.", "Use another access token."),
    "NOT_FOUND": ("The resource does not exist, or the caller may not see "
                  "it.", "Check the id, the key and the access token."),
    "ALREADY_EXISTS": ("Another resource has the name.",
                       "Choose another name, or use that resource."),
    "ABORTED": ("Somebody else has changed the resource.",
                "Read it again, then decide again."),
    "RESOURCE_EXHAUSTED": ("A limit is reached, or too much is going on.",
                           "Retry after google.rpc.RetryInfo if there is one; "
                           "delete something otherwise."),
    "CANCELLED": ("The caller, or an operator, has ended it.", ""),
    "DATA_LOSS": ("Stored data are damaged.",
                  "Tell the operator."),
    "INTERNAL": ("A fault of this system.", "Report it."),
    "UNKNOWN": ("A fault of this system.", "Report it."),
    "UNIMPLEMENTED": ("This server does not have the method.",
                      "Ask ServerService.GetServerInfo for what it has."),
    "UNAVAILABLE": ("An upstream or a service cannot be reached now.",
                    "Retry later, longer after each failure."),
    "DEADLINE_EXCEEDED": ("It took longer than the caller waits.",
                          "Retry; wait longer."),
}


def code_table():
    return table(("code", "meaning", "what to do"),
                 [(name, *texts) for name, texts in CODES.items()])


def split_reason(comment):
    """(codes, meaning) of the comment of a reason, which begins with codes."""
    text = words.one_line(comment)
    found = re.match(r"((?:[A-Z_]+(?:, )?)+)(:| )\s*(.*)", text)
    if not found:
        return "", text
    codes = found.group(1).strip()
    return codes, found.group(3)[:1].upper() + found.group(3)[1:]


def reason_table(enum):
    rows = []
    for value in enum.values:
        if value.number:
            codes, meaning = split_reason(value.comment)
            rows.append((f"`{value.name}`", codes, cell(meaning)))
    return table(("reason", "codes", "meaning"), rows)


def field_table(enum):
    return table(("reason", "meaning"),
                 [(f"`{value.name}`", cell(value.comment))
                  for value in enum.values if value.number])


def page(model, notice, introduction):
    """The page; without reasons where no file declares them."""
    parts = [notice.rstrip("\n"), introduction.rstrip("\n"), "## Codes",
             code_table()]
    reasons = model.enums.get(REASONS)
    if reasons:
        parts += ["## ErrorReason",
                  words.prose(model.file_comment(reasons.file)),
                  reason_table(reasons)]
    fields = model.enums.get(FIELD_REASONS)
    if fields:
        parts += ["## FieldReason", words.prose(fields.comment),
                  field_table(fields)]
    return "\n\n".join(parts) + "\n"
