"""Lines that were refused: how many, why, which, and what to do about them."""

from datetime import date
from typing import Any

import polars as pl

from transforms.declared import nearest
from transforms.errors import RefusedError
from transforms.mapping.refusals import REFUSALS
from transforms.months import month_text
from transforms.tables.logs import QUARANTINE
from warehouse.audit import Chain
from warehouse.lake import Lake
from warehouse.printing import text_table

_UNTOLD = ("file_id", "event_hashes")  # for the job itself, nobody reads them
_WHAT_TO_DO = (
    "Correct the file or the mapping, and run the newest month again: the whole file is extracted "
    "again, and what it gave before is replaced."
)


def quarantined(
    lake: Lake, month: date | None = None, *, at_most: int = 20, **asked: str | None
) -> dict[str, Any]:
    """Return the refused lines of the lake.

    Args:
        lake: The lake.
        month: First day of the month that they are filed under; None is every month.
        at_most: Lines to show.
        **asked: `source`, `file_path`, `reason`: only lines of these; None is any.

    Returns:
        `month`; `lines`, how many; `counts`: `source`, `section`, `reason`, `lines`, `meaning`,
        most lines first; `examples`, by file and line: `month` and the columns of the table
        `quarantine` with `section`, without `file_id` and `event_hashes`; `what_to_do`, null
        without lines.

    Raises:
        RefusedError: The month has no facts, or no refused line has what was asked for; names the
            nearest that one has.
    """
    chain = Chain.read(lake)
    rows = _rows(chain, month)
    for column, value in asked.items():
        if value is not None:
            rows = _only(rows, column, value)
    counts = rows.group_by("source", "section", "reason").len("lines")
    counts = counts.sort("lines", "source", "section", "reason", descending=[True, *[False] * 3])
    examples = rows.sort("file_path", "source_line").head(at_most)
    return {
        "month": month_text(month) if month else None,
        "lines": rows.height,
        "counts": [row | {"meaning": REFUSALS[row["reason"]]} for row in counts.to_dicts()],
        "examples": examples.to_dicts(),
        "what_to_do": _WHAT_TO_DO if rows.height else None,
    }


def quarantine_text(found: dict[str, Any]) -> str:
    """Return refused lines as a table of reasons, and each line shown with what stood there."""
    where = f" filed under {found['month']}" if found["month"] else ""
    if not found["lines"]:
        return f"No line{where} is quarantined."
    header = ["source", "section", "reason", "lines"]
    cells = [[str(row[name]) for name in header] for row in found["counts"]]
    meanings = {row["reason"]: row["meaning"] for row in found["counts"]}
    shown = len(found["examples"])
    return "\n".join(
        [
            f"{found['lines']:,} lines{where} are quarantined.",
            "",
            text_table(header, cells, right=("lines",)),
            "",
            *(f"{reason}: {meaning}" for reason, meaning in meanings.items()),
            "",
            f"The first {shown:,} (x is a masked letter, 9 a masked digit):",
            *(_line(row) for row in found["examples"]),
            "",
            found["what_to_do"],
        ]
    )


def _line(row: dict[str, Any]) -> str:
    column = f", column {row['column']}" if row["column"] else ""
    found = f": {_shown(row['found'])}" if row["found"] else ""
    raw = f"\n    {_shown(row['raw_line'])}" if row["raw_line"] else ""
    return f"{row['file_path']} line {row['source_line']}{column}: {row['reason']}{found}{raw}"


def _shown(text: str) -> str:
    """Return a text that a terminal can be trusted with."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _rows(chain: Chain, month: date | None) -> pl.DataFrame:
    months = list(chain.heads("facts"))
    if month and month not in months:
        held = ", ".join(month_text(m) for m in months[-3:]) or "none"
        raise RefusedError(
            f"Month {month_text(month)}: the lake has no facts of it. Newest there: {held}."
        )
    sections = {path: record.get("section") for path, record in chain.accounted().items()}
    parts = [
        pl.read_parquet(paths, hive_partitioning=False).select(
            pl.lit(month_text(m)).alias("month"), pl.exclude(_UNTOLD)
        )
        for m in ([month] if month else months)
        if (paths := chain.paths(QUARANTINE.name, m))
    ]
    empty = QUARANTINE.empty().collect().select(pl.lit("").alias("month"), pl.exclude(_UNTOLD))
    section = pl.col("file_path").replace_strict(sections, default=None, return_dtype=pl.String())
    return pl.concat([empty, *parts]).with_columns(section.alias("section"))


def _only(rows: pl.DataFrame, column: str, value: str) -> pl.DataFrame:
    kept = rows.filter(pl.col(column) == value)
    if kept.is_empty() and rows.height:
        near = nearest(value, rows[column].unique().sort().to_list())
        raise RefusedError(
            f"Quarantine: no line with {column} {value[:200]!r}.{near} Ask for one that is there."
        )
    return kept
