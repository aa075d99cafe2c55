"""The gate: what failed, how badly, and whether the run may go on.

Great Expectations calls a result unsuccessful whatever its severity, so the severity that gates is
ours: it lies in each promise. A promise that could not be computed is critical whatever it says.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from expectations.rule import CRITICAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One broken promise.

    Attributes:
        table: Table that it is about.
        expectation: Kind of promise, or name of the rule.
        column: Column that it is about; empty if it is about rows or the whole table.
        severity: `critical` or `warning`.
        count: How many rows or things break it; None if it could not be computed.
        observed: Worst value, in the unit of the column or rule; empty if there is none.
        message: The paragraph for a person: what, where, how many, worst value, what to do.
    """

    table: str
    expectation: str
    column: str = ""
    severity: str = CRITICAL
    count: int | None
    observed: str = ""
    message: str

    def to_plain(self) -> dict[str, Any]:
        """Return the failure as JSON knows it."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a validation found.

    Attributes:
        failures: Critical failures: the run stops.
        warnings: Failures that are shown, and the run goes on.
        evaluated: How many promises were looked at, those that could not be computed included.
        not_evaluated: By rule, what it reads that does not exist yet.
        seconds: How long it took.
        kept: By name, rows of figures that later months are compared with; no part of `to_plain`.
    """

    failures: tuple[Failure, ...] = ()
    warnings: tuple[Failure, ...] = ()
    evaluated: int
    not_evaluated: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    kept: Mapping[str, list[tuple]] = field(default_factory=dict)

    @property
    def critical(self) -> tuple[Failure, ...]:
        """Return the failures that stop the run."""
        return self.failures

    def message(self) -> str:
        """Return everything that is broken, for a person: critical failures first."""
        broken = (*self.failures, *self.warnings)
        if not broken:
            return f"All {self.evaluated} promises hold."
        lines = [f"  {failure.severity}: {failure.message}" for failure in broken]
        head = f"{len(self.failures)} of {self.evaluated} promises are broken"
        if self.warnings:
            head += f", and {_counted(len(self.warnings), 'warning')}"
        return "\n".join([f"{head}:", *lines])

    def to_plain(self) -> dict[str, Any]:
        """Return the report as JSON knows it, without the clock: equal data, equal report."""
        return {
            "evaluated": self.evaluated,
            "failures": [failure.to_plain() for failure in self.failures],
            "warnings": [failure.to_plain() for failure in self.warnings],
            "not_evaluated": dict(sorted(self.not_evaluated.items())),
        }


def report_of(
    found: Iterable[Failure],
    evaluated: int,
    not_evaluated: Mapping[str, str],
    seconds: float,
    kept: Mapping[str, list[tuple]],
) -> Report:
    """Return the report of all failures found, in their order."""
    found = tuple(found)
    return Report(
        failures=tuple(failure for failure in found if failure.severity == CRITICAL),
        warnings=tuple(failure for failure in found if failure.severity != CRITICAL),
        evaluated=evaluated,
        not_evaluated=not_evaluated,
        seconds=seconds,
        kept=kept,
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
