#!/usr/bin/python3 -B
"""Tests of comments.py: each rule by a small change of a good file."""

import unittest

import comments
import descriptors
from made_up import compiled

LIMITS = """
inline constexpr int kPageSizeDefault = 100;
inline constexpr int kPageSizeMax = 1'000;
inline constexpr size_t kNameCharsMax = 255;
inline constexpr int kRefusedSecondsDefault = 30;
inline constexpr int kNotFoundSecondsDefault = 2 * 60;
inline constexpr int kCacheValidityHoursDefault = 24;
inline constexpr size_t kPemBytesMax = 1024 * 1024;
inline constexpr uint64_t kBlobBytesMax = uint64_t{1} << 40;
"""

# Has no problems.
GOOD = """syntax = "proto3";
package made.up;
import "cvr/v1/annotations.proto";
import "google/api/field_behavior.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/timestamp.proto";

// Manages registries.
service Registries {
  // Lists registries. Errors: NOT_FOUND; FAILED_PRECONDITION (reason
  // NOT_READY) when it is not ready.
  rpc ListRegistries(ListRegistriesRequest) returns (ListRegistriesResponse) {
    option (cvr.v1.requirement) = {action: ACTION_READ, on: OBJECT_NONE};
  }
  // Creates a registry. Errors: ALREADY_EXISTS.
  rpc CreateRegistry(CreateRegistryRequest) returns (Registry) {
    option (cvr.v1.requirement) = {
      action: ACTION_MANAGE, on: OBJECT_GROUP, field: "registry.group"
    };
    option (cvr.v1.repeatable) = true;
  }
  // Returns the version.
  rpc GetVersion(GetVersionRequest) returns (GetVersionResponse) {
    option (cvr.v1.requirement) = {
      action: ACTION_AUTHENTICATE, on: OBJECT_NONE
    };
  }
}

message GetVersionRequest {}

message GetVersionResponse {
  // `0.1.0`.
  string version = 1;
}

message ListRegistriesRequest {
  string group = 1 [(google.api.field_behavior) = REQUIRED];
  // Number on a page: 1-1000; 0 = 100.
  int32 page_size = 2;
  // From the previous response; empty = the first page.
  string page_token = 3;
  // Only those that are called so; at most 255 characters. Empty = all.
  string name_prefix = 4;
  // Only those created since; absent = all.
  google.protobuf.Timestamp start_time = 5;
}

message ListRegistriesResponse {
  repeated Registry registries = 1;
}

message CreateRegistryRequest {
  Registry registry = 1 [(google.api.field_behavior) = REQUIRED];
  // A UUID; empty = it cannot be repeated.
  string request_id = 2;
}

// What clients pull from.
message Registry {
  // How it is.
  enum State {
    STATE_UNSPECIFIED = 0;
    // It serves.
    STATE_ACTIVE = 1;
  }
  int64 id = 1 [(google.api.field_behavior) = OUTPUT_ONLY];
  // The group's name; 1-255 characters.
  string group = 2 [(google.api.field_behavior) = REQUIRED];
  // 1-255 characters.
  string name = 3 [(google.api.field_behavior) = REQUIRED];
  State state = 4 [(google.api.field_behavior) = OUTPUT_ONLY];
  // At most 10, each of 1-20 characters.
  repeated string tags = 5;
  // How many at once: 1-64. Default: 8.
  optional int32 width = 6;
  // How long. Default: 1 h.
  google.protobuf.Duration ttl = 7;
  // How often it was pulled.
  int64 pull_count = 8 [(google.api.field_behavior) = OUTPUT_ONLY];
  Mirror mirror = 9;
}

// Another one.
message Mirror {
  oneof target {
    // Its id.
    int64 registry_id = 1;
    // 1-255 characters.
    string url = 2;
  }
}
"""


def problems(text):
    model = descriptors.Model(*compiled(text), package="made.up")
    return [line.split(": ", 1)[1].removeprefix("made.up.")
            for line in comments.problems_of(model, LIMITS)]


