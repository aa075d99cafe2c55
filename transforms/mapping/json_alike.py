"""Lines of JSON that are written alike: compared with one of them, byte by byte, all at once.

A sample line is read by a careful parser. What stands around its values, such as `","user":"`, is
cut out of it, braces of objects within it included. A line with the same bytes around its values,
as many quotes as the sample and neither a backslash nor a control character has only one reading:
the keys of the sample, with what stands in between as their values. So bytes at known places are
all that has to be looked at.
"""

import re

import numpy as np
import polars as pl

from transforms.mapping.json_objects import Object, decode, fields_of, objects_of
from transforms.mapping.json_pattern import bare_value
from transforms.mapping.line_marks import Piece, pieces

_MEMBER = re.compile(rb'"([^"]*)"\s*:\s*(?:"([^"]*)"|([^\s",{}\[\]]+))')
_WRITTEN = {None: "null", True: "true", False: "false"}
_FEW = 8  # lines of a piece, not worth comparing
_MOST_SAMPLES = 8  # of lines with the same number of quotes


class _Sample:
    """A line that others are compared with.

    Attributes:
        keys: Paths of its values.
        around: What stands before each of its values and after the last one.
        quotes: For each key, how many quotes of the line stand before its own.
        places: Where in `around` the key's quote stands.
        lengths: Of `around`.
        bare: Numbers of the values without quotes.
        least: Bytes that each value has at least.
        mapped: Numbers of the values that are kept, each with the number of its field.
    """

    def __init__(self, line: bytes, fields: tuple[str, ...]):
        """Take a line apart that has no backslash; without any key if it cannot be compared."""
        found = list(_MEMBER.finditer(line))
        written = [(match[1].decode(), (match[2] or match[3] or b"").decode()) for match in found]
        self.keys = _paths(line.decode(), written, fields)
        if not self.keys:
            found = []
        values = [match.span(3 if match[2] is None else 2) for match in found]
        begins = [0, *(end for _, end in values)]
        ends = [*(begin for begin, _ in values), len(line)]
        self.around = [line[begin:end] for begin, end in zip(begins, ends, strict=True)]
        keys_at = [match.start() for match in found]
        self.quotes = _column(line.count(b'"', 0, at) for at in keys_at)
        self.places = _column(at - begin for at, begin in zip(keys_at, begins, strict=False))
        self.lengths = _column(map(len, self.around[:-1]))
        self.bare = [number for number, match in enumerate(found) if match[2] is None]
        self.least = _column(int(match[2] is None) for match in found)
        kept = enumerate(self.keys)
        self.mapped = [(number, fields.index(key)) for number, key in kept if key in fields]


def _paths(line: str, written: list[tuple[str, str]], fields: tuple[str, ...]) -> list[str]:
    """Return the paths of the values that were found in a line, each with its own key.

    Nothing if the careful parser finds other ones, or a list; an object that is read as a value, or
    a value where an object is read.
    """
    try:
        pairs = decode(line)
        named = list(fields_of(pairs)) if isinstance(pairs, Object) else []
    except (ValueError, RecursionError):
        return []
    objects = {path for path, value in named if isinstance(value, Object)}
    values = [(path, value) for path, value in named if path not in objects]
    within = objects_of(fields)
    is_misread = objects & {*fields} or any(p in within and v is not None for p, v in values)
    is_plain = line.startswith("{") and len(dict(named)) == len(named)
    if is_misread or not is_plain or any(isinstance(value, list) for _, value in values):
        return []
    if len(values) != len(written):
        return []
    same = (
        f".{path}".endswith(f".{key}") and _WRITTEN.get(value, value) == text
        for (path, value), (key, text) in zip(values, written, strict=True)
    )
    return [path for path, _ in values] if all(same) else []


