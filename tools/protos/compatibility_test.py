#!/usr/bin/python3 -B
"""Tests of compatibility.py and baseline.py: each rule by a small change."""

import unittest

import baseline
import compatibility
import descriptors
from made_up import compiled

# What is changed below. `@` is the package's last part.
BEFORE = """syntax = "proto3";
package cvr.@;
import "google/api/annotations.proto";
import "google/api/field_behavior.proto";
import "google/protobuf/descriptor.proto";

extend google.protobuf.FieldOptions {
  bool secret = 50100;
}

service Service {
  rpc Get(GetRequest) returns (Thing) {
    option (google.api.http) = {
      get: "/things/{id}" additional_bindings {get: "/old/{id}"}
    };
  }
  rpc Put(Thing) returns (Thing) {
    option (google.api.http) = {put: "/things" body: "*"};
  }
  rpc Old(GetRequest) returns (Thing) {
    option deprecated = true;
  }
}

message GetRequest {
  int64 id = 1;
}

message Gone {
  option deprecated = true;
  int64 id = 1;
}

message Thing {
  reserved 20, 30 to 32;
  reserved "former";

  enum Color {
    reserved 7;
    reserved "COLOR_GREY";
    COLOR_UNSPECIFIED = 0;
    COLOR_RED = 1;
    COLOR_BLUE = 2;
    COLOR_PALE = 3 [deprecated = true];
  }
  int64 id = 1;
  string name = 2;
  repeated string tags = 3;
  Color color = 4;
  oneof kind {
    string left = 5;
    string right = 6;
  }
  optional int32 count = 7;
  string old_note = 8 [deprecated = true];
  oneof other {
    string up = 9;
  }
  string note = 10 [
    (google.api.field_behavior) = IMMUTABLE,
    (secret) = true
  ];
}
"""


