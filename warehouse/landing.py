"""Landing files read line by line into rows: nothing is lost, and a line never costs its file."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from transforms.mapping.csv_lines import csv_header, csv_texts
from transforms.mapping.json_lines import json_texts
from transforms.mapping.rows import Origin, rows_of
from transforms.tables.logs import QUARANTINE
from warehouse.landing_bytes import BLOCK_BYTES, LONGEST_LINE_BYTES, LandingBytes, Lines
from warehouse.sources import LandingFile

Spool = Callable[[str, pl.DataFrame], None]
_LONGEST_RAW = 500
_LONGEST_NAME = 200
_MOST_NAMES = 100  # of fields dropped; a hostile file may have a new one on every line


@dataclass(slots=True)
class FileFigures:
    """What became of one landing file.

    `lines` is `loaded` + `quarantined` + `blank`; lines found to be duplicates of others are part
    of `loaded` until the whole extraction is known. The header of a CSV file is no line here.

    Attributes:
        path: Relative to the landing folder.
        sha256: Of its bytes.
        size_bytes: How many.
        file_id: Identity of path, bytes and mapping.
        lines, loaded, quarantined, blank: Lines.
        events, accounts, instructions: Rows read from the loaded lines.
        amount_cents: Sum of the amounts of all events, cents.
        first_event_at, last_event_at: Of the events; None without any.
        dropped_fields: Names of fields that no template reads, sorted, at most 100.
    """

    path: str
    sha256: str
    size_bytes: int
    file_id: str
    lines: int = 0
    loaded: int = 0
    quarantined: int = 0
    blank: int = 0
    events: int = 0
    accounts: int = 0
    instructions: int = 0
    amount_cents: int = 0
    first_event_at: datetime | None = None
    last_event_at: datetime | None = None
    dropped_fields: list[str] = field(default_factory=list)

    def add_amounts_and_times(self, events: pl.DataFrame) -> None:
        """Count the amounts and the times of a block of events in."""
        self.amount_cents += int(events["amount_cents"].sum())
        times = [t for t in (self.first_event_at, events["occurred_at"].min()) if t]
        self.first_event_at = min(times)
        times = [t for t in (self.last_event_at, events["occurred_at"].max()) if t]
        self.last_event_at = max(times)


def file_id_of(path: str, sha256: str, mapping_digest: str) -> str:
    """Return the identity of a file read through a mapping: 16 hexadecimal digits."""
    return hashlib.sha256("\n".join((path, sha256, mapping_digest)).encode()).hexdigest()[:16]


def load_file(
    file: LandingFile,
    landing: Path,
    *,
    device_key: str,
    time_zone: str,
    spool: Spool,
    block_bytes: int = BLOCK_BYTES,
) -> FileFigures:
    """Read one landing file.

    Args:
        file: The file.
        landing: The landing folder.
        device_key: The lake's key of device hashes.
        time_zone: The lender's zone.
        spool: Called with a table's name and rows of it, block by block: `events`, `accounts`,
            `instructions` in the columns of `transforms.mapping.targets.SCHEMAS`, `quarantine` as
            declared.
        block_bytes: Text held at a time; the rows do not depend on it.

    Returns:
        The file's figures.

    Raises:
        RefusedError: A CSV header lacks a mapped field, a compressed file is damaged, or the file
            changed while it was read.
    """
    content = LandingBytes(landing, file.path, block_bytes)
    return _Reading(file, content, device_key, time_zone).into(spool)


class _Reading:
    """One file while it is read."""

    def __init__(self, file: LandingFile, content: LandingBytes, device_key: str, time_zone: str):
        self._mapping = file.mapping
        self._content = content
        sha256 = content.sha256
        self._origin = Origin(
            source=file.source.name,
            file_id=file_id_of(file.path, sha256, file.source.digest),
            period=file.period,
            time_zone=time_zone,
            device_key=device_key,
        )
        self._figures = FileFigures(file.path, sha256, content.size_bytes, self._origin.file_id)
        self._header: tuple[str, ...] = ()
        self._seen: set[str] = set()

    def into(self, spool: Spool) -> FileFigures:
        """Give every block's rows to `spool` and return the figures."""
        for block in self._content.blocks():
            if self._mapping.format == "csv" and block.first == 1:
                block = self._without_header(block)
            if block.lines:
                self._load(block, spool)
        dropped = sorted(self._seen - set(self._mapping.fields))[:_MOST_NAMES]
        self._figures.dropped_fields = [name[:_LONGEST_NAME] for name in dropped]
        return self._figures

    def _without_header(self, block: Lines) -> Lines:
        line = _as_text(pl.DataFrame({"raw": block.lines[:1]}))["line"][0]
        where = f"Landing file {self._figures.path}"
        self._header = csv_header(line, self._mapping.delimiter, self._mapping.fields, where)
        self._seen.update(self._header)
        return Lines(2, block.lines[1:], block.cut_off)

    def _load(self, block: Lines, spool: Spool) -> None:
        lines = pl.DataFrame({"raw": block.lines}, schema={"raw": pl.Binary()})
        lines = _as_text(lines.with_row_index("source_line", block.first)).cast(
            {"source_line": pl.Int64()}
        )
        blank = (lines["line"].str.strip_chars() == "").fill_null(False)
        written = lines.filter(~blank)
        readable, unreadable = self._readable(written, block)
        texts, refused = self._texts(readable)
        rows = rows_of(texts, self._mapping.templates, self._origin)
        refused = self._cut_off(pl.concat([unreadable, refused, rows.refused]), block)
        figures = self._figures
        figures.lines += lines.height
        figures.blank += int(blank.sum())
        figures.quarantined += refused.height
        figures.loaded += texts.height - rows.refused.height
        for table, frame in rows.tables.items():
            setattr(figures, table, getattr(figures, table) + frame.height)
            if table == "events":
                figures.add_amounts_and_times(frame)
            spool(table, frame)
        if refused.height:
            spool(QUARANTINE.name, self._quarantine(refused, lines))

    def _readable(self, lines: pl.DataFrame, block: Lines) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Set apart what is no whole line: one too long, or a CSV line that ends with the file.

        A cut JSON line cannot pass for a whole one; a cut CSV line can, with `12` for `125.00`.
        Only the end of a compressed file proves that nothing is missing.
        """
        reason = pl.when(pl.col("raw").bin.size() > LONGEST_LINE_BYTES).then(
            pl.lit("line_too_long")
        )
        if self._mapping.format == "csv" and block.cut_off and not self._content.is_compressed:
            last = block.first + len(block.lines) - 1
            reason = reason.when(pl.col("source_line") == last).then(pl.lit("cut_off"))
        marked = lines.with_columns(reason.alias("reason"))
        nothing = pl.lit(None, pl.String())
        unreadable = marked.filter(pl.col("reason").is_not_null()).select(
            "source_line", nothing.alias("column"), "reason", nothing.alias("found")
        )
        return marked.filter(pl.col("reason").is_null()), unreadable

    def _texts(self, lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        mapping = self._mapping
        if mapping.format == "csv":
            return csv_texts(lines, self._header, mapping.delimiter, mapping.fields)
        texts, refused, seen = json_texts(lines, mapping.fields, mapping.flags)
        if len(self._seen) < _MOST_NAMES:
            self._seen |= seen
        return texts, refused

    def _cut_off(self, refused: pl.DataFrame, block: Lines) -> pl.DataFrame:
        """Say of a JSON line that the file ends within what is wrong with it."""
        if not block.cut_off or self._content.is_compressed:
            return refused
        last = pl.col("source_line") == block.first + len(block.lines) - 1
        unfinished = last & pl.col("reason").is_in(["not_json", "not_utf8"])
        reason = pl.when(unfinished).then(pl.lit("cut_off")).otherwise("reason")
        return refused.with_columns(reason.alias("reason"))

    def _quarantine(self, refused: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
        raw = lines.join(refused, on="source_line", how="semi")
        raw = raw.select(
            "source_line", pl.Series("raw_line", map(_raw_text, raw["raw"]), pl.String)
        )
        return (
            refused.join(raw, on="source_line")
            .sort("source_line")
            .select(
                pl.lit(self._origin.file_id).alias("file_id"),
                pl.lit(self._figures.path).alias("file_path"),
                "source_line",
                pl.lit(self._origin.source).alias("source"),
                *("column", "reason", "found", "raw_line"),
            )
        )


def _as_text(lines: pl.DataFrame) -> pl.DataFrame:
    """Add `line`: the text of `raw`, null where it is not UTF-8, without a carriage return."""
    try:
        text = lines["raw"].cast(pl.String())
    except pl.exceptions.ComputeError:  # somewhere in the block
        text = pl.Series(map(_text_or_none, lines["raw"]), dtype=pl.String())
    return lines.with_columns(text.str.strip_suffix("\r").alias("line"))


def _text_or_none(raw: bytes) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def _raw_text(raw: bytes) -> str:
    return raw[: 4 * _LONGEST_RAW].decode(errors="replace")[:_LONGEST_RAW]
