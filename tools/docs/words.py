"""Comments and options of the protos in the words of the reference."""

import re
import textwrap

PROSE_CHARS_MAX = 90

BEHAVIORS = {
    "REQUIRED": "required",
    "OUTPUT_ONLY": "output only",
    "INPUT_ONLY": "input only",
    "IMMUTABLE": "set at creation",
    "IDENTIFIER": "identifier",
    "UNORDERED_LIST": "unordered",
    "NON_EMPTY_DEFAULT": "never empty",
    "OPTIONAL": "optional",
}
ACTIONS = {
    "ACTION_AUTHENTICATE": "a valid access token",
    "ACTION_READ": "read",
    "ACTION_MANAGE": "manage",
    "ACTION_ADMINISTER": "admin",
}
OBJECTS = {
    "OBJECT_GROUP": "the group",
    "OBJECT_REGISTRY": "the registry",
    "OBJECT_UPSTREAM": "the upstream",
    "OBJECT_CACHE_ENTRY": "the cache entry's upstream",
    "OBJECT_ATTACHMENT": "the attachment's registry",
    "OBJECT_OPERATION": "the operation's group",
}

CODE_SPAN = re.compile(r"(`[^`]*`)")
ERRORS = re.compile(r"\s*Errors:(.*)", re.DOTALL)

DEFAULT = re.compile(r"\bDefault: (.+?)(?:\.(?=\s|$)|$)")
MEANS = re.compile(r"\b(absent|empty|0) = ([^.;]+(?:\.\d[^.;]*)*)",
                   re.IGNORECASE)
BOUNDS = [re.compile(pattern) for pattern in (
    r"\b\d+(?:-| to )\d+(?: characters| bytes)?\b",
    r"\b\d+ m?s to \d+ h\b",
    r"\b[Aa]t (?:most|least) (?:one|\d+)(?: [a-zA-Z]+)?\b",
    r"\b[Aa]t most as many as the limit `\w+`",
    r"\bwhole days\b",
    r"\b(?:\d+, )+\d+ or \d+ days\b",
    r"\bFrom \d+\b",
    r"\bUUID\b",
)]


def one_line(comment):
    return " ".join(comment.split())


def escaped(text):
    """The text so that Markdown shows it as it is, code spans excepted."""
    parts = CODE_SPAN.split(text)
    parts[::2] = [part.replace("<", "&lt;") for part in parts[::2]]
    return "".join(parts)


def cell(text):
    """For a table."""
    return escaped(one_line(text)).replace("|", "\\|")


def blocks_of(comment):
    """(whether it is an item of a list, text) of each paragraph and item. An
    item begins with `*`; indented lines below go on with it."""
    blocks, is_open = [], False
    for line in comment.split("\n"):
        item = re.match(r"\s*\*\s+(.*)", line)
        if not line.strip():
            is_open = False
        elif item:
            blocks.append([True, item.group(1)])
            is_open = True
        elif is_open and blocks[-1][0] == line.startswith(" "):
            blocks[-1][1] += " " + line.strip()
        else:
            blocks.append([False, line.strip()])
            is_open = True
    return blocks


def prose(comment):
    """Markdown, wrapped."""
    text, was_item = "", False
    for is_item, block in blocks_of(comment):
        if text:
            text += "\n" if is_item and was_item else "\n\n"
        block = escaped(one_line(block))
        text += wrapped("* " + block, "  ") if is_item else wrapped(block)
        was_item = is_item
    return text


def wrapped(text, indent=""):
    return textwrap.fill(text, PROSE_CHARS_MAX, subsequent_indent=indent,
                         break_long_words=False, break_on_hyphens=False)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |",
             "| " + " | ".join("---" for _ in head) + " |"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def first_sentence(comment):
    return re.split(r"(?<=\.)\s", one_line(comment), maxsplit=1)[0]


def without_errors(comment):
    return ERRORS.sub("", comment)


def errors_of(comment):
    """What follows `Errors:`, one item for each."""
    found = ERRORS.search(comment)
    if not found:
        return []
    return [item.strip().rstrip(".") + "."
            for item in one_line(found.group(1)).split(";")]


def behavior_of(field):
    words = [BEHAVIORS[name] for name in field.behaviors]
    if field.sensitive:
        words.append("**secret**")
    if field.oneof:
        words.append(choice_of(field.oneof))
    return ", ".join(words)


def is_needed(oneof):
    """Whether one of its fields must be set, by its comment."""
    comment = one_line(oneof.comment)
    return not re.search(r"\b[Aa]bsent\b|\b[Nn]one of them\b", comment)


def choice_of(oneof):
    if len(oneof.fields) == 1:
        return f"of `{oneof.name}`"
    return ("exactly" if is_needed(oneof) else "at most") + \
        f" one of `{oneof.name}`"


def default_of(comment):
    text = one_line(comment)
    found = [match.group(1) for match in DEFAULT.finditer(text)]
    found += [f"{match.group(1).lower()} = {match.group(2).strip()}"
              for match in MEANS.finditer(text)]
    return "; ".join(found)


def bounds_of(comment):
    text = one_line(comment)
    found = []
    for pattern in BOUNDS:
        for match in pattern.finditer(text):
            found.append((match.start(), match.group(0)))
    found.sort()
    return ", ".join(word[0].lower() + word[1:] if word != "UUID" else word
                     for _, word in found)


def requirement(needed):
    """One `cvr.v1.requirement`: `manage on the group (`registry.group`)`."""
    values = needed.DESCRIPTOR.fields_by_name
    action = values["action"].enum_type.values_by_number[needed.action].name
    kind = values["on"].enum_type.values_by_number[needed.on].name
    text = ACTIONS[action]
    if kind in OBJECTS:
        text += f" on {OBJECTS[kind]} (`{needed.field}`)"
    elif action == "ACTION_READ":
        text += ", for what the answer holds"
    elif action == "ACTION_MANAGE":
        text += ", for what is changed"
    conditions = [f"`{name}` is set" for name in needed.when]
    conditions += [f"`{name}` is not set" for name in needed.unless]
    if conditions:
        text += ", if " + " and ".join(conditions)
    return text


def rights_of(method):
    return "; ".join(requirement(needed)
                     for needed in method.option("cvr.v1.requirement") or [])


def bindings_of(method):
    """(verb, path, body) of each HTTP path."""
    rule = method.option("google.api.http")
    if rule is None:
        return []
    found = []
    for one in [rule, *rule.additional_bindings]:
        kind = one.WhichOneof("pattern")
        path = getattr(one, kind)
        verb = kind.upper()
        if kind == "custom":
            verb, path = path.kind, path.path
        found.append((verb, path, one.body))
    return found
