#!/usr/bin/env python3
"""Tests of glossary.py: which names it finds, and which words."""

import pathlib
import tempfile
import unittest

import glossary
from source_tree import SourceTree

TABLE = """# Glossary

| concept | name | not in names of the protos | nor elsewhere |
| --- | --- | --- | --- |
| client gets content | pull | `download` | `copy` |
| lifecycle | state | `status` except `cache_status`, `http_status` | |
| bytes | `_bytes` | `size` except `size_bytes`; `bytes_max` | |
| instant | `_time` | `*_at`; `*_until` | |
| tenant | group | | tenant |

| other | table | `banned` |
"""

PROTO = """syntax = "proto3";
package cvr.v1;
%s
"""


class GlossaryTest(unittest.TestCase):
    def problems(self, text, table=TABLE, name="protos/cvr/v1/a.proto"):
        with tempfile.TemporaryDirectory() as root:
            for path, content in ((glossary.GLOSSARY, table),
                                  (name, PROTO % text)):
                path = pathlib.Path(root, path)
                path.parent.mkdir(parents=True)
                path.write_text(content)
            return glossary.problems_of(SourceTree(root))

    def field(self, name):
        return self.problems(f"message M {{\n  int64 {name} = 1;\n}}")

    def assert_retired(self, name, word):
        found = self.field(name)
        self.assertEqual(len(found), 1, name)
        self.assertIn(f"field {name}: `{word}` is retired", found[0])

    def test_every_kind_of_name(self):
        for kind, name, text in (
                ("message", "Download", "message Download {}"),
                ("message", "DownloadRequest",
                 "message M {\n message DownloadRequest {\n}\n}"),
                ("enum", "DownloadKind", "enum DownloadKind { K = 0; }"),
                ("enum value", "KIND_DOWNLOAD",
                 "enum Kind {\n  K = 0;\n  KIND_DOWNLOAD = 1;\n}"),
                ("enum value", "DOWNLOAD_UNSPECIFIED",
                 "enum Kind { DOWNLOAD_UNSPECIFIED = 0; }"),
                ("enum value", "OLD_DOWNLOAD",
                 "enum Kind {\n  K = 0;\n"
                 "  OLD_DOWNLOAD = 1 [deprecated = true];\n}"),
                ("oneof", "download", "message M { oneof download {\n"
                 "    int64 id = 1;\n  } }"),
                ("service", "DownloadService", "service DownloadService {}"),
                ("method", "ListDownloads",
                 "service S {\n  rpc ListDownloads(A) returns (B);\n}"),
                ("field", "download", "message M { repeated A.B download = 1; }"
                 ), ("field", "download_id",
                     "message M { optional int64 download_id = 1; }"),
                ("field", "downloads",
                 "message M { map<string, int64> downloads = 1; }"),
                ("field", "download_url", "message M {\n"
                 "  string download_url = 7 [(x) = true];\n}")):
            with self.subTest(text):
                found = self.problems(text)
                self.assertEqual(len(found), 1, found)
                self.assertIn(f": {kind} {name}: `download` is retired; see "
                              "pull in docs/api/glossary.md", found[0])

    def test_line(self):
        self.assertTrue(self.problems("\nmessage M {\n  string download = 1;"
                                      "\n}")[0].startswith(
                                          "protos/cvr/v1/a.proto:5: "))

    def test_no_names(self):
        for text in ('import "cvr/v1/download.proto";', "// A download = 1;",
                     "/* message Download {} */",
                     'message M { reserved "download"; }',
                     'option (download) = 1;',
                     'message M { Download pull = 1; }'):
            self.assertEqual(self.problems(text), [], text)

    def test_words_are_whole(self):
        for name in ("resize", "statuses_x", "downloader", "format", "at_rest",
                     "until", "pull_count"):
            self.assertEqual(self.field(name), [], name)

    def test_several_words(self):
        self.assert_retired("total_bytes_max", "bytes_max")
        self.assertEqual(self.field("max_bytes"), [])

    def test_endings(self):
        self.assert_retired("checked_at", "*_at")
        self.assert_retired("fresh_until", "*_until")
        self.assertEqual(self.field("fresh_until_time"), [])

    def test_exceptions(self):
        self.assertEqual(self.field("cache_status"), [])
        self.assertEqual(self.field("last_http_status"), [])
        self.assert_retired("status", "status")
        self.assert_retired("cache_status_status", "status")
        self.assertEqual(self.field("size_bytes"), [])
        self.assert_retired("size", "size")

    def test_camel_case(self):
        self.assertEqual(glossary.words_of("HTTPStatus2OfUpstream"),
                         ["http", "status2", "of", "upstream"])
        self.assertEqual(glossary.words_of("VERDICT_NOT_NEEDED"),
                         ["verdict", "not", "needed"])

    def test_other_columns_and_tables_do_not_count(self):
        for name in ("copy", "tenant", "banned", "group"):
            self.assertEqual(self.field(name), [], name)

    def test_other_folders_do_not_count(self):
        self.assertEqual(
            self.problems("message Download {}",
                          name="protos/google/a.proto"), [])

    def test_missing_table(self):
        self.assertEqual(len(self.problems("", table="# Glossary\n")), 1)


if __name__ == "__main__":
    unittest.main()
