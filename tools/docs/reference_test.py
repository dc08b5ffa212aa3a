#!/usr/bin/python3 -B
"""Tests of reference.py: of its parts, and of what it makes of our protos."""

import json
import pathlib
import re
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOOLS / "protos"))

# pylint: disable=wrong-import-position
from google.protobuf import json_format, message_factory

import codes
import descriptors
import examples
import pages
import reference
import words
from made_up import compiled

SMALL = """syntax = "proto3";
package cvr.v1;
import "cvr/v1/annotations.proto";
import "google/api/annotations.proto";
import "google/api/field_behavior.proto";
import "google/protobuf/duration.proto";

// Manages things.
service ThingService {
  // Changes a thing. It stays. Errors: NOT_FOUND; ABORTED when the etag
  // is not the current one.
  rpc UpdateThing(UpdateThingRequest) returns (Thing) {
    option (cvr.v1.requirement) = {
      action: ACTION_MANAGE, on: OBJECT_GROUP, field: "thing.group"
    };
    option (cvr.v1.requirement) = {
      action: ACTION_ADMINISTER, on: OBJECT_NONE, when: "thing.id",
      unless: "etag"
    };
    option (google.api.http) = {
      patch: "/things/{thing.id}" body: "thing"
      additional_bindings {custom: {kind: "HEAD" path: "/things"}}
    };
  }
}

message UpdateThingRequest {
  Thing thing = 1 [(google.api.field_behavior) = REQUIRED];
  string etag = 2;
  string update_mask = 3;
}

// A thing.
message Thing {
  // Never given out twice.
  int64 id = 1 [(google.api.field_behavior) = OUTPUT_ONLY];
  string group = 2 [
    (google.api.field_behavior) = REQUIRED,
    (google.api.field_behavior) = IMMUTABLE
  ];
  // Nobody sees it. At most 16 KiB | bytes.
  string secret = 3 [(cvr.v1.sensitive) = true];
  oneof place {
    string shelf = 4;
    string drawer = 5;
  }
  // Who has it; absent = nobody.
  oneof owner {
    int64 person_id = 6;
    int64 team_id = 7;
  }
  // At most 3 of a<b. Default: 1.5 h. Or none.
  repeated google.protobuf.Duration times = 8;
  bool enabled = 9;
  optional int32 width = 10;
  string description = 11;
}

// Reasons.
enum ErrorReason {
  ERROR_REASON_UNSPECIFIED = 0;
  // NOT_FOUND, ABORTED: it went away.
  GONE = 1;
  // INTERNAL otherwise.
  BROKEN = 2;
}
"""


def small():
    return descriptors.Model(*compiled(SMALL))


