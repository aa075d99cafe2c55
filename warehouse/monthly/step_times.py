"""How long the steps of a run took, and with how much memory: kept beside the run's files."""

import json
import re
import resource
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from statistics import median

from transforms.errors import RefusedError
from transforms.months import month_text
from warehouse.printing import text_table
from warehouse.store.audit import Chain, Entry
from warehouse.store.digests import canonical_json
from warehouse.store.lake import Lake
from warehouse.store.staging import Staging

MONTHS_COMPARED = 12
AT_LEAST_MONTHS = 3
SLOW_TIMES = 2
NOT_SLOW_SECONDS = 10  # a hiccup of the machine
_FILE = re.compile(r".*/steps/[0-9]{3,}\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTime:
    """One step of one task of a run.

    Attributes:
        step: What was done.
        part: First bucket of the range of users, if several tasks shared the step; else empty.
        rows: Rows read or written; None if the step counts none.
        seconds: Of the clock on the wall, from the start of the step.
        cpu_seconds: Of all threads.
        peak_mb: The most memory the process held during the step, in 10^6 bytes.
    """

    step: str
    part: str
    rows: int | None
    seconds: float
    cpu_seconds: float
    peak_mb: int


def keep(staging: Staging, time: StepTime) -> None:
    """Write how a step went beside the files that it staged."""
    place, folder = staging.lake.place, f"{staging.folder}/steps"
    content = canonical_json(asdict(time)) + b"\n"
    number = len(place.names(folder))
    while not place.put_if_absent(f"{folder}/{number:03d}.json", content):
        number += 1  # a task on another machine was first


def kept(lake: Lake, entries: Iterable[Entry]) -> dict[int, list[StepTime]]:
    """Return by number of each entry how its steps went, in their order."""
    names = {
        name: entry.number
        for entry in entries
        for name in sorted(entry.attachments)
        if _FILE.fullmatch(name)
    }
    found: dict[int, list[StepTime]] = {}
    for name, content in lake.place.read_all(list(names)).items():
        found.setdefault(names[name], []).append(StepTime(**json.loads(content)))
    return found


def usual_seconds(lake: Lake, chain: Chain, group: str) -> dict[tuple[str, str], list[float]]:
    """Return by step and part how long it took in each of the last months.

    Args:
        lake: The lake.
        chain: Its audit chain.
        group: `facts` or `limits`.
    """
    heads = [head for _, head in sorted(chain.heads(group).items())][-MONTHS_COMPARED:]
    usual: dict[tuple[str, str], list[float]] = {}
    for times in kept(lake, heads).values():
        for time in times:
            usual.setdefault((time.step, time.part), []).append(time.seconds)
    return usual


def slowness(time: StepTime, usual: list[float]) -> str | None:
    """Say that a step took more than twice as long as it usually does; None if it did not."""
    if time.seconds < NOT_SLOW_SECONDS or len(usual) < AT_LEAST_MONTHS:
        return None
    times = time.seconds / median(usual)
    if times <= SLOW_TIMES:
        return None
    return (
        f"{time.step} took {time.seconds:.0f} s, {times:.1f} times the median of the last "
        f"{len(usual)} months"
    )


def steps_text(lake: Lake, month: date | None) -> str:
    """Return how the steps of a month went, as a table; of the newest month if None is asked for.

    Raises:
        RefusedError: The lake has no such month.
    """
    chain = Chain.read(lake)
    known = {*chain.heads("facts"), *chain.heads("limits")}
    asked = month or max(known, default=None)
    if asked not in known:
        which = month_text(asked) if asked else "any"
        raise RefusedError(f"Month {which}: the lake does not have it. See `limitwise status`.")
    rows = []
    for group in ("facts", "limits"):
        usual = usual_seconds(lake, chain, group)
        head = chain.head(group, asked)
        for time in kept(lake, [head] if head else []).get(head and head.number, ()):
            rows.append(_cells(time, usual[time.step, time.part]))
    header = ("step", "buckets from", "rows", "seconds", "median", "CPU s", "peak MB", "")
    return f"Month {month_text(asked)}\n" + text_table(header, rows, right=header[2:-1])


def _cells(time: StepTime, usual: list[float]) -> tuple[str, ...]:
    return (
        time.step,
        time.part.lstrip("0") or ("0" if time.part else ""),
        "" if time.rows is None else f"{time.rows:,}",
        f"{time.seconds:.1f}",
        f"{median(usual):.1f}",
        f"{time.cpu_seconds:.1f}",
        f"{time.peak_mb:,}",
        "slow" if slowness(time, usual) else "",
    )


def forget_peak() -> None:
    """Let the most memory held count from now on, where the system can."""
    with suppress(OSError):  # the peak then is that of the whole process
        Path("/proc/self/clear_refs").write_text("5")


def peak_mb() -> int:
    """Return the most memory that this process held, in 10^6 bytes."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(re.search(r"VmHWM:\s+([0-9]+) kB", status)[1]) * 1_024 // 1_000_000
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most // 1_000_000 if sys.platform == "darwin" else most * 1_024 // 1_000_000
