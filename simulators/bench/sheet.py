"""The bench of the fleet as figures: what each run means, and the bars it is held against. Runs in, figures out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from citycam.model.figure import Bar, Figure, readable
from simulators.bench.run import Run

SLO_MS = 10.0
"""p99 of lateness that is borne."""
Rounds = Mapping[str, Sequence[Run]]


def sustains(run: Run) -> bool:
    """Whether the load was borne: every frame came, and 99 of 100 left within 10 ms of their time."""
    lateness = run.account.lateness_ms
    return run.whole and lateness is not None and lateness <= SLO_MS


def ratios(above: Sequence[float], below: Sequence[float]) -> tuple[float, ...]:
    """Round by round: what lay close in time is compared."""
    return tuple(one / other for one, other in zip(above, below, strict=True))


def cpu(runs: Iterable[Run]) -> tuple[float, ...]:
    """µs a frame."""
    return tuple(run.cpu_us for run in runs)


def memory(runs: Iterable[Run]) -> tuple[float, ...]:
    """kB a camera."""
    return tuple(run.memory_kb for run in runs)


def costs(found: Rounds, fleet: str, unmarked: str, loop: str) -> list[Figure]:
    """What the fleet costs, alone and beside the bare loop; names of three servers."""
    ours = found[fleet]
    what = f"{ours[0].cameras:,} SD cameras"
    shared = ratios(cpu(ours), cpu(found[unmarked]))
    resident = tuple(run.resident / run.cameras / 1000 for run in ours)
    return [
        Figure(f"{what}: CPU per frame", "µs", cpu(ours), None, loop, cpu(found[loop])),
        Figure(f"{what}: CPU per frame, by that of the C loop", "×", ratios(cpu(ours), cpu(found[loop])), Bar(1.25)),
        Figure(f"{what}: CPU for the watermark", "%", tuple((ratio - 1) * 100 for ratio in shared), Bar(10)),
        Figure(f"{what}: RSS a camera, all in", "kB", resident, Bar(12)),
        Figure(f"{what}: p99 of lateness", "ms", tuple(run.account.lateness_ms or 0.0 for run in ours), Bar(SLO_MS)),
        Figure(f"{what}: until the last one plays", "s", tuple(run.start_s for run in ours), Bar(15)),
    ]


def against(found: Rounds, fleet: str, peer: str, less_cpu: float | None, less_memory: float | None) -> list[Figure]:
    """A peer's CPU and memory a camera by the fleet's, with the bars there are."""
    ours, theirs = found[fleet], found[peer]
    of_cpu, of_memory = ratios(cpu(theirs), cpu(ours)), ratios(memory(theirs), memory(ours))
    return [
        Figure(f"{peer}: CPU per frame, by the fleet's", "×", of_cpu, _more(less_cpu)),
        Figure(f"{peer}: memory a camera, by the fleet's", "×", of_memory, _more(less_memory)),
    ]


def _more(limit: float | None) -> Bar | None:
    return None if limit is None else Bar(limit, "more")


def capacity(what: str, sustained: Sequence[int], bar: float) -> Figure:
    """How many cameras one core sustains, searched once or more often."""
    metric = f"{what} cameras that one core sustains: every frame sent, p99 of lateness ≤ {SLO_MS:.0f} ms"
    return Figure(metric, "cameras", tuple(map(float, sustained)), Bar(bar, "more"))


def runs_table(runs: Iterable[Run]) -> str:
    """Markdown, one row a run: what was asked for and what was seen, and who was at the limit."""
    head = ["server", "cameras", "frames", "of due", "not sent", "lost packets", "core", "reader's core"]
    head += ["µs a frame", "kB a camera", "most unread", "p99 late", "started in", "at the limit"]
    rows = [head, ["---"] * len(head)]
    for run in runs:
        account = run.account
        rows.append(
            [
                run.peer,
                f"{run.cameras:,}",
                f"{run.frames:,}",
                f"{run.frames / run.due:.1%}",
                "" if account.unsent is None else str(account.unsent),
                str(run.lost),
                f"{run.share:.0%}",
                f"{run.drain_share:.0%}",
                readable(run.cpu_us),
                readable(run.memory_kb),
                f"{run.waiting / 1000:.0f} kB",
                "" if account.lateness_ms is None else f"{account.lateness_ms:.1f} ms",
                f"{run.start_s:.1f} s",
                run.limit,
            ]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"
