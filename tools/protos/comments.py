#!/usr/bin/python3 -B
"""Checks that the public API (cvr.v1) says of itself what its users must know.

usage: comments.py [ROOT]

One line per problem, `file:line: element: what`. What has to be said is below,
rule by rule: each rule is a function that yields problems. In short:

* Services, methods, messages, enums and enum values have comments; requests
  and responses only if one of their fields has none.
* A method's comment begins with a verb in the third person, and has `Errors:`
  unless nothing of its request can be wrong. The codes and reasons in it
  exist. It has the option `requirement`, whose fields are fields of the
  request.
* A field has a comment, unless it is an id or a key, or is called like its
  type, a message or an enum that has one.
* A field that callers set says its bound, and what its absence means, where
  its type does not: see check_settable().
* A number in a comment that the code has a constant for is that constant: see
  BOUNDS.
"""

import pathlib
import re
import sys

import descriptors
from descriptors import INTEGERS, plural, snake

# No verbs, though they end like one.
NO_VERBS = {"Access", "Address", "Always", "As", "Errors", "Has", "Is", "Its",
            "Less", "Process", "This", "Was"}
VERB = re.compile(r"([A-Z][a-z]*s)\b")

DURATION = "google.protobuf.Duration"
TIMESTAMP = "google.protobuf.Timestamp"

# What a caller passes on as it got it, or what is a language of its own; a
# request's size bounds them.
OPAQUE = {"page_token", "etag", "filter", "order_by"}

# Numbers with what they count or measure: `1-255 characters`, `At most 32`.
RANGE = re.compile(r"\b\d+(\.\.|-| to )\d+|\b\d+ m?s to \d+ h\b|From \d+")
AT_MOST = re.compile(r"\b[Aa]t (most|least) (one\b|as many as|\d+)")
SIZE = re.compile(r"\d+ (characters|bytes|KiB|MiB)\b")
UUID = re.compile(r"\bUUID\b")
AS_IN = re.compile(r"\b[Aa]s in [A-Z]\w+")
ABSENCE = re.compile(r"\b([Aa]bsent|[Ee]mpty|0) ?(=|means)|\bDefault\b|"
                     r"\bWhen set\b|\b[Aa]bsent\b|\b[Mm]ay be empty\b|"
                     r"\b[Mm]ust be set\b")

# Of these fields the comment names the constant of services/common/limits.h.
BOUNDS = {
    "AccessToken.name": "kNameCharsMax",
    "BasicCredentials.username": "kCredentialCharsMax",
    "CachePolicy.referrers_ttl": "kReferrersValiditySecondsDefault",
    "CachePolicy.tag_list_ttl": "kTagsValiditySecondsDefault",
    "CachePolicy.tag_ttl": "kCacheValidityHoursDefault",
    "CachePolicy.tag_ttl_overrides": "kTagTtlOverridesPerUpstreamMax",
    "CleanupPolicy.keep_after_last_pull": "kCleanupKeepDaysMax",
    "CleanupPolicy.run_interval": "kCleanupRunIntervalDaysDefault",
    "ContentRef.repository": "kRepositoryCharsMax",
    "ContentRef.reference": "kTagCharsMax",
    "Group.description": "kDescriptionCharsMax",
    "Group.name": "kNameCharsMax",
    "NegativeCacheTtls.blob_not_found": "kNotFoundSecondsDefault",
    "NegativeCacheTtls.manifest_not_found": "kNotFoundSecondsDefault",
    "NegativeCacheTtls.refused": "kRefusedSecondsDefault",
    "Pattern.regex": "kPatternCharsMax",
    "Pattern.wildcard": "kPatternCharsMax",
    "Registry.description": "kDescriptionCharsMax",
    "Registry.name": "kNameCharsMax",
    "TlsSettings.ca_bundle_pem": "kPemBytesMax",
    "TlsSettings.client_certificate_pem": "kPemBytesMax",
    "TlsSettings.client_key_pem": "kPemBytesMax",
    "Upstream.description": "kDescriptionCharsMax",
    "Upstream.name": "kNameCharsMax",
    "Upstream.rules": "kRulesPerUpstreamMax",
    "Upstream.source_namespaces": "kHostsPerUpstreamMax",
    "Upstream.trusted_token_realms": "kHostsPerUpstreamMax",
    "Upstream.url": "kUrlCharsMax",
    "UpstreamLimits.concurrent_requests": "kConcurrentRequestsDefault",
    "UpstreamLimits.failures_to_open": "kFailuresToOpenDefault",
    "UpstreamLimits.open_ttl": "kCircuitOpenSecondsDefault",
    "UpstreamLimits.rate_reserve_percent": "kRateReservePercentDefault",
}
# What a page_size says besides, wherever it stands.
PAGE_BOUNDS = ("kPageSizeDefault", "kPageSizeMax")
LIMITS = "services/common/limits.h"


