"""What a source is expected to deliver, month after month, and how bad it is if it does not.

A mapping may say so in `[[expect]]`, or for two clocks of a line in `[[file.expect]]` or
`[[query.expect]]`:

    [[expect]]
    what = "month_end"               # events up to the last day of the month
    severity = "critical"            # the run stops; "warning" is shown; "off" is not looked at
    missing_days_at_most = 0         # usual days without events at the month's end

`what`, and the thresholds that it takes, with their defaults:

    month_end     missing_days_at_most 0, least_daily_events 50
    every_day     day_at_least_bps 1,000 (of the usual day), least_daily_events 50
    volume        month_at_least_bps 1,000 (of the usual month, in all and of each type; with
                  event_type of that one, which then counts for itself), warning_below_bps 5,000
                  (shown whatever the severity), least_events 200; critical unless declared
    event_types   event_types = [...], each of which every month has; least_events 1
    hours         the hours of the day as in the months before; psi_at_most_bps 1,000 (0.1),
                  least_events 1,000
    values        column and event_type whose values are spread as in the month before;
                  psi_at_most_bps 1,000, least_events 200, bin_width 1
    clocks        clock and against, two times of one line; apart_at_most_seconds 600,
                  beyond_at_most_bps 500 (share of lines), least_lines 20

Without a declaration `volume` is expected all the same, and with a warning `month_end`,
`every_day`, `hours` and the values of `delinquency_status`. Where a threshold lies below what
chance alone does to samples of this size, the larger one counts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from transforms.declared import Declared, nearest
from transforms.mapping.targets import TARGETS
from transforms.mapping.values import Value, value_of
from transforms.tables.logs import EVENT_TYPES

SEVERITIES = ("critical", "warning", "off")
THRESHOLDS: dict[str, dict[str, int]] = {
    "month_end": {"missing_days_at_most": 0, "least_daily_events": 50},
    "every_day": {"day_at_least_bps": 1_000, "least_daily_events": 50},
    "volume": {"month_at_least_bps": 1_000, "warning_below_bps": 5_000, "least_events": 200},
    "event_types": {"least_events": 1},
    "hours": {"psi_at_most_bps": 1_000, "least_events": 1_000},
    "values": {"psi_at_most_bps": 1_000, "least_events": 200, "bin_width": 1},
    "clocks": {"apart_at_most_seconds": 600, "beyond_at_most_bps": 500, "least_lines": 20},
}
COLUMNS = (
    *("event_type", "value", "amount_cents", "channel"),
    *("merchant_category", "counterparty_type"),
)
_KEYS = {
    "volume": ("event_type",),
    "event_types": ("event_types",),
    "values": ("column", "event_type"),
    "clocks": ("clock", "against"),
}
_CRITICAL = frozenset({"volume"})  # unless declared otherwise; all others are warnings
_STATUS_PSI_BPS = 2_500  # "action" in the rule of thumb; a lender who knows better declares less


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Expectation:
    """One thing that a source is expected to keep up.

    Attributes:
        what: Kind, a key of `THRESHOLDS`.
        severity: `critical`, `warning` or `off`.
        thresholds: Every threshold of the kind, the declared ones and the defaults.
        event_types: Types that every month has, for `event_types`.
        column: Whose values are compared, for `values`.
        event_type: For `values` and `volume`, the only type looked at; empty is all of them.
        clock, against: How two times of a line are read, for `clocks`.
    """

    what: str
    severity: str = "warning"
    thresholds: Mapping[str, int] = field(default_factory=dict)
    event_types: tuple[str, ...] = ()
    column: str = ""
    event_type: str = ""
    clock: Value | None = None
    against: Value | None = None

    @property
    def measure(self) -> str:
        """Return what tells expectations of one kind apart, in words."""
        if self.clock and self.against:
            return f"{self.clock.label} against {self.against.label}"
        return f"{self.event_type} {self.column}".strip()

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the fields of a line that it reads."""
        return tuple(f for value in (self.clock, self.against) if value for f in value.fields)

    def seconds_apart(self, texts: pl.DataFrame) -> pl.Series:
        """Return by how many whole seconds `clock` is ahead, of lines that have both times.

        Args:
            texts: One row per line, with `text:<field>` of every field that is read.
        """
        ahead = (self.clock.reads - self.against.reads).dt.total_seconds()
        return texts.select(ahead.alias("seconds"))["seconds"].drop_nulls()


def _severity(what: str) -> str:
    return "critical" if what in _CRITICAL else "warning"


