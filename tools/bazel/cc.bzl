"""C++ rules with the project's warnings, as errors.

Not in optimised builds, which are what users make: what other compilers, or
more optimisation, warn of is no reason to have no program.
"""

_COPTS = [
    "-Wall",
    "-Wextra",
] + select({
    "//tools/bazel:optimised": [],
    "//conditions:default": ["-Werror"],
}) + [
    "-Wnon-virtual-dtor",
    "-Woverloaded-virtual",
    "-Wno-missing-field-initializers",
    "-Wno-sign-compare",
]

# What nearly every file uses; BUILD files do not name it.
_EVERYWHERE = ["@system//:absl"]

def cvr_cc_library(name, deps = [], copts = [], **kwargs):
    native.cc_library(
        name = name,
        copts = _COPTS + copts,
        deps = deps + _EVERYWHERE,
        **kwargs
    )

def cvr_cc_binary(name, deps = [], copts = [], **kwargs):
    native.cc_binary(
        name = name,
        copts = _COPTS + copts,
        deps = deps + _EVERYWHERE,
        **kwargs
    )

# What is reported of Debian's uninstrumented Abseil though nothing is wrong.
_TSAN_SUPPRESSIONS = ["//tests/support:tsan_suppressions"]

def cvr_cc_test(
        name,
        deps = [],
        copts = [],
        size = "small",
        tags = [],
        **kwargs):
    native.cc_test(
        name = name,
        copts = _COPTS + copts,
        size = size,
        tags = tags,
        deps = deps + _EVERYWHERE +
               (_TSAN_SUPPRESSIONS if "tsan" in tags else []) + [
            "@system//:gmock_main",
            "@system//:gmock",
        ],
        **kwargs
    )
