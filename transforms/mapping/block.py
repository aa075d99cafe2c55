"""A block of consecutive lines of a landing file, and what its lines give.

`block_rows` is a function of its arguments alone, so blocks may be read side by side.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from transforms.mapping.csv_lines import csv_texts
from transforms.mapping.fixed_lines import fixed_texts
from transforms.mapping.json_alike import alike_texts
from transforms.mapping.json_lines import json_texts
from transforms.mapping.json_objects import nearest_to, objects_of
from transforms.mapping.masking import mask_of
from transforms.mapping.parquet_rows import parquet_texts, row_texts
from transforms.mapping.rows import Origin, rows_of, without_padding
from transforms.mapping.rules import CONTROL
from transforms.mapping.sections import FileMapping
from transforms.mapping.text_lines import AS_UTF8, LONGEST_LINE_BYTES, Lines, as_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What all blocks of one landing file have in common.

    Attributes:
        path: Relative to the landing folder.
        mapping: How its lines are read.
        header: Names of the fields in order, where the file or the mapping names them; else empty.
        origin: Where the lines come from.
        is_compressed: Its end proves that nothing is missing.
    """

    path: str
    mapping: FileMapping
    header: tuple[str, ...]
    origin: Origin
    is_compressed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRows:
    """What the lines of a block gave; `lines` is `loaded` + `quarantine.height` + `blank`.

    Attributes:
        lines, loaded, blank: Numbers of lines.
        unfound: Lines with a key of which a code table tells nothing.
        tables: Rows by table, as `transforms.mapping.rows.Rows` has them.
        quarantine: Rows of the table `quarantine`, one per refused line, sorted by line.
        fields_seen: Names of fields that stand in the lines, mapped or not.
        seconds_apart: Of each pair of clocks that the mapping declares, how far they lie apart.
        texts: Where nothing is made of the lines, their fields; else None.
    """

    lines: int
    loaded: int
    blank: int
    unfound: int
    tables: dict[str, pl.DataFrame]
    quarantine: pl.DataFrame
    fields_seen: frozenset[str]
    seconds_apart: tuple[pl.Series, ...]
    texts: pl.DataFrame | None


def block_rows(block: Lines, file: Opened) -> BlockRows:
    """Take the lines of a block apart and apply the templates to them.

    Args:
        block: The lines, without a header.
        file: The file that they stand in.
    """
    texts, others, seen = _alike(block, file)
    lines = as_text(block, file.mapping.layout.encoding, others)
    blank = (lines["line"].str.strip_chars() == "").fill_null(False)
    readable, unreadable = _readable(lines.filter(~blank), block, file)
    more, refused, more_seen = _texts(readable, file)
    is_plain = texts.height > 0 and not _has_control_character(more)
    if more.height:
        texts = pl.concat([texts, more]).sort("source_line") if texts.height else more
    texts = without_padding(texts)
    rows = rows_of(texts, file.mapping.templates, file.origin, is_plain=is_plain)
    refused = pl.concat([unreadable, refused, rows.refused]).sort("source_line")
    if block.cut_off and not file.is_compressed:
        refused = _cut_off(refused, block)
    return BlockRows(
        lines=block.count,
        loaded=texts.height - rows.refused.height,
        blank=int(blank.sum()),
        unfound=rows.unfound,
        tables=rows.tables,
        quarantine=_quarantine(refused, _raw_lines(refused, block, file), file),
        fields_seen=seen | more_seen,
        seconds_apart=tuple(clock.seconds_apart(texts) for clock in file.mapping.clocks),
        texts=None if file.mapping.templates else texts,
    )


def batch_rows(batch: pl.DataFrame, first: int, file: Opened) -> BlockRows:
    """Apply the templates to rows of a Parquet file; a row is a line.

    Args:
        batch: Columns that the mapping reads.
        first: Number of the first row, counted from 1.
        file: The file that they stand in.
    """
    mapping = file.mapping
    texts, unreadable = parquet_texts(batch, first, mapping.fields, mapping.flags)
    texts = without_padding(texts)
    rows = rows_of(texts, mapping.templates, file.origin)
    refused = pl.concat([unreadable, rows.refused])
    mask = mask_of(mapping, file.header)
    bad = batch[(refused["source_line"] - first).to_list()]
    raw = [mask.row(row) for row in row_texts(bad, mapping.fields, mapping.flags).to_dicts()]
    return BlockRows(
        lines=batch.height,
        loaded=texts.height - rows.refused.height,
        blank=0,
        unfound=rows.unfound,
        tables=rows.tables,
        quarantine=_quarantine(refused, raw, file),
        fields_seen=frozenset(file.header),
        seconds_apart=tuple(clock.seconds_apart(texts) for clock in mapping.clocks),
        texts=None if mapping.templates else texts,
    )


