"""Where the lines of a block of text begin and end and have their quotes, piece by piece."""

from collections.abc import Iterator

import numpy as np
import polars as pl

_PIECE_BYTES = 1 << 19  # stays in the cache of a core while it is looked at again and again
_QUOTE, _LINE_FEED, _BACKSLASH, _DELETE, _SPACE = b'"\n\\\x7f '


class Piece:
    """Some lines of a block. A line is plain if it has no backslash and no control character.

    Attributes:
        offset, first: Where the piece begins in the block: its first byte, and its first line.
        count: How many lines there are.
        starts, ends: Where in the piece each line begins, and where it ends.
        quotes: How many quotes each line has; 0 if it is not plain, is no UTF-8 or is too long.
    """

    def __init__(self, text: bytes, offset: int, first: int, longest: int):
        """Find the quotes and the line ends of a text of lines, all shorter than `longest`."""
        self.offset, self.first = offset, first
        self._text = text
        self._bytes = np.frombuffer(text, np.uint8)
        self._marks = np.flatnonzero((self._bytes == _QUOTE) | (self._bytes == _LINE_FEED))
        feeds = np.flatnonzero(self._bytes[self._marks] == _LINE_FEED)
        self.ends = np.append(self._marks[feeds], len(text))
        self.starts = np.append(0, self.ends[:-1] + 1)
        self.count = len(self.ends)
        self._first_mark = np.append(0, feeds + 1)
        self.quotes = np.append(feeds, len(self._marks)) - self._first_mark
        self.quotes[self._is_odd() | (self.ends - self.starts > longest)] = 0

    def _is_odd(self) -> np.ndarray:
        is_odd = np.zeros(self.count, bool)
        is_control = self._bytes < _SPACE
        has_others = b"\\" in self._text or b"\x7f" in self._text
        if has_others or np.count_nonzero(is_control) >= self.count:
            is_control &= self._bytes != _LINE_FEED
            is_control |= (self._bytes == _BACKSLASH) | (self._bytes == _DELETE)
            is_odd[self._lines_with(is_control)] = True
        if not self._text.isascii() and not _is_utf8(self._text):
            is_odd[self._lines_with(self._bytes > _DELETE)] = True
        return is_odd

    def _lines_with(self, is_found: np.ndarray) -> np.ndarray:
        return np.searchsorted(self.ends, np.flatnonzero(is_found))

    def by_quotes(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield each number of quotes, 0 left out, and the places of the lines that have it."""
        self._bytes.max(
            initial=0
        )  # read in order, so that it is in the cache when read here and there
        for quotes, lines in enumerate(np.bincount(self.quotes)):
            if quotes and lines:
                yield quotes, np.flatnonzero(self.quotes == quotes)

    def line(self, place: int) -> bytes:
        """Return a line."""
        return self._text[self.starts[place] : self.ends[place]]

    def quotes_at(self, lines: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Return where lines have their quotes of some numbers, counted from 0.

        Args:
            lines: Places of the lines.
            numbers: A column, so that each gives a row of the answer.
        """
        return self._marks[self._first_mark[lines] + numbers]

    def have(self, places: np.ndarray, what: bytes) -> np.ndarray:
        """Return whether the bytes at each of the places are these, without any NUL."""
        shape = (len(self._text) - len(what) + 1,)
        return np.ndarray(shape, f"S{len(what)}", self._text, 0, (1,))[places] == what


def pieces(text: bytes, longest: int) -> Iterator[Piece]:
    """Cut a block into pieces of whole lines.

    Args:
        text: Lines with a line feed between two lines.
        longest: Bytes that a line may have.
    """
    begin = first = 0
    while begin <= len(text):
        end = text.find(b"\n", begin + _PIECE_BYTES)
        end = len(text) if end < 0 else end
        piece = Piece(text[begin:end], begin, first, longest)
        yield piece
        begin, first = end + 1, first + piece.count


def _is_utf8(text: bytes) -> bool:
    try:
        pl.Series([text], dtype=pl.Binary()).cast(pl.String())
    except pl.exceptions.PolarsError:
        return False
    return True
