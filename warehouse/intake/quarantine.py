"""Lines that were refused: how many, why, which, and what to do about them."""

from contextlib import suppress
from datetime import date
from typing import Any

import polars as pl

from transforms.declared import nearest
from transforms.errors import RefusedError
from transforms.mapping.refusals import REFUSALS
from transforms.months import month_text
from transforms.tables.logs import QUARANTINE
from warehouse.intake.bad_lines import TOO_BAD
from warehouse.printing import text_table
from warehouse.store.audit import Chain
from warehouse.store.lake import Lake
from warehouse.store.repair import abandoned
from warehouse.store.staging import Staging

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
        `quarantine` with `section`, without `file_id` and `event_hashes`; `refused_run`: `month`,
        `at`, `lines`, `counts` and `examples` of the last run, if it had too many bad lines and
        published nothing, else null; `what_to_do`, null without lines.

    Raises:
        RefusedError: The month has no facts, or no refused line has what was asked for; names the
            nearest that one has.
    """
    chain = Chain.read(lake)
    attempt = _refused_run(lake, chain)
    rows = _rows(chain, month, attempt)
    for column, value in asked.items():
        if value is not None:
            rows = _only(rows, column, value)
    published, of_run = (rows.filter(pl.col("is_published") == is_so) for is_so in (True, False))
    run = attempt and {"month": month_text(attempt.month), "at": attempt.notes[TOO_BAD]["at"]}
    return {
        "month": month_text(month) if month else None,
        **_summary(published, at_most),
        "refused_run": run and run | _summary(of_run, at_most),
        "what_to_do": _WHAT_TO_DO if rows.height else None,
    }


def _summary(rows: pl.DataFrame, at_most: int) -> dict[str, Any]:
    counts = rows.group_by("source", "section", "reason").len("lines")
    counts = counts.sort("lines", "source", "section", "reason", descending=[True, *[False] * 3])
    examples = rows.drop("is_published").sort("file_path", "source_line").head(at_most)
    return {
        "lines": rows.height,
        "counts": [row | {"meaning": REFUSALS[row["reason"]]} for row in counts.to_dicts()],
        "examples": examples.to_dicts(),
    }


def quarantine_text(found: dict[str, Any]) -> str:
    """Return refused lines as a table of reasons, and each line shown with what stood there."""
    where = f" filed under {found['month']}" if found["month"] else ""
    run = found["refused_run"]
    parts = [f"No line{where} is quarantined."]
    if found["lines"]:
        parts = [f"{found['lines']:,} lines{where} are quarantined.", *_shown_lines(found)]
    if run:
        parts.append(
            f"The last run, of {run['month']}, had too many bad lines and published nothing. "
            f"It refused {run['lines']:,} lines{where}."
        )
        parts += _shown_lines(run) if run["lines"] else []
    return "\n\n".join([*parts, *filter(None, [found["what_to_do"]])])


def _shown_lines(of: dict[str, Any]) -> list[str]:
    header = ["source", "section", "reason", "lines"]
    cells = [[str(row[name]) for name in header] for row in of["counts"]]
    meanings = {row["reason"]: row["meaning"] for row in of["counts"]}
    shown = len(of["examples"])
    which = "All" if shown == of["lines"] else f"The first {shown:,}; `--limit N` shows more"
    return [
        text_table(header, cells, right=("lines",)),
        "\n".join(f"{reason}: {meaning}" for reason, meaning in meanings.items()),
        "\n".join(
            [f"{which} (x is a masked letter, 9 a masked digit):", *map(_line, of["examples"])]
        ),
    ]


def _line(row: dict[str, Any]) -> str:
    column = f", column {row['column']}" if row["column"] else ""
    found = f": {_shown(row['found'])}" if row["found"] else ""
    raw = f"\n    {_shown(row['raw_line'])}" if row["raw_line"] else ""
    return f"{row['file_path']} line {row['source_line']}{column}: {row['reason']}{found}{raw}"


def _shown(text: str) -> str:
    """Return a text that a terminal can be trusted with."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _refused_run(lake: Lake, chain: Chain) -> Staging | None:
    """Return what the last run staged if it was refused for its bad lines, as nothing since."""
    found = []
    for folder in abandoned(lake, chain):
        with suppress(RefusedError):  # half-written by a run that was killed
            found.append(Staging.resume(lake, folder))
    refused = [one for one in found if TOO_BAD in one.notes and one.base == chain.newest]
    return max(refused, key=lambda one: one.notes[TOO_BAD]["at"], default=None)


def _rows(chain: Chain, month: date | None, attempt: Staging | None) -> pl.DataFrame:
    """Return lines published and, `is_published` being false, those of a refused run."""
    months = list(chain.heads("facts"))
    staged = {file.month for file in attempt.files} if attempt else set()
    if month and month not in (*months, *staged):
        held = ", ".join(month_text(m) for m in months[-3:]) or "none"
        raise RefusedError(
            f"Month {month_text(month)}: the lake has no facts of it. Newest there: {held}."
        )
    sections = {path: record.get("section") for path, record in chain.accounted().items()}
    sections |= attempt.notes[TOO_BAD]["sections"] if attempt else {}
    parts = [_part(None, [], True)]
    for m in [month] if month else sorted({*months, *staged}):
        parts.append(_part(m, chain.paths(QUARANTINE.name, m) if m in months else [], True))
        if attempt:
            parts.append(_part(m, attempt.paths(QUARANTINE.name, m), False))
    section = pl.col("file_path").replace_strict(sections, default=None, return_dtype=pl.String())
    return pl.concat(parts).with_columns(section.alias("section"))


def _part(month: date | None, paths: list[str], is_published: bool) -> pl.DataFrame:
    rows = (
        pl.read_parquet(paths, hive_partitioning=False) if paths else QUARANTINE.empty().collect()
    )
    return rows.select(
        pl.lit(month and month_text(month), pl.String()).alias("month"),
        pl.exclude(_UNTOLD),
        pl.lit(is_published).alias("is_published"),
    )


def _only(rows: pl.DataFrame, column: str, value: str) -> pl.DataFrame:
    kept = rows.filter(pl.col(column) == value)
    if kept.is_empty() and rows.height:
        near = nearest(value, rows[column].unique().sort().to_list())
        raise RefusedError(
            f"Quarantine: no line with {column} {value[:200]!r}.{near} Ask for one that is there."
        )
    return kept
