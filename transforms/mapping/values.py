"""The values of a template: a field of the line, a product, a constant, or a text of fields."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from transforms.declared import Declared, Path, nearest
from transforms.mapping.code_tables import Lookup, code_table_of, is_table
from transforms.mapping.fields import OPTIONS, number_of, read, zone_of
from transforms.mapping.layout import PADDING
from transforms.mapping.targets import Target

FORMS = ("column", "is", "template", "product")
_INLINE_CODES = ("text", "code", "integer")
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
        lookup: The code table that the field is looked up in; None without one.
    """

    target: Target
    fields: tuple[str, ...]
    reads: pl.Expr
    fault: pl.Expr | None = None
    lookup: Lookup | None = None

    @property
    def label(self) -> str:
        """Return the name that a refused line is reported under."""
        return self.fields[0] if len(self.fields) == 1 else self.target.name

    @property
    def unreadable(self) -> pl.Expr:
        """Return whether there is a text and no value; over the frame of values."""
        if self.fault is None:
            return pl.lit(False)
        given = pl.any_horizontal(text_of(field).is_not_null() for field in self.fields)
        if self.lookup is not None:
            given = self.lookup.fault.is_not_null() | self.lookup.found.is_not_null()
        return given & pl.col(self.target.name).is_null()

    @property
    def written(self) -> pl.Expr:
        """Return what stood in the fields; over the frame of values."""
        if len(self.fields) == 1:
            return text_of(self.fields[0])
        return pl.concat_str([text_of(f).fill_null("") for f in self.fields], separator=" * ")


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
        declared.require_keys(path, (*FORMS, *OPTIONS[target.kind]))
    forms = [form for form in FORMS if isinstance(given, dict) and form in given]
    if len(forms) != 1:
        raise declared.refused(
            path,
            f"{target.name} is {str(given)[:80]!r}. Write a field's name, or one of "
            "{ column = … }, { is = … }, { template = … } and { product = … }.",
        )
    make = {"column": _field, "is": _constant, "template": _template, "product": _product}
    return make[forms[0]](declared, path, target, given)


def _field(declared: Declared, path: Path, target: Target, given: dict) -> Value:
    name = given["column"]
    if not isinstance(name, str) or not name:
        raise declared.refused(path, f"column is {name!r}. Write the name of a field of the line.")
    if is_table(given.get("codes")):
        lookup = Lookup(name, code_table_of(declared, path, given["codes"]))
        reads, fault = read(declared, path, target, given, lookup.found)
        return Value(target, (name,), reads, pl.coalesce(lookup.fault, fault), lookup)
    if "codes" in given:
        reads, fault = _codes(declared, path, target, given["codes"], text_of(name))
    else:
        reads, fault = read(declared, path, target, given, text_of(name))
    return Value(target, (name,), reads, fault)


def _product(declared: Declared, path: Path, target: Target, given: dict) -> Value:
    names = given["product"]
    if target.kind != "money":
        raise declared.refused(path, f"{target.name} cannot be a product. Only amounts can.")
    if (
        not isinstance(names, list)
        or len(names) != 2
        or not all(isinstance(name, str) and name for name in names)
    ):
        raise declared.refused(path, f"product is {names!r}. Write the names of two fields.")
    if "codes" in given:
        raise declared.refused(path, "a product has no codes. Leave them out.")
    number = number_of(declared, path, target, given)
    one, other = map(text_of, names)
    fields = tuple(dict.fromkeys(names))
    return Value(target, fields, number.product(one, other), number.product_fault(one, other))


def _codes(declared: Declared, path: Path, target: Target, codes: Any, text: pl.Expr) -> tuple:
    if target.kind not in _INLINE_CODES:
        raise declared.refused(
            path,
            f"codes of {target.name} can only come from a file. Write codes = "
            '{ file = "name of a [[file]]", key = "field", value = "field" }.',
        )
    if not isinstance(codes, dict) or not codes:
        raise declared.refused(path, f"codes is {codes!r}. Write {{ theirs = ours, … }}.")
    for value in codes.values():
        _require_written(declared, path, target, value)
    theirs = [code.strip(PADDING) for code in codes]  # as fields are read
    if len(set(theirs)) < len(codes):
        raise declared.refused(path, "two codes differ only in spaces around them. Keep one.")
    reads = text.replace_strict(
        theirs, list(codes.values()), default=None, return_dtype=target.column.dtype
    )
    return reads, pl.lit("unknown_code")


def _constant(declared: Declared, path: Path, target: Target, given: dict) -> Value:
    value = given["is"]
    _require_written(declared, path, target, value)
    if target.kind == "moment":
        zone = zone_of(declared, path, given)
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
    if any({"{", "}"} & set(plain) for plain in pieces[::2]):
        raise declared.refused(path, f"template {text[:80]!r} has a brace without its pair.")
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
