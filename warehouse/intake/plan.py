"""Which landing files an extraction takes, and what the lake remembers of each."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from transforms.errors import RefusedError
from transforms.months import last_day, month_of, month_text, months_after
from warehouse.intake.code_tables import with_code_tables
from warehouse.intake.files_of_accounts import gives_accounts, gone_files
from warehouse.intake.landing_place import Landing
from warehouse.intake.sources import LandingFile, Source, landing_files, missing_files, read_sources
from warehouse.store.audit import Chain


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One landing file to be read.

    Attributes:
        source, file: Its mapping and the file.
        sha256: Of its bytes when the extraction was planned.
        known: What the lake remembers of these very bytes, read before; None if nothing.
        replaces: `file_id` of the earlier content of the same path; None if there was none.
    """

    source: Source
    file: LandingFile
    sha256: str
    known: dict[str, Any] | None
    replaces: str | None

    @property
    def read_through(self) -> date | None:
        """Return the last month whose events the lake holds from these very bytes."""
        return month_of(self.known["through"]) if self.known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an extraction reads and which months it may write.

    Attributes:
        horizon: Newest month with facts once the extraction is published.
        newest: Newest month with facts now; None on a lake without facts.
        earliest: Oldest month that may be written; None if only the events can tell.
        taken: Files to read, by source and path.
        sources: Mappings that have files here.
        absent: Paths of optional files that the new months have not.
        corrects: Whether it forgets rows that an earlier one read.
        makes_accounts_anew: Whether an account row may have to go, and with it every snapshot made
            of it; every file of accounts is read.
        accounts_gone: Files of accounts that are there no longer, so that rows which a corrected
            file gave before cannot go.
    """

    horizon: date
    newest: date | None
    earliest: date | None
    taken: tuple[Taken, ...]
    sources: tuple[Source, ...]
    absent: tuple[str, ...] = ()
    corrects: bool = False
    makes_accounts_anew: bool = False
    accounts_gone: tuple[str, ...] = ()

    @property
    def nothing_to_do(self) -> bool:
        """Tell whether the lake has the month and every landing file."""
        return not self.taken and self.newest is not None and self.horizon <= self.newest

    @property
    def identity(self) -> dict[str, Any]:
        """Return what the extraction is computed from, for `inputs_id`."""
        return {
            "horizon": month_text(self.horizon),
            "files": [
                [taken.file.path, taken.sha256, taken.file.mapping_digest, str(taken.read_through)]
                for taken in self.taken
            ],
        }

    @property
    def reach(self) -> date:
        """Return the first month that may be revised."""
        return date.min if self.newest is None or self.earliest is None else self.earliest

    def filed_under(self, month: date) -> date:
        """Return the month that an event of `month` is filed under."""
        if self.earliest is None or month >= self.earliest:
            return month
        return self.earliest if self.newest is None or self.corrects else self.horizon


def plan(
    chain: Chain, landing: Landing, sources_folder: Path, month: date, late_months: int
) -> Plan:
    """Find every landing file up to the end of `month` that is not accounted for.

    Args:
        chain: Audit chain of the lake.
        landing: Landing files.
        sources_folder: Folder of mappings.
        month: Month to extract; months between the newest one with facts and it come along.
        late_months: How far back facts may be revised once limits have been published. A file or
            mapping that was corrected supersedes all that the file gave, however old.

    Raises:
        RefusedError: No mapping finds a file, or a file that should be there is missing.
    """
    newest = max(chain.heads("facts"), default=None)
    horizon = max(month, newest) if newest else month
    found = {s: _up_to(landing_files(s, landing), horizon) for s in read_sources(sources_folder)}
    active = {source: files for source, files in found.items() if files}
    if not active:
        raise RefusedError(
            f"Landing {landing}: no file up to {month_text(month)} matches a mapping of "
            f"{sources_folder}. Put the files there, or set LIMITWISE_LANDING and "
            "LIMITWISE_SOURCES."
        )
    absent = _require_complete(active, newest, month)
    for source, files in active.items():
        _require_tables_kept(source, files, chain, landing)
    active = {source: with_code_tables(files, landing) for source, files in active.items()}
    taken, anew, gone = _unaccounted(chain, landing, active, horizon)
    # Where a month may not be revised, half of a superseded file would stand beside the new one.
    corrected = anew or any(_takes_back(one, chain) for one in taken)
    return Plan(
        horizon=horizon,
        newest=newest,
        earliest=_earliest(chain, active, horizon, None if corrected else late_months),
        taken=taken,
        sources=tuple(active),
        absent=tuple(absent),
        corrects=corrected,
        makes_accounts_anew=anew,
        accounts_gone=gone,
    )


def _takes_back(taken: Taken, chain: Chain) -> bool:
    """Tell whether the lake forgets rows of a file: of a mere code table it has only bad lines."""
    if not taken.replaces:
        return False
    record = chain.accounted()[taken.file.path]
    return bool(taken.file.mapping.templates or record["months"] or record["quarantined"])


def _up_to(files: list[LandingFile], horizon: date) -> list[LandingFile]:
    return [f for f in files if f.period is None or f.period[0] <= last_day(horizon)]


def _require_complete(
    active: dict[Source, list[LandingFile]], newest: date | None, month: date
) -> list[str]:
    """Refuse a new month of which a declared file is missing; return the absent optional ones."""
    missing, absent = [], []
    for source, files in active.items():
        begun = [file.period[0].replace(day=1) for file in files if file.period]
        first = months_after(newest, 1) if newest else min(begun, default=month)
        if first <= month:
            missing += missing_files(source, files, first, month)
            absent += missing_files(source, files, first, month, optional=True)
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise RefusedError(
            f"Landing files missing for {month_text(month)}: {', '.join(missing[:5])}{more}. "
            "Deliver them; if nothing happened, put an empty file there, or declare optional = "
            "true for files that some months do not have."
        )
    return absent


def _require_tables_kept(
    source: Source, files: list[LandingFile], chain: Chain, landing: Landing
) -> None:
    """Refuse to read by a code table of which a file is gone that was read before.

    What was looked up in it would be unknown now, and the lines that needed it be lost.
    """
    needed = {table.file for file in files for table in file.mapping.code_tables}
    there = set(landing.names()) if needed else set()
    gone = sorted(
        path
        for path, record in chain.accounted().items()
        if record["source"] == source.name and record["section"] in needed and path not in there
    )
    if gone:
        more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        raise RefusedError(
            f"Landing file {gone[0]}{more}: was read before and is gone, and other files of the "
            f"source {source.name} look up codes in it. Put it back: files of a code table stay in "
            "the landing folder, one without content if its codes hold no longer."
        )


def _earliest(
    chain: Chain, active: dict[Source, list[LandingFile]], horizon: date, late_months: int | None
) -> date | None:
    first = min(chain.heads("facts"), default=None)
    if first is None:
        return _first_period([file for files in active.values() for file in files])
    if chain.newest_limits_month is None or late_months is None:
        return first
    return max(first, months_after(horizon, -late_months))


def _first_period(files: list[LandingFile]) -> date | None:
    """Return the first month that files are of; None if only the events can tell.

    The month of a pulled file is the one it was pulled for: its rows may be years older.
    """
    if any(file.mapping.query and file.period is None for file in files):
        return None
    delivered = [f.period[0].replace(day=1) for f in files if f.period and not f.mapping.query]
    return min(delivered, default=None)


def _unaccounted(
    chain: Chain,
    landing: Landing,
    active: dict[Source, list[LandingFile]],
    horizon: date,
) -> tuple[tuple[Taken, ...], bool, tuple[str, ...]]:
    """Find the files to be read, and whether all snapshots of accounts are made anew of them.

    Returns:
        The files; whether the snapshots are; and if a file of accounts was corrected and they are
        not, the files that are gone.
    """
    records = chain.accounted()
    landing.bring({f.path: records.get(f.path) for files in active.values() for f in files})
    every = [
        _taken(source, file, landing, records.get(file.path))
        for source, files in active.items()
        for file in files
    ]
    fresh = {taken.file.path for taken in every if _is_open(taken, records, horizon)}
    replaced = {taken.file.path for taken in every if taken.replaces}
    # What a replaced file had in common with others was counted once: read those again too.
    entangled = {p for path in replaced for p in records[path]["entangled"]}
    of_accounts = {taken.file.path for taken in every if gives_accounts(taken.file, records)}
    is_corrected = bool(of_accounts & (replaced | entangled))
    gone = gone_files([taken.file.path for taken in every], records) if is_corrected else []
    anew = is_corrected and not gone
    chosen = []
    for taken in every:
        path = taken.file.path
        if path in fresh:
            chosen.append(taken)
        elif path in entangled:
            chosen.append(_again(taken, records[path]))
        elif anew and path in of_accounts:
            chosen.append(taken)
    return tuple(chosen), anew, tuple(gone)


def _taken(
    source: Source, file: LandingFile, landing: Landing, record: dict[str, Any] | None
) -> Taken:
    sha256 = landing.digest(file.path, record)
    if record and record["sha256"] == sha256:
        file = file.as_read(record)
    same = record and (record["sha256"], record["mapping"]) == (sha256, file.mapping_digest)
    return Taken(
        source=source,
        file=file,
        sha256=sha256,
        known=record if same else None,
        replaces=record["file_id"] if record and not same else None,
    )


def _again(taken: Taken, record: dict[str, Any]) -> Taken:
    return Taken(
        source=taken.source,
        file=taken.file,
        sha256=taken.sha256,
        known=None,
        replaces=record["file_id"],
    )


def _is_open(taken: Taken, records: dict[str, dict[str, Any]], horizon: date) -> bool:
    if taken.read_through is None:
        return True
    waiting = records[taken.file.path]["waiting_lines"]
    return bool(waiting) and taken.read_through < horizon
