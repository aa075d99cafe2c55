"""A rule: one promise that a query checks, declared as a row, and what such queries may read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from transforms.tables.table import Table

CRITICAL = "critical"
WARNING = "warning"
AS_DECLARED = "declared"  # each row that breaks the rule says how bad it is
SEVERITIES = (CRITICAL, WARNING, AS_DECLARED)

CORRECT_THE_SOURCE = "Correct the landing files or their mapping in sources/, and extract again."
REPORT_IT = "The job itself is at fault: report it; last month's limits stay in force."


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One promise that is about more than one column, or more than one table.

    Attributes:
        name: Spelled the same in code, reports and the audit entry.
        table: Table that the promise is about.
        reads: Tables and figures that `sql` reads. One that is given as None does not exist yet:
            the rule is not evaluated. One that is not given at all is a critical failure.
        sql: Returns one row for each thing that breaks the rule, with the columns `item` (which
            thing), `found` and `expected` (whole numbers, or null where there is nothing to
            count). Its only literals are names; every number comes from a table or a figure.
        severity: `critical` stops the run, `warning` is shown. `declared`: the rows have a column
            `severity`, one of these two, as their source declares it.
        meaning: What is promised, one sentence.
        broken: What breaks it, in the plural: "files whose lines do not add up".
        unit: Unit of `found` and `expected`.
        item_says_it: `item` holds the figures in words; `found` and `expected` only say which is
            worst.
        remedy: What to do.
    """

    name: str
    table: str
    reads: tuple[str, ...]
    sql: str
    severity: str = CRITICAL
    meaning: str
    broken: str
    unit: str = ""
    item_says_it: bool = False
    remedy: str = REPORT_IT

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValueError(f"Rule {self.name}: severity {self.severity!r} is none.")


@dataclass(frozen=True, slots=True)
class Files:
    """Parquet files of one table that rules read, and nobody judges again.

    Attributes:
        table: The declared table.
        paths: Its files; none is a table without rows.
    """

    table: Table
    paths: tuple[str, ...] = ()


Given = int | str | date | pl.DataFrame | Files | None


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules, and what they read besides the tables under judgement.

    Attributes:
        rows: The rules, in the order they are reported.
        given: By name, as `sql` spells it. A frame or files is a table of that name. A single
            value is a column of the one-row table `figures`. None: it does not exist yet.
        prepared: By name, SQL of what several rules read, counted once, in this order.
        kept: By name, SQL of figures that later months are compared with.
    """

    rows: tuple[Rule, ...] = ()
    given: Mapping[str, Given] = field(default_factory=dict)
    prepared: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)

    def missing(self, rule: Rule) -> list[str]:
        """Return what a rule reads and does not exist yet."""
        return [name for name in rule.reads if name in self.given and self.given[name] is None]

    @property
    def figures(self) -> pl.DataFrame:
        """Return the single values as one row."""
        single = {
            name: [value]
            for name, value in self.given.items()
            if isinstance(value, int | str | date)
        }
        return pl.DataFrame(single or {"none": [0]})
