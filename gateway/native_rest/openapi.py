#!/usr/bin/env python3
"""Writes the OpenAPI 3.0 document of the REST API that is transcoded from the
protos: gateway/native_rest/DESIGN.md.

usage: openapi.py DESCRIPTOR_SET

The set is protoc's, with --include_imports and --include_source_info. The
document goes to standard output; equal sets make equal bytes.
"""

import json
import re
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "cvr.v1"
Field = descriptor_pb2.FieldDescriptorProto

# How the JSON of scalars looks. Numbers of 64 bits are texts: JavaScript has
# no others.
SCALARS = {
    Field.TYPE_DOUBLE: {"type": "number", "format": "double"},
    Field.TYPE_FLOAT: {"type": "number", "format": "float"},
    Field.TYPE_INT64: {"type": "string", "format": "int64"},
    Field.TYPE_UINT64: {"type": "string", "format": "uint64"},
    Field.TYPE_INT32: {"type": "integer", "format": "int32"},
    Field.TYPE_UINT32: {"type": "integer", "format": "uint32"},
    Field.TYPE_BOOL: {"type": "boolean"},
    Field.TYPE_STRING: {"type": "string"},
    Field.TYPE_BYTES: {"type": "string", "format": "byte"},
}
WELL_KNOWN = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {
        "type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,9})?s$",
        "example": "3600s"},
    "google.protobuf.FieldMask": {"type": "string",
                                  "example": "description,limits.open_ttl"},
    "google.protobuf.Struct": {"type": "object", "additionalProperties": True},
    "google.protobuf.Empty": {"type": "object"},
    "google.protobuf.Any": {
        "type": "object", "properties": {"@type": {"type": "string"}},
        "additionalProperties": True},
}
OBJECTS = {"OBJECT_GROUP": "group", "OBJECT_REGISTRY": "registry",
           "OBJECT_UPSTREAM": "upstream", "OBJECT_CACHE_ENTRY": "cache entry",
           "OBJECT_ATTACHMENT": "attachment", "OBJECT_OPERATION": "operation"}

ABOUT = """The administration API over HTTP: the same methods, messages and \
rules as the gRPC API `cvr.v1`.

Callers show an access token as `Authorization: Bearer cvr_...`. Numbers of 64 \
bits are texts. Absent fields are unset; answers have all fields but unset \
messages, optional fields and members of a oneof. Requests may name fields as \
here or in lowerCamelCase; unknown fields are refused. In the body of PATCH, \
null unsets a field. A call waits for a minute at most, also when its \
`timeout` is longer."""

UUID = {"type": "string", "format": "uuid"}
HEADERS = {
    "IfMatch": ("If-Match", {"type": "string"},
                "The ETag that the resource must have, or else the answer is "
                "412. It stands for the field `etag` of the request."),
    "IfNoneMatch": ("If-None-Match", {"type": "string"},
                    "An ETag that the caller has: the answer is 304 while it "
                    "is the current one."),
    "IdempotencyKey": ("Idempotency-Key", UUID,
                       "Stands for the field `request_id` of the request: a "
                       "repeated request is answered as the first one was."),
    "RequestId": ("X-Request-Id", {"type": "string"},
                  "A name of this request for logs, of at most 128 letters, "
                  "digits, `.`, `_` and `-`. Without one, one is made up."),
}


