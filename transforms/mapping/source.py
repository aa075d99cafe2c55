"""A source mapping: everything that one TOML text says about a lender's files."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from transforms.declared import Declared
from transforms.mapping.expected import Expectation, expected_of
from transforms.mapping.fields import zone_of
from transforms.mapping.query import ASKED_BY
from transforms.mapping.sections import FileMapping, one_of, sections_of
from transforms.tables.decided import MODES

CREDIT_FROM = ("ledger", "reported")
ON_CONFLICT = ("first", "last", "quarantine")
_BAD_LINES_ALLOWED = 20
# What leaves every row as it is.
_JUDGED_BY = ("expect", "most_bad_bps", "bad_lines_allowed", "optional", "time_zone", "currency")
_CURRENCY = re.compile("[A-Z]{3}")


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One lender's system, and how its files are read.

    Attributes:
        name: Stands in the column `source`.
        mode: `live`, `shadow` (the lender does not follow the published limits) or `indicative`
            (it has no revolving limits: first limits are computed and marked).
        credit_from: `ledger` or `reported`.
        most_bad_bps: Share of a section's lines that may be bad, in basis points.
        bad_lines_allowed: Bad lines of a section that are borne whatever their share.
        on_conflict: `first`, `last` or `quarantine` for equal event ids with different content.
        files: Its file sections, and its query sections after them.
        text: The mapping as declared.
        expected: What its events are expected to keep up, month after month.
        home: `time_zone` and `currency` of the lender, as far as declared: what a lake for this
            source alone is created with.
        digest: SHA-256 of what it says about rows; another digest is another mapping. Comments,
            layout, how a database is asked, and what only judges rows, such as `[[expect]]`, are
            no part of it.
    """

    name: str
    mode: str
    credit_from: str
    most_bad_bps: int
    bad_lines_allowed: int
    on_conflict: str
    files: tuple[FileMapping, ...]
    text: str
    expected: tuple[Expectation, ...]
    home: dict[str, str]
    digest: str

    def bears(self, bad: int, lines: int) -> bool:
        """Return whether an extraction goes on with so many bad lines of a file section.

        Args:
            bad: Refused lines, but for those that `first` or `last` overrules: the source declares
                that such lines come.
            lines: All lines of the section.
        """
        return bad <= self.bad_lines_allowed or bad * 10_000 <= lines * self.most_bad_bps


def source_of(declared: Declared, name: str) -> Source:
    """Read a source mapping.

    Args:
        declared: The TOML text.
        name: Name that the text must declare, the file's name without its ending.

    Raises:
        RefusedError: Something in it is wrong; names the line, the key and the nearest valid name.
    """
    optional = ("most_bad_bps", "bad_lines_allowed", "on_conflict", "expect", "file", "query")
    optional += ("time_zone", "currency")
    declared.require_keys((), optional, ("source", "mode", "credit_from"))
    data = declared.data
    if data["source"] != name:
        raise declared.refused(("source",), f"source is {data['source']!r}. Write {name!r}.")
    return Source(
        name=name,
        mode=one_of(declared, ("mode",), data["mode"], MODES),
        credit_from=one_of(declared, ("credit_from",), data["credit_from"], CREDIT_FROM),
        most_bad_bps=_whole(declared, "most_bad_bps", 100, 10_000),
        bad_lines_allowed=_whole(declared, "bad_lines_allowed", _BAD_LINES_ALLOWED, 10**9),
        on_conflict=one_of(
            declared, ("on_conflict",), data.get("on_conflict", "quarantine"), ON_CONFLICT
        ),
        files=sections_of(declared, name),
        text=declared.text,
        expected=expected_of(declared),
        home=_home(declared),
        digest=_digest(data),
    )


def _home(declared: Declared) -> dict[str, str]:
    said = {key: declared.data[key] for key in ("time_zone", "currency") if key in declared.data}
    if "time_zone" in said:
        zone_of(declared, ("time_zone",), {"zone": said["time_zone"]})
    currency = said.get("currency", "CNY")
    if not isinstance(currency, str) or not _CURRENCY.fullmatch(currency):
        raise declared.refused(("currency",), f"currency is {currency!r}. Write one such as CNY.")
    return said


def _digest(data: dict[str, Any]) -> str:
    said = _without_judgement(data)
    said |= {"file": [_without_judgement(file) for file in data.get("file", [])]}
    if "query" in data:
        said |= {"query": [_without_judgement(query, *ASKED_BY) for query in data["query"]]}
    # A date or a time is not the text that it is written as.
    plain = json.dumps(said, sort_keys=True, default=lambda value: {"is": repr(value)})
    return hashlib.sha256(plain.encode()).hexdigest()


def _without_judgement(table: dict[str, Any], *more: str) -> dict[str, Any]:
    return {key: value for key, value in table.items() if key not in (*_JUDGED_BY, *more)}


def _whole(declared: Declared, key: str, default: int, most: int) -> int:
    value = declared.data.get(key, default)
    if type(value) is not int or not 0 <= value <= most:
        raise declared.refused((key,), f"{key} is {value!r}. Write a number from 0 to {most}.")
    return value
