"""What a run tells while it works: one line per step."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

LOG = logging.getLogger("limitwise")


@dataclass(slots=True)
class Told:
    """What a step has to tell when it is done."""

    rows: int | None = None
    text: str = ""
    warnings: list[str] = field(default_factory=list)


@contextmanager
def told(month: str, step: str) -> Iterator[Told]:
    """Log one line when the step inside ends well: month, step, rows, seconds, remark.

    A line for each warning follows.
    """
    begun = time.perf_counter()
    told = Told()
    yield told
    seconds = time.perf_counter() - begun
    rows = "" if told.rows is None else f"{told.rows:,} rows"
    LOG.info(f"{month:<16}  {step:<16} {rows:>17}  {seconds:6.1f} s  {told.text}".rstrip())
    for warning in told.warnings:
        LOG.info(f"{month:<16}  {'warning':<16} {warning}")
