"""The pages of the reference, as Markdown."""

import json
import pathlib
import re

import codes
import examples
import words
from descriptors import plural, snake
from words import cell, prose, table

COMMAND = "tools/docs/reference.py --write"
NOTICE = (f"<!-- Written by {COMMAND} from the comments of protos/cvr/v1. "
          "Change those. -->\n")

SHARED = "shared"
# Types of others, and how JSON has them.
FOREIGN = {
    "google.protobuf.Any": "any message, with its type in `@type`",
    "google.protobuf.Duration": 'seconds with an `s`: `"3600s"`',
    "google.protobuf.Empty": "`{}`",
    "google.protobuf.FieldMask": 'paths with commas between them: '
                                 '`"name,tls.caBundlePem"`',
    "google.protobuf.Struct": "an object",
    "google.protobuf.Timestamp": 'RFC 3339: `"2026-11-30T12:00:00Z"`',
    "google.rpc.Status": "`code`, `message` and `details`",
}


def template(name):
    """What is written by hand at the top of a page."""
    return (pathlib.Path(__file__).resolve().parent / name).read_text(
        encoding="utf-8")


def stem(file):
    return re.sub(r".*/|\.proto$", "", file.name)


def local_name(element):
    """`FailurePolicy.Actions`."""
    return element.full_name[len(element.file.package) + 1:]


def anchor(heading):
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


