"""Code tables as they lie in the landing folder, read once for all files that need them."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import polars as pl

from transforms.errors import RefusedError
from transforms.mapping.code_tables import CodeTable
from warehouse.intake.landing import field_texts
from warehouse.intake.landing_place import Landing, landing_at
from warehouse.intake.sources import LandingFile
from warehouse.intake.table_lines import TableLines

_ROWS = {"key": pl.String, "value": pl.String}


def with_code_tables(
    files: Iterable[LandingFile],
    landing: Landing | Path,
    of_source: Iterable[LandingFile] | None = None,
) -> list[LandingFile]:
    """Return files of one source with the content of every code table that they need.

    Args:
        files: Files to be read.
        landing: Where they lie.
        of_source: All landing files of the source, among them those of the tables; `files` if left
            out.

    Raises:
        RefusedError: The file of a table is missing.
    """
    files, place = list(files), landing_at(landing)
    every = files if of_source is None else list(of_source)
    needed = sorted({table for file in files for table in file.mapping.code_tables})
    known = {table: TableLines(_lines(table, every, place)) for table in needed}
    found = []
    for file in files:
        tables = {table: known[table] for table in file.mapping.code_tables}
        marks = tuple(lines.mark for lines in tables.values())
        found.append(replace(file, code_tables=tables, marks=marks))
    return found


def _lines(table: CodeTable, files: list[LandingFile], landing: Landing) -> pl.DataFrame:
    """Return `key` and `value` of every line of the files of a table's section, in order."""
    sections = [file for file in files if file.mapping.name == table.file]
    if not sections:
        raise RefusedError(
            f"Source {files[0].source.name}: no landing file of {table.file!r} is there, and other "
            f"files look up {table.key} in it. Deliver it."
        )
    parts = [pl.DataFrame(schema=_ROWS)]
    for file in sections:
        parts += [
            texts.select(
                pl.col(f"text:{table.key}").alias("key"),
                pl.col(f"text:{table.value}").alias("value"),
            )
            for texts in field_texts(file, landing.at_hand(file.path))
        ]
    return pl.concat(parts)
