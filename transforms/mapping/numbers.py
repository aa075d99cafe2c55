"""Numbers as people write them: exact, or refused; rounded only where the mapping says how."""

import re
from dataclasses import dataclass

import polars as pl

from transforms.mapping.layout import PADDING
from transforms.mapping.reading import PLAIN_NUMBER, number_fault, whole_number

ROUNDINGS = ("half_even", "half_up")
DECIMAL_MARKS = (".", ",")
THOUSANDS_MARKS = (".", ",", "'", *PADDING)
_FACTOR_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """How a number is written, and which whole number is kept of it.

    Attributes:
        decimals: Places kept: the number is counted in units of the last of them.
        decimal: Mark before the fraction.
        thousands: Mark between groups of three digits; empty if there is none. A space stands for
            every kind of space.
        rounding: One of ROUNDINGS; None refuses a number with more places than are kept.
        sign: -1 turns a number round that the source writes with the opposite sign.
    """

    decimals: int
    decimal: str = "."
    thousands: str = ""
    rounding: str | None = None
    sign: int = 1

    def reads(self, text: pl.Expr) -> pl.Expr:
        """Read a text as Int64; null where it cannot be read."""
        plain = self._plain(text)
        if self.rounding is None:
            return whole_number(plain, self.decimals) * self.sign
        if self.decimals:
            cut = plain.str.replace(rf"(\.[0-9]{{{self.decimals}}})[0-9]*$", "${1}")
        else:
            cut = plain.str.replace(r"\.[0-9]+$", "")
        rest = plain.str.extract(rf"\.[0-9]{{{self.decimals}}}([0-9]*)$").fill_null("")
        rest = rest.str.strip_chars_end("0")  # digits of a fraction compare like texts
        kept = whole_number(cut, self.decimals)
        away = self._rounds_up(rest > "5", rest == "5", kept).cast(pl.Int64)
        away = pl.when(plain.str.starts_with("-")).then(-away).otherwise(away)
        return (kept + away) * self.sign

    def fault(self, text: pl.Expr) -> pl.Expr:
        """Name the reason why `reads` could not read a text."""
        plain = self._plain(text).fill_null("")
        if self.rounding is None:
            return number_fault(plain, self.decimals)
        readable = plain.str.contains(PLAIN_NUMBER)
        return pl.when(readable).then(pl.lit("out_of_range")).otherwise(pl.lit("not_a_number"))

    def product(self, one: pl.Expr, other: pl.Expr) -> pl.Expr:
        """Multiply two texts exactly, as Int64; each may have up to six decimals."""
        size, unit = self._size(one, other)
        kept, rest = size // unit, size % unit
        if self.rounding is None:
            kept = pl.when(rest == 0).then(kept)
        else:
            kept += self._rounds_up(2 * rest > unit, 2 * rest == unit, kept).cast(pl.Int128)
        kept = kept.cast(pl.Int64, strict=False)
        negative = self._plain(one).str.starts_with("-") ^ self._plain(other).str.starts_with("-")
        return pl.when(negative).then(-kept).otherwise(kept) * self.sign

    def product_fault(self, one: pl.Expr, other: pl.Expr) -> pl.Expr:
        """Name the reason why `product` could not multiply two texts."""
        size, unit = self._size(one, other)
        finer = pl.lit(False) if self.rounding else (size % unit != 0).fill_null(False)
        reason = pl.when(one.is_null() | other.is_null()).then(pl.lit("missing"))
        for text in (one, other):
            factor = whole_number(self._plain(text), _FACTOR_DECIMALS)
            why = number_fault(self._plain(text).fill_null(""), _FACTOR_DECIMALS)
            reason = reason.when(factor.is_null()).then(why)
        return (
            reason.when(finer).then(pl.lit("too_many_decimals")).otherwise(pl.lit("out_of_range"))
        )

    def _size(self, one: pl.Expr, other: pl.Expr) -> tuple[pl.Expr, int]:
        """Return the size of the product, and how many of its units make one that is kept."""
        factors = (whole_number(self._plain(text), _FACTOR_DECIMALS) for text in (one, other))
        one_size, other_size = (factor.abs().cast(pl.Int128) for factor in factors)
        return one_size * other_size, 10 ** (2 * _FACTOR_DECIMALS - self.decimals)

    def _rounds_up(self, above: pl.Expr, half: pl.Expr, kept: pl.Expr) -> pl.Expr:
        """Return whether the size is rounded up, by whether the rest is above or just half."""
        return above | (half & (kept % 2 != 0) if self.rounding == "half_even" else half)

    def _plain(self, text: pl.Expr) -> pl.Expr:
        """Return the number in plain decimal digits with a point; null if it is not as declared."""
        if self.decimal == "." and not self.thousands:
            return text
        marks = PADDING if self.thousands and self.thousands in PADDING else self.thousands
        point, group = re.escape(self.decimal), f"[{marks}]"
        digits = rf"[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|[0-9]+" if self.thousands else "[0-9]+"
        written = text.str.contains(rf"^-?(?:{digits})(?:{point}[0-9]+)?$")
        if self.thousands:
            text = text.str.replace_all(group, "")
        return pl.when(written).then(text.str.replace(self.decimal, ".", literal=True))
