"""What a run tells while it works: one line per step."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from warehouse.monthly.step_times import (
    StepTime,
    forget_peak,
    keep,
    peak_mb,
    slowness,
    usual_seconds,
)
from warehouse.store.audit import Chain, group_of
from warehouse.store.staging import Staging

LOG = logging.getLogger("limitwise")


@dataclass(slots=True)
class Told:
    """What a step has to tell when it is done.

    Attributes:
        staging: Where the run is staged; what the step took is kept there.
        rows: Rows read or written.
        text: A remark.
        warnings: A sentence each.
    """

    staging: Staging | None = None
    rows: int | None = None
    text: str = ""
    warnings: list[str] = field(default_factory=list)


@contextmanager
def told(month: str, step: str, staging: Staging | None = None, part: str = "") -> Iterator[Told]:
    """Log one line when the step inside ends well: month, step, rows, seconds, memory, remark.

    A line for each warning follows, also if the step took much longer than it usually does.
    """
    forget_peak()
    begun, worked = time.perf_counter(), time.process_time()
    told = Told(staging)
    yield told
    took = StepTime(
        step=step,
        part=part,
        rows=told.rows,
        seconds=round(time.perf_counter() - begun, 3),
        cpu_seconds=round(time.process_time() - worked, 3),
        peak_mb=peak_mb(),
    )
    if told.staging is not None:
        told.warnings += _kept(told.staging, took)
    name = f"{step} {part}".rstrip()
    rows = "" if told.rows is None else f"{told.rows:,} rows"
    used = f"{took.seconds:6.1f} s {took.peak_mb:6,} MB"
    LOG.info(f"{month:<16}  {name:<16} {rows:>17}  {used}  {told.text}".rstrip())
    for warning in told.warnings:
        LOG.info(f"{month:<16}  {'warning':<16} {warning}")


def _kept(staging: Staging, took: StepTime) -> list[str]:
    lake = staging.lake
    usual = usual_seconds(lake, Chain.read(lake), group_of(staging.notes["kind"]))
    keep(staging, took)
    slow = slowness(took, usual.get((took.step, took.part), []))
    return [slow] if slow else []
