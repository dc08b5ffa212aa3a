"""For tests: descriptors of a made-up .proto file."""

import functools
import pathlib
import tempfile

import descriptors


@functools.lru_cache(maxsize=None)
def compiled(text):
    """(set, pool) of one file, which may import those of google/ and
    cvr/v1/annotations.proto. Whoever gets it must not change it."""
    protos = descriptors.REPOSITORY / "protos"
    with tempfile.TemporaryDirectory() as root:
        ours = pathlib.Path(root, "protos/cvr/v1")
        ours.mkdir(parents=True)
        pathlib.Path(root, "protos/google").symlink_to(protos / "google")
        (ours / "annotations.proto").symlink_to(
            protos / "cvr/v1/annotations.proto")
        (ours / "made_up.proto").write_text(text, encoding="utf-8")
        return descriptors.compile_set(
            root, ["protos/cvr/v1/made_up.proto",
                   "protos/google/rpc/code.proto"])
