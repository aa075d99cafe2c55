"""The bytes of one landing file: hashed, unpacked and cut into blocks of whole lines."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy

from transforms.errors import RefusedError
from transforms.mapping.first_bytes import LOOKED_AT, not_packed_so
from transforms.mapping.path_pattern import COMPRESSED
from transforms.mapping.text_lines import AS_UTF8, LONGEST_LINE_BYTES, Lines
from warehouse.intake.wide_text import decoder_of

BLOCK_BYTES = 8 << 20  # larger ones are slower: they do not stay in the caches
_BYTE_ORDER_MARKS = dict.fromkeys(AS_UTF8, b"\xef\xbb\xbf") | {"gb18030": b"\x841\x953"}
_HASHED_AT_ONCE = 1 << 20


class LandingBytes:
    """A landing file as it was when it was opened; what is appended later is not read.

    Attributes:
        path: Relative to the landing folder, for messages.
        sha256: Of the bytes as they lie there, compressed or not.
        size_bytes: How many.
    """

    def __init__(
        self,
        landing: Path,
        path: str,
        block_bytes: int = BLOCK_BYTES,
        sha256: str | None = None,
    ):
        """Open a landing file.

        Args:
            landing: Folder that holds it.
            path: Relative to that.
            block_bytes: Text to read at a time.
            sha256: What its bytes must be, if they were hashed before: then they are hashed once
                more while they are read, and not a third time.

        Raises:
            RefusedError: A small file is not what it must be.
        """
        self.path = path
        self._block_bytes = block_bytes
        self._line = 1  # of the text, the next one to be read
        self._file = Path(landing) / path
        with self._file.open("rb") as file:
            self.size_bytes = file.seek(0, io.SEEK_END)
            file.seek(0)
            # What fits into a block is read once; more is hashed first and checked when it is read.
            self._content = file.read(self.size_bytes) if self.size_bytes <= block_bytes else None
            if self._content is not None:
                self.size_bytes = len(self._content)
                found = hashlib.sha256(self._content).hexdigest()
                self.sha256 = sha256 or found
                self._require_unchanged(found)
            else:
                self.sha256 = sha256 or _HashedReader(file, self.size_bytes).digest_of_all()

    @property
    def is_compressed(self) -> bool:
        """Return whether the file's name says that it is compressed."""
        return self.path.endswith(COMPRESSED)

    def blocks(self, encoding: str = "utf-8") -> Iterator[Lines]:
        """Yield all lines, about `block_bytes` of text at a time.

        A line ends with LF, with CR LF or with CR. Lines of UTF-16 are given in UTF-8, with a byte
        that is none where the text cannot be decoded.

        Raises:
            RefusedError: A compressed file is damaged or cut, or the file changed meanwhile.
        """
        if self._content is not None:
            yield from self._blocks(io.BytesIO(self._content), encoding)
            return
        with self._file.open("rb") as file:
            reader = _HashedReader(file, self.size_bytes)
            yield from self._blocks(reader, encoding)
            self._require_unchanged(reader.digest_of_all())

    def beginning(self) -> bytes:
        """Return the first bytes of the unpacked text.

        Raises:
            RefusedError: A compressed file is damaged.
        """
        with self._opened() as file:
            return self._piece(self._unpacked(file), LOOKED_AT)

    @contextmanager
    def seekable(self) -> Iterator[BinaryIO]:
        """Give the whole file to read in any order.

        Raises:
            RefusedError: The file changed meanwhile.
        """
        if self._content is not None:
            yield io.BytesIO(self._content)
            return
        with self._file.open("rb") as file:
            yield file
            file.seek(0)
            self._require_unchanged(_HashedReader(file, self.size_bytes).digest_of_all())

    def _opened(self) -> BinaryIO:
        return self._file.open("rb") if self._content is None else io.BytesIO(self._content)

    def _require_unchanged(self, found: str) -> None:
        if found != self.sha256:
            raise RefusedError(
                f"Landing file {self.path}: changed while it was read. Deliver files under a "
                "dot-name and rename them when they are whole; then run again."
            )

    def _blocks(self, raw: BinaryIO, encoding: str) -> Iterator[Lines]:
        self._line, rest, mark = 1, b"", _BYTE_ORDER_MARKS.get(encoding, b"")
        for text in self._texts(self._unpacked(raw), encoding):
            feed = text.rfind(b"\n")
            if feed < 0:
                rest += text
            else:
                lines = b"".join((rest, memoryview(text)[:feed]))
                rest = text[feed + 1 :]
                if self._line == 1:
                    lines = lines.removeprefix(mark)
                first, count = self._line, _line_feeds(lines) + 1
                self._line += count
                yield Lines(first, count, lines, cut_off=False)
            rest = rest[: LONGEST_LINE_BYTES + 1]
        if self._line == 1:
            rest = rest.removeprefix(mark)
        if rest:
            yield Lines(self._line, 1, rest, cut_off=True)

    def _texts(self, stream: BinaryIO, encoding: str) -> Iterator[bytes]:
        """Yield the unpacked text piece by piece, every line end written as a line feed."""
        decoder, held = decoder_of(encoding), b""
        while piece := self._piece(stream):
            text = held + (decoder.utf8(piece) if decoder else piece)
            held = b"\r" if text.endswith(b"\r") else b""  # the line feed may be still to come
            yield _with_line_feeds(text[: len(text) - len(held)])
        if rest := _with_line_feeds(held + (decoder.utf8(b"", is_last=True) if decoder else b"")):
            yield rest

    def _unpacked(self, raw: BinaryIO) -> BinaryIO:
        if self.is_compressed and not self.size_bytes:
            raise self._damaged("it is empty")
        if self.path.endswith(".gz"):
            return gzip.GzipFile(fileobj=raw)
        if self.path.endswith(".zst"):
            import pyarrow as pa

            return pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd")
        return raw

    def _piece(self, stream: BinaryIO, size: int | None = None) -> bytes:
        try:
            return stream.read(size or self._block_bytes)
        except (OSError, EOFError, zlib.error) as problem:
            raise self._damaged(problem) from None

    def _damaged(self, problem: object) -> RefusedError:
        with self._opened() as file:
            otherwise = not_packed_so(file.read(LOOKED_AT), self.path)
        if otherwise:
            return RefusedError(f"Landing file {self.path}: {otherwise}")
        return RefusedError(
            f"Landing file {self.path} line {self._line} or later: the compressed file is damaged "
            f"or cut ({problem}). Deliver it again, or move it out of the landing folder."
        )


def _line_feeds(text: bytes) -> int:
    """Count line feeds; `bytes.count` takes seven times as long where there are so many."""
    return int(numpy.count_nonzero(numpy.frombuffer(text, numpy.uint8) == ord("\n")))


def _with_line_feeds(text: bytes) -> bytes:
    if b"\r" not in text:
        return text
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


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
