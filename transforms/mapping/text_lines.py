"""Consecutive lines of a landing file, as bytes and as texts."""

from dataclasses import dataclass

import numpy as np
import polars as pl

LONGEST_LINE_BYTES = 1 << 20
AS_UTF8 = ("utf-8", "utf-16", "utf-16-le", "utf-16-be")  # UTF-16 is rewritten before it is cut
_LINES = {"source_line": pl.Int64(), "line": pl.String(), "raw": pl.Binary()}


@dataclass(frozen=True, slots=True)
class Lines:
    """Consecutive lines of a file.

    Attributes:
        first: Number of the first line, counted from 1.
        count: How many there are.
        text: Their bytes, with a line feed between two lines; of a line longer than
            `LONGEST_LINE_BYTES` only a beginning that is itself longer.
        cut_off: The last one ends with the file and not with a line end.
    """

    first: int
    count: int
    text: bytes
    cut_off: bool

    @property
    def last(self) -> int:
        """Return the number of the last line."""
        return self.first + self.count - 1

    def part(self, begin: int, end: int | None = None) -> "Lines":
        """Return the lines from place `begin`, counted from 0, up to and without place `end`."""
        lines = self.text.split(b"\n")[: self.count][begin:end]
        is_last = end is None or end >= self.count
        return Lines(self.first + begin, len(lines), b"\n".join(lines), self.cut_off and is_last)

    def at(self, places: np.ndarray) -> bytes:
        """Return the lines at some places, sorted ones, with a line feed between two lines."""
        if len(places) == self.count:
            return self.text
        feeds = np.flatnonzero(np.frombuffer(self.text, np.uint8) == ord("\n"))
        begins, ends = np.append(0, feeds + 1), np.append(feeds, len(self.text))
        first = np.flatnonzero(np.diff(places, prepend=-2) != 1)  # of a run of neighbours
        last = np.append(first, len(places))[1:] - 1
        runs = zip(begins[places[first]].tolist(), ends[places[last]].tolist(), strict=True)
        return b"\n".join([self.text[begin:end] for begin, end in runs])


def as_text(block: Lines, encoding: str, places: np.ndarray | None = None) -> pl.DataFrame:
    """Return the lines of a block.

    Args:
        block: The block.
        encoding: Of its text.
        places: Of the lines to return, counted from 0 and sorted; None is all.

    Returns:
        `source_line`; `line`, its text, null where its bytes are none of the encoding; and `raw`,
        its bytes.
    """
    places = np.arange(block.count) if places is None else places
    if not len(places):
        return pl.DataFrame(schema=_LINES)
    text = block.at(places)
    lines = _decoded(text, encoding)
    if lines is None:  # somewhere in the block
        raw = text.split(b"\n")
        lines = [_text_or_none(line, "utf-8" if encoding in AS_UTF8 else encoding) for line in raw]
        columns = {"line": lines, "raw": raw}
    elif encoding in AS_UTF8:
        columns = {"line": lines, "raw": lines.cast(pl.Binary())}
    else:
        columns = {"line": lines, "raw": text.split(b"\n")}
    return pl.DataFrame({"source_line": places + block.first} | columns, schema=_LINES)


def _decoded(text: bytes, encoding: str) -> pl.Series | None:
    """Return the lines of a text; None if its bytes are none of the encoding."""
    try:
        if encoding in AS_UTF8:
            whole = pl.Series([text], dtype=pl.Binary()).cast(pl.String())
        else:
            whole = pl.Series([text.decode(encoding)])
    except (pl.exceptions.ComputeError, UnicodeDecodeError):
        return None
    return whole.str.split("\n").explode()


def _text_or_none(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None
