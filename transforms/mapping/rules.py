"""What every row read from a landing file must satisfy, whatever the mapping."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from transforms.mapping.reading import LARGEST_CENTS, LARGEST_INTEGER
from transforms.mapping.targets import TARGETS, Target
from transforms.mapping.values import Value, text_of
from transforms.tables.logs import MONEY_TYPES

LONGEST_TEXT = 200
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
_FIRST_YEAR, _LAST_YEAR = 1990, 2199
CONTROL = r"[\x00-\x1f\x7f]"
_CONTROL_FOUND, _MISSING = pl.lit("control_character"), pl.lit("missing")

_AMOUNT_TYPES = (
    *MONEY_TYPES,
    *("limit_in_force", "drawdown", "instalment_due", "repayment", "fee", "interest", "statement"),
    *("income_evidence", "obligation"),
)
_VALUE_TYPES = ("delinquency_status", "external_score", "bureau_report")
_MAY_BE_NEGATIVE = ("statement",)  # an overpaid card

# Targets that a row needs by what it is: column that says so, its values, the needed target.
NEEDED = {
    "events": (
        ("event_type", _AMOUNT_TYPES, "amount_cents"),
        ("event_type", _VALUE_TYPES, "value"),
        ("event_type", ("instalment_due",), "due_on"),
        ("event_type", ("reversal",), "reverses_event_id"),
    ),
    "accounts": (),
    "instructions": (
        ("kind", ("override", "self_cap"), "amount_cents"),
        ("kind", ("consent_given", "consent_withdrawn"), "dimension"),
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """One way for a row to be refused.

    Attributes:
        target: Target that is at fault.
        label: Name that it is reported under.
        fails: Condition over the frame of values; null counts as not failed.
        reason: Reason code, evaluated on failed rows only.
        found: What stood there.
        spares_plain: It holds of a text that comes from a line without any control character.
    """

    target: str
    label: str
    fails: pl.Expr
    reason: pl.Expr
    found: pl.Expr
    spares_plain: bool


def checks(table: str, values: Mapping[str, Value]) -> tuple[Check, ...]:
    """Return the checks of a template's rows; the first that fails names the reason."""
    fields = {field for value in values.values() for field in value.fields}
    made = []
    for target in TARGETS[table].values():
        value = values.get(target.name)
        label = value.label if value else target.name
        column = pl.col(target.name)
        found = column if value is None or value.fault is None else value.written
        for fails, reason in _conditions(table, target, value):
            if reason.meta.eq(_MISSING):
                made += _missing_parts(target, value, fails)
            spares = _is_as_written(value) and reason.meta.eq(_CONTROL_FOUND)
            made.append(Check(target.name, label, fails, reason, found.cast(pl.String), spares))
    # A field that is bad itself goes before a text that is made of it and others.
    return tuple(sorted(made, key=lambda check: check.label not in fields))


def _missing_parts(target: Target, value: Value | None, fails: pl.Expr) -> Iterator[Check]:
    """Yield checks that name the field that is absent where a text is made of several."""
    if value is None or value.fault is not None or len(value.fields) < 2:
        return
    nothing = pl.lit(None, pl.String())
    for field in value.fields:
        absent = fails & text_of(field).is_null()
        yield Check(target.name, field, absent, _MISSING, nothing, spares_plain=False)


def _is_as_written(value: Value | None) -> bool:
    """Tell whether a value is the text of a field and nothing else."""
    return value is not None and any(value.reads.meta.eq(text_of(f)) for f in value.fields)


def _conditions(table: str, target: Target, value: Value | None) -> Iterator[tuple]:
    """Yield pairs of condition and reason for one target."""
    column = pl.col(target.name)
    missing = _MISSING
    if value is not None and value.lookup is not None:
        missing = (
            pl.when(value.lookup.found_nothing).then(pl.lit("unknown_code")).otherwise(_MISSING)
        )
    if value is not None:
        if value.fault is not None:
            yield value.unreadable, value.fault
        yield from _ranges(target)
    if target.column.required:
        yield column.is_null(), missing
    for by, kinds, needed in NEEDED[table]:
        if needed == target.name:
            yield pl.col(by).is_in(kinds) & column.is_null(), missing
    if (table, target.name) == ("events", "amount_cents"):
        below = (column < 0) & ~pl.col("event_type").is_in(_MAY_BE_NEGATIVE)
        yield below, pl.lit("negative_amount")
    if (table, target.name) == ("events", "value"):
        below = (column < 0) & (pl.col("event_type") == "delinquency_status")
        yield below, pl.lit("out_of_range")
    if (table, target.name) == ("events", "value_high"):
        yield column < pl.col("value"), pl.lit("out_of_range")
    if (table, target.name) == ("instructions", "effective_to"):
        yield column < pl.col("effective_from"), pl.lit("out_of_range")


def _ranges(target: Target) -> Iterator[tuple]:
    """Yield what the declared kind and range of a target forbid."""
    column = pl.col(target.name)
    out_of_range = pl.lit("out_of_range")
    if target.kind in ("text", "device"):
        yield column.str.len_chars() > LONGEST_TEXT, pl.lit("too_long")
        yield column.str.contains(CONTROL), _CONTROL_FOUND
    if target.kind in ("money", "integer"):
        most = LARGEST_CENTS if target.kind == "money" else LARGEST_INTEGER
        yield ~column.is_between(-most, most), out_of_range
        if target.column.lowest is not None:
            yield column < target.column.lowest, pl.lit("negative_amount")
    if target.kind == "day":
        yield ~column.is_between(_FIRST_DAY, _LAST_DAY), out_of_range
        if target.name == "known_on":
            start = column.cast(pl.Datetime("us", "UTC"))
            yield start >= pl.col("file:too_late"), pl.lit("after_its_file")
    if target.kind == "moment":
        yield ~column.dt.year().is_between(_FIRST_YEAR, _LAST_YEAR), out_of_range
        yield column >= pl.col("file:too_late"), pl.lit("after_its_file")
