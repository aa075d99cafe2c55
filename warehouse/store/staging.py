"""Staging: the files of one attempt at a run, before an audit entry makes them part of the lake."""

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from transforms.errors import RefusedError
from transforms.months import month_of, month_text
from transforms.tables.table import Table
from warehouse.store.audit import Chain, FileRecord
from warehouse.store.digests import canonical_json, content_digest, digest_of
from warehouse.store.lake import Lake
from warehouse.store.storage import files_under
from warehouse.store.table_files import in_order, require_shape, write_rows

RUNS = "runs"
TEXTS = "texts"
_INPUTS_ID = re.compile(r"[0-9a-f]{16}")
_FOLDER = re.compile(RUNS + r"/[0-9]{4}-[0-9]{2}-[0-9a-f]{16}/[0-9]+")
_SEALED = "staged.json"
_MANIFEST = re.compile(r"staged(-[a-z0-9]+)?\.json")


class Staging:
    """Files staged under `runs/<month>-<inputs_id>/<attempt>/`, and notes for the audit entry.

    Everything here is plain data in the folder: another process resumes it by the folder's name.

    Attributes:
        lake: The lake.
        folder: Relative to the lake; JSON-able, so that it can travel between tasks.
        month: Month that the folder is named after.
        inputs_id: Identity of everything that the run is computed from.
        base: Number of the newest audit entry when the run read its inputs.
        notes: Draft of the audit entry (`kind`, `months`, `reads`, `versions`, `parameters`,
            `figures`, `intake`), `cascade` if it revises a month that others follow, and whatever
            else the next task needs.
        texts: SHA-256 of each text kept, by name.
    """

    def __init__(self, lake: Lake, folder: str, month: date, inputs_id: str, base: int):
        self.lake = lake
        self.folder = folder
        self.month = month
        self.inputs_id = inputs_id
        self.base = base
        self.notes: dict[str, Any] = {}
        self.texts: dict[str, str] = {}
        self.attachments: dict[str, str] = {}
        self._files: dict[tuple[str, date, int | None], FileRecord] = {}
        self._lent: set[str] = set()
        self._open: bool | None = None

    @classmethod
    def begin(
        cls, lake: Lake, month: date, inputs_id: str, *, base: int | None = None
    ) -> "Staging":
        """Open the folder of a new attempt.

        Args:
            lake: The lake.
            month: Month observed; of a range, its last month.
            inputs_id: 16 hexadecimal digits.
            base: `Chain.newest` of the chain that the inputs were found in; None is the present.
        """
        if not _INPUTS_ID.fullmatch(inputs_id):
            raise ValueError(f"{inputs_id[:40]!r} is not an inputs id of 16 hexadecimal digits.")
        base = Chain.read(lake).newest if base is None else base
        run = f"{RUNS}/{month_text(month)}-{inputs_id}"
        used = {name.removeprefix(f"{run}/").partition("/")[0] for name in lake.place.names(run)}
        attempt = max((int(number) for number in used if number.isdecimal()), default=0)
        while True:
            attempt += 1
            staging = cls(lake, f"{run}/{attempt}", month, inputs_id, base)
            # Whoever is first to put a manifest has the number.
            if lake.place.put_if_absent(f"{staging.folder}/{_SEALED}", staging._sealed()):
                return staging

    @classmethod
    def resume(cls, lake: Lake, folder: str) -> "Staging":
        """Open the folder of an attempt that another process sealed.

        Raises:
            RefusedError: The folder is not one, or its manifest is not as it was written.
        """
        place, is_one = lake.place, _FOLDER.fullmatch(folder)
        manifests = [name for name in place.names(folder) if is_manifest(name)] if is_one else []
        if not manifests:
            raise RefusedError(f"Staging {folder}: nothing staged there. Run the month again.")
        staging = None
        for name, content in place.read_all(manifests).items():
            plain = _manifest(place.shown(name), content)
            staging = staging or cls(
                lake, folder, month_of(plain["month"]), plain["inputs_id"], plain["base"]
            )
            staging.notes |= plain["notes"]
            staging.texts |= plain["texts"]
            staging.attachments |= plain["attachments"]
            staging.adopt(map(FileRecord.from_plain, plain["files"]))
        return staging

    @property
    def files(self) -> tuple[FileRecord, ...]:
        """Return every file staged or adopted, by table, month and bucket."""
        return tuple(
            sorted(self._files.values(), key=lambda f: (f.table, f.month, f.bucket or 0, f.path))
        )

    def paths(self, table: str, month: date, bucket: int | None = None) -> list[str]:
        """Return the paths on this machine of the staged files of a table and month.

        Args:
            table: Name of the table.
            month: First day of the month.
            bucket: The only bucket wanted; None for all.
        """
        return self.lake.paths(
            file
            for file in self.files
            if (file.table, file.month) == (table, month) and bucket in (None, file.bucket)
        )

    def path(self, name: str = "") -> Path:
        """Return a path within the folder, for what writes its own files, such as Data Docs."""
        self._lent.add(name)
        return self.lake.path(self.folder) / name

    def shown(self, name: str) -> str:
        """Return what a person calls a path within the folder."""
        return self.lake.place.shown(f"{self.folder}/{name}")

    def write(
        self,
        table: Table,
        month: date,
        frame: pl.LazyFrame | pl.DataFrame,
        bucket: int | None = None,
    ) -> FileRecord:
        """Write one file of a table and month; bytes depend on the rows only, not on their order.

        Args:
            table: Declared table; its key must identify a row.
            month: First day of the month.
            frame: Exactly the declared columns.
            bucket: Bucket of users, for a bucketed table.

        Raises:
            RefusedError: The frame is not of the declared shape, month or bucket, or two of its
                rows share a key.
        """
        self._require_open()
        rows = frame.lazy().collect().rechunk()  # sorted sooner from one piece
        require_shape(table, month, rows, bucket, self.lake.buckets)
        rows = in_order(table, month, rows)
        name = "all" if bucket is None else f"{bucket:02d}"
        relative = f"{self.folder}/{table.name}/{month_text(month)}/{name}.parquet"
        # A published file names its inputs, so that readers see which files belong together.
        metadata = {"inputs_id": self.inputs_id} if table.published else None
        sha256 = self.lake.place.put(relative, lambda draft: write_rows(rows, draft, metadata))
        published = f"{table.name}/month={month_text(month)}/{table.name}.parquet"
        record = FileRecord(
            table=table.name,
            month=month,
            bucket=bucket,
            path=relative,
            sha256=sha256,
            size_bytes=self.lake.path(relative).stat().st_size,
            rows=rows.height,
            content_digest=content_digest(rows),
            published=published if table.published else None,
        )
        self._files[table.name, month, bucket] = record
        return record

    def adopt(self, records: Iterable[FileRecord]) -> None:
        """List files whose bytes stay, in whichever run folder they lie."""
        for record in records:
            self._files[record.table, record.month, record.bucket] = record

    def write_text(self, name: str, text: str) -> str:
        """Write a text beside the tables and return its path relative to the lake."""
        self._require_open()
        if (
            not name
            or name.startswith("/")
            or ".." in Path(name).parts
            or _MANIFEST.fullmatch(name)
        ):
            raise ValueError(f"{name[:80]!r} is not a name within the run folder.")
        relative = f"{self.folder}/{name}"
        self.attachments[relative] = self.lake.place.put_bytes(relative, text.encode())
        return relative

    def keep_text(self, name: str, text: str) -> str:
        """Keep a text that the run relies on, once for all runs; return its SHA-256.

        Raises:
            RefusedError: A text of that hash is in the lake and is not as it was written.
        """
        content = text.encode()
        sha256 = hashlib.sha256(content).hexdigest()
        kept, place = f"{TEXTS}/{sha256}", self.lake.place
        stored = place.read(kept)
        if stored is None:
            place.put_bytes(kept, content)
        elif stored != content:
            raise RefusedError(
                f"Text {place.shown(kept)}: not as it was written. Restore it from a backup."
            )
        self.texts[name] = sha256
        return sha256

    def seal(self, extra: dict[str, Any] | None = None, *, part: str = "") -> None:
        """Persist files and notes, so that another process can resume.

        Args:
            extra: Added to the notes.
            part: Letters and digits that name a task, if several stage into one folder.
        """
        self._require_open()
        self.notes |= json.loads(canonical_json(extra or {}))
        self.notes = json.loads(canonical_json(self.notes))
        self.lake.place.take_in(self._written_elsewhere())
        self.attachments = {} if part else self.attached()
        name = f"{self.folder}/{f'staged-{part}.json' if part else _SEALED}"
        tables = [file.path for file in self.files]
        self.lake.place.settle(tables)
        self.lake.place.put_bytes(name, self._sealed())
        self.lake.place.settle([name])

    def _sealed(self) -> bytes:
        content = {
            "month": month_text(self.month),
            "inputs_id": self.inputs_id,
            "base": self.base,
            "notes": self.notes,
            "texts": self.texts,
            "attachments": self.attachments,
            "files": [file.to_plain() for file in self.files],
        }
        return canonical_json(content | {"digest": digest_of(content)}) + b"\n"

    def _written_elsewhere(self) -> list[str]:
        """Return what lies in the paths lent out and neither `write` nor `seal` put there."""
        ours = {self.lake.path(file.path) for file in self.files}
        root, here = self.lake.root, self.lake.path(self.folder)
        found = {path for name in self._lent for path in files_under(here / name)} - ours
        names = (path.relative_to(root).as_posix() for path in found)
        return sorted(name for name in names if not is_manifest(name))

    def attached(self, *, manifests: bool = False) -> dict[str, str]:
        """Return the SHA-256 of every file in the folder that is no table, by path in the lake."""
        tables = {file.path for file in self.files}
        names = [
            name
            for name in self.lake.place.names(self.folder)
            if name not in tables and (manifests or not is_manifest(name))
        ]
        return self.lake.place.digests(names)

    def close(self) -> None:
        """Take no more writes: the folder is committed."""
        self._open = False

    def _require_open(self) -> None:
        """Refuse to touch a folder that an audit entry lists: committed files are immutable."""
        if self._open is None:
            self._open = all(entry.folder != self.folder for entry in Chain.read(self.lake).entries)
        if not self._open:
            raise RefusedError(
                f"Staging {self.folder}: committed, so it stays. Begin a new attempt."
            )


def is_manifest(name: str) -> bool:
    """Tell whether a file of the lake is the list of what was staged in its folder."""
    folder, _, last = name.rpartition("/")
    return bool(_FOLDER.fullmatch(folder) and _MANIFEST.fullmatch(last))


def _manifest(path: str, content: bytes) -> dict[str, Any]:
    try:
        plain = json.loads(content)
        rest = {name: value for name, value in plain.items() if name != "digest"}
        unchanged = content == canonical_json(plain) + b"\n" and plain["digest"] == digest_of(rest)
    except (ValueError, KeyError, TypeError, AttributeError):
        unchanged = False
    if not unchanged:
        raise RefusedError(f"Staging {path}: not as it was written. Run the month again.")
    return rest
