"""The .proto files of the repository with their comments and options.

Needs /usr/bin/protoc and Debian's python3-protobuf, so what imports this runs
with /usr/bin/python3.
"""

import pathlib
import re
import subprocess
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PROTOC = "/usr/bin/protoc"
# Where the sources are, also when a test runner links to this file.
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]

PUBLIC = "cvr.v1"

Field = descriptor_pb2.FieldDescriptorProto

SCALARS = {
    Field.TYPE_DOUBLE: "double", Field.TYPE_FLOAT: "float",
    Field.TYPE_INT64: "int64", Field.TYPE_UINT64: "uint64",
    Field.TYPE_INT32: "int32", Field.TYPE_UINT32: "uint32",
    Field.TYPE_FIXED64: "fixed64", Field.TYPE_FIXED32: "fixed32",
    Field.TYPE_SFIXED32: "sfixed32", Field.TYPE_SFIXED64: "sfixed64",
    Field.TYPE_SINT32: "sint32", Field.TYPE_SINT64: "sint64",
    Field.TYPE_BOOL: "bool", Field.TYPE_STRING: "string",
    Field.TYPE_BYTES: "bytes",
}
INTEGERS = {"int64", "uint64", "int32", "uint32", "fixed64", "fixed32",
            "sfixed32", "sfixed64", "sint32", "sint64"}


class ProtocError(Exception):
    """protoc does not accept a source; says what it printed."""


def source_names(root):
    """Our .proto files below `root`: the API, and what services store."""
    root = pathlib.Path(root)
    found = list(root.glob("protos/cvr/**/*.proto"))
    found += root.glob("services/**/*.proto")
    return sorted(str(path.relative_to(root)) for path in found)


def compile_set(root, names):
    """A FileDescriptorSet of `names`, all that they import among it, whose
    options are parsed as far as the files themselves declare them."""
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder, "descriptors")
        done = subprocess.run(
            [PROTOC, "-Iprotos", "-I.", "--include_imports",
             "--include_source_info", f"--descriptor_set_out={output}",
             *names],
            cwd=root, capture_output=True, check=False, text=True)
        if done.returncode != 0:
            raise ProtocError(done.stderr)
        return reparse(output.read_bytes())


def reparse(serialized):
    """(set, pool) of a serialized FileDescriptorSet, with options known."""
    plain = descriptor_pb2.FileDescriptorSet.FromString(serialized)
    if not any(f.name == "google/protobuf/descriptor.proto"
               for f in plain.file):
        descriptor_pb2.DESCRIPTOR.CopyToProto(plain.file.add())
        # What is imported has to come first.
        plain.file.insert(0, plain.file.pop())
    pool = descriptor_pool.DescriptorPool()
    for file in plain.file:
        pool.AddSerializedFile(file.SerializeToString())
    return set_class(pool).FromString(serialized), pool


# Options that are messages; python3-protobuf lists only those it has a class
# for.
OPTION_MESSAGES = ("google.api.HttpRule", "cvr.v1.AccessRequirement")


def set_class(pool):
    """The FileDescriptorSet that knows the options of `pool`."""
    factory = message_factory.MessageFactory(pool)
    for name in OPTION_MESSAGES:
        try:
            factory.GetPrototype(pool.FindMessageTypeByName(name))
        except KeyError:
            pass  # Nothing that was compiled imports it.
    return factory.GetPrototype(
        pool.FindMessageTypeByName("google.protobuf.FileDescriptorSet"))


