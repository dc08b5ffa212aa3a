"""System libraries as Bazel targets, read from pkg-config."""

_LIBRARY = """
cc_library(
    name = "{name}",
    defines = {defines},
    linkopts = {linkopts},
    visibility = ["//visibility:public"],
)
"""

def _ask(ctx, flag, modules):
    result = ctx.execute(["pkg-config", flag] + modules)
    if result.return_code != 0:
        fail("pkg-config {} {}: {} (run tools/setup)".format(
            flag,
            " ".join(modules),
            result.stderr,
        ))
    return [word for word in result.stdout.split(" ") if word.strip()]

def _unique(words):
    # Repeated archives matter only to static linking, which is not done here;
    # --push-state groups must keep their order, so they are left out whole.
    seen = {}
    for word in words:
        if not word.startswith("-Wl,") and word.strip() != "-latomic":
            seen[word.strip()] = True
    return seen.keys()

def _impl(ctx):
    targets = []
    for name, modules in ctx.attr.libraries.items():
        defines = [
            word.strip()[2:]
            for word in _ask(ctx, "--cflags", modules)
            if word.startswith("-D")
        ]
        targets.append(_LIBRARY.format(
            name = name,
            defines = _unique(defines),
            linkopts = _unique(_ask(ctx, "--libs", modules)),
        ))
    for name, linkopts in ctx.attr.linkopts.items():
        targets.append(_LIBRARY.format(
            name = name,
            defines = [],
            linkopts = linkopts,
        ))
    ctx.file("WORKSPACE", "workspace(name = \"{}\")\n".format(ctx.name))
    ctx.file("BUILD.bazel", "".join(targets))

pkg_config_repository = repository_rule(
    implementation = _impl,
    attrs = {
        "libraries": attr.string_list_dict(
            doc = "target name -> pkg-config modules",
        ),
        "linkopts": attr.string_list_dict(
            doc = "target name -> linker flags, for libraries without a .pc",
        ),
    },
    local = True,
    doc = "Headers are in the compiler's own search path; flags come from here.",
)
