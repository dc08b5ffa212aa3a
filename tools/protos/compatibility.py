"""What a change of .proto files breaks, by two sets of descriptors.

WIRE_JSON, for the public API: clients that were made from the old files go on,
in binary, in JSON and over HTTP. WIRE, for what is between services and for
what is stored: old bytes are read by new code, and new ones by the release
before; names of fields and of enum values may change.

Rules, with (J) those of WIRE_JSON alone:

* A service, method, message or enum is not removed, which renaming it or its
  package is as well, unless it was deprecated in the old set.
* A method keeps its request, its response and their streaming; (J) also each
  of its HTTP bindings.
* A field keeps its number, its type, whether it is repeated, (J) its presence
  (`optional`), and its place inside or outside of a oneof, with the same
  companions.
* (J) A field keeps its JSON name, an enum value its name.
* The number of a removed field or enum value is reserved, (J) and its name; (J)
  it was deprecated in the old set. What is reserved stays reserved.
* An enum value keeps its number.
* (J) No field becomes REQUIRED or OUTPUT_ONLY, and no new one in an old message
  is REQUIRED.
* (J) An option of ours keeps its number and type.

This is stricter than `buf breaking` with the category of the same name, which
lets types change that parsers take for one another: a service of the release
before would cut off a larger number. A rename of a field over JSON is told by
the field's number, as buf does.
"""

from google.protobuf import descriptor_pb2

WIRE = "WIRE"
WIRE_JSON = "WIRE_JSON"

Field = descriptor_pb2.FieldDescriptorProto

KINDS = ("message", "enum", "service", "extension")


def level_of(package):
    return WIRE_JSON if package == "cvr.v1" else WIRE


class Index:
    """The declarations of a FileDescriptorSet by their full names: `messages`,
    `enums`, `services` and `extensions`, each (package, declaration)."""

    def __init__(self, descriptor_set):
        self.message, self.enum = {}, {}
        self.service, self.extension = {}, {}
        for file in descriptor_set.file:
            if not file.package.startswith("cvr."):
                continue
            for message in file.message_type:
                self._add_message(file.package, file.package, message)
            for kind, declarations in (("enum", file.enum_type),
                                       ("service", file.service),
                                       ("extension", file.extension)):
                for declared in declarations:
                    getattr(self, kind)[f"{file.package}.{declared.name}"] = (
                        file.package, declared)

    def _add_message(self, package, scope, message):
        name = f"{scope}.{message.name}"
        self.message[name] = (package, message)
        for enum in message.enum_type:
            self.enum[f"{name}.{enum.name}"] = (package, enum)
        for nested in message.nested_type:
            self._add_message(package, name, nested)


def is_reserved(declared, number):
    """Whether a message or enum reserves the number."""
    # Ranges of enums hold their end, those of messages do not.
    past = 1 if is_enum(declared) else 0
    return any(r.start <= number < r.end + past
               for r in declared.reserved_range)


def is_enum(declared):
    return declared.DESCRIPTOR.name == "EnumDescriptorProto"


def check_removed(old_members, new_members, new, level):
    """Fields or enum values, by number, that the declaration `new` does not
    have any more."""
    for number, member in old_members.items():
        if number in new_members:
            continue
        if not is_reserved(new, number):
            yield member.name, f"removed, and {number} is not reserved"
        if level == WIRE:
            continue
        if member.name not in new.reserved_name:
            yield member.name, "removed, and its name is not reserved"
        if not member.options.deprecated:
            yield member.name, "removed, and was not deprecated before"


def check_reserved(old, new, level):
    """What was reserved must be so still, or an old use comes to life."""
    past = 1 if is_enum(old) else 0
    for r in old.reserved_range:
        missing = [n for n in (r.start, r.end - 1 + past)
                   if not is_reserved(new, n)]
        if missing:
            yield "", f"{missing[0]} is no longer reserved"
    for name in old.reserved_name:
        if level == WIRE_JSON and name not in new.reserved_name:
            yield "", f"`{name}` is no longer reserved"


# Messages.


def type_of(field):
    return field.type_name.lstrip(".") or Field.Type.Name(field.type)


def companions(message, field, names):
    """Which of the fields `names` are in one oneof with the field; None when
    it is in none."""
    if not field.HasField("oneof_index") or field.proto3_optional:
        return None
    return {other.number for other in message.field
            if other.HasField("oneof_index") and
            other.oneof_index == field.oneof_index and other.number in names}


def check_type(old, new, level):
    if type_of(old) != type_of(new):
        yield f"its type was {type_of(old)}, and is {type_of(new)}"
    if (old.label == Field.LABEL_REPEATED) != (
            new.label == Field.LABEL_REPEATED):
        yield "was repeated and is not, or the other way round"
    elif level == WIRE_JSON and old.proto3_optional != new.proto3_optional:
        yield "was optional and is not, or the other way round"
    if level == WIRE_JSON and old.json_name != new.json_name:
        yield (f"its JSON name was `{old.json_name}`, and is "
               f"`{new.json_name}`")


