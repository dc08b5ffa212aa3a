"""Checks values against OpenAPI 3.0 schemas: the part of JSON Schema that
openapi.json uses. A keyword that is not known here is an error, so that none
is passed over in silence."""

import datetime
import re

# Said for people; nothing to check.
REMARKS = {"description", "example", "default", "writeOnly", "minProperties"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool}


class Checker:
    """Checks values, and remembers which properties it has seen."""

    def __init__(self, document):
        self.document = document
        self.seen = set()

    def resolve(self, value):
        """What `value` is, and the name of what it refers to, if it does."""
        name = ""
        while "$ref" in value:
            parts = value["$ref"].removeprefix("#/").split("/")
            name = parts[-1]
            value = self.document
            for part in parts:
                value = value[part]
        return value, name

    def problems(self, schema, value, place="$", name=""):
        """What is wrong with `value`, as a list of texts."""
        schema, found = self.resolve(schema)
        name = found or name
        unknown = set(schema) - REMARKS - set(KEYWORDS) - {"nullable"}
        if unknown:
            return [f"{place}: schema has {sorted(unknown)}, not known here"]
        if value is None:
            if schema.get("nullable") or "type" not in schema:
                return []
            return [f"{place}: is null"]
        found = []
        for keyword, check in KEYWORDS.items():
            if keyword in schema:
                found += check(self, schema, value, place, name)
        return found

    def check_type(self, schema, value, place, _):
        wanted = schema["type"]
        if wanted == "integer":
            good = isinstance(value, int) and not isinstance(value, bool)
        else:
            good = isinstance(value, TYPES[wanted])
        return [] if good else [f"{place}: {value!r} is no {wanted}"]

    def check_properties(self, schema, value, place, name):
        if not isinstance(value, dict):
            return []
        found = []
        for key, inner in schema["properties"].items():
            if key in value:
                self.seen.add((name, key))
                found += self.problems(inner, value[key], f"{place}.{key}",
                                       f"{name}.{key}")
        return found

    def check_required(self, schema, value, place, _):
        if not isinstance(value, dict):
            return []
        return [f"{place}: has no {key}" for key in schema["required"]
                if key not in value]

    def check_additional(self, schema, value, place, name):
        if not isinstance(value, dict):
            return []
        rule = schema["additionalProperties"]
        more = [key for key in value if key not in schema.get("properties", {})]
        if rule is False:
            return [f"{place}: has {key}, which is not documented"
                    for key in more]
        found = []
        for key in more:
            found += self.problems(rule, value[key], f"{place}.{key}", name)
        return found

    def check_items(self, schema, value, place, name):
        if not isinstance(value, list):
            return []
        found = []
        for i, item in enumerate(value):
            found += self.problems(schema["items"], item, f"{place}[{i}]",
                                   f"{name}[]")
        return found

    def check_enum(self, schema, value, place, _):
        return ([] if value in schema["enum"]
                else [f"{place}: {value!r} is none of {schema['enum']}"])

    def check_pattern(self, schema, value, place, _):
        good = isinstance(value, str) and re.search(schema["pattern"], value)
        return [] if good else [f"{place}: {value!r} is not as it should be"]

    def check_bounds(self, schema, value, place, _):
        if not isinstance(value, int):
            return []
        good = (schema.get("minimum", value) <= value <=
                schema.get("maximum", value))
        return [] if good else [f"{place}: {value} is out of bounds"]

    def check_lengths(self, schema, value, place, _):
        if not isinstance(value, str):
            return []
        good = (schema.get("minLength", 0) <= len(value) <=
                schema.get("maxLength", len(value)))
        return [] if good else [f"{place}: is too long or too short"]

    def check_format(self, schema, value, place, _):
        if schema["format"] == "int64":
            good = isinstance(value, int) and -2**63 <= value < 2**63
        elif schema["format"] == "date-time":
            good = is_time(value)
        else:
            return [f"{place}: schema has format {schema['format']}"]
        return [] if good else [f"{place}: {value!r} is no {schema['format']}"]

    def check_one_of(self, schema, value, place, _):
        tries = [Checker(self.document) for _ in schema["oneOf"]]
        faults = [checker.problems(inner, value, place)
                  for checker, inner in zip(tries, schema["oneOf"])]
        good = [i for i, fault in enumerate(faults) if not fault]
        if len(good) != 1:
            return [f"{place}: fits {len(good)} of several: {faults}"]
        self.seen |= tries[good[0]].seen
        return []


def is_time(value):
    """RFC 3339 in UTC with milliseconds, as all times here are."""
    if not isinstance(value, str):
        return False
    try:
        datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ")
    except ValueError:
        return False
    return len(value) == len("2024-01-02T03:04:05.678Z")


KEYWORDS = {
    "type": Checker.check_type,
    "properties": Checker.check_properties,
    "required": Checker.check_required,
    "additionalProperties": Checker.check_additional,
    "items": Checker.check_items,
    "enum": Checker.check_enum,
    "pattern": Checker.check_pattern,
    "minimum": Checker.check_bounds,
    "maximum": Checker.check_bounds,
    "minLength": Checker.check_lengths,
    "maxLength": Checker.check_lengths,
    "format": Checker.check_format,
    "oneOf": Checker.check_one_of,
}
