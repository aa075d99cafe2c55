"""Digests: short names of bytes, of objects and of what a table says."""

import hashlib
import json
from dataclasses import asdict, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy
import polars as pl

_FIXED_WIDTH = {
    pl.Boolean: ("bool", "u1"),
    pl.Int8: ("int8", "<i1"),
    pl.Int16: ("int16", "<i2"),
    pl.Int32: ("int32", "<i4"),
    pl.Int64: ("int64", "<i8"),
    pl.UInt8: ("uint8", "<u1"),
    pl.UInt16: ("uint16", "<u2"),
    pl.UInt32: ("uint32", "<u4"),
    pl.UInt64: ("uint64", "<u8"),
    pl.Float32: ("float32", "<f4"),
    pl.Float64: ("float64", "<f8"),
    pl.Date: ("date", "<i4"),
    pl.Datetime: ("datetime", "<i8"),
    pl.Duration: ("duration", "<i8"),
    pl.Time: ("time", "<i8"),
    pl.Enum: ("enum", "<u4"),
}
_VARIABLE_WIDTH = {pl.String: "string", pl.List: "list", pl.Struct: "struct"}
_TEXTS_AT_ONCE = 1_000_000


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_sha256(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8 as hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def canonical_json(value: Any) -> bytes:
    """Return the one JSON text of `value`: sorted keys, no spaces, ASCII only.

    Dates become ISO text, tuples lists, sets sorted lists and dataclasses objects.

    Raises:
        TypeError, ValueError: The value has no JSON form, such as NaN or a frame.
    """
    return json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
        default=_plain,
    ).encode("ascii")


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} has no canonical JSON form.")


def digest_of(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of `value` as hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def inputs_id(parts: dict[str, Any]) -> str:
    """Return the identity of everything a month is computed from: 16 hexadecimal digits.

    Args:
        parts: Month, digests of everything read, versions and parameters, by name.
    """
    return digest_of(parts)[:16]


def content_digest(frame: pl.DataFrame) -> str:
    """Return the SHA-256 of what a table says, whatever file, chunks or encoding hold it.

    The digest runs over a layout of its own, little-endian: a title line, the number of rows
    (8 bytes), then for each column in order one line of canonical JSON `[name, type]` and its
    values. Values are, in Arrow's manner, one null bit per row (1 is null, lowest bit first), then
    fixed width: the values, nulls as zero, NaN as one pattern, Boolean as a byte, times as integers
    in the unit of the type, an Enum as its position in the categories (which the type lists);
    String: all lengths in bytes (4 bytes each), then all bytes;
    List: all lengths (4 bytes each), then the values of all elements as of one column;
    Struct: the values of each field, null wherever the struct is null.

    Raises:
        TypeError: A column has a type without such a layout, such as Categorical or Object.
    """
    digest = hashlib.sha256(b"limitwise content 1\n")
    digest.update(frame.height.to_bytes(8, "little"))
    for column in frame:
        digest.update(canonical_json([column.name, _type_of(column.dtype)]) + b"\n")
        _add_values(digest, column)
    return digest.hexdigest()


def _type_of(dtype: pl.DataType) -> Any:
    kind = dtype.base_type()
    if kind not in _FIXED_WIDTH and kind not in _VARIABLE_WIDTH:
        raise TypeError(f"A column of type {dtype} has no content digest.")
    name = _FIXED_WIDTH[kind][0] if kind in _FIXED_WIDTH else _VARIABLE_WIDTH[kind]
    if isinstance(dtype, pl.Datetime):
        return [name, dtype.time_unit, dtype.time_zone]
    if isinstance(dtype, pl.Duration):
        return [name, dtype.time_unit]
    if isinstance(dtype, pl.Enum):
        return [name, dtype.categories.to_list()]
    if isinstance(dtype, pl.List):
        return [name, _type_of(dtype.inner)]
    if isinstance(dtype, pl.Struct):
        return [name, [[field.name, _type_of(field.dtype)] for field in dtype.fields]]
    return name


def _add_values(digest: Any, column: pl.Series) -> None:
    absent = column.is_null()
    digest.update(numpy.packbits(absent.to_numpy(), bitorder="little"))
    kind = column.dtype.base_type()
    if kind == pl.Struct:
        for field in column.struct.fields:
            value = column.struct.field(field)
            _add_values(digest, pl.select(pl.when(~absent).then(value)).to_series())
    elif kind == pl.List:
        lengths = column.list.len().fill_null(0)
        _add_numbers(digest, lengths, "<u4")
        _add_values(digest, column.filter(lengths > 0).explode())
    elif kind == pl.String:
        _add_numbers(digest, column.str.len_bytes(), "<u4")
        _add_texts(digest, column.drop_nulls())
    else:
        _add_numbers(digest, column, _FIXED_WIDTH[kind][1])


def _add_numbers(digest: Any, column: pl.Series, layout: str) -> None:
    numbers = column.to_physical()
    if numbers.dtype == pl.Boolean:
        numbers = numbers.cast(pl.UInt8)
    if numbers.dtype.is_float():
        numbers = numbers.fill_nan(float("nan"))
    values = numbers.fill_null(0).to_numpy().astype(layout, copy=False)
    digest.update(numpy.ascontiguousarray(values))


def _add_texts(digest: Any, texts: pl.Series) -> None:
    """Add all bytes of texts without null, a part at a time: one text holds at most 4 GB."""
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        digest.update(texts.slice(start, _TEXTS_AT_ONCE).str.join("").item().encode())
