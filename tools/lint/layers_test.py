#!/usr/bin/env python3
"""Tests of layers.py: the arrows that are allowed, and those that are not."""

import pathlib
import tempfile
import unittest

import layers
from source_tree import SourceTree


class LayersTest(unittest.TestCase):
    def problems(self, files):
        """What is wrong with a tree of `files`: path -> content."""
        with tempfile.TemporaryDirectory() as root:
            for name, content in files.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
            return layers.problems_of(SourceTree(root))

    def include(self, source, target):
        return self.problems({source: f'#include "{target}"\n'})

    def assert_may(self, source, target):
        self.assertEqual(self.include(source, target), [])

    def assert_must_not(self, source, target):
        found = self.include(source, target)
        self.assertEqual(len(found), 1, f"{source} -> {target}")
        self.assertIn(source, found[0])
        self.assertIn(target, found[0])

    def test_common_uses_nothing_of_ours_but_protos(self):
        self.assert_may("services/common/a.cc", "services/common/b.h")
        self.assert_may("services/common/a.cc", "cvr/v1/content.pb.h")
        for target in ("services/metadata/api/resolver.h", "gateway/route.h",
                       "services/upstream/api/upstream_client.h",
                       "services/blob/api/content_source.h",
                       "tests/support/a.h"):
            self.assert_must_not("services/common/a.cc", target)

    def test_gateway_uses_interfaces_only(self):
        self.assert_may("gateway/a.h", "services/metadata/api/resolver.h")
        self.assert_may("gateway/a.h", "services/blob/api/content_source.h")
        self.assert_may("gateway/a.h", "services/common/errors.h")
        for target in ("services/metadata/api/metadata_client.h",
                       "services/blob/store/blob_store.h",
                       "services/upstream/api/upstream_client.h",
                       "services/standalone/standalone.h"):
            self.assert_must_not("gateway/a.h", target)

    def test_metadata_calls_nobody(self):
        self.assert_may("services/metadata/a.cc", "services/common/errors.h")
        for target in ("services/blob/api/content_source.h", "gateway/route.h",
                       "services/upstream/api/upstream_client.h"):
            self.assert_must_not("services/metadata/a.cc", target)

    def test_blob_uses_upstream_and_metadata_interfaces(self):
        for target in ("services/upstream/api/upstream_client.h",
                       "services/metadata/api/metadata_client.h",
                       "services/metadata/api/resolver.h",
                       "services/metadata/api/resolution_wire.h"):
            self.assert_may("services/blob/engine/a.h", target)
        for target in ("services/upstream/http_upstream_client.h",
                       "services/metadata/store/metadata_store.h",
                       "services/metadata/store/tables.h",
                       "gateway/route.h"):
            self.assert_must_not("services/blob/engine/a.h", target)

    def test_upstream_uses_common_only(self):
        self.assert_may("services/upstream/a.cc", "services/common/errors.h")
        self.assert_must_not("services/upstream/a.cc",
                             "services/metadata/api/metadata_client.h")

    def test_main_and_stack_files_name_concrete_classes(self):
        for source in ("services/blob/blob_main.cc",
                       "services/blob/blob_stack.cc"):
            self.assert_may(source, "services/metadata/store/tables.h")
        self.assert_may("gateway/gateway_main.cc",
                        "services/metadata/metadata_stack.h")
        # Their layer's arrows are open to them, not others'.
        self.assert_must_not("services/metadata/metadata_main.cc",
                             "services/blob/store/blob_store.h")
        self.assert_must_not("gateway/gateway_main.cc",
                             "services/upstream/http_upstream_client.h")

    def test_standalone_is_assembly(self):
        self.assert_may("services/standalone/standalone_main.cc",
                        "services/blob/store/rocksdb_blob_store.h")
        self.assert_must_not("services/standalone/helper.cc",
                             "services/blob/store/rocksdb_blob_store.h")

    def test_nobody_names_a_choice_within_a_layer(self):
        def with_interface(source):
            return self.problems({
                "services/blob/store/blob_store.h": "",
                source: '#include "services/blob/store/rocksdb_blob_store.h"\n',
            })

        for source in ("services/blob/store/rocksdb_blob_store.cc",
                       "services/blob/store/rocksdb_helper.cc",
                       "services/blob/store/rocksdb_blob_store_test.cc",
                       "services/blob/blob_main.cc",
                       "services/blob/blob_stack.cc"):
            self.assertEqual(with_interface(source), [], source)
        self.assertEqual(
            len(with_interface("services/blob/engine/engine.cc")), 1)
        # Without an interface it is no choice.
        self.assert_may("gateway/handler.cc", "gateway/http_error.h")

    def test_products_do_not_use_tests(self):
        self.assert_must_not("services/blob/a.cc", "tests/support/a.h")
        self.assert_may("services/blob/a_test.cc", "tests/support/a.h")

    def test_what_is_testonly_may_use_tests(self):
        def double(testonly):
            return self.problems({
                "services/blob/BUILD.bazel":
                    f'cc_library(name = "a", hdrs = ["a.h"], {testonly})\n',
                "services/blob/a.h": '#include "tests/support/b.h"\n',
            })

        self.assertEqual(double("testonly = True"), [])
        self.assertEqual(len(double("")), 1)

    def test_black_boxes_know_the_wire_only(self):
        self.assert_may("tests/conformance/a.cc", "tests/support/http.h")
        for target in ("services/common/digest.h", "gateway/route.h"):
            self.assert_must_not("tests/conformance/a.cc", target)
        self.assert_must_not("tests/clients/a.cc", "services/common/digest.h")

    def test_cli_uses_the_wire(self):
        self.assert_may("tools/cvr/a.cc", "cvr/v1/group.pb.h")
        self.assert_must_not("tools/cvr/a.cc",
                             "services/metadata/api/resolver.h")

    def test_unknown_services_are_found(self):
        self.assert_must_not("gateway/a.cc", "services/other/a.h")


if __name__ == "__main__":
    unittest.main()
