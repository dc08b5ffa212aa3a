"""What must hold: the performance targets of the design, as data."""

import dataclasses
import operator
import typing

_OPERATORS = {">=": operator.ge, "<=": operator.le, "==": operator.eq}


class Figure(typing.NamedTuple):
    case: str
    system: str
    metric: str = "value"


@dataclasses.dataclass(frozen=True)
class Target:
    """`figure` compared to `times` * `base` + `plus`, or to `plus` alone."""

    text: str
    figure: Figure
    comparison: str
    base: Figure = None
    times: float = 0
    plus: float = 0
    # More clients than cores take turns: `times` grows by clients / cores.
    clients: int = 1


@dataclasses.dataclass(frozen=True)
class Verdict:
    target: Target
    outcome: str  # `holds`, `missed` or `not measured`.
    measured: float = None
    bound: float = None

    def as_json(self):
        return {
            "target": self.target.text,
            "outcome": self.outcome,
            "measured": self.measured,
            "wanted": f"{self.target.comparison} {self.bound}"
            if self.bound is not None
            else None,
        }


_ONE = "cvr-standalone"
_THREE = "cvr-services"
_CACHE = "distribution-cache"

TARGETS = (
    Target(
        "blob hit, 1 client: 1.0x nginx sendfile",
        Figure("blob-hit-1", _ONE),
        ">=",
        Figure("blob-hit-1", "nginx-static"),
        1.0,
    ),
    Target(
        "blob hit, 1 client: 1.0x distribution",
        Figure("blob-hit-1", _ONE),
        ">=",
        Figure("blob-hit-1", _CACHE),
        1.0,
    ),
    Target(
        "blob hit, 16 clients: 1.0x distribution",
        Figure("blob-hit-16", _ONE),
        ">=",
        Figure("blob-hit-16", _CACHE),
        1.0,
    ),
    Target(
        "blob hit, 1 client, three processes: 0.5x nginx sendfile",
        Figure("blob-hit-1", _THREE),
        ">=",
        Figure("blob-hit-1", "nginx-static"),
        0.5,
    ),
    Target(
        "manifest hit by tag, 16 connections: 30x distribution",
        Figure("manifest-tag-16", _ONE),
        ">=",
        Figure("manifest-tag-16", _CACHE),
        30,
    ),
    Target(
        "manifest hit by digest, 16 connections: 15x distribution",
        Figure("manifest-digest-16", _ONE),
        ">=",
        Figure("manifest-digest-16", _CACHE),
        15,
    ),
    Target(
        "cold pull, 1 client: 1.0x distribution",
        Figure("cold-1", _ONE),
        ">=",
        Figure("cold-1", _CACHE),
        1.0,
    ),
    Target(
        "cold pull, 1 client: one upstream GET",
        Figure("cold-1", _ONE, "upstream_gets"),
        "==",
        plus=1,
    ),
    Target(
        "cold pull, 50 clients: one upstream GET",
        Figure("cold-50", _ONE, "upstream_gets"),
        "==",
        plus=1,
    ),
    Target(
        "cold pull, 50 clients, three processes: one upstream GET",
        Figure("cold-50", _THREE, "upstream_gets"),
        "==",
        plus=1,
    ),
    Target(
        "public layer that another tenant has: no upstream GET",
        Figure("cold-other-tenant", _ONE, "upstream_gets"),
        "==",
        plus=0,
    ),
    Target(
        "the same, three processes: no upstream GET",
        Figure("cold-other-tenant", _THREE, "upstream_gets"),
        "==",
        plus=0,
    ),
    Target(
        "cold pull, 50 clients: wall <= 1.5x a single one x clients / cores",
        Figure("cold-50", _ONE, "wall_s"),
        "<=",
        Figure("cold-1", _ONE, "wall_s"),
        1.5,
        clients=50,
    ),
    Target(
        "first byte of a cold layer, ms: the upstream's own + 10",
        Figure("first-byte-cold", _ONE),
        "<=",
        Figure("first-byte-cold", "distribution"),
        1.0,
        plus=10,
    ),
    Target(
        "memory, 100 slow clients on the large blob: <= 512 MiB",
        Figure("slow-clients", _ONE, "peak_rss_mib"),
        "<=",
        plus=512,
    ),
    Target(
        "memory, 100 slow clients, three processes: <= 512 MiB",
        Figure("slow-clients", _THREE, "peak_rss_mib"),
        "<=",
        plus=512,
    ),
    Target(
        "memory, 100 slow clients: flat, growing <= 16 MiB",
        Figure("slow-clients", _ONE, "growth_mib"),
        "<=",
        plus=16,
    ),
    Target(
        "start with the stored blobs of the case: <= 2 s",
        Figure("start", _ONE),
        "<=",
        plus=2,
    ),
)


def judge(target, results, cores):
    """The Verdict on one target."""
    measured = results.figure(*target.figure)
    bound = target.plus
    if target.base:
        base = results.figure(*target.base)
        if base is None:
            return Verdict(target, "not measured", measured)
        bound += target.times * max(1, target.clients / cores) * base
    if measured is None:
        return Verdict(target, "not measured", None, bound)
    holds = _OPERATORS[target.comparison](measured, bound)
    return Verdict(target, "holds" if holds else "missed", measured, bound)


def judge_all(results, cores):
    return [judge(target, results, cores) for target in TARGETS]
