"""Protocol Buffers and gRPC code, made with Debian's protoc and plugin."""

ProtoSourcesInfo = provider(fields = {"sources": "depset of .proto files"})

def _generate_impl(ctx):
    transitive = depset(
        ctx.files.srcs,
        transitive = [dep[ProtoSourcesInfo].sources for dep in ctx.attr.deps],
    )
    outputs = []
    for source in ctx.files.srcs:
        suffixes = [".pb.h", ".pb.cc"]
        if ctx.attr.grpc:
            suffixes += [".grpc.pb.h", ".grpc.pb.cc"]
        stem = source.basename[:-len(".proto")]
        outputs += [ctx.actions.declare_file(stem + s) for s in suffixes]
    arguments = ctx.actions.args()
    if any([f.path.startswith("protos/") for f in transitive.to_list()]):
        arguments.add("--proto_path=protos")
    arguments.add("--proto_path=.")
    root = ctx.bin_dir.path
    if ctx.label.package.startswith("protos/"):
        root += "/protos"
    arguments.add("--cpp_out=" + root)
    if ctx.attr.grpc:
        arguments.add("--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin")
        arguments.add("--grpc_out=" + root)
    arguments.add_all(ctx.files.srcs)
    ctx.actions.run(
        executable = "/usr/bin/protoc",
        arguments = [arguments],
        inputs = transitive,
        outputs = outputs,
        mnemonic = "Protoc",
    )
    return [
        DefaultInfo(files = depset(outputs)),
        ProtoSourcesInfo(sources = transitive),
        OutputGroupInfo(
            hdrs = depset([f for f in outputs if f.extension == "h"]),
            srcs = depset([f for f in outputs if f.extension == "cc"]),
        ),
    ]

_generate = rule(
    implementation = _generate_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = [".proto"]),
        "deps": attr.label_list(providers = [ProtoSourcesInfo]),
        "grpc": attr.bool(),
    },
)

def cvr_proto_library(name, srcs, deps = [], grpc = False, **kwargs):
    """A C++ library of messages, and of services when `grpc` is set.

    Args:
      name: the cc_library's name.
      srcs: the .proto files; imports are paths from //protos, or from the
        repository root for those that are not there.
      deps: other cvr_proto_library targets that they import.
      grpc: whether to make service stubs as well.
      **kwargs: passed on to the cc_library.
    """
    visibility = kwargs.get("visibility")
    if native.package_name().startswith("protos/"):
        # Headers are included as protoc names them: from //protos.
        kwargs = dict(kwargs, strip_include_prefix = "/protos")
    _generate(
        name = name + "_gen",
        srcs = srcs,
        deps = [dep + "_gen" for dep in deps],
        grpc = grpc,
        visibility = visibility,
    )
    for group in ["hdrs", "srcs"]:
        native.filegroup(
            name = name + "_" + group,
            srcs = [name + "_gen"],
            output_group = group,
        )
    native.cc_library(
        name = name,
        srcs = [name + "_srcs"],
        hdrs = [name + "_hdrs"],
        deps = deps + ["@system//:protobuf"] +
               (["@system//:grpc"] if grpc else []),
        **kwargs
    )