class Pages:
    """`files`: the name of each page -> its text."""

    def __init__(self, model, commands):
        self.model = model
        self.commands = commands
        self.settable = model.reachable(model.requests)
        self.services = {stem(s.file): s for s in model.services.values()}
        self.files = {"README.md": self._index(),
                      f"{SHARED}.md": self._shared(),
                      "errors.md": codes.page(model, NOTICE,
                                              template("errors.md"))}
        for name, service in self.services.items():
            self.files[f"{name}.md"] = self._service(name, service)

    def file_home(self, file):
        """The page that describes what is in a file."""
        own = stem(file)
        if own == codes.FILE:
            return "errors"
        for page in (own, f"{own}_service",
                     own.rpartition("_")[0] + "_service"):
            if page in self.services:
                return page
        return SHARED

    def link(self, element, page):
        name = local_name(element)
        home = self.file_home(element.file)
        target = "" if home == page else f"{home}.md"
        return f"[`{name}`]({target}#{anchor(name)})"

    def type_link(self, name, page):
        element = self.model.messages.get(name) or self.model.enums.get(name)
        if element:
            return self.link(element, page)
        if name in FOREIGN:
            return f"[`{name.rpartition('.')[2]}`](README.md#types-of-google)"
        return f"`{name}`"

    # Pages.

    def _service(self, page, service):
        parts = [NOTICE, f"# {service.name}", prose(service.comment),
                 self._methods_table(service)]
        parts += [self._method(method, page) for method in service.methods]
        parts.append("## Messages")
        parts += self._types([f for f in self.model.files
                              if self.file_home(f) == page], page)
        return join(parts)

    def _shared(self):
        parts = [NOTICE, "# Shared messages",
                 "What several services use, and the options with which the "
                 "protos describe themselves."]
        for file in self.model.files:
            if self.file_home(file) == SHARED:
                parts += [f"## {file.name}",
                          prose(self.model.file_comment(file))]
                parts += self._types([file], SHARED)
        return join(parts)

    def _types(self, files, page):
        """The messages of some files, resources first, with their enums."""
        model = self.model
        names = model.requests | model.responses
        here = [m for m in model.messages.values() if m.file in files]
        here.sort(key=lambda m: m.name.endswith(("Request", "Response")) and
                  m.full_name in names)
        parts = [self._enum(e) for e in model.enums.values()
                 if e.file in files and not e.parent]
        for message in here:
            parts.append(self._message(message, page))
            parts += [self._enum(enum) for enum in message.enums]
        return parts

    def _index(self):
        parts = [NOTICE, template("index.md")]
        for name, service in self.services.items():
            parts += [f"### [{service.name}]({name}.md)",
                      prose(words.first_sentence(service.comment)),
                      self._methods_table(service, f"{name}.md")]
        parts += ["## Types of Google", TYPES,
                  table(("type", "in JSON"),
                        [(f"`{name}`", text)
                         for name, text in FOREIGN.items()])]
        return join(parts)

    # Parts.

    def _methods_table(self, service, target=""):
        rows = []
        for method in service.methods:
            paths = words.bindings_of(method)
            rows.append((
                f"[{method.name}]({target}#{anchor(method.name)})",
                cell(words.first_sentence(
                    words.without_errors(method.comment))),
                "<br>".join(f"`{verb} {path}`"
                            for verb, path, _ in paths) or "gRPC only"))
        return table(("method", "what it does", "HTTP"), rows)

    def _method(self, method, page):
        request = self.link(method.request, page)
        response = self.type_link(method.proto.output_type[1:], page)
        if method.proto.server_streaming:
            response = f"stream of {response}"
        repeatable = bool(method.option("cvr.v1.repeatable"))
        facts = [
            ("Request", request), ("Response", response),
            ("Requires", words.rights_of(method)),
            ("HTTP", "<br>".join(
                f"`{verb} {path}`" + body_words(body)
                for verb, path, body in words.bindings_of(method)) or
             "gRPC only"),
            ("Repeatable", "yes, with the same `request_id`" if repeatable
             else "no"),
        ]
        parts = [f"## {method.name}",
                 prose(words.without_errors(method.comment)),
                 table(("", ""), [(f"**{name}**", text)
                                  for name, text in facts])]
        errors = words.errors_of(method.comment)
        if errors:
            parts += ["Errors, besides [those of every method]"
                      "(errors.md#of-every-method):",
                      "\n".join(words.wrapped(f"* {words.escaped(e)}", "  ")
                                for e in errors)]
        parts += ["Example:", self._example(method)]
        return join(parts).rstrip("\n")

    def _example(self, method):
        service = method.parent
        lines = []
        command = self.commands.get(f"{service.name}/{method.name}")
        if command:
            lines += [command, ""]
        request = json.dumps(examples.request_example(method), indent=2)
        lines += ['grpcurl -H "authorization: Bearer $CVR_TOKEN" \\',
                  f"  -d '{request}' \\",
                  f'  "$CVR_SERVER" {service.full_name}/{method.name}']
        return "```sh\n" + "\n".join(lines) + "\n```"

    def _message(self, message, page):
        parts = [f"### {local_name(message)}"]
        if message.comment:
            parts.append(prose(message.comment))
        for oneof in message.oneofs:
            if oneof.comment:
                parts.append(words.wrapped(
                    f"`{oneof.name}`: " +
                    words.escaped(words.one_line(oneof.comment))))
        if message.fields:
            parts.append(table(
                ("field", "type", "behaviour", "bound", "default", "meaning"),
                [self._field(field, page) for field in message.fields]))
        elif not message.comment:
            parts.append("No fields.")
        return join(parts).rstrip("\n")

    def _field(self, field, page):
        kind = self.type_link(field.type, page)
        if field.repeated:
            kind = f"list of {kind}"
        elif field.optional:
            kind = f"optional {kind}"
        default = words.default_of(field.comment)
        if (field.type == "bool" and not default and not field.oneof and
                not field.behaviors and
                field.parent.full_name in self.settable):
            default = "false"
        return (f"`{field.name}`", kind, words.behavior_of(field),
                cell(words.bounds_of(field.comment)), cell(default),
                cell(field.comment or self.meaning(field)))

    def meaning(self, field):
        """Of a field whose name and type say it: see comments.py."""
        of = (self.model.messages.get(field.type) or
              self.model.enums.get(field.type))
        what = snake(field.name.removesuffix("_id").removesuffix("_key"))
        if field.name in ("id", "key", "name", "group"):
            what = self._subject(field)
        what = what.replace("_", " ")
        if of and of.name.endswith("Key"):
            return f"Group and name of the {what}."
        if of:
            return words.first_sentence(of.comment)
        if field.name == "group":
            return "Name of the group."
        if field.name == "name":
            return f"Name of the {what}."
        return f"ID of the {what}."

    def _subject(self, field):
        """What a request is about: of GetUpstreamRequest, `upstream`."""
        if field.oneof and field.oneof.name != "which":
            return field.oneof.name
        words_of = snake(field.parent.name).removesuffix("_request")
        words_of = words_of.removesuffix("_key").split("_")
        resources = {snake(m.name) for m in self.model.messages.values()}
        for start in range(len(words_of)):
            name = "_".join(words_of[start:])
            if name in resources or plural(name) in resources:
                return name
        return "_".join(words_of)

    def _enum(self, enum):
        return join([
            f"### {local_name(enum)}", prose(enum.comment),
            table(("value", "number", "meaning"),
                  [(f"`{value.name}`", str(value.number),
                    cell(value.comment or "Not set."))
                   for value in enum.values])]).rstrip("\n")


def body_words(body):
    if not body:
        return ""
    return ", the request as body" if body == "*" else f", body: `{body}`"


def join(parts):
    return "\n\n".join(part.rstrip("\n") for part in parts if part) + "\n"


TYPES = "Well-known types that messages use."
