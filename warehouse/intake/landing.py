"""Landing files read line by line into rows: nothing is lost, and a line never costs its file."""

import hashlib
import math
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import polars as pl

from transforms.errors import RefusedError
from transforms.mapping.block import BlockRows, Opened, batch_rows, block_rows
from transforms.mapping.clocks import ClocksApart
from transforms.mapping.csv_lines import csv_header
from transforms.mapping.first_bytes import otherwise_written
from transforms.mapping.json_objects import objects_of
from transforms.mapping.rows import Origin
from transforms.mapping.sections import FileMapping
from transforms.mapping.shape import shown_name
from transforms.mapping.text_lines import Lines, as_text
from transforms.tables.logs import QUARANTINE
from warehouse.intake.landing_bytes import BLOCK_BYTES, LandingBytes
from warehouse.intake.landing_parquet import parquet_batches
from warehouse.intake.sources import LandingFile

Spool = Callable[[str, pl.DataFrame], None]
_BLOCKS_AHEAD = 4
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
        unfound: Lines with a key of which a code table tells nothing.
        amount_cents: Sum of the amounts of all events, cents.
        first_event_at, last_event_at: Of the events; None without any.
        dropped_fields: Names of fields that no template reads, sorted, at most 100.
        absent_fields: Names of fields that are read and that no line has, sorted.
        clocks: How far pairs of times of a line lie apart, for each pair declared.
    """

    path: str
    sha256: str
    size_bytes: int
    file_id: str
    lines: int = 0
    loaded: int = 0
    quarantined: int = 0
    blank: int = 0
    unfound: int = 0
    events: int = 0
    accounts: int = 0
    instructions: int = 0
    amount_cents: int = 0
    first_event_at: datetime | None = None
    last_event_at: datetime | None = None
    dropped_fields: list[str] = field(default_factory=list)
    absent_fields: list[str] = field(default_factory=list)
    clocks: list[ClocksApart] = field(default_factory=list)

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
    extracted_at: datetime | None = None,
    block_bytes: int = BLOCK_BYTES,
    at_most: int | None = None,
    pool: Executor | None = None,
    sha256: str | None = None,
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
        extracted_at: When the extraction began; None bounds nothing.
        block_bytes: Text read at a time; the rows do not depend on it.
        at_most: Lines to read from the start; None reads them all.
        pool: Reads several blocks side by side; the rows do not depend on it.
        sha256: What the file's bytes must be, if they were hashed before.

    Returns:
        The file's figures.

    Raises:
        RefusedError: A header or schema lacks a mapped field, a compressed or Parquet file is
            damaged, or the file changed while it was read.
    """
    content = LandingBytes(landing, file.path, block_bytes, sha256)
    file_id = file_id_of(file.path, content.sha256, file.mapping_digest)
    figures = FileFigures(file.path, content.sha256, content.size_bytes, file_id)
    figures.clocks = [ClocksApart(expected) for expected in file.mapping.clocks]
    origin = Origin(
        source=file.source.name,
        file_id=file_id,
        period=file.period,
        time_zone=time_zone,
        device_key=device_key,
        extracted_at=extracted_at,
        code_tables={table: lines.table for table, lines in file.code_tables.items()},
    )
    opened = _opened(file.path, file.mapping, content, origin)
    seen: set[str] = set()
    for read in _in_order(_blocks(content, opened, at_most), pool):
        _fold(read, figures, seen, spool)
    dropped = seen - set(file.mapping.fields) - objects_of(file.mapping.fields)
    dropped = sorted(dropped)[:_MOST_NAMES]
    figures.dropped_fields = sorted(set(map(shown_name, dropped)))
    if seen and len(seen) < _MOST_NAMES:
        figures.absent_fields = sorted(set(file.mapping.fields) - seen)
    return figures


