"""The audit chain: numbered entries, each holding the hash of the one before.

It is the transaction log: a file is part of the lake exactly if an entry lists it.
"""

import json
import re
from dataclasses import asdict, dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any

from transforms.errors import RefusedError
from transforms.months import month_of, month_text
from warehouse.store.digests import canonical_json, digest_of
from warehouse.store.lake import LAKE_FILE, Lake

AUDIT = "audit"
KINDS = ("facts", "limits", "hold", "promotion")
_FORMAT = 1
_NAME = re.compile(AUDIT + r"/([0-9]{8})\.json")
_NO_ENTRY = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """One Parquet file of a table and month, and the proof of its bytes.

    Attributes:
        table, month: What it holds; `month` is the first day of the month.
        bucket: Its bucket of users; None if the table has one file per month.
        path: Relative to the lake.
        sha256, size_bytes: Of the file.
        rows, content_digest: Of what it says.
        published: Object that other readers find it as, relative to the lake; None if none.
    """

    table: str
    month: date
    bucket: int | None
    path: str
    sha256: str
    size_bytes: int
    rows: int
    content_digest: str
    published: str | None = None

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "FileRecord":
        """Return the record that `to_plain` made a dict of."""
        return cls(**plain | {"month": month_of(plain["month"])})

    def to_plain(self) -> dict[str, Any]:
        """Return the record as JSON knows it."""
        return asdict(self) | {"month": month_text(self.month)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One commit.

    Attributes:
        number: Position in the chain, from 1.
        kind: `facts`, `limits`, `hold` (a month published with every limit unchanged), or
            `promotion` (a score decides from a month on).
        months: Months committed, first days, ascending; of a promotion the first it decides.
        inputs_id: Identity of everything that the months were computed from.
        supersedes: Entries of which a table and month is replaced.
        reads: Entries relied on.
        folder: Run folder of the attempt, relative to the lake.
        files: Every file of each table and month listed, whichever folder holds it.
        attachments: SHA-256 of every other file of the run folder, by path relative to the lake.
        texts: SHA-256 of each text relied on (policy, pack, sources, ...), by name.
        versions, parameters, figures, intake, approvals: As the run recorded them.
        run: Airflow run id, code version and the clock when the entry was made.
        lake: Digest of the lake's constants.
        previous_hash: `hash` of the entry before; empty in the first.
        hash: SHA-256 of the canonical JSON of everything else here.
    """

    number: int
    kind: str
    months: tuple[date, ...]
    inputs_id: str
    supersedes: tuple[int, ...]
    reads: tuple[int, ...]
    folder: str
    files: tuple[FileRecord, ...]
    attachments: dict[str, str]
    texts: dict[str, str]
    versions: dict[str, Any]
    parameters: dict[str, Any]
    figures: dict[str, Any]
    intake: tuple[dict[str, Any], ...]
    approvals: tuple[dict[str, Any], ...]
    run: dict[str, Any]
    lake: str
    previous_hash: str
    hash: str

    @property
    def group(self) -> str:
        """Return `facts`, `limits` or `promotion`."""
        return group_of(self.kind)

    @property
    def name(self) -> str:
        """Return where the entry lies, relative to the lake."""
        return _name_of(self.number)

    def to_plain(self) -> dict[str, Any]:
        """Return the entry as JSON knows it."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        plain["format"] = _FORMAT
        plain["months"] = [month_text(month) for month in self.months]
        plain["files"] = [file.to_plain() for file in self.files]
        return plain

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> "Entry":
        """Return the entry that `to_plain` made a dict of."""
        values = {field.name: plain[field.name] for field in fields(cls)}
        for name in ("supersedes", "reads", "intake", "approvals"):
            values[name] = tuple(values[name])
        values["months"] = tuple(month_of(text) for text in plain["months"])
        values["files"] = tuple(FileRecord.from_plain(file) for file in plain["files"])
        return cls(**values)

    @classmethod
    def sealed(cls, draft: dict[str, Any]) -> "Entry":
        """Return a plain entry without hash as an entry with it.

        It goes through JSON first, so that what is hashed is what a reader will parse.
        """
        plain = json.loads(canonical_json(draft | {"format": _FORMAT}))
        return cls.from_plain(plain | {"hash": _hash_of(plain)})


def _hash_of(plain: dict[str, Any]) -> str:
    return digest_of({name: value for name, value in plain.items() if name != "hash"})


def group_of(kind: str) -> str:
    """Return `facts`, `limits` or `promotion`: a hold stands in for a month's limits."""
    return "limits" if kind == "hold" else kind


def append(lake: Lake, entry: Entry) -> bool:
    """Add `entry` to the chain; return False if its number was taken by another run.

    If an answer is lost on the network, the one that took it may be this very entry.
    """
    return lake.place.put_if_absent(entry.name, _text_of(entry.to_plain()))


class Chain:
    """Every entry of a lake, checked, and what they say together.

    Attributes:
        lake: The lake.
        entries: Ascending by number, from 1, without a gap.
    """

    def __init__(self, lake: Lake, entries: tuple[Entry, ...]):
        self.lake = lake
        self.entries = entries

    @classmethod
    def read(cls, lake: Lake) -> "Chain":
        """Read and check every entry.

        Raises:
            RefusedError: An entry is missing or not as it was written; names the first such one.
        """
        found = [_NAME.fullmatch(name) for name in lake.place.names(AUDIT)]
        newest = max((int(name[1]) for name in found if name), default=0)
        names = [_name_of(number) for number in range(1, newest + 1)]
        contents = lake.place.read_all(names)
        entries: list[Entry] = []
        previous = _NO_ENTRY
        for number, name in enumerate(names, 1):
            entry = _entry(lake, number, contents.get(name), previous)
            entries.append(entry)
            previous = entry.hash
        return cls(lake, tuple(entries))

    @property
    def newest(self) -> int:
        """Return the number of the newest entry; 0 if there is none."""
        return len(self.entries)

    @property
    def newest_hash(self) -> str:
        """Return the hash that the next entry must hold; empty for the first one."""
        return self.entries[-1].hash if self.entries else _NO_ENTRY

    @cached_property
    def _holders(self) -> dict[tuple[str, date], Entry]:
        return {(file.table, file.month): entry for entry in self.entries for file in entry.files}

    @cached_property
    def _heads(self) -> dict[tuple[str, date], Entry]:
        return {(entry.group, month): entry for entry in self.entries for month in entry.months}

    @cached_property
    def _accounted(self) -> dict[str, dict[str, Any]]:
        facts = (entry for entry in self.entries if entry.kind == "facts")
        return {record["path"]: record for entry in facts for record in entry.intake}

    def holder(self, table: str, month: date) -> Entry | None:
        """Return the newest entry that lists the table and month."""
        return self._holders.get((table, month))

    def head(self, group: str, month: date) -> Entry | None:
        """Return the entry in force of a group for a month; a hold counts as limits."""
        return self._heads.get((group, month))

    def heads(self, group: str) -> dict[date, Entry]:
        """Return the entry in force of each month of a group, ascending."""
        return {month: e for (of, month), e in sorted(self._heads.items()) if of == group}

    def files(self, table: str, month: date) -> tuple[FileRecord, ...]:
        """Return the files of a table and month, by bucket; none if never committed."""
        holder = self.holder(table, month)
        listed = holder.files if holder else ()
        return tuple(file for file in listed if (file.table, file.month) == (table, month))

    def paths(self, table: str, month: date) -> list[str]:
        """Return the paths on this machine of the files of a table and month."""
        return self.lake.paths(self.files(table, month))

    def months(self, table: str) -> tuple[date, ...]:
        """Return the months that have the table, ascending."""
        return tuple(sorted(month for name, month in self._holders if name == table))

    def accounted(self) -> dict[str, dict[str, Any]]:
        """Return the newest intake record of each landing file, by its path."""
        return self._accounted

    @property
    def first_month(self) -> date | None:
        """Return the first month with limits."""
        return min(self.heads("limits"), default=None)

    @property
    def newest_limits_month(self) -> date | None:
        """Return the last month with limits."""
        return max(self.heads("limits"), default=None)


def _text_of(plain: dict[str, Any]) -> bytes:
    """Return an entry's file: readable, and one text only for one entry."""
    return json.dumps(plain, sort_keys=True, indent=1, allow_nan=False).encode("ascii") + b"\n"


def _name_of(number: int) -> str:
    return f"{AUDIT}/{number:08d}.json"


def _entry(lake: Lake, number: int, content: bytes | None, previous: str) -> Entry:
    path = lake.place.shown(_name_of(number))
    if content is None:
        raise _broken(path, "is missing, and later entries exist")
    try:
        plain = json.loads(content)
        unchanged = content == _text_of(plain) and plain["hash"] == _hash_of(plain)
        if unchanged and plain["format"] != _FORMAT:
            raise RefusedError(
                f"{path}: format {plain['format']} is of a newer limitwise. Upgrade."
            )
        entry = Entry.from_plain(plain) if unchanged else None
    except (ValueError, KeyError, TypeError):
        entry = None
    if entry is None:
        raise _broken(path, "is not as it was written")
    if entry.number != number or entry.previous_hash != previous:
        raise _broken(path, "does not follow the entry before it")
    if entry.lake != lake.digest:
        raise _broken(
            path, f"belongs to a lake of other constants than {lake.place.shown(LAKE_FILE)}"
        )
    return entry


def _broken(path: str, what: str) -> RefusedError:
    return RefusedError(
        f"Audit entry {path}: {what}. Restore it from a backup; until then nothing is published."
    )
