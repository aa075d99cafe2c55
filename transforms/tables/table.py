"""The shape of a table: its columns, declared once, as frozen rows."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column, with everything that a reader, a contract or an expectation asks about it.

    Attributes:
        name: Spelled the same in code, tables, docs and messages; ends with its unit.
        dtype: Polars type as stored.
        meaning: One English sentence without jargon.
        meaning_zh: The same in Chinese, where a user reads it; empty otherwise.
        unit: `cents`, `bps`, `ppm`, `days`, `months`, `count`, `points`, `ratio`, or empty.
        required: True if the column is never null.
        lowest, highest: Closed range of stored values; None is unbounded.
        values: Closed set of the allowed strings; None is any.
    """

    name: str
    dtype: pl.DataType
    meaning: str
    meaning_zh: str = ""
    unit: str = ""
    required: bool = False
    lowest: int | float | None = None
    highest: int | float | None = None
    values: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of the lake.

    Attributes:
        name: Also the transform, the folder and the view of `limitwise query`.
        meaning: One sentence that says what one row is.
        key: Columns that identify a row; files are sorted by `order`, else by the key.
        columns: In stored order.
        order: Sort order of the stored rows when it differs from the key.
        kind: `facts` (what happened) or `decisions` (what we do about it).
        bucketed: True if stored as one file per bucket of users.
        published: True if every month is also one object of fixed name for other readers.
    """

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    order: tuple[str, ...] = ()
    kind: str
    bucketed: bool = True
    published: bool = False

    @property
    def schema(self) -> pl.Schema:
        """Return names and types in stored order."""
        return pl.Schema({column.name: column.dtype for column in self.columns})

    @property
    def sorted_by(self) -> tuple[str, ...]:
        """Return the columns that stored rows are sorted by."""
        return self.order or self.key

    def empty(self) -> pl.LazyFrame:
        """Return the table without rows."""
        return pl.LazyFrame(schema=self.schema)


def count(name: str, meaning: str, highest: int | None = None) -> Column:
    """Declare a count that is never null."""
    return Column(
        name=name,
        dtype=pl.Int32(),
        meaning=meaning,
        unit="count",
        required=True,
        lowest=0,
        highest=highest,
    )


def cents(
    name: str,
    meaning: str,
    meaning_zh: str = "",
    *,
    required: bool = False,
    lowest: int | None = 0,
) -> Column:
    """Declare an amount of money in integer cents."""
    return Column(
        name=name,
        dtype=pl.Int64(),
        meaning=meaning,
        meaning_zh=meaning_zh,
        unit="cents",
        required=required,
        lowest=lowest,
    )


USER = Column(
    name="user_id",
    dtype=pl.String(),
    meaning="The user, in the lender's own spelling.",
    meaning_zh="用户编号。",
    required=True,
)
AS_OF = Column(
    name="as_of",
    dtype=pl.Date(),
    meaning="Last day of the month observed.",
    meaning_zh="观察月份的最后一天。",
    required=True,
)
