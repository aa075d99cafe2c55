"""Rows of events, accounts and instructions from the texts of a landing file's lines."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from transforms.mapping.code_tables import Tables, looked_up
from transforms.mapping.json_lines import refused_frame
from transforms.mapping.layout import PADDING
from transforms.mapping.path_pattern import Period
from transforms.mapping.reading import keyed_hash
from transforms.mapping.targets import SCHEMAS, TARGETS
from transforms.mapping.template import Template

_LONGEST_FOUND = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where lines come from.

    Attributes:
        source: Name of the source mapping.
        file_id: Identity of the file read through this mapping.
        period: First and last day that the file is of; None if its path names none.
        time_zone: The lender's zone, in which a day ends.
        device_key: The lake's key of device hashes.
        extracted_at: When the extraction began, with its zone; bounds lines of a file whose path
            names no period. None bounds nothing.
        code_tables: Every code table that the lines are looked up in.
    """

    source: str
    file_id: str
    period: Period | None
    time_zone: str
    device_key: str
    extracted_at: datetime | None = None
    code_tables: Tables = field(default_factory=dict)

    @property
    def last_day(self) -> date | None:
        """Return the last day that the file is of."""
        return self.period[1] if self.period else None

    @property
    def too_late(self) -> datetime | None:
        """Return the first instant that a line of the file cannot speak of.

        A day of grace is left after the period, for clocks that differ and files closed late.
        """
        if not self.period:
            return self.extracted_at and self.extracted_at + timedelta(days=1)
        day = self.period[1] + timedelta(days=2)
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.time_zone))


@dataclass(frozen=True, slots=True)
class Rows:
    """What lines gave.

    Attributes:
        tables: Rows by table, in the order of `SCHEMAS`, sorted by line; absent without rows.
        refused: `source_line`, `column`, `reason`, `found`: one row per refused line. None of a
            refused line's rows are in `tables`.
        unfound: Lines, refused or not, with a key of which a code table tells nothing.
    """

    tables: dict[str, pl.DataFrame]
    refused: pl.DataFrame
    unfound: int


def rows_of(
    texts: pl.DataFrame,
    templates: Iterable[Template],
    origin: Origin,
    *,
    is_plain: bool = False,
) -> Rows:
    """Apply templates to lines.

    Args:
        texts: `source_line` and `text:<field>` for every field that a template reads, as
            `without_padding` gives them.
        templates: What each line gives.
        origin: Where the lines come from.
        is_plain: No text has a control character.
    """
    templates = tuple(templates)
    lookups = [lookup for template in templates for lookup in template.lookups]
    texts = looked_up(texts, lookups, origin.code_tables)
    applied = [(template, _applied(texts, template, origin, is_plain)) for template in templates]
    refused = [_refused(template, frame) for template, frame in applied]
    refused = pl.concat([refused_frame([]), *refused])
    refused = refused.unique("source_line", keep="first", maintain_order=True).sort("source_line")
    rows: dict[str, list[pl.DataFrame]] = {}
    for template, frame in applied:
        if refused.height:
            frame = frame.join(refused, on="source_line", how="anti", maintain_order="left")
        rows.setdefault(template.table, []).append(_rows(template, frame, origin))
    tables = {table: _one_frame(frames) for table, frames in rows.items()}
    unfound = pl.any_horizontal(pl.lit(False), *(lookup.found_nothing for lookup in lookups))
    return Rows(
        tables={table: frame for table, frame in tables.items() if frame.height},
        refused=refused,
        unfound=int(texts.select(unfound.alias("unfound"))["unfound"].sum()),
    )


def without_padding(texts: pl.DataFrame) -> pl.DataFrame:
    """Drop the spaces around every text; one without any visible character is absent."""
    # Only a text that begins before "!" or beyond ASCII can be blank, and that is cheap to see.
    suspected = texts.select(
        pl.any_horizontal(
            pl.col(name) < "!",
            pl.col(name) > "\x7f",
            *(pl.col(name).str.ends_with(space) for space in PADDING),
        ).any()
        for name in texts.columns[1:]
    )
    names = [name for name in suspected.columns if suspected[name].item()]
    return texts.with_columns(
        pl.when(pl.col(name).str.strip_chars() != "")
        .then(pl.col(name).str.strip_chars(PADDING))
        .alias(name)
        for name in names
    )


def _applied(
    texts: pl.DataFrame, template: Template, origin: Origin, is_plain: bool
) -> pl.DataFrame:
    """Return one row per line where the template's row exists, with `wrong` if it is refused."""
    frame = texts.with_columns(
        pl.lit(origin.too_late).cast(pl.Datetime("us", "UTC")).alias("file:too_late"),
        *(_value(template, name, origin).alias(name) for name in TARGETS[template.table]),
    )
    if template.when is not None:
        frame = frame.filter(_exists(frame, template))
    fails = [check.fails for check in template.checks if not (is_plain and check.spares_plain)]
    return frame.with_columns(pl.any_horizontal(fails).fill_null(False).alias("wrong"))


def _value(template: Template, name: str, origin: Origin) -> pl.Expr:
    if name in template.values:
        return template.values[name].reads
    target = TARGETS[template.table][name]
    if name == "known_on":
        return pl.lit(origin.last_day, pl.Date())
    return pl.lit(None, pl.String() if target.kind == "device" else target.column.dtype)


def _exists(frame: pl.DataFrame, template: Template) -> pl.Series:
    """Return which lines satisfy the condition.

    Where it is unknown because a text it needs cannot be read, the row exists, to be refused: else
    a bad amount would be dropped without a word. Unknown because nothing is there: no row.
    """
    fields = [name for name in template.when_reads if name not in template.values]
    names = frame.select(*template.values, *(pl.col(f"text:{f}").alias(f) for f in fields))
    reads = [template.values[name] for name in template.when_reads if name in template.values]
    unreadable = frame.select(
        pl.any_horizontal(pl.lit(False), *(value.unreadable for value in reads)).alias("exists")
    )
    exists = names.with_columns(template.when.alias("exists"))["exists"]
    return exists.fill_null(False) | (exists.is_null() & unreadable["exists"])


def _refused(template: Template, frame: pl.DataFrame) -> pl.DataFrame:
    """Return why each wrong row is refused: the first check of the template that fails."""
    wrong = frame.filter("wrong")
    if wrong.is_empty():
        return refused_frame([])
    first = pl.coalesce(
        pl.when(check.fails).then(pl.lit(number)) for number, check in enumerate(template.checks)
    )
    parts = []
    for (number,), rows in (
        wrong.with_columns(check=first).partition_by("check", as_dict=True).items()
    ):
        check = template.checks[number]
        parts.append(
            rows.select(
                "source_line",
                pl.lit(check.label).alias("column"),
                check.reason.alias("reason"),
                check.found.str.slice(0, _LONGEST_FOUND).alias("found"),
            )
        )
    return pl.concat(parts)


def _rows(template: Template, frame: pl.DataFrame, origin: Origin) -> pl.DataFrame:
    schema = SCHEMAS[template.table]
    columns = {name: pl.col(name) for name in schema}
    columns |= {
        name: pl.lit(text).alias(name)
        for name, text in (("source", origin.source), ("file_id", origin.file_id))
        if name in schema
    }
    if template.table == "events":
        columns["device_hash"] = keyed_hash(pl.col("device_hash"), origin.device_key)
    return frame.select(columns.values()).cast(dict(schema))


def _one_frame(frames: list[pl.DataFrame]) -> pl.DataFrame:
    if len(frames) == 1:
        return frames[0]
    return pl.concat(frames).sort("source_line", maintain_order=True)
