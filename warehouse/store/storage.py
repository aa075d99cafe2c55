"""Bytes on a disk: whole or absent, never half, and still there after a power cut.

The one place that knows that a lake is a folder. An object store needs the same four acts: put a
whole object, put it only if absent, copy onto a key, list.
"""

import hashlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore

DRAFTS = ".drafts"
_COPIED_AT_ONCE = 1 << 20


def draft_of(root: Path) -> Path:
    """Return a fresh name for a file being written, where no reader of the lake looks."""
    folder = root / DRAFTS
    folder.mkdir(parents=True, exist_ok=True)
    return folder / uuid.uuid4().hex


def put(root: Path, path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a draft, then give it its name in one step; `path` is old or new, whole."""
    draft = draft_of(root)
    try:
        write(draft)
        sync_file(draft)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_file(path.parent)


def put_bytes(root: Path, path: Path, content: bytes) -> None:
    """Write `content` to `path`, whole or not at all."""
    put(root, path, lambda draft: draft.write_bytes(content))


def put_if_absent(root: Path, path: Path, content: bytes) -> bool:
    """Create `path` with `content`; return False if it exists, whoever made it.

    The bytes are on the disk before they get the name: after a power cut `path` is whole or absent.
    """
    draft = draft_of(root)
    try:
        draft.write_bytes(content)
        sync_file(draft)
        path.parent.mkdir(parents=True, exist_ok=True)
        names = (file.relative_to(root).as_posix() for file in (draft, path))
        obstore.rename(LocalStore(prefix=str(root)), *names, overwrite=False)
    except AlreadyExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    sync_folders(root, [path])
    return True


def copy(source: Path, draft: Path) -> str:
    """Copy bytes, never by hard link, and return their SHA-256 as hexadecimal.

    One flipped bit must not be able to hit the original and the copy.
    """
    digest = hashlib.sha256()
    with source.open("rb") as read, draft.open("wb") as written:
        while block := read.read(_COPIED_AT_ONCE):
            digest.update(block)
            written.write(block)
    return digest.hexdigest()


def sync_file(path: Path) -> None:
    """Ask the disk to keep the file, or the names in the folder, at `path`."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folders(root: Path, files: Iterable[Path]) -> None:
    """Ask the disk to keep the names of `files` and of every folder between them and `root`."""
    folders: set[Path] = set()
    for file in files:
        for folder in file.parents:
            folders.add(folder)
            if folder == root:
                break
    for folder in sorted(folders, reverse=True):
        sync_file(folder)


def files_under(folder: Path) -> list[Path]:
    """Return every file below `folder`, dot-names too, sorted by name; none if it is absent."""
    return sorted(path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())


def remove(path: Path) -> None:
    """Remove a file, or a folder with all below it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
