"""Tables as text: Markdown that reads well on a terminal, too."""

from tests.bench.figures import ratio


def number(value):
    """Three significant digits, without an exponent."""
    if value is None:
        return "-"
    if abs(value) >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def render(header, rows):
    """A Markdown table: the first column to the left, the others right."""
    cells = [list(map(str, row)) for row in [header, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = [_line(cells[0], widths)]
    rules = ["-" * widths[0]] + ["-" * (w - 1) + ":" for w in widths[1:]]
    lines.append(_line(rules, widths))
    lines += [_line(row, widths) for row in cells[1:]]
    return "\n".join(lines)


def _line(row, widths):
    first = row[0].ljust(widths[0])
    rest = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
    return "| " + " | ".join([first, *rest]) + " |"


def _cell(results, case, system, metrics):
    record = results.find(case, system)
    if record is None:
        return ""
    if record.failure:
        return "failed"
    return " / ".join(number(record.figure(metric)) for metric in metrics)


def _table(results, cases, systems, metrics, title):
    rows = [
        [title(case)]
        + [_cell(results, case.name, s.name, metrics(case)) for s in systems]
        for case in cases
    ]
    return render(["", *(s.name for s in systems)], rows)


def figures(results, cases, systems):
    """Absolute figures; with a cold pull the upstream's GETs as well."""

    def metrics(case):
        return ["value"] + ["upstream_gets"] * case.name.startswith("cold-")

    def title(case):
        gets = " / upstream GETs" * case.name.startswith("cold-")
        return f"{case.title}, {case.unit}{gets}"

    return _table(results, cases, systems, metrics, title)


def resources(results, cases, systems):
    """Peak resident MiB, threads and CPU seconds during each case."""
    return _table(
        results,
        cases,
        systems,
        lambda case: ["peak_rss_mib", "threads", "cpu_s"],
        lambda case: case.title,
    )


def ratio_pairs(systems):
    """(one of ours, a peer) for every column of the table of ratios."""
    ours = [s for s in systems if s.name.startswith("cvr-")]
    peers = [s for s in systems if not s.name.startswith("cvr-")]
    return [(own, peer) for own in ours for peer in peers]


def ratios(results, cases, systems):
    """How many times better ours are; empty when nothing can be compared."""
    pairs = ratio_pairs(systems)
    rows = []
    for case in cases:
        found = [ratio_of(results, case, *pair) for pair in pairs]
        if any(found):
            rows.append([case.title, *map(number, found)])
    if not rows:
        return ""
    names = [
        f"{own.name.removeprefix('cvr-')} : {peer.name}" for own, peer in pairs
    ]
    return render(["", *names], rows)


def ratio_of(results, case, own, peer):
    return ratio(
        results.figure(case.name, own.name),
        results.figure(case.name, peer.name),
        case.higher_is_better,
    )


def verdicts(found):
    rows = [
        [
            verdict.target.text,
            number(verdict.measured),
            f"{verdict.target.comparison} {number(verdict.bound)}",
            verdict.outcome,
        ]
        for verdict in found
    ]
    return render(["target", "measured", "wanted", "outcome"], rows)


def failures(results, cases, systems):
    """One line for each failed case."""
    lines = []
    for case in cases:
        for system in systems:
            record = results.find(case.name, system.name)
            if record and record.failure:
                lines.append(f"{case.name}, {system.name}: {record.failure}")
    return lines
