"""The bytes of one landing file: hashed, unpacked and cut into blocks of whole lines."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from transforms.errors import RefusedError
from transforms.mapping.block import LONGEST_LINE_BYTES, Lines

BLOCK_BYTES = 32 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_HASHED_AT_ONCE = 1 << 20


class LandingBytes:
    """A landing file as it was when it was opened; what is appended later is not read.

    Attributes:
        path: Relative to the landing folder, for messages.
        sha256: Of the bytes as they lie there, compressed or not.
        size_bytes: How many.
    """

    def __init__(self, landing: Path, path: str, block_bytes: int = BLOCK_BYTES):
        self.path = path
        self._block_bytes = block_bytes
        self._file = Path(landing) / path
        with self._file.open("rb") as file:
            self.size_bytes = file.seek(0, io.SEEK_END)
            file.seek(0)
            # What fits into a block is read once; more is hashed first and checked when read again.
            self._content = file.read(self.size_bytes) if self.size_bytes <= block_bytes else None
            if self._content is not None:
                self.size_bytes = len(self._content)
                self.sha256 = hashlib.sha256(self._content).hexdigest()
            else:
                self.sha256 = _HashedReader(file, self.size_bytes).digest_of_all()

    @property
    def is_compressed(self) -> bool:
        """Return whether the file's name says that it is compressed."""
        return self.path.endswith(".gz")

    def blocks(self) -> Iterator[Lines]:
        """Yield all lines, about `block_bytes` of text at a time.

        Raises:
            RefusedError: A compressed file is damaged or cut, or the file changed meanwhile.
        """
        if self._content is not None:
            yield from self._blocks(io.BytesIO(self._content))
            return
        with self._file.open("rb") as file:
            reader = _HashedReader(file, self.size_bytes)
            yield from self._blocks(reader)
            if reader.digest_of_all() != self.sha256:
                raise RefusedError(
                    f"Landing file {self.path}: changed while it was read. Deliver files under a "
                    "dot-name and rename them when they are whole; then run again."
                )

    def _blocks(self, raw: BinaryIO) -> Iterator[Lines]:
        stream = gzip.GzipFile(fileobj=raw) if self.is_compressed else raw
        first, rest, is_start = 1, b"", True
        while block := self._read(stream, first):
            if is_start:
                block, is_start = block.removeprefix(_BYTE_ORDER_MARK), False
            *lines, rest = (rest + block).split(b"\n")
            rest = rest[: LONGEST_LINE_BYTES + 1]
            if lines:
                yield Lines(first, lines, cut_off=False)
                first += len(lines)
        if rest:
            yield Lines(first, [rest], cut_off=True)

    def _read(self, stream: BinaryIO, line: int) -> bytes:
        try:
            return stream.read(self._block_bytes)
        except (OSError, EOFError, zlib.error) as problem:
            raise RefusedError(
                f"Landing file {self.path} line {line} or later: the compressed file is damaged or "
                f"cut ({problem}). Deliver it again, or move it out of the landing folder."
            ) from None


class _HashedReader(io.RawIOBase):
    """A file read up to a recorded length, with the hash of what was read."""

    def __init__(self, file: BinaryIO, size_bytes: int):
        self._file = file
        self._left = size_bytes
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        size = self._left if size is None or size < 0 else min(size, self._left)
        content = self._file.read(size)
        self._left -= len(content)
        self._digest.update(content)
        return content

    def digest_of_all(self) -> str:
        """Read what is left and return the SHA-256 of everything."""
        while self.read(_HASHED_AT_ONCE):
            pass
        return self._digest.hexdigest()
