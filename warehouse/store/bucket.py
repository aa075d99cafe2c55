"""A prefix of an S3 bucket as a place for files, with a copy of what was read on this machine."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError

from transforms.errors import NotYetError, RefusedError
from warehouse.store import storage
from warehouse.store.digests import file_sha256
from warehouse.store.s3 import Access, reached, store_of

Answer = TypeVar("Answer")
_AT_ONCE = 8  # requests under way
_PARTS_AT_ONCE = 2  # of one large upload, 5 MB each: memory stays below 100 MB
_LISTED_AT_ONCE = 1_000
_SHA256 = "sha256"  # metadata of an object: what its writer had in hand


class Bucket:
    """A prefix of a bucket; see `warehouse.store.place.Place` for what each act promises.

    An object is uploaded with its SHA-256 as metadata, which a copy within the bucket keeps; the
    server checks the upload against a checksum of its own. So the digest of an object written by
    us costs one request and no download. `original` trusts neither metadata nor copies.

    Attributes:
        url: `s3://bucket` or `s3://bucket/prefix`.
        root: Folder of this machine for copies. It may be deleted at any time between two runs.
        access: How the server is reached.
    """

    def __init__(self, url: str, root: Path, access: Access):
        self.url = url
        self.root = root
        self.access = access
        self._store = store_of(url, access)
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._uploads: list[Future] = []
        self._checked: dict[Path, tuple[str, tuple[int, ...]]] = {}
        root.mkdir(parents=True, exist_ok=True, mode=0o700)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bucket) and (self.url, self.root) == (other.url, other.root)

    def __hash__(self) -> int:
        return hash((self.url, self.root))

    def shown(self, name: str = "") -> str:
        """Return a URL."""
        return f"{self.url}/{name}" if name else self.url

    def anew(self) -> "Bucket":
        """Return the same place without the knowledge of which copies were checked."""
        return Bucket(self.url, self.root, self.access)

    def names(self, under: str = "") -> list[str]:
        """Return the name of every object, however many pages of them there are."""
        return sorted(str(found["path"]) for found in self.listed(under) if found["path"])

    def listed(self, under: str = "") -> list[Mapping]:
        """Return `path`, `size` and `e_tag` of every object below a prefix."""
        return _whole(lambda: self._listed(under))

    def _listed(self, under: str) -> list[Mapping]:
        with self._reached(under):
            pages = obstore.list(self._store, under or None, chunk_size=_LISTED_AT_ONCE)
            return [found for page in pages for found in page]

    def read(self, name: str) -> bytes | None:
        """Return the bytes of an object."""
        return _whole(lambda: self._read(name))

    def _read(self, name: str) -> bytes | None:
        with suppress(FileNotFoundError), self._reached(name):
            return bytes(obstore.get(self._store, name).bytes())
        return None

    def read_all(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of objects, several at a time."""
        names = list(names)
        read = zip(names, self._pool.map(self.read, names), strict=True)
        return {name: content for name, content in read if content is not None}

    def put(self, name: str, write: Callable[[Path], object]) -> str:
        """Write a copy on this machine, and begin to upload it."""
        path = self.root / name
        with self._draft() as draft:
            write(draft)
            sha256 = file_sha256(draft)
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.replace(path)
        self._checked[path] = (sha256, _state_of(path))
        self._uploads.append(self._pool.submit(self._upload, name, path, sha256))
        return sha256

    def put_bytes(self, name: str, content: bytes) -> str:
        """Upload bytes."""
        sha256 = hashlib.sha256(content).hexdigest()
        self._upload(name, content, sha256)
        return sha256

    def put_if_absent(self, name: str, content: bytes) -> bool:
        """Upload bytes on the condition that the key is free (`If-None-Match: *`)."""
        attributes = {_SHA256: hashlib.sha256(content).hexdigest()}
        with self._reached(name):
            try:
                obstore.put(self._store, name, content, mode="create", attributes=attributes)
            except AlreadyExistsError:
                return False
        return True

    def copy(self, source: str, target: str, sha256: str, ready: Callable[[], None]) -> bool:
        """Let the server copy one object onto the other key."""
        if self.digests([source])[source] != sha256:
            return False
        ready()
        with self._reached(target):
            obstore.copy(self._store, source, target)
        return True

    def take_in(self, names: Iterable[str]) -> None:
        """Upload files written below `root` that the bucket does not hold as they are now."""
        written = {name: file_sha256(self.root / name) for name in names}
        stored = self.digests(written)
        for name, sha256 in written.items():
            if stored[name] != sha256:
                begun = self._pool.submit(self._upload, name, self.root / name, sha256)
                self._uploads.append(begun)

    def settle(self, names: Iterable[str], *, contents: bool = False) -> None:
        """Wait for every upload begun, whatever the names."""
        uploads, self._uploads = self._uploads, []
        for upload in uploads:
            upload.result()

    def fetch(self, wanted: Mapping[str, str]) -> list[Path]:
        """Return copies on this machine, each checked once by this process, several at a time."""
        return list(self._pool.map(self._at_hand, wanted.keys(), wanted.values()))

    def digests(self, names: Iterable[str]) -> dict[str, str | None]:
        """Return what each object says of itself, or the hash of one that says nothing."""
        names = list(names)
        return dict(zip(names, self._pool.map(self._digest, names), strict=True))

    @contextmanager
    def original(self, name: str) -> Iterator[Path | None]:
        """Lend a fresh copy, which is removed afterwards."""
        with self._draft() as draft:
            yield draft if self.download(name, draft) else None

    def remove(self, name: str) -> None:
        """Remove an object, or all below a prefix, and the copies."""
        with self._reached(name):
            obstore.delete(self._store, [name, *self.names(name)])
        storage.remove(self.root / name)

    def download(self, name: str, path: Path) -> str | None:
        """Copy an object to a path, never whole in memory; return its ETag, None if absent."""
        return _whole(lambda: self._download(name, path))

    def _download(self, name: str, path: Path) -> str | None:
        try:
            with self._reached(name):
                found = obstore.get(self._store, name)
                with path.open("wb") as file:
                    for part in found.stream():
                        file.write(part)
                return found.meta["e_tag"] or ""
        except FileNotFoundError:
            return None
        except RefusedError:
            path.unlink(missing_ok=True)  # the beginning of a file could pass for the whole
            raise

    def _upload(self, name: str, content: bytes | Path, sha256: str) -> None:
        with self._reached(name):
            obstore.put(
                self._store,
                name,
                content,
                attributes={_SHA256: sha256},
                max_concurrency=_PARTS_AT_ONCE,
            )

    def _digest(self, name: str) -> str | None:
        with suppress(FileNotFoundError), self._reached(name):
            found = obstore.get(self._store, name, options={"head": True})
            return found.attributes.get(_SHA256) or self._hashed(name)
        return None

    def _hashed(self, name: str) -> str | None:
        with self.original(name) as path:
            return file_sha256(path) if path else None

    def _at_hand(self, name: str, sha256: str) -> Path:
        path = self.root / name
        if self._is_copy(path, sha256):
            return path
        with self._draft() as draft:
            if self.download(name, draft) is None:
                raise RefusedError(f"File {self.shown(name)}: is missing. Run `limitwise verify`.")
            if file_sha256(draft) != sha256:
                raise RefusedError(
                    f"File {self.shown(name)}: its bytes are not as they were written. "
                    "Run `limitwise verify`."
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.replace(path)
        self._checked[path] = (sha256, _state_of(path))
        return path

    def _is_copy(self, path: Path, sha256: str) -> bool:
        """Tell whether a file on this machine has the bytes; hash it once while it stays as is."""
        if not path.is_file():
            return False
        state = _state_of(path)
        if self._checked.get(path) != (sha256, state):
            self._checked[path] = (file_sha256(path), state)
        return self._checked[path] == (sha256, state)

    @contextmanager
    def _draft(self) -> Iterator[Path]:
        draft = storage.draft_of(self.root)
        try:
            yield draft
        finally:
            draft.unlink(missing_ok=True)

    def _reached(self, name: str):
        return reached(self.shown(name), self.access)


def _whole(ask: Callable[[], Answer]) -> Answer:
    """Ask once more if an answer broke off: the client repeats requests only until one begins."""
    try:
        return ask()
    except NotYetError:
        return ask()


def _state_of(path: Path) -> tuple[int, ...]:
    stat = path.stat()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