def field_texts(file: LandingFile, landing: Path) -> Iterator[pl.DataFrame]:
    """Yield, block by block, the fields in which others look something up.

    Args:
        file: The file; a line that cannot be taken apart is left out.
        landing: The landing folder.

    Returns:
        `source_line`, and `text:<field>` for each of the mapping's `table_fields`.
    """
    content = LandingBytes(landing, file.path)
    mapping = replace(file.mapping, templates=(), clocks=())  # nothing is made of the lines
    origin = Origin(
        source=file.source.name, file_id="", period=None, time_zone="UTC", device_key=""
    )
    for read in _blocks(content, _opened(file.path, mapping, content, origin), None):
        texts = read().texts
        if texts is not None:
            yield texts


def _opened(path: str, mapping: FileMapping, content: LandingBytes, origin: Origin) -> Opened:
    return Opened(
        path=path,
        mapping=mapping,
        header=mapping.layout.columns,
        origin=origin,
        is_compressed=content.is_compressed,
    )


def _blocks(
    content: LandingBytes, file: Opened, at_most: int | None
) -> Iterator[Callable[[], BlockRows]]:
    """Yield, block by block, what is left to be done to it: it depends on nothing else."""
    layout, fields = file.mapping.layout, file.mapping.fields
    last = math.inf if at_most is None else at_most + layout.has_header
    if not layout.is_text:
        named = file.mapping.placeholders
        for first, batch, names in parquet_batches(content, fields, placeholders=named):
            batch = batch if at_most is None else batch.head(at_most + 1 - first)
            yield partial(batch_rows, batch, first, replace(file, header=names))
            if first + batch.height > last:
                return
        return
    otherwise = otherwise_written(content.beginning(), layout.encoding, _mapping_of(file))
    if otherwise:
        raise RefusedError(f"Landing file {file.path}: {otherwise}")
    for block in content.blocks(layout.encoding):
        after = block.last + 1
        if after > last + 1:
            block = block.part(0, last + 1 - block.first)
        if layout.has_header and block.first == 1:
            file, block = _without_header(file, block)
        if block.count or layout.has_header:
            yield partial(block_rows, block, file)
        if after > last:
            return


def _in_order(
    blocks: Iterator[Callable[[], BlockRows]], pool: Executor | None
) -> Iterator[BlockRows]:
    """Yield what blocks give, in their order; with a pool, a few are read ahead."""
    if pool is None:
        yield from (block() for block in blocks)
        return
    ahead: deque[Future[BlockRows]] = deque()
    for block in blocks:
        ahead.append(pool.submit(block))
        if len(ahead) > _BLOCKS_AHEAD:
            yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()


def _without_header(file: Opened, block: Lines) -> tuple[Opened, Lines]:
    """Read the header of a CSV file; return it as part of the file, and the lines after it."""
    layout = file.mapping.layout
    line = as_text(block.part(0, 1), layout.encoding)["line"][0]
    where, mapping = f"Landing file {file.path}", _mapping_of(file)
    fields, placeholders = file.mapping.fields, file.mapping.placeholders
    header = csv_header(line, layout, fields, where, mapping, placeholders)
    return replace(file, header=header), block.part(1)


def _mapping_of(file: Opened) -> str:
    return f"file {file.mapping.name!r} of the source {file.origin.source}"


def _fold(read: BlockRows, figures: FileFigures, seen: set[str], spool: Spool) -> None:
    """Add what a block gave to what the blocks before it gave."""
    figures.lines += read.lines
    figures.loaded += read.loaded
    figures.quarantined += read.quarantine.height
    figures.blank += read.blank
    figures.unfound += read.unfound
    for clock, seconds in zip(figures.clocks, read.seconds_apart, strict=True):
        clock.add(seconds)
    if len(seen) < _MOST_NAMES:
        seen |= read.fields_seen
    for table, rows in read.tables.items():
        setattr(figures, table, getattr(figures, table) + rows.height)
        if table == "events":
            figures.add_amounts_and_times(rows)
        spool(table, rows)
    if read.quarantine.height:
        spool(QUARANTINE.name, read.quarantine)