class PartsTest(unittest.TestCase):
    def setUp(self):
        self.model = small()
        self.method = self.model.services["cvr.v1.ThingService"].methods[0]
        self.thing = self.model.messages["cvr.v1.Thing"]

    def test_rights(self):
        self.assertEqual(
            words.rights_of(self.method),
            "manage on the group (`thing.group`); admin, if `thing.id` is set "
            "and `etag` is not set")

    def test_errors(self):
        self.assertEqual(words.errors_of(self.method.comment),
                         ["NOT_FOUND.",
                          "ABORTED when the etag is not the current one."])
        self.assertEqual(words.without_errors(self.method.comment),
                         "Changes a thing. It stays.")

    def test_http(self):
        self.assertEqual(words.bindings_of(self.method),
                         [("PATCH", "/things/{thing.id}", "thing"),
                          ("HEAD", "/things", "")])

    def test_behavior(self):
        wanted = {
            "id": "output only", "group": "required, set at creation",
            "secret": "**secret**", "shelf": "exactly one of `place`",
            "team_id": "at most one of `owner`", "enabled": "",
        }
        for name, behavior in wanted.items():
            self.assertEqual(words.behavior_of(self.thing.field(name)),
                             behavior)

    def test_default(self):
        for comment, default in (
                ("Default: 24 h.", "24 h"), ("Default: 1.5 h. Or none.",
                                             "1.5 h"),
                ("Empty = the\nfirst page. All.", "empty = the first page"),
                ("0 = none; absent = 1 min.", "0 = none; absent = 1 min"),
                ("Not 10 = ten.", ""), ("No default.", "")):
            self.assertEqual(words.default_of(comment), default, comment)

    def test_bounds(self):
        for comment, bounds in (
                ("1-255 characters, unique.", "1-255 characters"),
                ("At most 32, of at\nmost 255 characters.",
                 "at most 32, at most 255 characters"),
                ("1 s to 1 h.", "1 s to 1 h"), ("A UUID that.", "UUID"),
                ("whole days, 1-365.", "whole days, 1-365"),
                ("1, 7, 14, 30 or 90 days.", "1, 7, 14, 30 or 90 days"),
                ("From 1.", "from 1"), ("At least one.", "at least one"),
                ("It has 3 of them.", "")):
            self.assertEqual(words.bounds_of(comment), bounds, comment)

    def test_markdown(self):
        self.assertEqual(words.cell("a<b `c<d` |\n e"),
                         "a&lt;b `c<d` \\| e")
        self.assertEqual(words.prose("one\ntwo\n\n  * a\n    b\n  * c\nthree"),
                         "one two\n\n* a b\n* c\n\nthree")
        self.assertEqual(pages.anchor("FailurePolicy.Actions"),
                         "failurepolicyactions")

    def test_example_of_an_update(self):
        self.assertEqual(
            examples.request_example(self.method),
            {"thing": {"group": "acme",
                       "description": "Images of the web team"},
             "update_mask": "description"})

    def test_example_has_what_must_be_set(self):
        self.assertEqual(examples.message_example(self.thing),
                         {"group": "acme", "shelf": "..."})

    def test_command_lines(self):
        text = ('{"A/B", "token list"},\n {"C/D",\n  "entry create "\n'
                '  "--path /a"},\n {"x", "y"}')
        self.assertEqual(examples.command_lines(text),
                         {"A/B": "cvr token list",
                          "C/D": "cvr entry create --path /a"})

    def test_reasons(self):
        self.assertEqual(codes.split_reason("NOT_FOUND, ABORTED: it\nis."),
                         ("NOT_FOUND, ABORTED", "It is."))
        self.assertEqual(codes.split_reason("INTERNAL otherwise."),
                         ("INTERNAL", "Otherwise."))
        page = codes.page(self.model, "", "# Errors")
        self.assertIn("| `GONE` | NOT_FOUND, ABORTED | It went away. |", page)
        self.assertNotIn("UNSPECIFIED", page)

    def test_errors_page_without_reasons(self):
        model = descriptors.Model(*compiled(
            SMALL.replace("enum ErrorReason", "enum Other")))
        page = codes.page(model, "", "# Errors")
        self.assertNotIn("## ErrorReason", page)
        self.assertIn("| NOT_FOUND |", page)


class PageTest(unittest.TestCase):
    def setUp(self):
        self.page = pages.Pages(
            small(), {"ThingService/UpdateThing": "cvr thing update"}
        ).files["shared.md"]
        # The service's file is not called like one: its page is.
        self.files = pages.Pages(
            small(), {"ThingService/UpdateThing": "cvr thing update"}).files

    def test_method(self):
        page = self.files["made_up.md"]
        for part in ("## UpdateThing\n\nChanges a thing. It stays.",
                     "| **Requires** | manage on the group (`thing.group`)",
                     "`PATCH /things/{thing.id}`, body: `thing`<br>"
                     "`HEAD /things`",
                     "* ABORTED when the etag is not the current one.\n",
                     "```sh\ncvr thing update\n\ngrpcurl",
                     "cvr.v1.ThingService/UpdateThing"):
            self.assertIn(part, page)

    def test_field(self):
        page = self.files["made_up.md"]
        for row in ("| `id` | `int64` | output only |  |  | Never given out "
                    "twice. |",
                    "| `secret` | `string` | **secret** | at most 16 KiB |  | "
                    "Nobody sees it. At most 16 KiB \\| bytes. |",
                    "| `times` | list of [`Duration`]"
                    "(README.md#types-of-google) |  | at most 3 of | 1.5 h | "
                    "At most 3 of a&lt;b. Default: 1.5 h. Or none. |",
                    "| `enabled` | `bool` |  |  | false | ",
                    "| `width` | optional `int32` |"):
            self.assertIn(row, page)

    def test_index(self):
        self.assertIn("| [UpdateThing](made_up.md#updatething) | Changes a "
                      "thing. |", self.files["README.md"])
        self.assertIn("### AccessRequirement", self.page)


