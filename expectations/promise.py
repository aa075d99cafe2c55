"""A promise: one expectation, whom it is about, and what a person is told when it is broken."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from expectations.duckdb_source import Reader, first_line
from expectations.gate import Failure
from expectations.rule import AS_DECLARED, CORRECT_THE_SOURCE, CRITICAL, REPORT_IT, Rule
from transforms.tables.table import Table

FED_BY_LANDING = ("events", "quarantine", "accounts", "instructions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What our own query says of a broken promise.

    Attributes:
        count: How many rows or things break it.
        observed: Worst value with its unit; empty if there is none.
        text: Both in words.
        severity: How bad it is, where the promise leaves that to what it finds.
    """

    count: int
    observed: str = ""
    text: str
    severity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One promise of a table.

    Attributes:
        table: Table that it is about.
        name: Kind of promise, or name of the rule.
        column: Column that it is about; empty if it is about rows or the whole table.
        severity: `critical`, `warning`, or `declared` if each finding says it.
        meaning: What is promised, one sentence.
        remedy: What to do when it is broken.
        type: Snake-case name of the Great Expectations class.
        arguments: Its arguments.
        finding: Asks our own query what is wrong, once Great Expectations said that it is; gives
            one finding, or one for each severity.
    """

    table: str
    name: str
    column: str = ""
    severity: str = CRITICAL
    meaning: str
    remedy: str
    type: str
    arguments: Mapping[str, Any]
    finding: Callable[[Reader], Finding | list[Finding]]

    @property
    def key(self) -> str:
        """Return what names the promise within a report."""
        return ".".join(filter(None, (self.table, self.column, self.name)))

    def expectation(self) -> Any:
        """Return the promise as Great Expectations knows it; Data Docs show its description."""
        import great_expectations.expectations as known

        expectation = getattr(known, _class_name(self.type))
        return expectation(
            **self.arguments,
            description=f"{self.severity}: {self.meaning}",
            meta={"promise": self.key, "severity": self.severity},
        )

    def failures(self, reader: Reader, exception: str | None) -> list[Failure]:
        """Return the broken promise in words; one that could not be computed is critical."""
        where = f"Table {self.table}" + (f", column {self.column}" if self.column else "")
        known = {"table": self.table, "expectation": self.name, "column": self.column}
        findings: list[Finding] = []
        if exception is None:
            try:
                found = self.finding(reader)
                findings = found if isinstance(found, list) else [found]
            except Exception as problem:
                exception = first_line(problem)
        if exception is not None:
            message = f"{where}: {self.name} could not be computed: {exception}. {REPORT_IT}"
            return [Failure(**known, count=None, message=message)]
        return [
            Failure(
                **known,
                severity=found.severity or self.severity,
                count=found.count,
                observed=found.observed,
                message=f"{where}: {found.text}. {self.remedy}",
            )
            for found in findings
        ]


def _class_name(snake: str) -> str:
    return "".join(part.capitalize() for part in snake.split("_"))


def remedy_for(table: Table) -> str:
    """Return what to do when a table breaks a promise derived from its declaration."""
    return CORRECT_THE_SOURCE if table.name in FED_BY_LANDING else REPORT_IT


def promise_of(rule: Rule) -> Promise:
    """Return a rule as a promise: its query must return no row."""
    return Promise(
        table=rule.table,
        name=rule.name,
        severity=rule.severity,
        meaning=rule.meaning,
        remedy=rule.remedy,
        type="unexpected_rows_expectation",
        arguments={"unexpected_rows_query": as_query(rule.sql)},
        finding=lambda reader: _broken_rows(reader, rule),
    )


def as_query(sql: str) -> str:
    """Return SQL in the form that Great Expectations takes: it wants its batch to be named."""
    return sql.strip().replace("{", "{{").replace("}", "}}") + "\n/* beside {batch} */"


def _broken_rows(reader: Reader, rule: Rule) -> list[Finding]:
    """Count what breaks a rule, and name the worst: the furthest from what was expected."""
    severity = "severity" if rule.severity == AS_DECLARED else f"'{rule.severity}'"
    away = "abs(coalesce(found, 0) - coalesce(expected, 0))"
    rows = reader.rows(
        f"SELECT count(*) OVER (PARTITION BY {severity}), item, found, expected, {severity} AS s "
        f"FROM ({rule.sql}) QUALIFY row_number() OVER "
        f"(PARTITION BY {severity} ORDER BY {away} DESC, item) = 1 ORDER BY s"
    )
    return [_finding(rule, *row) for row in rows]


def _finding(
    rule: Rule, count: int, item: str, found: Any, expected: Any, severity: str
) -> Finding:
    text = f"{count:,} {rule.broken}; the worst {item}"
    observed = "" if found is None else f"{_figure(found)} {rule.unit}".rstrip()
    if observed and not rule.item_says_it:
        text += f": {observed}"
        text += "" if expected is None else f", expected {_figure(expected)}"
    return Finding(count=count, observed=observed, text=text, severity=severity)


def _figure(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
