"""Tests of schema.py: it must find what is wrong."""

import unittest

import schema

DOCUMENT = {"components": {"schemas": {
    "Pair": {"type": "object", "additionalProperties": False,
             "required": ["a"], "properties": {
                 "a": {"type": "integer", "minimum": 1, "format": "int64"},
                 "b": {"type": "string", "nullable": True}}},
    "Other": {"type": "object", "additionalProperties": False,
              "required": ["e"], "properties": {"e": {"type": "string"}}},
}}}
PAIR = {"$ref": "#/components/schemas/Pair"}
OTHER = {"$ref": "#/components/schemas/Other"}


class SchemaTest(unittest.TestCase):

    def check(self, rule, value, good):
        problems = schema.Checker(DOCUMENT).problems(rule, value)
        self.assertEqual(not problems, good, (rule, value, problems))

    def test_objects(self):
        self.check(PAIR, {"a": 1}, True)
        self.check(PAIR, {"a": 1, "b": None}, True)
        self.check(PAIR, {"a": 1, "b": "x"}, True)
        self.check(PAIR, {}, False)
        self.check(PAIR, {"a": None}, False)
        self.check(PAIR, {"a": 0}, False)
        self.check(PAIR, {"a": True}, False)
        self.check(PAIR, {"a": 1.0}, False)
        self.check(PAIR, {"a": 2**63}, False)
        self.check(PAIR, {"a": 1, "c": 1}, False)
        self.check(PAIR, [], False)
        self.check(PAIR, None, False)

    def test_lists_and_maps(self):
        self.check({"type": "array", "items": PAIR}, [{"a": 1}, {}], False)
        self.check({"type": "array", "items": PAIR}, [{"a": 1}], True)
        texts = {"type": "object", "additionalProperties": {"type": "string"}}
        self.check(texts, {"x": "y"}, True)
        self.check(texts, {"x": 1}, False)

    def test_texts(self):
        self.check({"type": "string", "pattern": "^a$"}, "a", True)
        self.check({"type": "string", "pattern": "^a$"}, "b", False)
        self.check({"type": "string", "enum": ["a"]}, "b", False)
        self.check({"type": "string", "maxLength": 1}, "ab", False)
        time = {"type": "string", "format": "date-time"}
        self.check(time, "2024-01-02T03:04:05.678Z", True)
        for text in ("2024-01-02T03:04:05Z", "2024-13-02T03:04:05.678Z",
                     "2024-01-02T03:04:05.678+01:00"):
            self.check(time, text, False)

    def test_exactly_one(self):
        self.check({"oneOf": [PAIR, OTHER]}, {"e": "x"}, True)
        self.check({"oneOf": [PAIR, OTHER]}, {"a": 1, "e": "x"}, False)
        self.check({"oneOf": [PAIR, PAIR]}, {"a": 1}, False)

    def test_unknown_keywords_are_errors(self):
        self.check({"type": "string", "mystery": 1}, "a", False)

    def test_what_was_seen_is_remembered(self):
        checker = schema.Checker(DOCUMENT)
        checker.problems({"oneOf": [PAIR, OTHER]}, {"a": 1})
        self.assertEqual(checker.seen, {("Pair", "a")})


if __name__ == "__main__":
    unittest.main()