DEFAULTS: tuple[Expectation, ...] = (
    *(
        Expectation(what=what, severity=_severity(what), thresholds=THRESHOLDS[what])
        for what in ("month_end", "every_day", "volume", "hours")
    ),
    Expectation(
        what="values",
        thresholds=THRESHOLDS["values"] | {"psi_at_most_bps": _STATUS_PSI_BPS},
        column="value",
        event_type="delinquency_status",
    ),
)


def expected_of(declared: Declared) -> tuple[Expectation, ...]:
    """Read `[[expect]]` of a mapping; what is not declared is expected by default.

    Raises:
        RefusedError: An entry is wrong; names the line, the key and the nearest valid name.
    """
    kinds = tuple(kind for kind in THRESHOLDS if kind != "clocks")
    found = tuple(_read(declared, (), kinds))
    said = {(each.what, each.measure) for each in found}
    return found + tuple(each for each in DEFAULTS if (each.what, each.measure) not in said)


def clocks_of(declared: Declared, path: tuple[str | int, ...]) -> tuple[Expectation, ...]:
    """Read `expect` of the file or query section at `path`: pairs of clocks.

    Raises:
        RefusedError: An entry is wrong; names the line, the key and the nearest valid name.
    """
    return tuple(_read(declared, path, ("clocks",)))


def _read(
    declared: Declared, path: tuple[str | int, ...], kinds: tuple[str, ...]
) -> Iterator[Expectation]:
    given = declared.at(path).get("expect", [])
    where = (*path, "expect")
    if not isinstance(given, list) or not all(isinstance(entry, dict) for entry in given):
        name = f"{path[0]}.expect" if path else "expect"
        raise declared.refused(where, f"expect is no list of tables. Write [[{name}]].")
    seen: set[tuple[str, str]] = set()
    for position, entry in enumerate(given):
        expectation = _expectation(declared, (*where, position), entry, kinds)
        if (key := (expectation.what, expectation.measure)) in seen:
            said = " ".join(filter(None, key))
            raise declared.refused((*where, position), f"a second {said}. Keep one.")
        seen.add(key)
        yield expectation


def _expectation(
    declared: Declared, path: tuple[str | int, ...], entry: dict[str, Any], kinds: tuple[str, ...]
) -> Expectation:
    what = _one_of(declared, path, "what", entry.get("what"), kinds)
    keys = _KEYS.get(what, ())
    required = tuple(key for key in keys if key != "event_type")
    declared.require_keys(path, ("severity", *THRESHOLDS[what], *keys), ("what", *required))
    thresholds = {
        name: _whole(declared, path, name, entry.get(name, default))
        for name, default in THRESHOLDS[what].items()
    }
    severity = entry.get("severity", _severity(what))
    return Expectation(
        what=what,
        severity=_one_of(declared, path, "severity", severity, SEVERITIES),
        thresholds=thresholds,
        **_subject(declared, path, what, entry),
    )


def _subject(
    declared: Declared, path: tuple[str | int, ...], what: str, entry: dict[str, Any]
) -> dict[str, Any]:
    """Return what an expectation is about, beside its thresholds."""
    if what == "event_types":
        types = entry["event_types"]
        if not isinstance(types, list) or not types:
            raise declared.refused((*path, what), f"event_types is {types!r}. Write a list.")
        return {"event_types": tuple(_one_of(declared, path, what, t, EVENT_TYPES) for t in types)}
    if what in ("values", "volume"):
        kind = entry.get("event_type", "")
        if kind:
            _one_of(declared, path, "event_type", kind, EVENT_TYPES)
        of = _one_of(declared, path, "column", entry["column"], COLUMNS) if what == "values" else ""
        return {"column": of, "event_type": kind}
    if what == "clocks":
        moment = TARGETS["events"]["occurred_at"]
        return {
            name: value_of(declared, (*path, name), moment, entry[name])
            for name in ("clock", "against")
        }
    return {}


def _one_of(
    declared: Declared, path: tuple[str | int, ...], key: str, value: Any, allowed: tuple[str, ...]
) -> str:
    if value not in allowed:
        near = nearest(str(value), allowed)
        raise declared.refused((*path, key), f"{key} is {str(value)[:40]!r}.{near}")
    return value


def _whole(declared: Declared, path: tuple[str | int, ...], key: str, value: Any) -> int:
    if type(value) is not int or not 0 <= value <= 10**9:
        raise declared.refused((*path, key), f"{key} is {value!r}. Write a whole number.")
    if key == "bin_width" and value == 0:
        raise declared.refused((*path, key), "bin_width is 0. Write the width of a bin, from 1.")
    return value
