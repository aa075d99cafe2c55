"""How the text of a field is read, by the kind of its target and the options of the mapping."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from transforms.declared import Declared, Path, nearest
from transforms.mapping import counted, numbers, reading
from transforms.mapping.targets import Target
from transforms.mapping.written_months import DAYS, WrittenMonth
from transforms.zones import nearest_zone

_FORMATS = ("format", "formats")
_NUMBERS = ("decimal", "thousands", "sign")
OPTIONS = {
    "text": ("codes",),
    "code": ("codes",),
    "money": ("codes", "unit", "round", *_NUMBERS),
    "integer": ("codes", *_NUMBERS),
    "day": ("codes", *_FORMATS, "day", "months_from", "days_from"),
    "moment": ("codes", *_FORMATS, "day", "zone", *counted.UNITS, "at"),
    "device": (),
}
UNITS = {"main": 2, "cents": 0}  # decimals of the written amount that count
_SAMPLE = pl.Series([datetime(2001, 12, 23, 14, 45, 56)])
Read = tuple[pl.Expr, pl.Expr | None]  # the value, and the reason where a text cannot be read


def read(declared: Declared, path: Path, target: Target, given: dict, text: pl.Expr) -> Read:
    """Return the expressions that read a text into a target.

    Args:
        declared: The mapping.
        path: Of the entry.
        target: What is filled.
        given: The entry; its options are among those of the target's kind.
        text: The text.

    Raises:
        RefusedError: An option is wrong; names file, line, key and what may be written.
    """
    if target.kind == "code":
        values = pl.Enum(target.column.values)
        return text.cast(values, strict=False).cast(target.column.dtype), pl.lit("unknown_code")
    if target.kind in ("money", "integer"):
        number = number_of(declared, path, target, given)
        return number.reads(text).cast(target.column.dtype), number.fault(text)
    if target.kind == "day":
        if counting := _counted(declared, path, given):
            return counting.day(text), pl.lit("not_a_date")
        return reading.day(text, _formats(declared, path, given)), pl.lit("not_a_date")
    if target.kind == "moment":
        return _moment(declared, path, target, given, text)
    return text, None


def number_of(declared: Declared, path: Path, target: Target, given: dict) -> numbers.Number:
    """Read how the numbers of an entry are written."""
    decimals = 0
    if target.kind == "money":
        if given.get("unit") not in UNITS:
            raise declared.refused(
                path, f"unit of {target.name} is {given.get('unit')!r}. Write main or cents."
            )
        decimals = UNITS[given["unit"]]
    allowed = {
        "decimal": numbers.DECIMAL_MARKS,
        "thousands": numbers.THOUSANDS_MARKS,
        "round": numbers.ROUNDINGS,
        "sign": (1, -1),
    }
    for key, values in allowed.items():
        if key in given and given[key] not in values:
            raise declared.refused(
                path, f"{key} of {target.name} is {given[key]!r}.{nearest_of(given[key], values)}"
            )
    decimal, thousands = given.get("decimal", "."), given.get("thousands", "")
    if decimal == thousands:
        raise declared.refused(
            path,
            f"decimal and thousands of {target.name} are both {decimal!r}. Write decimal = ',' "
            "beside thousands = '.'.",
        )
    return numbers.Number(
        decimals=decimals,
        decimal=decimal,
        thousands=thousands,
        rounding=given.get("round"),
        sign=given.get("sign", 1),
    )


def zone_of(declared: Declared, path: Path, given: dict) -> str | None:
    """Read the zone of an entry; None if it names none."""
    zone = given.get("zone")
    try:
        return zone if zone is None else str(ZoneInfo(zone))
    except (KeyError, ValueError, OSError, TypeError):  # KeyError: no such zone
        raise declared.refused(
            path, f"zone is {str(zone)[:40]!r}.{nearest_zone(str(zone))}"
        ) from None


def nearest_of(value: Any, allowed: tuple) -> str:
    """Return which value was meant, or what is allowed."""
    texts = [item if isinstance(item, str) else str(item) for item in allowed]
    return nearest(str(value), [repr(t) if not t.strip() or t in ".,'" else t for t in texts])


def _moment(declared: Declared, path: Path, target: Target, given: dict, text: pl.Expr) -> Read:
    zone = zone_of(declared, path, given)
    if counting := _counted(declared, path, given):
        if zone is None and counting.unit in ("months_from", "days_from"):
            raise declared.refused(
                path, f"{counting.unit} of {target.name} has no zone. Add zone = 'Asia/Shanghai'."
            )
        return counting.moment(text, zone), counting.moment_fault(text)
    formats = _formats(declared, path, given)
    if zone is None and any(not reading.has_zone(form) for form in formats):
        raise declared.refused(
            path, f"format of {target.name} has no zone. Add zone, such as Asia/Shanghai."
        )
    return reading.moment(text, formats, zone), reading.moment_fault(text, formats, zone)


def _counted(declared: Declared, path: Path, given: dict) -> counted.Counted | None:
    """Read what an entry counts from; None if its text is written as a date or time."""
    units = [unit for unit in counted.UNITS if unit in given]
    others = [name for name in _FORMATS if name in given]
    if not units:
        if "at" in given and "day" not in given:
            raise declared.refused(
                path, "at is for months_from, days_from and day. Leave it out, or add day."
            )
        return None
    if "day" in given:
        raise declared.refused(path, f"{units[0]} and day together. Leave day out.")
    if len(units) + len(others) > 1:
        raise declared.refused(path, f"{' and '.join(units + others)} together. Keep one of them.")
    (unit,) = units
    if unit.endswith("seconds_from") and {"at", "zone"} & given.keys():
        raise declared.refused(path, f"{unit} has its zone in itself. Leave at and zone out.")
    found = counted.counted_from(unit, given[unit], given.get("at"))
    if found is None:
        raise declared.refused(
            path,
            f"{unit} is {str(given[unit])[:40]!r}. Write {counted.SAYS[unit]}"
            + (", and at as 12:00:00." if "at" in given else "."),
        )
    return found


def _formats(declared: Declared, path: Path, given: dict) -> tuple[reading.Form, ...]:
    if "format" in given and "formats" in given:
        raise declared.refused(path, "format and formats together. Put all into formats.")
    formats = given.get("formats", [given["format"]] if "format" in given else [])
    if not isinstance(formats, list) or not all(isinstance(f, str) and "%" in f for f in formats):
        raise declared.refused(path, f"format is {formats!r}. Write one like %Y-%m-%d %H:%M:%S.")
    for form in formats:
        if "%f" in form:
            raise declared.refused(
                path, f"format {form!r}: %f is no fraction here. Write %S%.f for 56.123 seconds."
            )
    found = tuple(_form(declared, path, form, given) for form in formats)
    if "day" in given and not any(isinstance(form, WrittenMonth) for form in found):
        raise declared.refused(path, "day is for a format that tells only a month. Leave it out.")
    return found


def _form(declared: Declared, path: Path, form: str, given: dict) -> reading.Form:
    """Return a format that tells a day, or a month with the day that is declared for it."""
    if reading.tells_a_day(form, _SAMPLE):
        return form
    if not reading.tells_a_day(f"{form} %d", _SAMPLE):
        raise declared.refused(
            path, f"format {form!r} does not tell a day. Write one like %Y-%m-%d %H:%M:%S."
        )
    if given.get("day") not in DAYS:
        raise declared.refused(
            path,
            f'format {form!r} tells a month and no day. Add day = "first" or day = "last": the '
            "day that a month stands for.",
        )
    at = given.get("at", counted.NOON)
    if type(at) is not time or at.microsecond:
        raise declared.refused(path, f"at is {str(at)[:40]!r}. Write a time such as 12:00:00.")
    return WrittenMonth(form, given["day"], at)
