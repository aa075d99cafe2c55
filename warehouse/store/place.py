"""A place: the few acts by which files are kept, the same on a disk and in a bucket."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class Place(Protocol):
    """Files by name, relative and with forward slashes; each is whole or absent, never half.

    What reads a file reads it from this machine: from the place itself if it is a folder, from a
    copy of it if it is a bucket.

    Attributes:
        root: Folder of this machine that files are written to and read from; a file's path below
            it is its name.
    """

    root: Path

    def shown(self, name: str = "") -> str:
        """Return what a person calls the place, or a file of it: a path or a URL."""

    def anew(self) -> "Place":
        """Return the same place without anything remembered of it."""

    def names(self, under: str = "") -> list[str]:
        """Return the name of every file below a folder, sorted; none if it is absent."""

    def read(self, name: str) -> bytes | None:
        """Return what a small file holds at this moment; None if it is absent."""

    def read_all(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return what small files hold; those that are absent are left out."""

    def put(self, name: str, write: Callable[[Path], object]) -> str:
        """Let `write` fill a draft and give it its name; return its SHA-256.

        Only after `settle` is it there for others and after a power cut.
        """

    def put_bytes(self, name: str, content: bytes) -> str:
        """Write a small file, at once for everybody; return its SHA-256."""

    def put_if_absent(self, name: str, content: bytes) -> bool:
        """Create a file; return False if it exists, whoever made it."""

    def copy(self, source: str, target: str, sha256: str, ready: Callable[[], None]) -> bool:
        """Put the bytes of one name under another in one step, whatever is there.

        Args:
            source, target: Names.
            sha256: Of the source; if it is not, nothing is changed and False returned.
            ready: Called when only that one step is left.
        """

    def take_in(self, names: Iterable[str]) -> None:
        """Keep files that were written below `root` by other means than `put`."""

    def settle(self, names: Iterable[str], *, contents: bool = False) -> None:
        """Wait until files are there for everybody, and would be after a power cut.

        Args:
            names: Files that were put.
            contents: Not all of them were: some were only taken in.
        """

    def fetch(self, wanted: Mapping[str, str]) -> list[Path]:
        """Return where files lie on this machine, in the order given.

        Args:
            wanted: SHA-256 of each file, by name.

        Raises:
            RefusedError: One had to be copied here, and is missing or not as it was written.
        """

    def digests(self, names: Iterable[str]) -> dict[str, str | None]:
        """Return the SHA-256 of files as they lie in the place; None of one that is absent."""

    def original(self, name: str) -> AbstractContextManager[Path | None]:
        """Lend a file just as it lies in the place, never from a copy made earlier."""

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all below it."""
