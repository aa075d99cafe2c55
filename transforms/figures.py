"""Figures: numbers as a person reads them, in English and Chinese, from integers exactly."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

LANGUAGES = ("en", "zh")
UNKNOWN = {"en": "unknown", "zh": "未知"}
_YES_NO = {"en": ("no", "yes"), "zh": ("否", "是")}
_MONEY_ZH = {"CNY": ("", "元"), "TWD": ("新台币", "元")}
_PLACEHOLDER = re.compile(r"\{(\w+)\}(元)?")
_OPTIONAL = re.compile(r"\[([^\[\]|]*)(?:\|([^\[\]|]*))?\]")
_NAMES = (
    *("day", "month", "payment", "time", "user", "device", "instalment", "repayment", "purchase"),
    *("bill", "interaction", "change", "leak", "complaint", "request", "earlier one"),
)
_ONE = re.compile(rf"(?<![\d.,])1 ((?:new |social )?(?:{'|'.join(_NAMES)}))s\b")
_ONE_OF = re.compile(r"((?<![\d.,])1 of your \w+s?\b[^.;]*?) were\b")
_THERE_IS_ONE = re.compile(r"\b([Tt])here were 1 (?!of)")
_ENDINGS = {"_cents": "cents", "_bps": "bps", "_ppm": "ppm", "_days": "days", "_points": "points"}


def money(cents: int, currency: str, language: str) -> str:
    """Return an amount such as `CNY 12,000` or `CNY 1,234.50`; in Chinese `12,000元`."""
    whole, part = divmod(abs(cents), 100)
    number = f"{'-' if cents < 0 else ''}{whole:,}" + (f".{part:02}" if part else "")
    if language == "en":
        return f"{currency} {number}"
    before, after = _MONEY_ZH.get(currency, (f"{currency} ", ""))
    return f"{before}{number}{after}"


def figure(value: Any, unit: str, currency: str, language: str) -> str:
    """Return a value as a person reads it.

    Args:
        value: Whole number, ratio, date, truth value, text, or None.
        unit: `cents`, `bps`, `ppm`, `ratio`, or anything else for a number as it is.
        currency: Of the lake.
        language: `en` or `zh`.
    """
    if value is None:
        return UNKNOWN[language]
    if isinstance(value, bool):
        return _YES_NO[language][value]
    if isinstance(value, date):
        return (
            value.isoformat() if language == "en" else f"{value:%Y}年{value.month}月{value.day}日"
        )
    if isinstance(value, str):
        return value
    if unit == "cents":
        return money(value, currency, language)
    if unit in _PERCENT:
        return _PERCENT[unit](value) + (" %" if language == "en" else "%")
    return f"{value:,}"


def filled_in(
    text: str, values: Mapping[str, Any], units: Mapping[str, str], currency: str, language: str
) -> str:
    """Return a sentence with each `{column}` replaced by that column's figure.

    Args:
        text: The sentence. A Chinese one may name the unit of money itself, as in `{x_cents}元`.
        values: By column; one that is missing or None reads as unknown.
        units: By column; one that is not listed is read from the column's name.
        currency: Of the lake.
        language: `en` or `zh`.
    """

    unit = {
        found[1]: units.get(found[1]) or unit_of(found[1]) for found in _PLACEHOLDER.finditer(text)
    }
    exactly = _alike([values.get(name) for name in unit if unit[name] == "ppm"])

    def written(found: re.Match[str]) -> str:
        name = found[1]
        of = "exact ppm" if exactly and unit[name] == "ppm" else unit[name]
        shown = figure(values.get(name), of, currency, language)
        # The unit that the sentence names is not said twice.
        return shown if not found[2] or shown.endswith(found[2]) else shown + found[2]

    sentence = _PLACEHOLDER.sub(written, text)
    return _with_one(sentence) if language == "en" else sentence


def with_known_parts(text: str, values: Mapping[str, Any]) -> str:
    """Return a text without those parts in brackets that name a figure which is not known.

    `Wait[ until {day}| a while].` keeps ` until {day}` if `day` is known, else ` a while`; without
    a second alternative it keeps nothing.

    Args:
        text: Sentences with `{column}` placeholders.
        values: By column; one that is missing or None is not known.
    """

    def kept(found: re.Match[str]) -> str:
        named = (placeholder[1] for placeholder in _PLACEHOLDER.finditer(found[1]))
        is_known = all(values.get(name) is not None for name in named)
        return found[1] if is_known else found[2] or ""

    return _OPTIONAL.sub(kept, text)


def has_sound_brackets(text: str) -> bool:
    """Tell whether every bracket of a text belongs to an optional part."""
    return not re.search(r"[\[\]|]", _OPTIONAL.sub("", text))


def _alike(ppm: list[int | None]) -> bool:
    """Tell whether two different risks would read the same if they were rounded."""
    known = {value for value in ppm if value is not None}
    return len({_of_ppm(value) for value in known}) < len(known)


def _with_one(sentence: str) -> str:
    """Let words agree with a 1: sentences are written for many."""
    sentence = _ONE_OF.sub(r"\1 was", _ONE.sub(r"1 \1", sentence))
    return _THERE_IS_ONE.sub(r"\1here was 1 ", sentence)


def unit_of(column: str) -> str:
    """Return the unit that a column's name says it has; `count` if it says none."""
    if "_ratio" in column or column.startswith(("utilisation", "interest_share")):
        return "ratio"
    for ending, unit in _ENDINGS.items():
        if column.endswith(ending) or f"{ending}_" in column:
            return unit
    return "count"


def _of_bps(value: int) -> str:
    whole, part = divmod(abs(value), 100)
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{part:02}".rstrip("0").rstrip(".")


def _of_ppm(value: int) -> str:
    if value < 1_000:
        return f"{(value + 50) // 100 / 100:.2f}".rstrip("0").rstrip(".")
    tenths = (value + 500) // 1_000
    return f"{tenths // 10}.{tenths % 10}".removesuffix(".0")


def _of_ppm_exactly(value: int) -> str:
    return f"{value / 10_000:.4f}".rstrip("0").rstrip(".")


def _of_ratio(value: float) -> str:
    """Return whole per cent; what is not quite nothing or all does not read as if it were."""
    percent = f"{value * 100:.0f}"
    if percent in ("0", "100") and value not in (0, 1):
        return f"{value * 100:.1f}"
    return percent


_PERCENT = {"bps": _of_bps, "ppm": _of_ppm, "exact ppm": _of_ppm_exactly, "ratio": _of_ratio}