def _readable(lines: pl.DataFrame, block: Lines, file: Opened) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Set apart what is no whole line of text.

    A cut JSON line cannot pass for a whole one; a cut line of CSV or of fixed width can, with `12`
    for `125.00`. Only the end of a compressed file proves that nothing is missing.
    """
    layout = file.mapping.layout
    reason = pl.when(pl.col("raw").bin.size() > LONGEST_LINE_BYTES).then(pl.lit("line_too_long"))
    if layout.format != "jsonl" and block.cut_off and not file.is_compressed:
        reason = reason.when(_is_last(block)).then(pl.lit("cut_off"))
    undecoded = "not_utf8" if layout.encoding == "utf-8" else "not_in_encoding"
    reason = reason.when(pl.col("line").is_null()).then(pl.lit(undecoded))
    marked = lines.with_columns(reason.alias("reason"))
    nothing = pl.lit(None, pl.String())
    unreadable = marked.filter(pl.col("reason").is_not_null()).select(
        "source_line", nothing.alias("column"), "reason", nothing.alias("found")
    )
    return marked.filter(pl.col("reason").is_null()), unreadable


def _is_last(block: Lines) -> pl.Expr:
    return pl.col("source_line") == block.last


def _alike(block: Lines, file: Opened) -> tuple[pl.DataFrame, np.ndarray, frozenset[str]]:
    """Read the JSON lines that are written like others; return the places of the others, too."""
    mapping, layout = file.mapping, file.mapping.layout
    names = [f"text:{field}" for field in mapping.fields]
    if layout.format != "jsonl" or layout.encoding not in AS_UTF8 or not names:
        schema = {"source_line": pl.Int64()} | dict.fromkeys(names, pl.String())
        return pl.DataFrame(schema=schema), np.arange(block.count), frozenset()
    texts, others, seen = alike_texts(
        block.text, block.count, mapping.fields, mapping.flags, LONGEST_LINE_BYTES
    )
    numbers = (pl.col("place") + block.first).alias("source_line")
    return texts.select(numbers, *names), others, _told(seen, mapping)


def _texts(lines: pl.DataFrame, file: Opened) -> tuple[pl.DataFrame, pl.DataFrame, frozenset[str]]:
    mapping, layout = file.mapping, file.mapping.layout
    if layout.format == "csv":
        texts, refused = csv_texts(lines, file.header, layout, mapping.fields)
        return texts, refused, frozenset(file.header)
    if layout.format == "fixed":
        texts, refused = fixed_texts(lines, layout, mapping.fields)
        return texts, refused, frozenset(file.header)
    texts, refused, seen = json_texts(lines, mapping.fields, mapping.flags)
    return texts, refused, _told(seen, mapping)


def _told(names: set[str], mapping: FileMapping) -> frozenset[str]:
    """Return names of fields as far as they are told; see `nearest_to`."""
    objects = objects_of(mapping.fields)
    return frozenset(nearest_to(name, objects) for name in names)


def _has_control_character(texts: pl.DataFrame) -> bool:
    found = (pl.col(name).str.contains(CONTROL) for name in texts.columns[1:])
    return texts.select(pl.any_horizontal(found).any()).item()


def _cut_off(refused: pl.DataFrame, block: Lines) -> pl.DataFrame:
    """Say of a JSON line that the file ends within what is wrong with it."""
    broken = pl.col("reason").is_in(["not_json", "not_utf8", "not_in_encoding"])
    reason = pl.when(_is_last(block) & broken).then(pl.lit("cut_off")).otherwise("reason")
    return refused.with_columns(reason.alias("reason"))


def _raw_lines(refused: pl.DataFrame, block: Lines, file: Opened) -> list[str]:
    """Return the texts of refused lines as they may be seen."""
    mask = mask_of(file.mapping, file.header)
    encoding = "utf-8" if file.mapping.layout.encoding in AS_UTF8 else file.mapping.layout.encoding
    places = (refused["source_line"] - block.first).to_numpy()
    lines = as_text(block, file.mapping.layout.encoding, places)
    found = pl.concat([lines, refused.select("column", "reason")], how="horizontal")
    return [
        mask.raw_line(
            raw.decode(encoding, "replace") if line is None else line,
            is_readable=column is not None and reason != "duplicate_key",
        )
        for raw, line, column, reason in found.select("raw", "line", "column", "reason").iter_rows()
    ]


def _quarantine(refused: pl.DataFrame, raw: list[str], file: Opened) -> pl.DataFrame:
    """Return refused lines as rows of the table, given the text of each."""
    mask = mask_of(file.mapping, file.header)
    column = [mask.column(name) for name in refused["column"]]
    found = [mask.found(*row) for row in refused.select("found", "column", "reason").iter_rows()]
    return refused.select(
        pl.lit(file.origin.file_id).alias("file_id"),
        pl.lit(file.path).alias("file_path"),
        "source_line",
        pl.lit(file.origin.source).alias("source"),
        pl.Series("column", column, pl.String()),
        "reason",
        pl.Series("found", found, pl.String()),
        pl.Series("raw_line", raw, pl.String()),
        pl.Series("event_hashes", [None] * len(raw), pl.List(pl.UInt64())),
    ).sort("source_line")
