"""A look at the start of a landing file: what a mapping would load, drop and quarantine of it."""

import difflib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from transforms.declared import nearest
from transforms.errors import RefusedError
from transforms.mapping.masking import hidden_targets
from transforms.mapping.path_pattern import COMPRESSED
from transforms.mapping.refusals import REFUSALS
from transforms.mapping.targets import SCHEMAS
from transforms.tables.logs import EVENTS, QUARANTINE
from warehouse.intake.code_tables import with_code_tables
from warehouse.intake.duplicate_lines import Repeated, repeated
from warehouse.intake.landing import FileFigures, load_file
from warehouse.intake.landing_place import Landing
from warehouse.intake.plan import Plan
from warehouse.intake.sources import (
    LandingFile,
    Source,
    landing_files,
    read_sources,
    unclaimed_files,
)
from warehouse.store.bucket import Bucket
from warehouse.store.folder import Folder
from warehouse.store.lake import open_lake

BLOCK_BYTES = 1 << 20  # the start of a file is wanted, so little is read at a time
DEFAULT_ZONE = "Asia/Shanghai"  # of a lake that nobody chose one for
_SAMPLE_ROWS = 3
Place = Folder | Bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What a lake lends to a look at a file: its zone, None without a lake, and its key."""

    time_zone: str | None
    device_key: str


def reader_of(lake_at: Place) -> Reader:
    """Return what the lake at a place lends, if there is one yet."""
    try:
        lake = open_lake(lake_at)
    except RefusedError:
        return Reader(time_zone=None, device_key="0" * 64)
    return Reader(time_zone=lake.time_zone, device_key=lake.device_key)


def check_file(
    given: str, place: Place, sources_folder: Path, reader: Reader, at_most: int = 1_000
) -> dict[str, Any]:
    """Read the start of a landing file through the mapping that claims it; write nothing.

    Args:
        given: The file, relative to the landing place or absolute within it.
        place: Where landing files arrive.
        sources_folder: Folder of mappings; every one of them must be right.
        reader: Zone and key to read with.
        at_most: Lines to read.

    Returns:
        `file_path`, `source`, `section`, `format`, `encoding`, `period` (first and last day, or
        null), `time_zone` of all times, and `time_zone_of`, which is `lake`, or without a lake
        `mapping` or `default`; `lines`, `loaded`, `quarantined`, `duplicate`, `blank`, `whole` (no
        line is left unread); `events` (each once, none of a quarantined line), `accounts`,
        `instructions` (rows); `event_types`:
        `event_type`, `events`, `first_occurred_at`, `last_occurred_at`, `amount_cents` of each;
        `refusals`: `reason`, `meaning`, `lines`, and `source_line`, `column`, `found`, `raw_line`
        of the first of each; `dropped_fields`; `absent_fields`: `field` that is read and that no
        line has, and the `nearest` name that one has; `rows`: a few rows of each table as they
        would be stored; `bad` lines, `bad_bps`, `most_bad_bps`, `bad_lines_allowed`, `too_bad` (a
        run that read only these lines of the section would stop).

    Raises:
        RefusedError: A mapping is wrong, no mapping reads the file, or it cannot be read.
    """
    schemas = SCHEMAS | {QUARANTINE.name: QUARANTINE.schema}
    spooled = {name: [pl.DataFrame(schema=schema)] for name, schema in schemas.items()}
    sources = read_sources(sources_folder)
    with Landing(place) as landing:
        file = _claimed(landing.path_of(given), landing, sources)
        zone, zone_of = _zone(reader, file)
        figures = load_file(
            file,
            landing.at_hand(file.path),
            device_key=reader.device_key,
            time_zone=zone,
            spool=lambda name, rows: spooled[name].append(rows),
            extracted_at=datetime.now(UTC),
            block_bytes=BLOCK_BYTES,
            at_most=at_most,
        )
    tables = {name: pl.concat(frames) for name, frames in spooled.items()}
    found = _repeated(file, figures.file_id, tables["events"])
    counted = tables | {"events": found.left(tables["events"].lazy()).collect()}
    conflicting = found.refused(
        pl.DataFrame(
            {
                "file_id": figures.file_id,
                "file_path": file.path,
                "source": file.source.name,
                "hidden": [sorted(hidden_targets(file.mapping))],
            },
            schema_overrides={"hidden": pl.List(pl.String)},
        ),
        reader.device_key,
    )
    duplicate = found.duplicate_lines.height
    bad = figures.quarantined + found.conflicting.total()
    source, layout = file.source, file.mapping.layout
    return {
        "file_path": file.path,
        "source": source.name,
        "section": file.mapping.name,
        "format": layout.format,
        "encoding": layout.encoding if layout.is_text else None,
        "period": [day.isoformat() for day in file.period] if file.period else None,
        "time_zone": zone,
        "time_zone_of": zone_of,
        "lines": figures.lines,
        "loaded": figures.loaded - duplicate - conflicting.height,
        "quarantined": figures.quarantined + conflicting.height,
        "duplicate": duplicate,
        "blank": figures.blank,
        "whole": figures.lines < at_most,
        "events": counted["events"].height,
        "accounts": figures.accounts,
        "instructions": figures.instructions,
        "event_types": _by_type(counted["events"], zone),
        "refusals": _by_reason(pl.concat([tables[QUARANTINE.name], conflicting])),
        "dropped_fields": figures.dropped_fields,
        "absent_fields": _absent(figures, file),
        "rows": {name: _sample(counted[name], zone) for name in SCHEMAS},
        "bad": bad,
        "bad_bps": bad * 10_000 // max(figures.lines, 1),
        "most_bad_bps": source.most_bad_bps,
        "bad_lines_allowed": source.bad_lines_allowed,
        "too_bad": not source.bears(bad, figures.lines),
    }


def mappings(place: Place, sources_folder: Path) -> list[dict[str, Any]]:
    """Return every file section of every mapping, and how many landing files it reads.

    Returns:
        `source`, `section`, `path`, `format`, `every`, `optional`, `files`; last, with a source of
        null, a row for each file that no mapping reads, its name as `path`.

    Raises:
        RefusedError: A mapping is wrong, or the landing folder is not there.
    """
    sources, landing = read_sources(sources_folder), Landing(place)
    rows = []
    for source in sources:
        files = landing_files(source, landing)
        rows += [
            {
                "source": source.name,
                "section": mapping.name,
                "path": mapping.pattern.text,
                "format": mapping.layout.format,
                "every": mapping.every,
                "optional": mapping.optional,
                "files": sum(file.mapping is mapping for file in files),
            }
            for mapping in source.files
        ]
    nobody = dict.fromkeys(("source", "section", "format", "every", "optional"))
    rows += [nobody | {"path": path, "files": 1} for path in unclaimed_files(sources, landing)]
    return rows


def _claimed(path: str, landing: Landing, sources: tuple[Source, ...]) -> LandingFile:
    """Return the file with the mapping that claims it."""
    files = [file for source in sources for file in landing_files(source, landing)]
    claims = [file for file in files if file.path == path]
    if len(claims) == 1:
        of_source = [file for file in files if file.source is claims[0].source]
        return with_code_tables(claims, landing, of_source)[0]
    if claims:
        names = " and ".join(file.source.name for file in claims)
        raise RefusedError(
            f"Landing file {path}: the sources {names} read it. Make their paths exclude each "
            "other, or a line is loaded twice."
        )
    if path not in landing.names():
        packed = {path + ending for ending in COMPRESSED}
        near = nearest(path, packed.intersection(landing.names()) or landing.names())
        raise RefusedError(f"Landing file {path}: not in {landing}.{near} Name a file of it.")
    raise RefusedError(_unclaimed(path, sources))


def _unclaimed(path: str, sources: tuple[Source, ...]) -> str:
    patterns = {
        mapping.pattern.text: f"source {source.name}, files {mapping.name}"
        for source in sources
        for mapping in source.files
    }
    plain = path
    for ending in COMPRESSED:
        plain = plain.removesuffix(ending)
    close = difflib.get_close_matches(plain, patterns, n=1, cutoff=0)
    listed = ", ".join(f"{text} ({where})" for text, where in patterns.items())
    return (
        f"Landing file {path}: no mapping reads it. The nearest path is {close[0]!r}; there are: "
        f"{listed}. Rename the file, or correct the path of the mapping."
    )


def _repeated(file: LandingFile, file_id: str, events: pl.DataFrame) -> Repeated:
    plan = Plan(horizon=date.max, newest=None, earliest=None, taken=(), sources=(file.source,))
    nothing = EVENTS.empty().collect()
    return repeated([events.lazy()], plan, {file_id: file.path}, nothing, nothing)


def _zone(reader: Reader, file: LandingFile) -> tuple[str, str]:
    """Return the zone to show times in, and what it is of."""
    if reader.time_zone:
        return reader.time_zone, "lake"
    named = [zone for mapping in (file.mapping, *file.source.files) for zone in mapping.zones]
    return (named[0], "mapping") if named else (DEFAULT_ZONE, "default")


def _absent(figures: FileFigures, file: LandingFile) -> list[dict[str, str | None]]:
    """Return fields that are read and that no line has, each with the name that may be meant."""
    names = (*figures.dropped_fields, *file.mapping.placeholders)
    near = {name: difflib.get_close_matches(name, names, n=1) for name in figures.absent_fields}
    return [{"field": name, "nearest": (*like, None)[0]} for name, like in near.items()]


def _by_type(events: pl.DataFrame, zone: str) -> list[dict[str, Any]]:
    at = pl.col("occurred_at")
    found = events.group_by("event_type").agg(
        pl.len().alias("events"),
        at.min().alias("first_occurred_at"),
        at.max().alias("last_occurred_at"),
        pl.when(pl.col("amount_cents").is_not_null().any())
        .then(pl.col("amount_cents").sum())
        .alias("amount_cents"),
    )
    return _plain(found.sort("events", "event_type", descending=[True, False]), zone)


def _by_reason(quarantine: pl.DataFrame) -> list[dict[str, Any]]:
    first = [pl.col(name).first() for name in ("source_line", "column", "found", "raw_line")]
    found = quarantine.sort("source_line").group_by("reason").agg(pl.len().alias("lines"), *first)
    found = found.sort("lines", "reason", descending=[True, False])
    return [row | {"meaning": REFUSALS[row["reason"]]} for row in found.to_dicts()]


def _sample(rows: pl.DataFrame, zone: str) -> list[dict[str, Any]]:
    """Return the first rows, without the columns that none of them fills."""
    rows = rows.head(_SAMPLE_ROWS).drop("file_id")
    filled = [name for name in rows.columns if rows[name].null_count() < rows.height]
    return _plain(rows.select(filled), zone)


def _plain(rows: pl.DataFrame, zone: str) -> list[dict[str, Any]]:
    """Return rows as JSON knows them, times in a zone."""
    rows = rows.with_columns(pl.selectors.datetime(time_zone="*").dt.convert_time_zone(zone))
    temporal = [name for name, dtype in rows.schema.items() if dtype.is_temporal()]
    written = rows.with_columns(
        pl.Series(name, [value and value.isoformat() for value in rows[name]], pl.String())
        for name in temporal
    )
    return written.to_dicts()