class CommentsTest(unittest.TestCase):
    def assert_problems(self, changes, *expected):
        text = GOOD
        for old, new in changes:
            self.assertEqual(text.count(old), 1, old)
            text = text.replace(old, new)
        self.assertEqual(problems(text), list(expected))

    def without(self, old, *expected):
        self.assert_problems([(old, "")], *expected)

    def test_good_file(self):
        self.assert_problems([])

    # What has no comment.

    def test_service(self):
        self.without("// Manages registries.\n", "Registries: no comment")

    def test_message(self):
        self.without("// Another one.\n",
                     "Registry.mirror: no comment", "Mirror: no comment")

    def test_requests_and_responses_need_none_but_their_fields(self):
        self.without("  // `0.1.0`.\n",
                     "GetVersionResponse.version: no comment")

    def test_enum(self):
        self.without("  // How it is.\n", "Registry.state: no comment",
                     "Registry.State: no comment")

    def test_enum_value(self):
        self.without("    // It serves.\n",
                     "Registry.State.STATE_ACTIVE: no comment")
        self.assert_problems(
            [("    STATE_UNSPECIFIED = 0;", "    STATE_NONE = 0;")],
            "Registry.State.STATE_NONE: no comment")

    def test_output_field(self):
        self.without("  // How often it was pulled.\n",
                     "Registry.pull_count: no comment")

    def test_message_field_with_another_name_than_its_type(self):
        self.assert_problems(
            [("Mirror mirror = 9;", "Mirror other = 9;")],
            "Registry.other: no comment")

    def test_optional_id(self):
        self.assert_problems(
            [("  Mirror mirror = 9;", "  optional int64 owner_id = 9 "
              "[(google.api.field_behavior) = OUTPUT_ONLY];")],
            "Registry.owner_id: no comment")

    # Methods.

    def test_verb(self):
        for comment in ("The version.", "Return the version.",
                        "This returns the version.", "returns it."):
            self.assert_problems(
                [("// Returns the version.", "// " + comment)],
                "Registries.GetVersion: the comment does not begin with a "
                "verb in the third person")

    def test_errors(self):
        self.without(" Errors: ALREADY_EXISTS.",
                     "Registries.CreateRegistry: no `Errors:`")

    def test_errors_of_all_methods(self):
        self.assert_problems(
            [(" Errors: ALREADY_EXISTS.", ""),
             ("// Manages registries.", "// Manages registries. Every method "
              "answers INVALID_ARGUMENT\n// for what is wrong.")])

    def test_codes(self):
        self.assert_problems(
            [("ALREADY_EXISTS", "ALREADY_THERE")],
            "Registries.CreateRegistry: no google.rpc.Code is called "
            "ALREADY_THERE")
        self.assert_problems(
            [("// Manages registries.", "// Manages registries. Every method "
              "answers\n// WRONG_ARGUMENT.")],
            "Registries: no google.rpc.Code is called WRONG_ARGUMENT")

    def test_reasons(self):
        text = GOOD + """
// Why.
enum ErrorReason {
  ERROR_REASON_UNSPECIFIED = 0;
  // It is not.
  %s = 1;
}
"""
        self.assertEqual(problems(text % "NOT_READY"), [])
        self.assertEqual(problems(text % "NOT_THERE"),
                         ["Registries.ListRegistries: no ErrorReason is "
                          "called NOT_READY"])

    def test_requires(self):
        self.without(
            "    option (cvr.v1.requirement) = {\n"
            "      action: ACTION_AUTHENTICATE, on: OBJECT_NONE\n"
            "    };\n",
            "Registries.GetVersion: no option (cvr.v1.requirement)")

    def test_required_field(self):
        self.assert_problems(
            [('field: "registry.group"', 'field: "registry.tenant"')],
            "Registries.CreateRegistry: requires what CreateRegistryRequest "
            "does not have: registry.tenant")
        for option in ("when", "unless"):
            self.assert_problems(
                [('field: "registry.group"',
                  f'field: "registry.group" {option}: "force"')],
                "Registries.CreateRegistry: requires what "
                "CreateRegistryRequest does not have: force")

    def test_object_and_field(self):
        expected = ("Registries.CreateRegistry: requires a field without an "
                    "object, or an object without a field")
        self.assert_problems([("on: OBJECT_GROUP", "on: OBJECT_NONE")],
                             expected)
        self.assert_problems([(', field: "registry.group"', "")], expected)

    def test_repeatable(self):
        self.without("    option (cvr.v1.repeatable) = true;\n",
                     "Registries.CreateRegistry: (cvr.v1.repeatable) and "
                     "`request_id` go together")

    # Bounds.

    def test_how_long(self):
        self.assert_problems(
            [("    // 1-255 characters.\n    string url", "    // A URL.\n"
              "    string url")],
            "Mirror.url: does not say how long it may be")
        self.assert_problems(
            [("    // 1-255 characters.\n    string url", "    // Seal.\n"
              "    bytes url")],
            "Mirror.url: does not say how long it may be")

    def test_how_many(self):
        self.assert_problems(
            [("// At most 10, each of 1-20 characters.", "// Tags.")],
            "Registry.tags: does not say how many there may be")

    def test_range(self):
        self.assert_problems(
            [("1-64. Default", "any. Default")],
            "Registry.width: does not say its range")

    def test_a_bound_may_stand_on_two_lines(self):
        self.assert_problems(
            [("// At most 10, each", "// Tags, at most\n  // 10, each")])

    def test_absence(self):
        for old, field in (
                (" Empty = all.", "ListRegistriesRequest.name_prefix"),
                ("; absent = all.", "ListRegistriesRequest.start_time"),
                ("; empty = the first page", "ListRegistriesRequest.page_token"
                 ), (" Default: 8.", "Registry.width"),
                (" Default: 1 h.", "Registry.ttl")):
            self.without(old, f"{field}: does not say what it means that it "
                              "is absent")

    def test_what_is_required_is_never_absent(self):
        self.assert_problems(
            [(" Default: 1 h.", ""), ("ttl = 7;", "ttl = 7 "
             "[(google.api.field_behavior) = REQUIRED];")])

    def test_what_callers_do_not_set_has_no_bound(self):
        self.assert_problems(
            [("1-64. Default: 8", "as it is"), ("width = 6;", "width = 6 "
             "[(google.api.field_behavior) = OUTPUT_ONLY];")])

    # Constants.

    def test_page_size(self):
        self.assert_problems(
            [("0 = 100", "0 = 50")],
            "ListRegistriesRequest.page_size: does not name "
            "kPageSizeDefault, 100")
        self.assert_problems(
            [("1-1000", "1-10000")],
            "ListRegistriesRequest.page_size: does not name "
            "kPageSizeMax, 1000")

    def test_bounds(self):
        self.assert_problems(
            [("  // 1-255 characters.\n  string name", "  // 1-2550 "
              "characters.\n  string name")],
            "Registry.name: does not name kNameCharsMax, 255")

    def test_constant_that_is_not_there(self):
        self.assert_problems(
            [("  // At most 10, each of 1-20 characters.\n  repeated string "
              "tags", "  // At most 10 characters.\n  string description")],
            "Registry.description: no plain constant kDescriptionCharsMax in "
            "services/common/limits.h")

    def test_spellings(self):
        numbers = comments.constants(LIMITS)
        self.assertEqual(numbers["kPageSizeMax"], 1000)
        self.assertNotIn("kBlobBytesMax", numbers)
        for name, text in (("kRefusedSecondsDefault", "30 s"),
                           ("kNotFoundSecondsDefault", "2 min"),
                           ("kCacheValidityHoursDefault", "24 h"),
                           ("kPemBytesMax", "1 MiB")):
            self.assertIn(text, comments.spellings(name, numbers[name]))

    def test_bounds_are_of_fields_that_there_are(self):
        stale = list(comments.stale_bounds(
            descriptors.Model(*compiled(GOOD), package="made.up")))
        self.assertEqual(len(stale), len(comments.BOUNDS) - 1)


if __name__ == "__main__":
    unittest.main()