class RulesTest(unittest.TestCase):
    def problems(self, changes, package):
        after = BEFORE
        for old, new in changes:
            self.assertEqual(after.count(old), 1, old)
            after = after.replace(old, new)
        old_set, _ = compiled(BEFORE.replace("@", package))
        # As the real one: through the text.
        new_set, pool = compiled(after.replace("@", package))
        old_set = baseline.read_text(
            baseline.write_text(baseline.our_files(old_set)), pool)
        found = compatibility.problems_of(old_set, new_set,
                                          compatibility.Options(pool))
        prefix = f"cvr.{package}."
        for problem in found:
            self.assertTrue(problem.startswith(prefix), problem)
        return [problem[len(prefix):] for problem in found]

    def assert_breaks(self, changes, *expected, wire=None):
        """`expected` with the rules for the public API; `wire` with those for
        internal ones, the same when it is None."""
        for package, wanted in (
                ("v1", expected),
                ("internal.v1", expected if wire is None else wire)):
            self.assertEqual(
                self.problems(changes, package),
                sorted(what.replace("@", package) for what in wanted))

    # Allowed.

    def test_nothing_changed(self):
        self.assert_breaks([])

    def test_additions(self):
        self.assert_breaks([
            ("  rpc Put(", "  rpc New(GetRequest) returns (Thing);\n"
             "  rpc Put("),
            ("message Gone {", "message New {}\nmessage Gone {"),
            ("  string name = 2;", "  string name = 2;\n  int32 size = 11;"),
            ("    COLOR_RED = 1;", "    COLOR_RED = 1;\n    COLOR_TAN = 4;"),
            ("    string right = 6;", "    string right = 6;\n"
             "    string middle = 12;"),
            ("reserved 20, 30 to 32;", "reserved 20, 25, 30 to 40;"),
            ("body: \"*\"}", "body: \"*\" additional_bindings "
             "{post: \"/things\"}}"),
        ])

    def test_what_was_deprecated_goes_with_its_number_and_name(self):
        self.assert_breaks([
            ("  rpc Old(GetRequest) returns (Thing) {\n"
             "    option deprecated = true;\n  }\n", ""),
            ("message Gone {\n  option deprecated = true;\n"
             "  int64 id = 1;\n}\n", ""),
            ("  string old_note = 8 [deprecated = true];\n", ""),
            ("reserved 20,", "reserved 8, 20,"),
            ('reserved "former";', 'reserved "former", "old_note";'),
            ("    COLOR_PALE = 3 [deprecated = true];\n", ""),
            ("reserved 7;", "reserved 3, 7;"),
            ('"COLOR_GREY"', '"COLOR_GREY", "COLOR_PALE"'),
        ])

    # Declarations.

    def test_message_renamed(self):
        self.assert_breaks(
            [("message GetRequest {", "message FindRequest {"),
             ("Get(GetRequest)", "Get(FindRequest)"),
             ("Old(GetRequest)", "Old(FindRequest)")],
            "GetRequest: message removed, and was not deprecated before",
            "Service.Get: its request is of another type",
            "Service.Old: its request is of another type")

    def test_enum_renamed(self):
        self.assert_breaks(
            [("  enum Color {", "  enum Paint {"),
             ("  Color color = 4;", "  Paint color = 4;")],
            "Thing.Color: enum removed, and was not deprecated before",
            "Thing.color: its type was cvr.@.Thing.Color, and is "
            "cvr.@.Thing.Paint")

    def test_service_renamed(self):
        self.assert_breaks(
            [("service Service {", "service Other {")],
            "Service: service removed, and was not deprecated before")

    def test_package_changed(self):
        found = self.problems([("package cvr.@;", "package cvr.@beta;"),
                               ("extend google.protobuf.FieldOptions {\n"
                                "  bool secret = 50100;\n}\n", ""),
                               (",\n    (secret) = true", "")], "v1")
        self.assertEqual(len([p for p in found if p.startswith("Thing:")]), 1)
        self.assertEqual(len([p for p in found if p.startswith("Service:")]),
                         1)

    # Methods.

    def test_method_removed(self):
        self.assert_breaks(
            [('  rpc Put(Thing) returns (Thing) {\n    option '
              '(google.api.http) = {put: "/things" body: "*"};\n  }\n', "")],
            "Service.Put: removed, and was not deprecated before")

    def test_request_and_response(self):
        self.assert_breaks(
            [("Put(Thing) returns (Thing)", "Put(GetRequest) returns (Gone)")],
            "Service.Put: its request is of another type",
            "Service.Put: its response is of another type")

    def test_streaming(self):
        self.assert_breaks(
            [("Put(Thing) returns (Thing)",
              "Put(stream Thing) returns (stream Thing)")],
            "Service.Put: requests were a stream and are not, or the other "
            "way round",
            "Service.Put: responses were a stream and are not, or the other "
            "way round")

    def test_http_path(self):
        self.assert_breaks(
            [('get: "/things/{id}"', 'get: "/things/id/{id}"')],
            "Service.Get: no longer answers GET /things/{id}", wire=[])

    def test_http_additional_binding(self):
        self.assert_breaks(
            [(' additional_bindings {get: "/old/{id}"}', "")],
            "Service.Get: no longer answers GET /old/{id}", wire=[])

    def test_http_verb_and_body(self):
        self.assert_breaks(
            [('put: "/things" body: "*"', 'post: "/things" body: "*"')],
            "Service.Put: no longer answers PUT /things body=*", wire=[])
        self.assert_breaks(
            [('body: "*"', 'body: "name"')],
            "Service.Put: no longer answers PUT /things body=*", wire=[])
        self.assert_breaks(
            [('body: "*"', 'body: "*" response_body: "name"')],
            "Service.Put: no longer answers PUT /things body=*", wire=[])

    # Fields.

    def test_field_removed(self):
        self.assert_breaks(
            [("  string name = 2;\n", "")],
            "Thing.name: removed, and 2 is not reserved",
            "Thing.name: removed, and its name is not reserved",
            "Thing.name: removed, and was not deprecated before",
            wire=["Thing.name: removed, and 2 is not reserved"])

    def test_field_removed_with_its_number_reserved(self):
        self.assert_breaks(
            [("  string old_note = 8 [deprecated = true];\n", ""),
             ("reserved 20,", "reserved 8, 20,")],
            "Thing.old_note: removed, and its name is not reserved", wire=[])

    def test_field_removed_without_a_warning(self):
        self.assert_breaks(
            [("  string name = 2;\n", ""),
             ("reserved 20,", "reserved 2, 20,"),
             ('reserved "former"', 'reserved "former", "name"')],
            "Thing.name: removed, and was not deprecated before", wire=[])

    def test_field_renumbered(self):
        found = ["Thing.name: removed, and 2 is not reserved",
                 "Thing.name: removed, and its name is not reserved",
                 "Thing.name: removed, and was not deprecated before"]
        self.assert_breaks([("string name = 2;", "string name = 14;")],
                           *found, wire=found[:1])

    def test_field_renamed(self):
        self.assert_breaks(
            [("string name = 2;", "string title = 2;")],
            "Thing.name: its JSON name was `name`, and is `title`", wire=[])

    def test_json_name(self):
        self.assert_breaks(
            [("string name = 2;", 'string name = 2 [json_name = "n"];')],
            "Thing.name: its JSON name was `name`, and is `n`", wire=[])

    def test_scalar_type(self):
        for kind in ("uint64", "int32", "sint64", "string"):
            self.assert_breaks(
                [("  int64 id = 1;\n  string name",
                  f"  {kind} id = 1;\n  string name")],
                f"Thing.id: its type was TYPE_INT64, and is "
                f"TYPE_{kind.upper()}")

    def test_message_type(self):
        self.assert_breaks(
            [("  Color color = 4;", "  Gone color = 4;")],
            "Thing.color: its type was cvr.@.Thing.Color, and is cvr.@.Gone")

    def test_repeated(self):
        self.assert_breaks(
            [("repeated string tags", "string tags"),
             ("  string name = 2;", "  repeated string name = 2;")],
            *[f"Thing.{name}: was repeated and is not, or the other way round"
              for name in ("name", "tags")])

    def test_presence(self):
        self.assert_breaks(
            [("  optional int32 count", "  int32 count"),
             ("  string name = 2;", "  optional string name = 2;")],
            *[f"Thing.{name}: was optional and is not, or the other way round"
              for name in ("count", "name")], wire=[])

    def test_out_of_a_oneof(self):
        self.assert_breaks(
            [("    string right = 6;\n  }\n", "  }\n  string right = 6;\n")],
            "Thing.left: was moved into, out of, or between oneofs",
            "Thing.right: was moved into, out of, or between oneofs")

    def test_into_a_oneof(self):
        self.assert_breaks(
            [("  string name = 2;\n", ""),
             ("    string right = 6;\n", "    string right = 6;\n"
              "    string name = 2;\n")],
            *[f"Thing.{name}: was moved into, out of, or between oneofs"
              for name in ("left", "name", "right")])

    def test_lone_field_out_of_its_oneof(self):
        self.assert_breaks(
            [("  oneof other {\n    string up = 9;\n  }\n",
              "  string up = 9;\n")],
            "Thing.up: was moved into, out of, or between oneofs")

    def test_oneof_may_be_renamed(self):
        self.assert_breaks([("oneof kind {", "oneof sort {")])

    def test_reserved_is_kept(self):
        self.assert_breaks(
            [("reserved 20, 30 to 32;", "reserved 30 to 32;")],
            "Thing: 20 is no longer reserved")
        self.assert_breaks(
            [("30 to 32;", "30 to 31;")], "Thing: 32 is no longer reserved")
        self.assert_breaks(
            [('  reserved "former";\n', "")],
            "Thing: `former` is no longer reserved", wire=[])

    def test_required(self):
        required = "[(google.api.field_behavior) = REQUIRED]"
        self.assert_breaks(
            [("string name = 2;", f"string name = 2 {required};")],
            "Thing.name: is REQUIRED, and was not", wire=[])
        self.assert_breaks(
            [("  string name = 2;",
              f"  string name = 2;\n  string extra = 11 {required};")],
            "Thing.extra: is REQUIRED, and was not", wire=[])

    def test_output_only(self):
        self.assert_breaks(
            [("= IMMUTABLE", "= OUTPUT_ONLY")],
            "Thing.note: is OUTPUT_ONLY, and was not", wire=[])
        self.assert_breaks(
            [("  string name = 2;", "  string name = 2;\n  string extra = 11 "
              "[(google.api.field_behavior) = OUTPUT_ONLY];")])

    # Enums.

    def test_enum_value_removed(self):
        self.assert_breaks(
            [("    COLOR_BLUE = 2;\n", "")],
            "Thing.Color.COLOR_BLUE: removed, and 2 is not reserved",
            "Thing.Color.COLOR_BLUE: removed, and its name is not reserved",
            "Thing.Color.COLOR_BLUE: removed, and was not deprecated before",
            wire=["Thing.Color.COLOR_BLUE: removed, and 2 is not reserved"])

    def test_enum_value_renumbered(self):
        gone = "Thing.Color.COLOR_BLUE: removed, and "
        moved = ("Thing.Color.COLOR_BLUE: its number was 2, and is 9")
        self.assert_breaks(
            [("COLOR_BLUE = 2", "COLOR_BLUE = 9")],
            gone + "2 is not reserved", gone + "its name is not reserved",
            gone + "was not deprecated before", moved,
            wire=[gone + "2 is not reserved", moved])

    def test_enum_values_exchanged(self):
        self.assert_breaks(
            [("COLOR_BLUE = 2", "COLOR_BLUE = 1"),
             ("COLOR_RED = 1", "COLOR_RED = 2")],
            "Thing.Color.COLOR_BLUE: its number was 2, and is 1",
            "Thing.Color.COLOR_RED: its number was 1, and is 2")

    def test_enum_value_renamed(self):
        self.assert_breaks(
            [("COLOR_BLUE = 2", "COLOR_CYAN = 2")],
            "Thing.Color.COLOR_BLUE: is called `COLOR_CYAN`", wire=[])

    def test_enum_reserved_is_kept(self):
        self.assert_breaks([("    reserved 7;\n", "")],
                           "Thing.Color: 7 is no longer reserved")
        self.assert_breaks([('    reserved "COLOR_GREY";\n', "")],
                           "Thing.Color: `COLOR_GREY` is no longer reserved",
                           wire=[])

    # Options of ours.

    def test_option_changed(self):
        self.assert_breaks([("secret = 50100", "secret = 50101")],
                           "secret: its number was 50100, and is 50101",
                           wire=[])
        self.assert_breaks([("bool secret", "string secret"),
                             ("(secret) = true", '(secret) = "true"')],
                           "secret: its type was TYPE_BOOL, and is "
                           "TYPE_STRING", wire=[])
        self.assert_breaks([("FieldOptions", "MessageOptions"),
                             (",\n    (secret) = true", "")],
                           "secret: extends .google.protobuf.MessageOptions, "
                           "and not .google.protobuf.FieldOptions", wire=[])

    def test_option_removed(self):
        self.assert_breaks([("  bool secret = 50100;",
                             "  bool shown = 50102;"),
                            ("(secret) = true", "(shown) = true")],
                           "secret: extension removed, and was not deprecated "
                           "before")