class Source:
    """Messages and services of a descriptor set, with their comments."""

    def __init__(self, data):
        plain = descriptor_pb2.FileDescriptorSet.FromString(data)
        pool = descriptor_pool.DescriptorPool()
        for file in plain.file:
            pool.Add(file)
        factory = message_factory.MessageFactory(pool)
        # Once more, by what the files declare: options are in it then.
        factory.GetMessages([file.name for file in plain.file])
        whole = factory.GetPrototype(
            pool.FindMessageTypeByName("google.protobuf.FileDescriptorSet"))
        self.files = whole.FromString(data).file
        self.http = pool.FindExtensionByName("google.api.http")
        self.behavior = pool.FindExtensionByName("google.api.field_behavior")
        self.requirement = pool.FindExtensionByName("cvr.v1.requirement")
        self.sensitive = pool.FindExtensionByName("cvr.v1.sensitive")
        self.comments = {}
        self.messages = {}
        self.enums = {}
        for file in self.files:
            self.read(file)

    def read(self, file):
        comments = {tuple(location.path): text_of(location.leading_comments)
                    for location in file.source_code_info.location}
        prefix = file.package

        def walk(message, name, path):
            self.messages[name] = message
            self.comments[name] = comments.get(path, "")
            for i, field in enumerate(message.field):
                self.comments[f"{name}.{field.name}"] = comments.get(
                    path + (2, i), "")
            for i, inner in enumerate(message.nested_type):
                walk(inner, f"{name}.{inner.name}", path + (3, i))
            for i, enum in enumerate(message.enum_type):
                note(enum, f"{name}.{enum.name}", path + (4, i))

        def note(enum, name, path):
            self.enums[name] = enum
            for i, value in enumerate(enum.value):
                self.comments[f"{name}.{value.name}"] = comments.get(
                    path + (2, i), "")

        for i, message in enumerate(file.message_type):
            walk(message, f"{prefix}.{message.name}", (4, i))
        for i, enum in enumerate(file.enum_type):
            note(enum, f"{prefix}.{enum.name}", (5, i))
        for i, service in enumerate(file.service):
            name = f"{prefix}.{service.name}"
            self.comments[name] = comments.get((6, i), "")
            for j, method in enumerate(service.method):
                self.comments[f"{name}.{method.name}"] = comments.get(
                    (6, i, 2, j), "")

    def services(self):
        """(full name, service) of our package, by name."""
        found = [(f"{file.package}.{service.name}", service)
                 for file in self.files if file.package == PACKAGE
                 for service in file.service]
        return sorted(found, key=lambda pair: pair[0])

    def behaviors(self, field):
        names = self.behavior.enum_type.values_by_number
        return {names[number].name
                for number in field.options.Extensions[self.behavior]}

    def message(self, type_name):
        return self.messages[type_name.lstrip(".")]


def text_of(comment):
    """A comment as lines of plain text; empty lines part paragraphs."""
    lines = [line.strip() for line in comment.strip().split("\n")]
    return re.sub(r"(?<!\n)\n(?!\n)", " ", "\n".join(lines)).strip()


def lower_first(text):
    return text[0].lower() + text[1:]


def is_message(field):
    return field.type == Field.TYPE_MESSAGE


def is_repeated(field):
    return field.label == Field.LABEL_REPEATED


def short(name):
    """The name of a message among the schemas."""
    return name.removeprefix(PACKAGE + ".")


