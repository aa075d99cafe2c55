"""Warnings: early signs of trouble or of fraud, as the analyst declared them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from transforms.deciding.lines import LINES
from transforms.declared import Declared, nearest
from transforms.features.catalogue import FEATURES
from transforms.figures import filled_in
from transforms.months import last_day
from transforms.policies.conditions import amount_of
from transforms.policies.packs import day, sentence
from transforms.tables.decided import SEVERITIES, WARNINGS
from transforms.tables.logs import SEGMENTS

UNITS = ("bps", "cents", "count", "days", "ppm")
# What a signal may read: the features, the line, the score; no instruction and no price.
READABLE = frozenset({*FEATURES.schema, *LINES.schema, "points", "pd_ppm"})
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_REQUIRED = ("name", "value", "unit", "threshold", "severity", "says", "says_zh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One early sign: it is seen where the value reaches the threshold.

    Attributes:
        name: As published in `warnings.signal`.
        value: Whole number of a row; null means that there is nothing to see.
        unit: One of UNITS.
        threshold: The smallest value that is a sign.
        severity: `watch` or `act`.
        segment: The only segment that it is about, or None.
        says, says_zh: Sentence with `{value}` and `{threshold}`.
    """

    name: str
    value: pl.Expr
    unit: str
    threshold: int
    severity: str
    segment: str | None
    says: str
    says_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """One version of the signals, in force from `effective_from` until the next one."""

    effective_from: date
    source: str
    signals: tuple[Signal, ...]

    def text(self, name: str, value: int, currency: str, language: str) -> str:
        """Return the sentence of a published warning.

        Raises:
            KeyError: The signal is not among these.
        """
        signal = {signal.name: signal for signal in self.signals}[name]
        return filled_in(
            signal.says if language == "en" else signal.says_zh,
            {"value": value, "threshold": signal.threshold},
            {"value": signal.unit, "threshold": signal.unit},
            currency,
            language,
        )


def signals_of(declared: Declared, columns: Mapping[str, pl.DataType]) -> Signals:
    """Read every `[[warning]]`.

    Args:
        declared: The text of the file.
        columns: Columns that policies may name; a signal reads those in READABLE.

    Raises:
        RefusedError: A signal cannot be understood; names file, line and the nearest valid name.
    """
    declared.require_keys((), (), ("effective_from", "source", "warning"))
    rows = declared.data["warning"]
    if not isinstance(rows, list):
        raise declared.refused(("warning",), "signals are written [[warning]], with two brackets.")
    readable = {name: dtype for name, dtype in columns.items() if name in READABLE}
    signals = tuple(_signal(declared, index, readable) for index in range(len(rows)))
    names = [signal.name for signal in signals]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise declared.refused(
                ("warning", index, "name"), f"signal {name!r} is declared twice. Rename one."
            )
    return Signals(
        effective_from=day(declared, ("effective_from",)),
        source=sentence(declared, ("source",)),
        signals=signals,
    )


def warnings(
    features: pl.LazyFrame,
    scores: pl.LazyFrame,
    lines: pl.LazyFrame,
    signals: Signals,
    month: date,
) -> pl.LazyFrame:
    """List every sign seen on every line.

    Args:
        features: Rows of FEATURES of the month.
        scores: Rows of SCORES of the month.
        lines: Rows of LINES of the month.
        signals: In force on the decision date.
        month: First day of the month observed.

    Returns:
        Rows of WARNINGS, sorted by `user_id` and `signal`. A line without a sign has no row, and
        a sign whose figure is not known is not seen.
    """
    of_line = set(lines.collect_schema().names())
    others = [name for name in features.collect_schema().names() if name not in of_line]
    rows = lines.join(features.select("user_id", *others), on="user_id", how="left").join(
        scores.select("user_id", "points", "pd_ppm"), on="user_id", how="left"
    )
    seen = [_seen(rows, signal) for signal in signals.signals]
    return (
        pl.concat([WARNINGS.empty(), *(part.select(WARNINGS.schema.names()) for part in seen)])
        .with_columns(pl.lit(last_day(month)).alias("as_of"))
        .sort("user_id", "signal")
    )


def _seen(rows: pl.LazyFrame, signal: Signal) -> pl.LazyFrame:
    if signal.segment is not None:
        rows = rows.filter(pl.col("segment") == signal.segment)
    return (
        rows.select("as_of", "user_id", signal.value.cast(pl.Int64).alias("value"))
        .filter(pl.col("value") >= signal.threshold)
        .with_columns(
            pl.lit(signal.name).alias("signal"),
            pl.lit(signal.severity).alias("severity"),
            pl.lit(signal.threshold, pl.Int64).alias("threshold"),
        )
    )


def _signal(declared: Declared, index: int, columns: Mapping[str, pl.DataType]) -> Signal:
    path = ("warning", index)
    declared.require_keys(path, ("segment",), _REQUIRED)
    row = {"segment": None} | declared.at(path)
    for key, allowed in (("unit", UNITS), ("severity", SEVERITIES), ("segment", (None, *SEGMENTS))):
        if row[key] not in allowed:
            words = [word for word in allowed if word]
            raise declared.refused(
                (*path, key), f"unknown {key} {row[key]!r}.{nearest(str(row[key]), words)}"
            )
    if not _NAME.fullmatch(str(row["name"])):
        raise declared.refused(
            (*path, "name"), f"name {row['name']!r} must be small letters, digits and _."
        )
    if type(row["threshold"]) is not int:
        raise declared.refused(
            (*path, "threshold"), f"threshold {row['threshold']!r} is not a whole number."
        )
    for key in ("says", "says_zh"):
        for name in _PLACEHOLDER.findall(sentence(declared, (*path, key))):
            if name not in ("value", "threshold"):
                raise declared.refused(
                    (*path, key), f"{{{name}}} is neither {{value}} nor {{threshold}}."
                )
    value, _ = amount_of(declared, (*path, "value"), columns)
    return Signal(**row | {"value": value})
