"""A folder of this machine as a place for files."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from warehouse.store import storage
from warehouse.store.digests import file_sha256


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder; see `warehouse.store.place.Place` for what each act promises."""

    root: Path

    def shown(self, name: str = "") -> str:
        """Return an absolute path."""
        return str(self.root / name)

    def anew(self) -> "Folder":
        """Return the folder itself: nothing of it is remembered."""
        return self

    def names(self, under: str = "") -> list[str]:
        """Return the name of every file, dot-names too."""
        found = storage.files_under(self.root / under)
        return [path.relative_to(self.root).as_posix() for path in found]

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a file."""
        try:
            return (self.root / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def read_all(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of files, one after the other."""
        read = ((name, self.read(name)) for name in names)
        return {name: content for name, content in read if content is not None}

    def put(self, name: str, write: Callable[[Path], object]) -> str:
        """Write, sync and rename."""
        storage.put(self.root, self.root / name, write)
        return file_sha256(self.root / name)

    def put_bytes(self, name: str, content: bytes) -> str:
        """Write, sync and rename."""
        return self.put(name, lambda draft: draft.write_bytes(content))

    def put_if_absent(self, name: str, content: bytes) -> bool:
        """Write, sync and rename without replacing."""
        return storage.put_if_absent(self.root, self.root / name, content)

    def copy(self, source: str, target: str, sha256: str, ready: Callable[[], None]) -> bool:
        """Copy into a draft, compare the digest of what was copied, and rename."""

        def write(draft: Path) -> None:
            if not original.is_file() or storage.copy(original, draft) != sha256:
                raise _NotTheSameError
            ready()

        original = self.root / source
        try:
            storage.put(self.root, self.root / target, write)
        except _NotTheSameError:
            return False
        storage.sync_folders(self.root, [self.root / target])
        return True

    def take_in(self, names: Iterable[str]) -> None:
        """Do nothing: what is written below the folder is in the folder."""

    def settle(self, names: Iterable[str], *, contents: bool = False) -> None:
        """Sync the folders above the files, and the files if `put` did not."""
        paths = [self.root / name for name in names]
        if contents:
            for path in paths:
                storage.sync_file(path)
        storage.sync_folders(self.root, paths)

    def fetch(self, wanted: Mapping[str, str]) -> list[Path]:
        """Return the paths; whether the bytes are right is for `verify` to find."""
        return [self.root / name for name in wanted]

    def digests(self, names: Iterable[str]) -> dict[str, str | None]:
        """Hash the files."""
        paths = {name: self.root / name for name in names}
        return {n: file_sha256(path) if path.is_file() else None for n, path in paths.items()}

    @contextmanager
    def original(self, name: str) -> Iterator[Path | None]:
        """Lend the file itself."""
        path = self.root / name
        yield path if path.is_file() else None

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all below it."""
        storage.remove(self.root / name)


class _NotTheSameError(Exception):
    """What was to be copied has other bytes than it was written with."""