class LevelTest(unittest.TestCase):
    def test_only_the_public_api_is_held_to_json(self):
        self.assertEqual(compatibility.level_of("cvr.v1"),
                         compatibility.WIRE_JSON)
        for package in ("cvr.internal.v1", "cvr.stored", "cvr.blob.v1"):
            self.assertEqual(compatibility.level_of(package),
                             compatibility.WIRE)


class JudgeTest(unittest.TestCase):
    """What accepted.txt may hold."""

    REMOVED = "cvr.v1.Thing.name: removed, and 2 is not reserved"
    CHANGELOG = "* `cvr.v1.Thing.name` is gone. cvr.v1.Thing.names is not."

    def judge(self, problems, accepted, changelog=CHANGELOG):
        return list(baseline.judge(problems, accepted, changelog))

    def test_nothing_is_accepted(self):
        self.assertEqual(self.judge([self.REMOVED], []), [self.REMOVED])

    def test_accepted_and_told(self):
        self.assertEqual(self.judge([self.REMOVED], [self.REMOVED]), [])

    def test_accepted_and_not_told(self):
        for text in ("", "cvr.v1.Thing.names", "cvr.v1.Thing",
                     "cvr.v1.Thing.name.more"):
            self.assertEqual(
                self.judge([self.REMOVED], [self.REMOVED], text),
                ["protos/baseline/accepted.txt: CHANGELOG.md does not name "
                 "cvr.v1.Thing.name"], text)

    def test_what_is_told_may_end_a_sentence(self):
        self.assertEqual(self.judge([self.REMOVED], [self.REMOVED],
                                    "gone: cvr.v1.Thing.name."), [])

    def test_internal_breaks_need_not_be_told(self):
        removed = self.REMOVED.replace("v1", "internal.v1")
        self.assertEqual(self.judge([removed], [removed], ""), [])

    def test_stale_line(self):
        self.assertEqual(
            self.judge([], [self.REMOVED]),
            ["protos/baseline/accepted.txt: no longer a problem: " +
             self.REMOVED])

    def test_comments_and_empty_lines(self):
        self.assertEqual(baseline.lines_of("# why\n\na.b: c\n"), ["a.b: c"])


class BaselineTest(unittest.TestCase):
    def test_it_holds_what_rules_look_at(self):
        kept = baseline.write_text(
            baseline.our_files(compiled(BEFORE.replace("@", "v1"))[0]))
        for part in ("deprecated: true", "[google.api.http]",
                     "[google.api.field_behavior]: IMMUTABLE"):
            self.assertIn(part, kept)
        for part in ("source_code_info", "cvr.v1.secret",
                     "google/protobuf/descriptor.proto\"\n  package"):
            self.assertNotIn(part, kept)

    def test_all_our_packages_are_in_it(self):
        root = descriptors.REPOSITORY
        found, pool = descriptors.compile_set(root,
                                              descriptors.source_names(root))
        kept = baseline.our_files(found)
        packages = {file.package for file in kept.file}
        self.assertLessEqual({"cvr.v1", "cvr.internal.v1", "cvr.stored",
                              "cvr.blob.v1"}, packages)
        # A set of its own, which other tools can read as well.
        again = baseline.read_text(baseline.write_text(kept), pool)
        self.assertEqual(again.SerializeToString(deterministic=True),
                         kept.SerializeToString(deterministic=True))


if __name__ == "__main__":
    unittest.main()
