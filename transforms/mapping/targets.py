"""What a line of a landing file can be mapped to: the columns that each template may fill."""

from dataclasses import dataclass

import polars as pl

from transforms.tables.logs import (
    ACCOUNTS,
    EVENTS,
    FILE_ID,
    INSTRUCTIONS,
    SOURCE_LINE,
)
from transforms.tables.table import Column, Table

_FILLED_AT_INTAKE = ("as_of", "source", "file_id", "source_line")


@dataclass(frozen=True, slots=True)
class Target:
    """One column that a template may fill.

    Attributes:
        column: Its declaration.
        kind: `text`, `code`, `money`, `integer`, `day`, `moment` or `device`; says which options a
            value may have and how its text is read.
    """

    column: Column
    kind: str

    @property
    def name(self) -> str:
        """Return the name of the column."""
        return self.column.name


def _kind_of(column: Column) -> str:
    if column.values:
        return "code"
    by_type = {pl.String: "text", pl.Date: "day", pl.Datetime: "moment", pl.UInt64: "device"}
    whole = "money" if column.unit == "cents" else "integer"
    return by_type.get(column.dtype.base_type(), whole)


def _targets(table: Table) -> dict[str, Target]:
    columns = (column for column in table.columns if column.name not in _FILLED_AT_INTAKE)
    return {column.name: Target(column, _kind_of(column)) for column in columns}


TARGETS = {
    "events": _targets(EVENTS),
    "accounts": _targets(ACCOUNTS),
    "instructions": _targets(INSTRUCTIONS),
}

# Accounts as read from files: the lake's monthly snapshot is made of these rows later.
ACCOUNT_ROWS = pl.Schema(
    {name: target.column.dtype for name, target in TARGETS["accounts"].items()}
    | {column.name: column.dtype for column in (FILE_ID, SOURCE_LINE)}
)
SCHEMAS = {
    "events": EVENTS.schema,
    "accounts": ACCOUNT_ROWS,
    "instructions": INSTRUCTIONS.schema,
}
