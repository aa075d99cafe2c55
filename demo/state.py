"""The state of the world at the end of a month: all that the next month needs to know."""

from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import polars as pl

from demo.files import write_parquet

# Conditions of a person.
STEADY, JOBLESS, STRAINED, FAILING = range(4)
CONDITIONS = ("steady", "jobless", "strained", "failing")
# What a person's trouble began with.
CAUSES = ("none", "strain", "job_loss", "sudden", "takeover")
# States of a line; NONE is nobody who asks, APPLIED waits for an answer.
NONE, APPLIED, OPEN, FROZEN, CLOSED, CHARGED_OFF = range(6)
LINE_STATES = ("none", "applied", "open", "frozen", "closed", "charged_off")
HELD = (OPEN, FROZEN)  # the person has a line, whether or not it can be drawn on
NEVER = -1


@dataclass(slots=True)
class Standing:
    """How people stand, one array per column and one entry per person.

    Attributes:
        condition, cause: Positions in CONDITIONS and CAUSES.
        stress_since, failing_since: Month index, or NEVER.
        asleep: Neither shops, logs in nor borrows.
        device: How many devices the person had before the present one.
        status: Position in LINE_STATES.
        limit_cents, first_limit_cents: Limit in force, and the one the line was opened with.
        offered_cents: A raise that the person will accept next month, or NEVER.
        applied_on, opened_on, bureau_on: Days since 1970, or NEVER.
        bureau_points: Score at the last application, or NEVER.
    """

    condition: np.ndarray
    cause: np.ndarray
    stress_since: np.ndarray
    failing_since: np.ndarray
    asleep: np.ndarray
    device: np.ndarray
    status: np.ndarray
    limit_cents: np.ndarray
    first_limit_cents: np.ndarray
    offered_cents: np.ndarray
    applied_on: np.ndarray
    opened_on: np.ndarray
    bureau_on: np.ndarray
    bureau_points: np.ndarray

    def copy(self) -> "Standing":
        """Return the same state in arrays of its own."""
        return Standing(*(getattr(self, field.name).copy() for field in fields(self)))


_NEVER_AT_FIRST = (
    "stress_since",
    "failing_since",
    "offered_cents",
    "applied_on",
    "opened_on",
    "bureau_on",
    "bureau_points",
)


def joined_by(standing: Standing | None, count: int) -> Standing:
    """Return `standing` for `count` people: those who are new stand as on their first day."""
    known = 0 if standing is None else len(standing.status)
    columns = []
    for field in fields(Standing):
        dtype = bool if field.name == "asleep" else np.int64
        new = np.full(count - known, NEVER if field.name in _NEVER_AT_FIRST else 0, dtype=dtype)
        old = new[:0] if standing is None else getattr(standing, field.name)
        columns.append(np.concatenate([old, new]))
    return Standing(*columns)


@dataclass(slots=True)
class Debts:
    """Instalments not yet paid, one entry per instalment.

    Attributes:
        person: Number of the person who owes.
        loan: Month index of the drawdown, times two, plus one if a thief drew.
        turn: Which instalment of the loan, from 1.
        due_on: Day since 1970.
        principal_cents, interest_cents: Together they are due.
        pay_on: Day on which the person means to pay; NEVER if not decided.
    """

    person: np.ndarray
    loan: np.ndarray
    turn: np.ndarray
    due_on: np.ndarray
    principal_cents: np.ndarray
    interest_cents: np.ndarray
    pay_on: np.ndarray

    @classmethod
    def none(cls) -> "Debts":
        """Return no debts."""
        return cls(*(np.zeros(0, dtype=np.int64) for _ in fields(cls)))

    def only(self, chosen: np.ndarray) -> "Debts":
        """Return the chosen entries."""
        return Debts(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def and_also(self, other: "Debts") -> "Debts":
        """Return the entries of both."""
        return Debts(
            *(
                np.concatenate([getattr(self, field.name), getattr(other, field.name)])
                for field in fields(self)
            )
        )

    def planned(self, pay_on: np.ndarray) -> "Debts":
        """Return the same debts with other days of payment."""
        return replace(self, pay_on=pay_on)

    def per_person(self, amounts: np.ndarray, count: int) -> np.ndarray:
        """Return the sum of `amounts` of each of `count` people; exact, because in whole cents."""
        return np.bincount(self.person, weights=amounts, minlength=count).astype(np.int64)

    def balance_cents(self, day: int, count: int) -> np.ndarray:
        """Return what each person owes at the end of `day`: principal, and interest charged."""
        charged = np.where(self.due_on <= day, self.interest_cents, 0)
        return self.per_person(self.principal_cents + charged, count)

    def oldest_due(self, day: int, count: int) -> np.ndarray:
        """Return each person's oldest due day up to `day`; far in the future if nothing is due."""
        oldest = np.full(count, np.iinfo(np.int64).max)
        due = self.due_on <= day
        np.minimum.at(oldest, self.person[due], self.due_on[due])
        return oldest


def write_state(folder: Path, month: str, standing: Standing, debts: Debts) -> None:
    """Write the state at the end of `month`; the people last, because they mark it complete."""
    write_parquet(folder / f"{month}.debts.parquet", _frame(debts))
    write_parquet(folder / f"{month}.people.parquet", _frame(standing))


def has_state(folder: Path, month: str) -> bool:
    """Return whether the state at the end of `month` is there, whole."""
    return (folder / f"{month}.people.parquet").is_file()


def read_state(folder: Path, month: str) -> tuple[Standing, Debts]:
    """Return the state at the end of `month`."""
    standing, debts = (
        kind(*(frame[field.name].to_numpy().copy() for field in fields(kind)))
        for kind, frame in (
            (Standing, pl.read_parquet(folder / f"{month}.people.parquet")),
            (Debts, pl.read_parquet(folder / f"{month}.debts.parquet")),
        )
    )
    return standing, debts


def _frame(columns: Standing | Debts) -> pl.DataFrame:
    return pl.DataFrame({field.name: getattr(columns, field.name) for field in fields(columns)})