def snake(name):
    """`CacheEntry` as `cache_entry`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def plural(word):
    if word.endswith("y") and not word.endswith("ey"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch")) else "s")


class Element:
    """What has a name and a comment. `parent` is None for what stands at the
    top of its file."""

    def __init__(self, model, file, parent, proto, path):
        self.model = model
        self.file = file
        self.parent = parent
        self.proto = proto
        self.name = proto.name
        place = model.locations[file.name].get(tuple(path))
        self.comment = clean(place.leading_comments) if place else ""
        self.line = place.span[0] + 1 if place else 1

    @property
    def full_name(self):
        return f"{self.parent.full_name if self.parent else self.file.package}"\
               f".{self.name}"

    @property
    def where(self):
        folder = "" if self.file.name.startswith("services/") else "protos/"
        return f"{folder}{self.file.name}:{self.line}"

    def option(self, name):
        """The value of an extension; None where it is not set."""
        extension = self.model.extension(name)
        if extension is None:
            return None
        repeated = extension.label == extension.LABEL_REPEATED
        if repeated:
            return list(self.proto.options.Extensions[extension])
        if not self.proto.options.HasExtension(extension):
            return None
        return self.proto.options.Extensions[extension]


class EnumValueElement(Element):
    @property
    def number(self):
        return self.proto.number


class EnumElement(Element):
    def __init__(self, model, file, parent, proto, path):
        super().__init__(model, file, parent, proto, path)
        self.values = [EnumValueElement(model, file, self, value,
                                        path + [2, i])
                       for i, value in enumerate(proto.value)]


class OneofElement(Element):
    def __init__(self, model, file, parent, proto, path):
        super().__init__(model, file, parent, proto, path)
        self.fields = []


class FieldElement(Element):
    def __init__(self, model, file, parent, proto, path):
        super().__init__(model, file, parent, proto, path)
        self.oneof = None  # Not that of an optional field.

    @property
    def repeated(self):
        return self.proto.label == Field.LABEL_REPEATED

    @property
    def optional(self):
        return self.proto.proto3_optional

    @property
    def type(self):
        """`int32`, or the full name of a message or enum."""
        return SCALARS.get(self.proto.type) or self.proto.type_name[1:]

    @property
    def behaviors(self):
        """Names of google.api.FieldBehavior."""
        numbers = self.option("google.api.field_behavior") or []
        names = self.model.pool.FindEnumTypeByName("google.api.FieldBehavior")
        return [names.values_by_number[number].name for number in numbers]

    @property
    def sensitive(self):
        return bool(self.option("cvr.v1.sensitive"))


class MessageElement(Element):
    def __init__(self, model, file, parent, proto, path):
        super().__init__(model, file, parent, proto, path)
        self.messages = [MessageElement(model, file, self, nested,
                                        path + [3, i])
                         for i, nested in enumerate(proto.nested_type)
                         if not nested.options.map_entry]
        self.enums = [EnumElement(model, file, self, enum, path + [4, i])
                      for i, enum in enumerate(proto.enum_type)]
        self.fields = [FieldElement(model, file, self, field, path + [2, i])
                       for i, field in enumerate(proto.field)]
        oneofs = [OneofElement(model, file, self, oneof, path + [8, i])
                  for i, oneof in enumerate(proto.oneof_decl)]
        for field in self.fields:
            if field.proto.HasField("oneof_index") and not field.optional:
                field.oneof = oneofs[field.proto.oneof_index]
                field.oneof.fields.append(field)
        self.oneofs = [oneof for oneof in oneofs if oneof.fields]

    def field(self, name):
        return next((f for f in self.fields if f.name == name), None)


class MethodElement(Element):
    @property
    def request(self):
        return self.model.messages.get(self.proto.input_type[1:])

    @property
    def response(self):
        """None for google.protobuf.Empty."""
        return self.model.messages.get(self.proto.output_type[1:])


class ServiceElement(Element):
    def __init__(self, model, file, parent, proto, path):
        super().__init__(model, file, parent, proto, path)
        self.methods = [MethodElement(model, file, self, method, path + [2, i])
                        for i, method in enumerate(proto.method)]


class Model:
    """All that the files of one package say. `messages` and `enums` hold nested
    ones as well, by full name, in the order of the files."""

    def __init__(self, descriptor_set, pool, package=PUBLIC):
        self.set = descriptor_set
        self.pool = pool
        self.files = [f for f in descriptor_set.file if f.package == package]
        self.locations = {
            f.name: {tuple(place.path): place
                     for place in f.source_code_info.location}
            for f in self.files}
        self.messages, self.enums, self.services = {}, {}, {}
        for file in self.files:
            for i, enum in enumerate(file.enum_type):
                self._add_enum(EnumElement(self, file, None, enum, [5, i]))
            for i, message in enumerate(file.message_type):
                self._add(MessageElement(self, file, None, message, [4, i]))
            for i, service in enumerate(file.service):
                element = ServiceElement(self, file, None, service, [6, i])
                self.services[element.full_name] = element
        methods = [m for s in self.services.values() for m in s.methods]
        self.requests = {m.proto.input_type[1:] for m in methods}
        self.responses = {m.proto.output_type[1:] for m in methods}

    def _add_enum(self, enum):
        self.enums[enum.full_name] = enum

    def _add(self, message):
        self.messages[message.full_name] = message
        for enum in message.enums:
            self._add_enum(enum)
        for nested in message.messages:
            self._add(nested)

    def file_comment(self, file):
        """What stands at the top of a file, above `syntax`."""
        place = self.locations[file.name].get((12,))
        return clean(place.leading_comments) if place else ""

    def extension(self, name):
        try:
            return self.pool.FindExtensionByName(name)
        except KeyError:
            return None

    def reachable(self, names):
        """Full names of our messages that `names` lead to, by fields that
        callers set; OUTPUT_ONLY fields are not followed."""
        seen, left = set(), list(names)
        while left:
            name = left.pop()
            if name in seen or name not in self.messages:
                continue
            seen.add(name)
            left += [field.type for field in self.messages[name].fields
                     if "OUTPUT_ONLY" not in field.behaviors]
        return seen


def clean(comment):
    """The comment without the space behind `//`, and without words to a
    linter."""
    lines = [line[1:] if line.startswith(" ") else line
             for line in comment.split("\n")
             if not line.strip().startswith("buf:lint:")]
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def load(root=REPOSITORY, package=PUBLIC):
    # Comments name codes, which nothing imports.
    names = source_names(root) + ["protos/google/rpc/code.proto"]
    return Model(*compile_set(root, names), package)
