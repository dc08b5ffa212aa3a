"""An example call of each method: its JSON, and the command line of cvr."""

import re

import words
from descriptors import INTEGERS

# Where a test holds the command lines to be right.
COMMAND_LINES = "tools/cvr/methods_test.cc"
COMMAND_LINE = re.compile(
    r'\{\s*"(\w+/\w+)",\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\}')
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')

# By `Message.field`, or by the field's name in any message.
VALUES = {
    "Group.name": "acme",
    "GetGroupRequest.name": "acme",
    "DeleteGroupRequest.name": "acme",
    "Registry.name": "web",
    "Upstream.name": "docker-hub",
    "AccessToken.name": "ci",
    "BasicCredentials.username": "robot",
    "after_id": "42",
    "group": "acme",
    "id": "7",
    "ids": ["42", "43"],
    "position": 1,
    "reference": "3.20",
    "repository": "library/alpine",
    "request_id": "5e1c8a0e-6a3f-4c1b-9d0c-2f4b8a7e6d11",
    "scopes": ["SCOPE_READ"],
    "tag": "3.20",
    "upstream_id": "3",
    "upstream_ids": ["3", "5"],
    "url": "https://registry-1.docker.io",
}
# Fields besides those that must be set.
MORE = {
    "ListUpstreams": {"group": "acme"},
    "PrefetchImage": {"platforms": ["linux/amd64"]},
    "SetAttachments": {"upstream_ids": ["3", "5"]},
    "TestUpstream": {"upstream_id": "3"},
    "WaitOperation": {"timeout": "60s"},
    "WatchFetches": {"interval": "2s"},
}
# What an update changes, in order of preference.
CHANGED = {"description": "Images of the web team", "enabled": True}


def value_of(field):
    value = VALUES.get(f"{field.parent.name}.{field.name}",
                       VALUES.get(field.name))
    if value is None or field.type in field.model.messages:
        value = value_of_type(field)
    return value if not field.repeated or isinstance(value, list) else [value]


def value_of_type(field):
    model, kind = field.model, field.type
    if kind in model.messages:
        return message_example(model.messages[kind])
    if kind in model.enums:
        return model.enums[kind].values[1].name
    if kind in ("int64", "uint64"):
        return "7"
    if kind in INTEGERS:
        return 1
    if kind == "bool":
        return True
    return "3600s" if kind == "google.protobuf.Duration" else "..."


def message_example(message):
    """The fields that must be set."""
    example = {}
    for field in message.fields:
        if field.oneof:
            needed = field is field.oneof.fields[0] and words.is_needed(
                field.oneof)
        else:
            needed = "REQUIRED" in field.behaviors
        if needed:
            example[field.name] = value_of(field)
    return example


def update_example(method):
    """Changes one field of the resource; what names the resource is set."""
    example = message_example(method.request)
    resource = next(f for f in method.request.fields
                    if "REQUIRED" in f.behaviors)
    fields = resource.model.messages[resource.type]
    named = {}
    for needed in method.option("cvr.v1.requirement"):
        first, _, rest = needed.field.partition(".")
        if first == resource.name and rest:
            named[rest] = value_of(fields.field(rest))
    changed = next(name for name in CHANGED if fields.field(name))
    example[resource.name] = {**named, changed: CHANGED[changed]}
    example["update_mask"] = changed
    return example


def request_example(method):
    """The request as JSON."""
    if method.name.startswith("Update"):
        return update_example(method)
    example = message_example(method.request)
    if method.request.field("request_id"):
        example["request_id"] = VALUES["request_id"]
    example.update(MORE.get(method.name, {}))
    return example


def command_lines(text):
    """`Service/Method` -> `cvr ...`, from the source of COMMAND_LINES."""
    return {method: "cvr " + "".join(STRING.findall(strings))
            for method, strings in COMMAND_LINE.findall(text)}
