"""Fuzz targets that also run as plain tests."""

load("//tools/bazel:cc.bzl", "cvr_cc_binary", "cvr_cc_test")

def cvr_fuzz_test(name, deps):
    """`name`_fuzz.cc over corpus/`name`: as a test, and with libFuzzer.

    <name>_fuzz_test replays the corpus and mutations of it, with any compiler.
    <name>_fuzzer is libFuzzer's (manual; --config=tsa chooses clang, --copt
    lets the fuzzer see into the libraries as well):
        bazel build --config=tsa --copt=-fsanitize=fuzzer-no-link \
            //tests/fuzz:<name>_fuzzer
        bazel-bin/tests/fuzz/<name>_fuzzer tests/fuzz/corpus/<name>

    Args:
      name: of the target and its corpus.
      deps: what the target calls.
    """
    corpus = native.glob(["corpus/%s/*" % name])
    cvr_cc_test(
        name = name + "_fuzz_test",
        srcs = [
            "check.h",
            name + "_fuzz.cc",
            "replay_test.cc",
        ],
        data = corpus,
        local_defines = ["CVR_CORPUS='\"tests/fuzz/corpus/%s\"'" % name],
        deps = deps,
    )
    cvr_cc_binary(
        name = name + "_fuzzer",
        testonly = True,
        srcs = [
            "check.h",
            name + "_fuzz.cc",
        ],
        copts = ["-fsanitize=fuzzer,address"],
        linkopts = ["-fsanitize=fuzzer,address"],
        tags = ["manual"],
        deps = deps,
    )