class _Values:
    """Where the values of a block are: in which byte each begins, 0 for none, and its size."""

    def __init__(self, fields: tuple[str, ...], count: int):
        self._fields = fields
        self._begins, self._sizes = np.zeros((2, len(fields), count), np.int32)
        self._is_read = np.zeros(count, bool)
        self._bare: dict[str, list[tuple[np.ndarray, ...]]] = {}
        self._given_up: set[int] = set()
        self._objects = objects_of(fields)

    def add(self, piece: Piece, samples: dict[int, list[_Sample]]) -> None:
        """Find the values of a piece; the samples are those tried so far, by their quotes."""
        for quotes, same in piece.by_quotes():
            if quotes in self._given_up:
                continue
            tried, lines = samples.setdefault(quotes, []), same
            for turn in range(_MOST_SAMPLES):
                if len(lines) < _FEW:
                    break
                if turn == len(tried):
                    tried.append(_Sample(piece.line(lines[0]), self._fields))
                sample = tried[turn]
                read, begins, sizes = _compared(piece, lines, sample)
                places = read + piece.first
                begins += piece.offset
                for number, column in sample.mapped:
                    self._begins[column, places] = begins[number]
                    self._sizes[column, places] = sizes[number]
                for number in sample.bare:
                    bare = (places, begins[number], sizes[number])
                    self._bare.setdefault(sample.keys[number], []).append(bare)
                self._is_read[places] = True
                lines = lines[~self._is_read[lines + piece.first]]
            if len(tried) == _MOST_SAMPLES and len(lines) > len(same) // 2:
                self._given_up.add(quotes)  # hardly two lines have the same keys

    def texts(self, block: bytes, flags: frozenset[str]) -> tuple[pl.DataFrame, np.ndarray]:
        """Return the values of all lines whose numbers are some, and the places of the others."""
        begins, sizes, is_read = self._begins, self._sizes, self._is_read
        whole = pl.Series("whole", [block], dtype=pl.Binary())
        for key, parts in self._bare.items():
            lines, begin, size = map(np.concatenate, zip(*parts, strict=True))
            written = _cut(whole, {key: (begin, size)})[key]
            is_flag = key not in self._fields or key in flags
            fits = written.str.contains(bare_value(is_flag=is_flag))
            if key in self._objects:
                fits = written == "null"
            is_read[lines[~fits.to_numpy()]] = False
            if key in self._fields:
                begins[self._fields.index(key), lines[(written == "null").to_numpy()]] = 0
        read = np.flatnonzero(is_read)
        if len(read) < len(is_read):
            begins, sizes = begins[:, read], sizes[:, read]
        names = [f"text:{field}" for field in self._fields]
        spans = dict(zip(names, zip(begins, sizes, strict=True), strict=True))
        texts = _cut(whole, spans).insert_column(0, pl.Series("place", read))
        return texts, np.flatnonzero(~is_read)


def alike_texts(
    block: bytes, count: int, fields: tuple[str, ...], flags: frozenset[str], longest: int
) -> tuple[pl.DataFrame, np.ndarray, set[str]]:
    """Read the lines of a block that are written like others of it.

    Args:
        block: The lines with a line feed between two lines; UTF-8, if nothing is wrong.
        count: How many lines there are.
        fields: Names of the fields to keep, at least one.
        flags: Those of `fields` that may also be true or false.
        longest: Bytes that a line may have.

    Returns:
        `place`, the number of lines before the line, and `text:<field>` for each field, none with
        a control character; places of the lines to be read in another way; and the names of all
        fields seen.
    """
    values, samples = _Values(fields, count), {}
    for piece in pieces(block, longest):
        values.add(piece, samples)
    texts, left = values.texts(block, flags)
    seen = {key for tried in samples.values() for sample in tried for key in sample.keys}
    return texts, left, seen


def _compared(
    piece: Piece, lines: np.ndarray, sample: _Sample
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which of some lines, that have as many quotes, are written like a sample.

    Returns:
        Their places in the piece; and where each value begins, and its size, a row per key.
    """
    if not sample.keys:
        return lines[:0], np.zeros((0, 0), np.int64), np.zeros((0, 0), np.int64)
    around = np.empty((len(sample.around), len(lines)), np.int64)
    np.subtract(piece.quotes_at(lines, sample.quotes), sample.places, out=around[:-1])
    around[-1] = piece.ends[lines] - len(sample.around[-1])
    begins = around[:-1] + sample.lengths
    sizes = around[1:] - begins
    fits = (sizes >= sample.least).all(axis=0) & (around[0] == piece.starts[lines])
    if not fits.all():  # before bytes are looked at: a place could lie outside the piece
        lines, around, begins, sizes = (a[..., fits] for a in (lines, around, begins, sizes))
    fits = np.logical_and.reduce(list(map(piece.have, around, sample.around)))
    if not fits.all():
        lines, begins, sizes = (a[..., fits] for a in (lines, begins, sizes))
    return lines, begins, sizes


def _cut(whole: pl.Series, spans: dict[str, tuple[np.ndarray, np.ndarray]]) -> pl.DataFrame:
    """Return texts by name, given where in a block each begins, 0 for none, and its size."""
    count = max((len(begin) for begin, _ in spans.values()), default=0)
    columns = {"whole": whole.new_from_index(0, count)}
    columns |= {f"begin:{name}": begin for name, (begin, _) in spans.items()}
    columns |= {f"size:{name}": size for name, (_, size) in spans.items()}
    begins = {name: pl.col(f"begin:{name}") for name in spans}
    return pl.DataFrame(columns).select(
        pl.col("whole")
        .bin.slice(pl.when(begin > 0).then(begin), pl.col(f"size:{name}"))
        .cast(pl.String())
        .alias(name)
        for name, begin in begins.items()
    )


def _column(numbers) -> np.ndarray:
    return np.array(list(numbers), np.int64)[:, None]