class DifferencesTest(unittest.TestCase):
    def test_each_kind(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            wanted = {"a.md": "a", "b.md": "b"}
            reference.write(wanted, folder)
            self.assertEqual(list(reference.differences(wanted, folder)), [])
            (folder / "glossary.md").write_text("by hand")
            (folder / "a.md").write_text("other")
            (folder / "b.md").unlink()
            (folder / "c.md").write_text("old")
            self.assertEqual(
                list(reference.differences(wanted, folder)),
                ["docs/api/a.md: not what the protos say",
                 "docs/api/b.md: missing",
                 "docs/api/c.md: nothing generates it any more"])
            reference.write(wanted, folder)
            self.assertEqual(sorted(p.name for p in folder.iterdir()),
                             ["a.md", "b.md", "glossary.md"])


class OurProtosTest(unittest.TestCase):
    """What holds for the pages of the real protos."""

    @classmethod
    def setUpClass(cls):
        root = descriptors.REPOSITORY
        cls.model = descriptors.load(root)
        cls.files = reference.generate(root)
        for name in reference.BY_HAND:
            cls.files[name] = (root / reference.FOLDER / name).read_text(
                encoding="utf-8")
        cls.methods = [m for s in cls.model.services.values()
                       for m in s.methods]

    def test_examples_are_requests(self):
        factory = message_factory.MessageFactory(self.model.pool)
        for method in self.methods:
            with self.subTest(method.full_name):
                kind = factory.GetPrototype(
                    self.model.pool.FindMessageTypeByName(
                        method.request.full_name))
                example = examples.request_example(method)
                self.assertNotIn('"..."', json.dumps(example))
                request = json_format.ParseDict(example, kind())
                self.assert_complete(request, method.request,
                                     method.name.startswith("Update"))

    def assert_complete(self, request, message, is_update):
        for field in message.fields:
            if "REQUIRED" not in field.behaviors:
                continue
            value = getattr(request, field.name)
            self.assertTrue(value or field.oneof, field.full_name)
            of = self.model.messages.get(field.type)
            if of and not field.repeated and not is_update:
                self.assert_complete(value, of, is_update)

    def test_every_element_is_there_once(self):
        text = "\n".join(self.files.values())
        headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        names = [pages.local_name(e) for e in
                 [*self.model.messages.values(), *self.model.enums.values()]]
        names += [m.name for m in self.methods]
        self.assertGreater(len(names), 200)
        for name in names:
            self.assertEqual(headings.count(name), 1, name)

    def test_links(self):
        anchors = {
            name: {pages.anchor(heading) for heading in
                   re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
            for name, text in self.files.items()}
        for page, text in self.files.items():
            for target in re.findall(r"\]\(([^)]*)\)", text):
                name, _, anchor = target.partition("#")
                self.assertIn(name or page, anchors, f"{page}: {target}")
                if anchor:
                    self.assertIn(anchor, anchors[name or page],
                                  f"{page}: {target}")

    def test_codes(self):
        """The page has each code, besides OK, and no other."""
        names = self.model.pool.FindEnumTypeByName("google.rpc.Code")
        self.assertEqual(set(codes.CODES) | {"OK"},
                         set(names.values_by_name))


if __name__ == "__main__":
    unittest.main()
