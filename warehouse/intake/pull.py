"""Pulling: what databases hold becomes landing files, before an extraction looks for them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from transforms.errors import RefusedError
from transforms.mapping.query import Query
from transforms.mapping.source import Source
from warehouse.intake.database import BATCH_BYTES, Snapshot, since
from warehouse.intake.landing_place import Landing
from warehouse.intake.plan import Plan
from warehouse.intake.pulled_files import (
    Draft,
    PulledFile,
    lines_pulled,
    next_file,
    pulled_file,
    pulled_files,
)
from warehouse.intake.query_schema import require_schema

# What a pull tells `step`, in order: a section's schema fits; a batch of it is in the draft; it is
# in the landing folder. A test changes the database or ends the connection there.
STEPS = ("checked", "batch", "placed")


@dataclass(frozen=True, slots=True)
class Pulled:
    """How many rows of a section are new to the landing folder."""

    query: Query
    rows: int


def pull(
    source: Source,
    landing: Landing,
    month: date,
    connections: Mapping[str, str],
    *,
    batch_bytes: int = BATCH_BYTES,
    step: Callable[[str], None] = lambda _: None,
) -> list[Pulled]:
    """Bring what a source's databases have gained into landing files.

    All sections of one connection see the database in one snapshot. With a watermark a section
    gives the rows since the last one less the overlap, without those that a file holds already
    word for word; without a watermark every row, if they are not those of its last file. Files
    get their names when all are whole.

    Args:
        source: Its query sections are pulled.
        landing: Where the files are put.
        month: Month that the extraction reaches to.
        connections: URI of each connection, by the id that the mapping names.
        batch_bytes: Text of rows held at a time, about.
        step: Told each of `STEPS` as it is done.

    Raises:
        RefusedError: A connection is not given, the database refuses, or what a query gives is
            not what the mapping declares. Nothing was written.
        NotYetError: The database cannot be reached, or the connection was lost. Nothing was
            written; asking again completes it.
    """
    queries = [file.query for file in source.files if file.query]
    names = landing.names()
    with ExitStack() as whole:
        drafted: list[_Drafted] = []
        for connection in sorted({query.connection for query in queries}):
            if connection not in connections:
                raise RefusedError(f"Connection {connection} of source {source.name}: not given.")
            asked = [query for query in queries if query.connection == connection]
            with Snapshot(connections[connection], connection, batch_bytes) as snapshot:
                for query in asked:
                    require_schema(snapshot, query)
                    step("checked")
                for query in asked:
                    draft = Draft(landing.draft())
                    whole.callback(draft.path.unlink, missing_ok=True)
                    section = _Section(query, pulled_files(names, query), landing, snapshot)
                    drafted.append(section.drafted(draft, month, step))
        for _, file, draft in drafted:
            if draft.lines:
                landing.put(file.path, draft.path)
                step("placed")
    return [Pulled(query, draft.lines) for query, _, draft in drafted]


def pulls_of(plan: Plan, intake: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the audit entry says of each pulled file that is read for the first time.

    It is told by the file's name, so that it does not matter which attempt pulled it.

    Args:
        plan: Files read.
        intake: Their records, for the lines.
    """
    lines = {record["path"]: record["lines"] for record in intake}
    pulls = []
    for taken in plan.taken:
        query = taken.file.mapping.query
        if query and not taken.known:
            file = pulled_file(taken.file.path)
            pulls.append(
                {
                    "source": query.source,
                    "section": query.name,
                    "connection": query.connection,
                    "rows": lines[file.path],
                    "watermark_from": _iso(file.since),
                    "watermark_to": _iso(file.watermark),
                    "snapshot_at": _iso(file.at),
                }
            )
    return pulls


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.isoformat(timespec='microseconds')}Z"


_Drafted = tuple[Query, PulledFile, Draft]


@dataclass(frozen=True, slots=True)
class _Section:
    """A query section while it is pulled, with the files that it has already."""

    query: Query
    before: list[PulledFile]
    landing: Landing
    snapshot: Snapshot

    def drafted(self, draft: Draft, month: date, step: Callable[[str], None]) -> _Drafted:
        """Write the section's new lines into a draft, and say which file it would be."""
        query, lower = self.query, self._lower()
        sql = query.sql
        if lower:
            kind = self.snapshot.full_name(query.columns[query.watermark])
            sql = since(sql, query.watermark, kind, lower)
        extent = self.snapshot.extent(sql, query.watermark)
        columns = sorted(query.columns, key=lambda name: name != query.watermark)  # it comes first
        counted = _Counted(self.snapshot.lines(sql, columns, query.watermark), step)
        draft.write(counted, self._already(lower), keep=not query.watermark)
        if counted.rows != extent.rows:
            raise RefusedError(
                f"Query {query.name} of source {query.source}: {counted.rows:,} rows came of the "
                f"{extent.rows:,} that the database counted. Make it give the same rows every time."
            )
        if not query.watermark and self._is_last(draft):
            draft.lines = 0
        reached = max([*self._reached(), *filter(None, [extent.watermark])], default=None)
        file = next_file(query, self.before, month, since=lower, watermark=reached, at=extent.at)
        return query, file, draft

    def _reached(self) -> list[datetime]:
        return [file.watermark for file in self.before if file.watermark]

    def _lower(self) -> datetime | None:
        """Return from when on rows are asked for; None is from the beginning."""
        if not self.query.watermark or not self._reached():
            return None
        return max(self._reached()) - timedelta(hours=self.query.overlap_hours)

    def _already(self, lower: datetime | None) -> pl.Series:
        """Return the fingerprints of lines that are in a file, of those that are asked for."""
        within = [
            file
            for file in self.before
            if self.query.watermark
            and (lower is None or file.watermark is None or file.watermark >= lower)
        ]
        return lines_pulled(self.landing, within, self.query.watermark, lower)

    def _is_last(self, draft: Draft) -> bool:
        """Tell whether the draft has the lines of the section's last file, in any order."""
        said = lines_pulled(self.landing, self.before[-1:], None, None)
        given = pl.concat([*draft.prints, said.clear()])
        return given.sort().equals(said.sort())


class _Counted:
    """Batches on their way, with the number of their rows."""

    def __init__(self, batches: Iterator[pl.Series], step: Callable[[str], None]):
        self._batches = batches
        self._step = step
        self.rows = 0

    def __iter__(self) -> Iterator[pl.Series]:
        for batch in self._batches:
            self.rows += batch.len()
            yield batch
            self._step("batch")
