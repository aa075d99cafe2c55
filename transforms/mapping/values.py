"""The values of a template: a field of the line, a constant, or a text made of fields."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from transforms.declared import Declared, nearest
from transforms.mapping import reading
from transforms.mapping.targets import Target

Path = tuple[str | int, ...]
_OPTIONS = {
    "text": ("codes",),
    "code": ("codes",),
    "money": ("unit",),
    "integer": ("codes",),
    "day": ("format", "formats"),
    "moment": ("format", "formats", "zone"),
    "device": (),
}
_UNITS = {"main": 2, "cents": 0}  # decimals of the written amount that count
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_WRITTEN = {
    "text": (str, "a text"),
    "code": (str, "a text"),
    "money": (int, "a whole number of cents"),
    "integer": (int, "a whole number"),
    "day": (date, "a date such as 2026-10-05"),
    "moment": (datetime, "a time such as 2026-10-05T12:00:00+08:00"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """What a template puts into one target.

    Attributes:
        target: The target.
        fields: Fields of the line that are read.
        reads: The value, over the frame of texts; null where a text cannot be read.
        fault: Reason why a text that is there could not be read; None if every text can be.
    """

    target: Target
    fields: tuple[str, ...]
    reads: pl.Expr
    fault: pl.Expr | None = None

    @property
    def label(self) -> str:
        """Return the name that a refused line is reported under."""
        return self.fields[0] if len(self.fields) == 1 else self.target.name

    @property
    def unreadable(self) -> pl.Expr:
        """Return whether there is a text and no value; over the frame of values."""
        if self.fault is None:
            return pl.lit(False)
        return text_of(self.fields[0]).is_not_null() & pl.col(self.target.name).is_null()


def text_of(field: str) -> pl.Expr:
    """Return the column that holds the text of a field."""
    return pl.col(f"text:{field}")


def value_of(declared: Declared, path: Path, target: Target, given: Any) -> Value:
    """Read one entry of a template, such as `amount_cents = { column = "a", unit = "main" }`.

    Raises:
        RefusedError: The entry is not one of the three forms, or an option of it is wrong.
    """
    if isinstance(given, str):
        given = {"column": given}
    elif isinstance(given, dict):
        options = _OPTIONS[target.kind]
        declared.require_keys(path, ("column", "is", "template", *options))
    forms = [f for f in ("column", "is", "template") if isinstance(given, dict) and f in given]
    if len(forms) != 1:
        raise declared.refused(
            path,
            f"{target.name} is {str(given)[:80]!r}. Write a field's name, or one of "
            "{ column = … }, { is = … } and { template = … }.",
        )
    if forms == ["column"]:
        return _field(declared, path, target, given)
    if forms == ["is"]:
        return _constant(declared, path, target, given)
    return _template(declared, path, target, given)


def _field(declared: Declared, path: Path, target: Target, given: dict) -> Value:
    name = given["column"]
    if not isinstance(name, str) or not name:
        raise declared.refused(path, f"column is {name!r}. Write the name of a field of the line.")
    text = text_of(name)
    if "codes" in given:
        reads, fault = _codes(declared, path, target, given["codes"], text)
    else:
        reads, fault = _read(declared, path, target, given, text)
    return Value(target, (name,), reads, fault)


def _read(declared: Declared, path: Path, target: Target, given: dict, text: pl.Expr) -> tuple:
    """Return the expressions that read a text without codes, by the kind of the target."""
    if target.kind == "code":
        values = pl.Enum(target.column.values)
        return text.cast(values, strict=False).cast(target.column.dtype), pl.lit("unknown_code")
    if target.kind in ("money", "integer"):
        decimals = 0
        if target.kind == "money":
            if given.get("unit") not in _UNITS:
                raise declared.refused(
                    path, f"unit of {target.name} is {given.get('unit')!r}. Write main or cents."
                )
            decimals = _UNITS[given["unit"]]
        number = reading.whole_number(text, decimals)
        return number.cast(target.column.dtype), reading.number_fault(text, decimals)
    if target.kind == "day":
        return reading.day(text, _formats(declared, path, given)), pl.lit("not_a_date")
    if target.kind == "moment":
        formats, zone = _formats(declared, path, given), _zone(declared, path, given)
        if zone is None and any(not reading.has_zone(form) for form in formats):
            raise declared.refused(
                path, f"format of {target.name} has no zone. Add zone, such as Asia/Shanghai."
            )
        return reading.moment(text, formats, zone), reading.moment_fault(text, formats, zone)
    return text, None


def _codes(declared: Declared, path: Path, target: Target, codes: Any, text: pl.Expr) -> tuple:
    if not isinstance(codes, dict) or not codes:
        raise declared.refused(path, f"codes is {codes!r}. Write {{ theirs = ours, … }}.")
    for value in codes.values():
        _require_written(declared, path, target, value)
    reads = text.replace_strict(
        list(codes), list(codes.values()), default=None, return_dtype=target.column.dtype
    )
    return reads, pl.lit("unknown_code")


def _constant(declared: Declared, path: Path, target: Target, given: dict) -> Value:
    value = given["is"]
    _require_written(declared, path, target, value)
    if target.kind == "moment":
        zone = _zone(declared, path, given)
        if value.tzinfo is None and zone is None:
            raise declared.refused(
                path, f"{value} has no zone. Write +08:00 after it, or add zone."
            )
        value = (value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    return Value(target, (), pl.lit(value, dtype=target.column.dtype))


def _template(declared: Declared, path: Path, target: Target, given: dict) -> Value:
    text = given["template"]
    if target.kind != "text" or not isinstance(text, str) or not text:
        raise declared.refused(path, f"{target.name} cannot be a template. Only texts can.")
    pieces = _PLACEHOLDER.split(text)  # plain text and names of fields, in turn
    parts = [
        text_of(piece) if position % 2 else pl.lit(piece)
        for position, piece in enumerate(pieces)
        if piece
    ]
    return Value(target, tuple(dict.fromkeys(pieces[1::2])), pl.concat_str(parts))


def _require_written(declared: Declared, path: Path, target: Target, value: Any) -> None:
    """Refuse a constant or a code's meaning that the target cannot hold."""
    wanted, words = _WRITTEN.get(target.kind, (type(None), "a column; it cannot be constant"))
    wrong_kind = isinstance(value, bool) or (target.kind == "day" and isinstance(value, datetime))
    if not isinstance(value, wanted) or wrong_kind:
        raise declared.refused(path, f"{target.name} is {str(value)[:80]!r}. Write {words}.")
    if target.kind == "code" and value not in target.column.values:
        raise declared.refused(
            path, f"{target.name} has no {value!r}.{nearest(value, target.column.values)}"
        )


def _formats(declared: Declared, path: Path, given: dict) -> tuple[str, ...]:
    formats = given.get("formats", [given["format"]] if "format" in given else [])
    if not isinstance(formats, list) or not all(isinstance(f, str) and "%" in f for f in formats):
        raise declared.refused(path, f"format is {formats!r}. Write one like %Y-%m-%d %H:%M:%S.")
    return tuple(formats)


def _zone(declared: Declared, path: Path, given: dict) -> str | None:
    zone = given.get("zone")
    try:
        return zone if zone is None else str(ZoneInfo(zone))
    except (KeyError, ValueError, OSError, TypeError):  # KeyError: no such zone
        raise declared.refused(
            path, f"zone is {str(zone)[:40]!r}. Write a name such as Asia/Shanghai."
        ) from None
