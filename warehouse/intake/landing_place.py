"""Where landing files arrive, a folder or a bucket, and how one of them comes to hand."""

import os
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path, PurePosixPath
from typing import Any

from transforms.errors import RefusedError
from warehouse.store.bucket import Bucket
from warehouse.store.digests import file_sha256
from warehouse.store.folder import Folder
from warehouse.store.storage import draft_of

_AT_ONCE = 8  # downloads under way
_KEPT_BYTES = 4 << 30  # of copies that were hashed and are still to be read


class Landing:
    """Landing files by path, relative and with forward slashes; dot-names are no files.

    Of a bucket, files are copied to this machine one by one, to be hashed and read, and are gone
    again when they were read, at the latest when the `with` block ends: nobody keeps raw logs.
    """

    def __init__(self, place: Folder | Bucket, drafts: Path | None = None):
        """Begin to look at a place.

        Args:
            place: Where the files lie.
            drafts: Root whose drafts may hold copies, so that those of a killed process are found
                where its other drafts are; the place's own if None.
        """
        self._place = place
        self._is_folder = isinstance(place, Folder)
        self._copies = None if self._is_folder else draft_of(drafts or place.root)
        self._listed: dict[str, Mapping[str, Any]] | None = None
        self._marks: dict[str, str] = {}
        self._hashed_bytes = 0

    def __enter__(self) -> "Landing":
        return self

    def __exit__(self, *_: object) -> None:
        if self._copies:
            shutil.rmtree(self._copies, ignore_errors=True)

    def __str__(self) -> str:
        return self._place.shown()

    def names(self) -> list[str]:
        """Return the path of every file, sorted; links to folders are not entered.

        Raises:
            RefusedError: The folder or the bucket is absent.
        """
        if self._is_folder:
            return _names_in(self._place.root)
        if self._listed is None:  # a list is long, and every source asks for it
            self._listed = {str(found["path"]): found for found in self._place.listed()}
        return sorted(path for path in self._listed if path and not _is_hidden(path))

    def path_of(self, given: str) -> str:
        """Return the path of a file that a person calls by it, or by its whole path or URL.

        Raises:
            RefusedError: It lies elsewhere.
        """
        if self._is_folder:
            root = self._place.root.resolve()
            full = (root / given).resolve()
            path = full.relative_to(root).as_posix() if full.is_relative_to(root) else None
        else:
            path = given.removeprefix(f"{self}/")
            path = None if "://" in path or path.startswith("/") else path
        if path is None:
            raise RefusedError(
                f"Landing file {given}: lies outside the landing folder {self}. Put it there, or "
                "set LIMITWISE_LANDING."
            )
        return path

    def require_plain(self, path: str) -> None:
        """Refuse a link that leads out of a folder, or what is no file; a bucket has neither."""
        if self._is_folder:
            _require_plain_file(self._place.root, path)

    def size_bytes(self, path: str) -> int:
        """Return the size of a file that `names` found."""
        if self._is_folder:
            return (self._place.root / path).stat().st_size
        return self._listed[path]["size"]

    def digest(self, path: str, record: Mapping[str, Any] | None = None) -> str:
        """Return the SHA-256 of a file that `names` found.

        Args:
            path: Of the file.
            record: What the lake remembers of it. An object with the ETag and size recorded is the
                one that was read then, and is not copied here to be hashed once more.
        """
        if self._is_folder:
            return file_sha256(self._place.root / path)
        if self._is_known(path, record):
            self._marks[path] = record["etag"]
            return record["sha256"]
        sha256 = file_sha256(self.at_hand(path) / path)
        self._hashed_bytes += self.size_bytes(path)
        if self._hashed_bytes > _KEPT_BYTES:  # the disk has its limits: copy it again to be read
            self.done(path)
        return sha256

    def bring(self, records: Mapping[str, Mapping[str, Any] | None]) -> None:
        """Copy what `digest` will hash, several files at a time, as far as there is room.

        Args:
            records: What the lake remembers of each file, by its path.
        """
        if self._is_folder:
            return
        unknown = [path for path, record in records.items() if not self._is_known(path, record)]
        upto = accumulate(self.size_bytes(path) for path in unknown)
        fitting = [path for path, size in zip(unknown, upto, strict=True) if size <= _KEPT_BYTES]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self.at_hand, fitting))

    def _is_known(self, path: str, record: Mapping[str, Any] | None) -> bool:
        if not record or not record.get("etag"):
            return False
        found = self._listed[path]
        return (record["etag"], record["size_bytes"]) == (found["e_tag"], found["size"])

    def at_hand(self, path: str) -> Path:
        """Return a folder of this machine that holds the file under its path."""
        if self._copies is None:
            return self._place.root
        copy = self._copies / path
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            mark = self._place.download(path, copy)
            if mark is None:
                raise RefusedError(
                    f"Landing file {self._place.shown(path)}: was removed meanwhile. Run again."
                )
            self._marks[path] = mark
        return self._copies

    def done(self, path: str) -> None:
        """Let go of the copy of a file that was read."""
        if self._copies:
            (self._copies / path).unlink(missing_ok=True)

    def mark(self, path: str) -> dict[str, str]:
        """Return what the lake's record of a file tells an unchanged object by, if anything."""
        return {"etag": self._marks[path]} if self._marks.get(path) else {}

    def draft(self) -> Path:
        """Return a fresh name on this machine for a file that is to be put."""
        return draft_of(self._place.root)

    def put(self, path: str, draft: Path) -> None:
        """Let a file of this machine land under a path, whole or not at all, in place of any other.

        Args:
            path: Of the landing file.
            draft: Written by the caller, who also removes it.
        """
        self._listed = None
        self._place.put(path, lambda copy: shutil.copyfile(draft, copy))
        self._place.settle([path])
        if not self._is_folder:
            (self._place.root / path).unlink(missing_ok=True)


def landing_at(where: Landing | Folder | Bucket | Path) -> Landing:
    """Return the landing files of a folder or a place."""
    if isinstance(where, Landing):
        return where
    return Landing(Folder(where.absolute()) if isinstance(where, Path) else where)


def _names_in(root: Path) -> list[str]:
    if not root.is_dir():
        raise RefusedError(
            f"Landing folder {root}: not there. Create it, or set LIMITWISE_LANDING to yours."
        )
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = PurePosixPath(Path(folder).relative_to(root).as_posix())
        found += [(below / name).as_posix() for name in names if not name.startswith(".")]
    return sorted(found)


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


def _require_plain_file(root: Path, path: str) -> None:
    full = root / path
    if not full.resolve().is_relative_to(root.resolve()):
        raise RefusedError(
            f"Landing file {path}: a link that leads out of the landing folder. Put the file "
            "itself there."
        )
    if not full.is_file():
        raise RefusedError(f"Landing file {path}: not a plain file. Put a file there.")
