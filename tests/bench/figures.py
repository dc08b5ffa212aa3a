"""Samples, and what is computed from them: medians, spreads and ratios."""

import dataclasses
import statistics


@dataclasses.dataclass
class Sample:
    """What one measurement gave."""

    value: float
    extras: dict  # Further figures, by name.
    peak_rss_mib: float
    threads: int
    cpu_s: float


@dataclasses.dataclass
class Record:
    """All that is known of one system in one case."""

    samples: list = dataclasses.field(default_factory=list)
    failure: str = ""  # The reason; the samples then do not count.

    def value(self):
        """The median, or None."""
        if self.failure or not self.samples:
            return None
        return statistics.median(sample.value for sample in self.samples)

    def extra(self, name):
        """The median of a further figure, or None. Counts of requests are
        promises, so for those the worst counts."""
        if self.failure:
            return None
        found = [s.extras[name] for s in self.samples if name in s.extras]
        if not found:
            return None
        pick = max if name.endswith("_gets") else statistics.median
        return pick(found)

    def peak_rss_mib(self):
        return self._worst(lambda sample: sample.peak_rss_mib)

    def threads(self):
        return self._worst(lambda sample: sample.threads)

    def cpu_s(self):
        if self.failure or not self.samples:
            return None
        return statistics.median(sample.cpu_s for sample in self.samples)

    def spread(self):
        """How far apart the samples are: (max - min) / median, or None."""
        middle = self.value()
        if not middle:
            return None
        values = [sample.value for sample in self.samples]
        return (max(values) - min(values)) / middle

    def figure(self, metric):
        """`value`, `peak_rss_mib`, `threads`, `cpu_s` or a further figure."""
        if metric in ("value", "peak_rss_mib", "threads", "cpu_s", "spread"):
            return getattr(self, metric)()
        return self.extra(metric)

    def as_json(self):
        if self.failure:
            return {"failed": self.failure}
        names = sorted({name for s in self.samples for name in s.extras})
        return {
            "value": self.value(),
            "spread": self.spread(),
            "samples": [sample.value for sample in self.samples],
            "peak_rss_mib": self.peak_rss_mib(),
            "threads": self.threads(),
            "cpu_s": self.cpu_s(),
            **{name: self.extra(name) for name in names},
        }

    def _worst(self, pick):
        if self.failure or not self.samples:
            return None
        return max(map(pick, self.samples))


class Results:
    """Records by case and system."""

    def __init__(self):
        self._records = {}

    def record(self, case, system):
        """The record to add to, made when there is none."""
        return self._records.setdefault((case, system), Record())

    def find(self, case, system):
        """The record, or None when nothing was asked of the system."""
        return self._records.get((case, system))

    def figure(self, case, system, metric="value"):
        record = self.find(case, system)
        return record.figure(metric) if record else None


def ratio(ours, theirs, higher_is_better):
    """How many times better `ours` is; None when one of them is unknown."""
    if not ours or not theirs:
        return None
    return ours / theirs if higher_is_better else theirs / ours