def problem(element, what):
    return f"{element.where}: {element.full_name}: {what}"


def field_at(message, path):
    """The field that `path` (`registry.group`) leads to; None = there is
    none."""
    field = None
    for name in path.split("."):
        field = message and message.field(name)
        if not field:
            return None
        message = message.model.messages.get(field.type)
    return field


# Methods.


def check_service(service):
    if not service.comment:
        yield problem(service, "no comment")


def check_method(method):
    verb = VERB.match(method.comment)
    if not verb or verb.group(1) in NO_VERBS:
        yield problem(method, "the comment does not begin with a verb in the "
                              "third person")
    everywhere = "Every method answers" in method.parent.comment
    if ("Errors:" not in method.comment and not everywhere and
            method.request.fields):
        yield problem(method, "no `Errors:`")
    yield from check_codes(method)
    yield from check_requirements(method)


def errors_part(comment):
    """What follows `Errors:`, or `Every method answers`."""
    found = re.search(r"(Errors:|Every method answers)(.*)", comment,
                      re.DOTALL)
    return " ".join(found.group(2).split()) if found else ""


def check_codes(element):
    model = element.model
    codes = set(model.pool.FindEnumTypeByName("google.rpc.Code")
                .values_by_name)
    reasons = model.enums.get(f"{element.file.package}.ErrorReason")
    names = {value.name for value in reasons.values} if reasons else None
    text = errors_part(element.comment)
    for reason in re.findall(r"\breason ([A-Z][A-Z_]+)", text):
        if names is not None and reason not in names:
            yield problem(element, f"no ErrorReason is called {reason}")
    without_reasons = re.sub(r"\breason [A-Z_]+|`[^`]*`", "", text)
    for word in re.findall(r"\b[A-Z]+_[A-Z_]+\b", without_reasons):
        if word not in codes and word not in all_values(model):
            yield problem(element, f"no google.rpc.Code is called {word}")


def all_values(model):
    return {v.name for enum in model.enums.values() for v in enum.values}


def check_requirements(method):
    requirements = method.option("cvr.v1.requirement") or []
    if not requirements:
        yield problem(method, "no option (cvr.v1.requirement)")
    for requirement in requirements:
        paths = list(requirement.when) + list(requirement.unless)
        if requirement.field:
            paths.append(requirement.field)
        for path in paths:
            if not field_at(method.request, path):
                yield problem(method, f"requires what {method.request.name} "
                                      f"does not have: {path}")
        values = requirement.DESCRIPTOR.fields_by_name["on"].enum_type
        alone = values.values_by_number[requirement.on].name == "OBJECT_NONE"
        if alone == bool(requirement.field):
            yield problem(method, "requires a field without an object, or an "
                                  "object without a field")
    repeatable = bool(method.option("cvr.v1.repeatable"))
    if repeatable != bool(method.request.field("request_id")):
        yield problem(method, "(cvr.v1.repeatable) and `request_id` go "
                              "together")


# Messages and enums.


def needs_no_comment(field):
    """Its name and type say all."""
    name, model = field.name, field.model
    of = model.messages.get(field.type) or model.enums.get(field.type)
    if of:
        type_name = snake(of.name)
        return bool(of.comment) and (
            name in (type_name, plural(type_name)) or
            type_name.endswith("_" + name) or
            plural(type_name).endswith("_" + name) or
            of.name.endswith("Key"))
    if name == "id" or name.endswith("_id"):
        return field.type == "int64" and not field.optional
    # A name in a request that says which one is meant.
    return (field.parent.full_name in field.model.requests or
            field.parent.name.endswith("Key")) and name in ("group", "name")


def check_message(message):
    names = message.model.requests | message.model.responses
    # The fields of those say all; check_field() sees to their comments.
    if (not message.comment and message.full_name not in names and
            not message.name.endswith("Response")):
        yield problem(message, "no comment")


def check_field(field):
    comment = field.comment or (field.oneof.comment if field.oneof else "")
    if not comment and not needs_no_comment(field):
        yield problem(field, "no comment")
    yield from check_bound(field)