def check_behavior(old, new, behaviors):
    """`behaviors`: field -> names of google.api.FieldBehavior. `old` is None
    for a new field."""
    now = behaviors(new)
    before = behaviors(old) if old is not None else set()
    if "REQUIRED" in now - before:
        yield "is REQUIRED, and was not"
    if old is not None and "OUTPUT_ONLY" in now - before:
        yield "is OUTPUT_ONLY, and was not"


def check_message(old, new, level, behaviors):
    old_fields = {f.number: f for f in old.field}
    new_fields = {f.number: f for f in new.field}
    yield from check_removed(old_fields, new_fields, new, level)
    yield from check_reserved(old, new, level)
    both = set(old_fields) & set(new_fields)
    for number in sorted(both):
        before, after = old_fields[number], new_fields[number]
        for what in check_type(before, after, level):
            yield before.name, what
        if (companions(old, before, both) != companions(new, after, both)):
            yield before.name, "was moved into, out of, or between oneofs"
    if level == WIRE_JSON:
        for number, field in new_fields.items():
            for what in check_behavior(old_fields.get(number), field,
                                       behaviors):
                yield field.name, what


# Enums.


def check_enum(old, new, level):
    old_values = {v.number: v for v in old.value}
    new_values = {v.number: v for v in new.value}
    numbers = {v.name: v.number for v in new.value}
    yield from check_removed(old_values, new_values, new, level)
    yield from check_reserved(old, new, level)
    for number, value in old_values.items():
        if numbers.get(value.name, number) != number:
            yield value.name, (f"its number was {number}, and is "
                               f"{numbers[value.name]}")
        elif (level == WIRE_JSON and number in new_values and
              value.name not in numbers):
            yield value.name, f"is called `{new_values[number].name}`"


# Services.


def check_service(old, new, level, bindings):
    new_methods = {m.name: m for m in new.method}
    for method in old.method:
        after = new_methods.get(method.name)
        if after is None:
            if not (method.options.deprecated or old.options.deprecated):
                yield method.name, "removed, and was not deprecated before"
            continue
        for what in check_method(method, after):
            yield method.name, what
        if level == WIRE_JSON:
            for binding in bindings(method) - bindings(after):
                yield method.name, f"no longer answers {binding}"


def check_method(old, new):
    if old.input_type != new.input_type:
        yield "its request is of another type"
    if old.output_type != new.output_type:
        yield "its response is of another type"
    if old.client_streaming != new.client_streaming:
        yield "requests were a stream and are not, or the other way round"
    if old.server_streaming != new.server_streaming:
        yield "responses were a stream and are not, or the other way round"


# Options of ours.


def check_extension(old, new, level):
    if level == WIRE:
        return
    if old.number != new.number:
        yield "", f"its number was {old.number}, and is {new.number}"
    if old.extendee != new.extendee:
        yield "", f"extends {new.extendee}, and not {old.extendee}"
    for what in check_type(old, new, level):
        yield "", what


class Options:
    """Reads the options of google.api, as far as `pool` has them."""

    def __init__(self, pool):
        self._behavior = pool.FindExtensionByName("google.api.field_behavior")
        self._http = pool.FindExtensionByName("google.api.http")

    def behaviors(self, field):
        names = self._behavior.enum_type.values_by_number
        return {names[number].name
                for number in field.options.Extensions[self._behavior]}

    def bindings(self, method):
        """Each as text: `POST /path body=*`."""
        if not method.options.HasExtension(self._http):
            return set()
        rule = method.options.Extensions[self._http]
        return {self._text(r) for r in [rule, *rule.additional_bindings]}

    @staticmethod
    def _text(rule):
        kind = rule.WhichOneof("pattern")
        path = getattr(rule, kind)
        verb = kind.upper()
        if kind == "custom":
            verb, path = path.kind, path.path
        text = f"{verb} {path}"
        if rule.body:
            text += f" body={rule.body}"
        if rule.response_body:
            text += f" response_body={rule.response_body}"
        return text


def problems_of(old_set, new_set, options):
    """What no longer holds in `new_set`, as `element: what`, sorted."""
    old, new = Index(old_set), Index(new_set)
    checks = {
        "message": lambda a, b, level: check_message(a, b, level,
                                                     options.behaviors),
        "enum": check_enum,
        "service": lambda a, b, level: check_service(a, b, level,
                                                     options.bindings),
        "extension": check_extension,
    }
    problems = []
    for kind in KINDS:
        declared_now = getattr(new, kind)
        for name, (package, before) in getattr(old, kind).items():
            if name not in declared_now:
                if not before.options.deprecated:
                    problems.append(f"{name}: {kind} removed, and was not "
                                    "deprecated before")
                continue
            level = level_of(package)
            for member, what in checks[kind](before, declared_now[name][1],
                                             level):
                where = f"{name}.{member}" if member else name
                problems.append(f"{where}: {what}")
    return sorted(problems)
