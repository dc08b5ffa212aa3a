"""What a run leaves behind: text on the terminal, JSON, RESULTS.md."""

import dataclasses
import datetime
import json

from tests.bench import tables, targets

_REMARKS = "## Remarks"
_NO_REMARKS = f"{_REMARKS}\n\nNone yet.\n"


@dataclasses.dataclass
class Report:
    """Everything that is known after a run."""

    machine: dict
    scale: object
    repeats: int
    cases: list
    systems: list
    results: object
    micro: dict  # Micro-benchmarks: name -> figures.

    def __post_init__(self):
        self.verdicts = targets.judge_all(self.results, self.machine["cores"])

    def sections(self):
        """(heading, text) in order."""
        known = (self.results, self.cases, self.systems)
        yield "Figures (medians)", tables.figures(*known)
        if ratios := tables.ratios(*known):
            yield "Ratios (above 1 we win)", ratios
        yield (
            "Peak resident MiB / threads / CPU seconds",
            tables.resources(*known),
        )
        yield "Targets of the design", tables.verdicts(self.verdicts)
        if self.micro:
            yield "Inner parts", _micro_table(self.micro)
        if failed := tables.failures(*known):
            yield "Failed", "\n".join("* " + line for line in failed)

    def text(self):
        sections = self.sections()
        return "\n\n".join(f"{title}\n\n{text}" for title, text in sections)

    def as_json(self):
        return json.dumps(
            {
                "machine": self.machine,
                "scale": dataclasses.asdict(self.scale),
                "repeats": self.repeats,
                "systems": {s.name: s.title for s in self.systems},
                "cases": {case.name: self._case(case) for case in self.cases},
                "targets": [verdict.as_json() for verdict in self.verdicts],
                "micro": self.micro,
            },
            indent=2,
        )

    def _case(self, case):
        found = {
            system.name: self.results.find(case.name, system.name)
            for system in self.systems
        }
        return {
            "title": case.title,
            "unit": case.unit,
            "higher_is_better": case.higher_is_better,
            "systems": {n: r.as_json() for n, r in found.items() if r},
            "ratios": {
                f"{own.name} : {peer.name}": tables.ratio_of(
                    self.results, case, own, peer
                )
                for own, peer in tables.ratio_pairs(self.systems)
            },
        }

    def write_results(self, path):
        """Writes RESULTS.md anew; what stands under Remarks is kept."""
        old = path.read_text() if path.exists() else ""
        path.write_text(self.markdown(remarks_of(old)))

    def markdown(self, remarks):
        today = datetime.date.today().isoformat()
        rows = [["date", today]] + [list(i) for i in self.machine.items()]
        rows += [
            ["large blob", f"{self.scale.hit_bytes >> 20} MiB"],
            ["cold layer", f"{self.scale.cold_bytes >> 20} MiB"],
            ["repetitions", f"{self.repeats} ({self.scale.name})"],
        ]
        systems = [f"* `{s.name}`: {s.title}" for s in self.systems]
        parts = [
            "# Benchmark results",
            "Written by `tools/bench --write-results`; only the remarks at the"
            " end are\nwritten by hand, and kept. How it is measured:"
            " `README.md` beside this file.",
            tables.render(["machine", ""], rows),
            "\n".join(systems),
        ]
        parts += [f"## {title}\n\n{text}" for title, text in self.sections()]
        return "\n\n".join(parts) + "\n\n" + remarks


def remarks_of(text):
    """The hand-written part of an earlier RESULTS.md."""
    start = text.find("\n" + _REMARKS + "\n")
    return text[start + 1 :] if start >= 0 else _NO_REMARKS


def _micro_table(micro):
    rows = [
        [name, tables.number(figures["ns"]), tables.number(figures["mb_per_s"])]
        for name, figures in micro.items()
    ]
    return tables.render(["", "ns", "MB/s"], rows)