def check_enum(enum):
    if not enum.comment:
        yield problem(enum, "no comment")
    prefix = snake(enum.name).upper() + "_"
    for value in enum.values:
        if value.number == 0 and value.name == prefix + "UNSPECIFIED":
            continue
        if not value.comment:
            yield problem(value, "no comment")


# Fields that callers set.


def is_reference(field):
    """It names a resource, whose own fields have the bounds."""
    return needs_no_comment(field) or field.name in (
        "group", "token_id", "after_id", "after_revision")


def says_bound(comment):
    return any(rule.search(comment)
               for rule in (RANGE, AT_MOST, SIZE, UUID, AS_IN))


def check_settable(field):
    """Of a field that callers set:

    * `repeated`: how many there may be; of a list of ids at least that it may
      be empty.
    * string and bytes: how long it may be, or that it is a UUID, or that it is
      as in another message. Not of what is opaque, and of references.
    * Integers: the range. Not of ids.
    * Duration and Timestamp, `optional` fields, and strings of requests that
      need not be set: what it means that it is absent, or the default.
    """
    comment = " ".join(field.comment.split())
    kind = field.type
    required = "REQUIRED" in field.behaviors
    if field.repeated:
        if not says_bound(comment):
            yield problem(field, "does not say how many there may be")
        return
    if field.name not in OPAQUE and not is_reference(field):
        if kind in ("string", "bytes") and not says_bound(comment):
            yield problem(field, "does not say how long it may be")
        if kind in INTEGERS and not (RANGE.search(comment) or
                                     AT_MOST.search(comment)):
            yield problem(field, "does not say its range")
    may_be_absent = field.optional or kind in (DURATION, TIMESTAMP) or (
        kind in ("string", "bytes") and not field.oneof and
        field.parent.full_name in field.model.requests)
    if may_be_absent and not required and not ABSENCE.search(comment):
        yield problem(field, "does not say what it means that it is absent")


# Numbers.


def constants(text):
    """The constants of limits.h that are plain numbers: name -> value."""
    found = {}
    for name, value in re.findall(r"constexpr \w+ (k\w+) =\s*([^;]+);", text):
        value = value.replace("'", "")
        if re.fullmatch(r"[\d\s*+-]+", value):
            found[name] = eval(value)  # pylint: disable=eval-used
    return found


def spellings(constant, value):
    """How a comment may write the constant."""
    if "Seconds" in constant:
        yield f"{value} s"
        if value % 60 == 0:
            yield f"{value // 60} min"
    elif "Hours" in constant:
        yield f"{value} h"
    elif value % (1024 * 1024) == 0:
        yield f"{value // (1024 * 1024)} MiB"
    yield str(value)


def check_bound(field):
    key = f"{field.parent.name}.{field.name}"
    wanted = [BOUNDS[key]] if key in BOUNDS else []
    if field.name == "page_size":
        wanted = PAGE_BOUNDS
    comment = " ".join(field.comment.split())
    for constant in wanted:
        value = field.model.constants.get(constant)
        if value is None:
            yield problem(field, f"no plain constant {constant} in {LIMITS}")
        elif not any(re.search(rf"(?<!\d){re.escape(text)}(?!\d)", comment)
                     for text in spellings(constant, value)):
            yield problem(field, f"does not name {constant}, {value}")


def stale_bounds(model):
    """Rows of BOUNDS without a field."""
    fields = {f"{m.name}.{f.name}" for m in model.messages.values()
              for f in m.fields}
    for key in sorted(set(BOUNDS) - fields):
        yield f"tools/protos/comments.py:1: BOUNDS: no field {key}"


def problems_of(model, limits_text):
    model.constants = constants(limits_text)
    problems = []
    for service in model.services.values():
        problems += check_service(service)
        problems += check_codes(service)
        for method in service.methods:
            problems += check_method(method)
    settable = model.reachable(model.requests)
    for message in model.messages.values():
        problems += check_message(message)
        for field in message.fields:
            problems += check_field(field)
            if (message.full_name in settable and
                    "OUTPUT_ONLY" not in field.behaviors):
                problems += check_settable(field)
    for enum in model.enums.values():
        problems += check_enum(enum)
    return problems


def main(root):
    model = descriptors.load(root)
    text = pathlib.Path(root, LIMITS).read_text(encoding="utf-8")
    problems = problems_of(model, text) + list(stale_bounds(model))
    for line in problems:
        print(line)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else
                  descriptors.REPOSITORY))