class Document:
    """Makes the document of what a source has."""

    def __init__(self, source):
        self.source = source
        self.schemas = {}

    def make(self):
        paths = {}
        tags = []
        for name, service in self.source.services():
            tags.append({"name": service.name,
                         "description": self.source.comments[name]})
            for method in service.method:
                if not method.options.HasExtension(self.source.http):
                    continue
                rule = method.options.Extensions[self.source.http]
                for binding in [rule, *rule.additional_bindings]:
                    self.add(paths, name, service, method, binding)
        self.schema_of("google.rpc.Status")
        return {
            "openapi": "3.0.3",
            "info": {"title": "Container Virtual Registry", "version": "v1",
                     "description": ABOUT},
            "servers": [{"url": "/"}],
            "security": [{"access_token": []}],
            "tags": tags,
            "paths": {path: paths[path] for path in sorted(paths)},
            "components": self.components(),
        }

    def components(self):
        return {
            "securitySchemes": {"access_token": {
                "type": "http", "scheme": "bearer",
                "description": "An access token, `cvr_...`."}},
            "parameters": {
                key: {"name": name, "in": "header", "schema": schema,
                      "description": about}
                for key, (name, schema, about) in HEADERS.items()},
            "responses": {"Error": {
                "description": "What went wrong: AIP-193.",
                "headers": {"X-Request-Id": {"schema": {"type": "string"}}},
                "content": {"application/json": {"schema": {
                    "$ref": "#/components/schemas/Error"}}}}},
            "schemas": {name: self.schemas[name]
                        for name in sorted(self.schemas)} | {"Error": {
                            "type": "object", "required": ["error"],
                            "properties": {"error": ERROR}}},
        }

    def add(self, paths, service_name, service, method, rule):
        kind = rule.WhichOneof("pattern")
        path = getattr(rule, kind)
        bound = re.findall(r"\{([^}=]+)(=[^}]*)?\}", path)
        # One name for one place, whatever the message around it.
        shown = re.sub(r"\{([^}=]+)(=[^}]*)?\}",
                       lambda m: "{" + m[1].split(".")[-1] + "}", path)
        request = self.source.message(method.input_type)
        request_name = method.input_type.lstrip(".")
        operation = {
            "operationId": lower_first(method.name),
            "tags": [service.name],
            "description": self.describe(f"{service_name}.{method.name}",
                                         method),
            "parameters": self.path_parameters(request_name, bound),
        }
        taken = self.taken_by(request, {name for name, _ in bound})
        if rule.body != "*":
            operation["parameters"] += self.query_parameters(
                request_name, request, taken | {rule.body}, "")
        operation["parameters"] += self.headers(kind, rule, request, method)
        if rule.body:
            operation["requestBody"] = self.body(request_name, request, taken,
                                                 rule.body)
        operation["responses"] = self.responses(kind, rule, request, method)
        paths.setdefault(shown, {})[kind] = operation

    @staticmethod
    def taken_by(request, bound):
        """What the path stands for: also what would exclude it in a oneof."""
        choices = {field.oneof_index for field in request.field
                   if field.name in bound and field.HasField("oneof_index")}
        return bound | {field.name for field in request.field
                        if field.HasField("oneof_index") and
                        field.oneof_index in choices}

    def describe(self, name, method):
        rights = [self.right(requirement) for requirement
                  in method.options.Extensions[self.source.requirement]]
        return (self.source.comments[name] + "\n\nRequires: " +
                "; ".join(rights) + ".")

    @staticmethod
    def right(requirement):
        def name_of(field):
            number = getattr(requirement, field)
            return requirement.DESCRIPTOR.fields_by_name[
                field].enum_type.values_by_number[number].name

        text = name_of("action").removeprefix("ACTION_").lower()
        on = OBJECTS.get(name_of("on"))
        if on:
            text += f" on the {on} (`{requirement.field}`)"
        conditions = [f"`{field}` is set" for field in requirement.when]
        conditions += [f"`{field}` is not set" for field in requirement.unless]
        return text + (" if " + " and ".join(conditions) if conditions else "")

    def find(self, message_name, path):
        """The field at `a.b` of a message: its full name and itself."""
        name, _, rest = path.partition(".")
        message = self.source.messages[message_name]
        field = next(f for f in message.field if f.name == name)
        if rest:
            return self.find(field.type_name.lstrip("."), rest)
        return f"{message_name}.{name}", field

    def path_parameters(self, request_name, bound):
        found = []
        for path, pattern in bound:
            name, field = self.find(request_name, path)
            about = self.source.comments[name]
            if "**" in pattern:
                about += " It may contain `/`, as it is or as `%2F`."
            found.append({"name": path.split(".")[-1], "in": "path",
                          "required": True, "description": about.strip(),
                          "schema": self.plain(field)})
        return [trimmed(parameter) for parameter in found]

    def query_parameters(self, message_name, message, taken, prefix):
        found = []
        for field in message.field:
            path = prefix + field.name
            known = field.type_name.lstrip(".") in WELL_KNOWN
            secret = field.options.Extensions[self.source.sensitive]
            if path in taken or secret:
                continue
            if is_message(field) and not known:
                if not is_repeated(field):
                    inner = field.type_name.lstrip(".")
                    found += self.query_parameters(
                        inner, self.source.messages[inner], taken, path + ".")
                continue
            about = self.source.comments[f"{message_name}.{field.name}"]
            parameter = {"name": path, "in": "query", "description": about,
                         "schema": self.typed(field)}
            # Never of a nested message, which need not be there.
            if not prefix and "REQUIRED" in self.source.behaviors(field):
                parameter["required"] = True
            found.append(trimmed(parameter))
        return found

    def headers(self, kind, rule, request, method):
        found = []
        if self.etag_in(rule, request) and kind in ("patch", "put", "delete"):
            found.append("IfMatch")
        if kind == "get" and has_field(self.source.message(method.output_type),
                                       "etag"):
            found.append("IfNoneMatch")
        if has_field(request, "request_id"):
            found.append("IdempotencyKey")
        found.append("RequestId")
        return [{"$ref": f"#/components/parameters/{key}"} for key in found]

    def etag_in(self, rule, request):
        """Whether the request says which version it is about."""
        inner = next((f for f in request.field if f.name == rule.body), None)
        return has_field(request, "etag") or (
            inner is not None and is_message(inner) and
            has_field(self.source.message(inner.type_name), "etag"))

    def body(self, request_name, request, taken, body):
        if body == "*":
            fields = [f for f in request.field if f.name not in taken]
            schema = self.object_of(request_name, fields)
            required = [f.name for f in fields
                        if "REQUIRED" in self.source.behaviors(f)]
            if required:
                schema["required"] = required
        else:
            field = next(f for f in request.field if f.name == body)
            schema = self.typed(field)
            required = "REQUIRED" in self.source.behaviors(field)
        return {"required": bool(required),
                "content": {"application/json": {"schema": schema}}}

    def responses(self, kind, rule, request, method):
        answer = {"description": "Done.", "headers": {
            "X-Request-Id": {"schema": {"type": "string"}}}}
        name = method.output_type.lstrip(".")
        if has_field(self.source.messages[name], "etag"):
            answer["headers"]["ETag"] = {"schema": {"type": "string"}}
        answer["content"] = {"application/json": {
            "schema": WELL_KNOWN.get(name) or self.schema_of(name)}}
        responses = {"200": answer}
        if kind == "get" and "ETag" in answer["headers"]:
            responses["304"] = {"description": "It is as If-None-Match says."}
        error = {"$ref": "#/components/responses/Error"}
        if self.etag_in(rule, request) and kind in ("patch", "put", "delete"):
            responses["412"] = error
        responses["default"] = error
        return responses

    def plain(self, field):
        """The schema of one value."""
        if field.type == Field.TYPE_ENUM:
            return self.enum_of(field.type_name.lstrip("."))
        if not is_message(field):
            return dict(SCALARS[field.type])
        name = field.type_name.lstrip(".")
        return dict(WELL_KNOWN.get(name) or self.schema_of(name))

    def typed(self, field):
        if not is_repeated(field):
            return self.plain(field)
        if is_message(field):
            entry = self.source.message(field.type_name)
            if entry.options.map_entry:
                return {"type": "object",
                        "additionalProperties": self.plain(entry.field[1])}
        return {"type": "array", "items": self.plain(field)}

    def enum_of(self, name):
        enum = self.source.enums[name]
        said = [f"* `{value.name}`: {about}" for value in enum.value
                if (about := self.source.comments[f"{name}.{value.name}"])]
        return trimmed({"type": "string",
                        "enum": [value.name for value in enum.value],
                        "description": "\n".join(said)})

    def schema_of(self, name):
        if short(name) not in self.schemas:
            self.schemas[short(name)] = {}  # It may hold itself.
            message = self.source.messages[name]
            self.schemas[short(name)] = trimmed(
                self.object_of(name, message.field) |
                {"description": self.source.comments[name]})
        return {"$ref": f"#/components/schemas/{short(name)}"}

    def object_of(self, name, fields):
        return {"type": "object", "properties": {
            field.name: self.property_of(name, field) for field in fields}}

    def property_of(self, name, field):
        schema = self.typed(field)
        behaviors = self.source.behaviors(field)
        about = self.source.comments[f"{name}.{field.name}"]
        if "REQUIRED" in behaviors:
            about += " Required."
        if "IMMUTABLE" in behaviors:
            about += " Immutable."
        if schema.get("description"):  # Of the values of an enum.
            about += "\n\n" + schema["description"]
        more = {"description": about.strip(),
                "readOnly": "OUTPUT_ONLY" in behaviors,
                "writeOnly": "INPUT_ONLY" in behaviors}
        more = {key: value for key, value in more.items() if value}
        # What stands beside a reference does not count.
        if "$ref" in schema and more:
            schema = {"allOf": [schema]}
        return schema | more


ERROR = {
    "type": "object",
    "properties": {
        "code": {"type": "integer", "description": "The HTTP status."},
        "message": {"type": "string", "description": "For people."},
        "status": {"type": "string",
                   "description": "A google.rpc.Code, `NOT_FOUND`."},
        "details": {"type": "array",
                    "items": WELL_KNOWN["google.protobuf.Any"],
                    "description": "google.rpc.ErrorInfo, whose `reason` is "
                                   "for programs, BadRequest with a violation "
                                   "for each field, RetryInfo and others."}},
}


def has_field(message, name):
    return any(field.name == name for field in message.field)


def trimmed(schema):
    """Without what is said with no words."""
    return {key: value for key, value in schema.items() if value != ""}


def main():
    with open(sys.argv[1], "rb") as file:
        source = Source(file.read())
    json.dump(Document(source).make(), sys.stdout, indent=1,
              ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
