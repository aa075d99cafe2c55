"""A source mapping: everything that one TOML text says about a lender's files."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from transforms.declared import Declared, nearest
from transforms.mapping.expected import Expectation, clocks_of, expected_of
from transforms.mapping.layout import LAYOUT_KEYS, Layout, layout_of, require_columns
from transforms.mapping.path_pattern import PathPattern
from transforms.mapping.query import ASKED_BY, QUERY_KEYS, Query, query_of, require_declared
from transforms.mapping.template import TABLES, Template, templates_of

MODES = ("live", "shadow")
CREDIT_FROM = ("ledger", "reported")
ON_CONFLICT = ("first", "last", "quarantine")
EVERY = {"day": "{date}", "month": "{month}", "once": None}
_BAD_LINES_ALLOWED = 20
_JUDGED_BY = ("expect", "most_bad_bps", "bad_lines_allowed")  # what leaves every row as it is


@dataclass(frozen=True, slots=True, eq=False)
class FileMapping:
    """One file section of a source.

    Attributes:
        name: Of the section.
        pattern: Which landing files are read by it.
        layout: How its files are written.
        every: `day`, `month` or `once`: how often a file must be there; `pull` if a query makes
            the files, of which none is ever missing.
        condition_fields: Fields that only conditions read.
        personal: Fields that are read and that nobody sees when a line is refused.
        templates: What a line gives.
        clocks: Pairs of times of a line that are expected to agree.
        query: What makes the files; None if somebody delivers them.
    """

    name: str
    pattern: PathPattern
    layout: Layout
    every: str
    condition_fields: tuple[str, ...]
    personal: frozenset[str]
    templates: tuple[Template, ...]
    clocks: tuple[Expectation, ...] = ()
    query: Query | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """Return every field of a line that is read; the others are dropped."""
        mapped = (field for template in self.templates for field in template.fields)
        compared = (field for clock in self.clocks for field in clock.fields)
        return tuple(dict.fromkeys((*mapped, *self.condition_fields, *compared)))

    @property
    def flags(self) -> frozenset[str]:
        """Return the fields that may be true or false: those that only conditions read."""
        mapped = {field for template in self.templates for field in template.fields}
        return frozenset(self.condition_fields) - mapped


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One lender's system, and how its files are read.

    Attributes:
        name: Stands in the column `source`.
        mode: `live` or `shadow` (the lender does not follow the published limits).
        credit_from: `ledger` or `reported`.
        most_bad_bps: Share of refused lines that an extraction bears, in basis points.
        bad_lines_allowed: Refused lines that never count against the share.
        on_conflict: `first`, `last` or `quarantine` for equal event ids with different content.
        files: Its file sections, and its query sections after them.
        text: The mapping as declared.
        expected: What its events are expected to keep up, month after month.
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
    digest: str


def source_of(declared: Declared, name: str) -> Source:
    """Read a source mapping.

    Args:
        declared: The TOML text.
        name: Name that the text must declare, the file's name without its ending.

    Raises:
        RefusedError: Something in it is wrong; names the line, the key and the nearest valid name.
    """
    optional = ("most_bad_bps", "bad_lines_allowed", "on_conflict", "expect", "file", "query")
    declared.require_keys((), optional, ("source", "mode", "credit_from"))
    data = declared.data
    if data["source"] != name:
        raise declared.refused(("source",), f"source is {data['source']!r}. Write {name!r}.")
    return Source(
        name=name,
        mode=_one_of(declared, ("mode",), data["mode"], MODES),
        credit_from=_one_of(declared, ("credit_from",), data["credit_from"], CREDIT_FROM),
        most_bad_bps=_whole(declared, "most_bad_bps", 100, 10_000),
        bad_lines_allowed=_whole(declared, "bad_lines_allowed", _BAD_LINES_ALLOWED, 10**9),
        on_conflict=_one_of(
            declared, ("on_conflict",), data.get("on_conflict", "quarantine"), ON_CONFLICT
        ),
        files=_sections(declared, name),
        text=declared.text,
        expected=expected_of(declared),
        digest=_digest(data),
    )


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


def _sections(declared: Declared, source: str) -> tuple[FileMapping, ...]:
    read: dict[str, FileMapping] = {}
    for key in ("file", "query"):
        given = declared.data.get(key, [])
        if not isinstance(given, list):
            raise declared.refused((key,), f"{key} is one table. Write [[{key}]].")
        for position in range(len(given)):
            path = (key, position)
            file = _file(declared, path) if key == "file" else _query(declared, path, source)
            if file.name in read:
                raise declared.refused((*path, "name"), f"a second {key} {file.name!r}. Rename it.")
            read[file.name] = file
    if not read:
        raise declared.refused((), "the source reads nothing. Add [[file]] or [[query]].")
    return tuple(read.values())


def _file(declared: Declared, path: tuple[str | int, ...]) -> FileMapping:
    optional = (*LAYOUT_KEYS, "fields", "personal", "repeat", "expect", *TABLES)
    declared.require_keys(path, optional, ("name", "path", "format", "every"))
    section = declared.at(path)
    pattern = PathPattern(str(section["path"]))
    if fault := pattern.fault():
        raise declared.refused((*path, "path"), f"path {fault}")
    every = _one_of(declared, (*path, "every"), section["every"], tuple(EVERY))
    if EVERY[every] and EVERY[every] not in pattern.text:
        raise declared.refused(
            (*path, "every"), f"every is {every!r}, but the path has no {EVERY[every]}. Add it."
        )
    layout = layout_of(declared, path)
    templates = _templates(declared, path)
    if _has_undated_accounts(templates) and pattern.names is None:
        raise declared.refused(
            (*path, "account", 0), "the account lacks known_on, and the path names no day. Map it."
        )
    file = _mapping(declared, path, pattern, layout, templates)
    require_columns(declared, path, layout, file.fields)
    return file


def _query(declared: Declared, path: tuple[str | int, ...], source: str) -> FileMapping:
    optional = (*QUERY_KEYS, "fields", "personal", "repeat", "expect", *TABLES)
    declared.require_keys(path, optional, ("name", "connection", "columns"))
    query = query_of(declared, path, source)
    templates = _templates(declared, path)
    undated = _has_undated_accounts(templates)
    if undated and any(template.table != "accounts" for template in templates):
        raise declared.refused(
            (*path, "account", 0),
            "the account lacks known_on, and the query gives other rows as well. Map it, or give "
            "the accounts a [[query]] of their own.",
        )
    pattern, layout = query.pattern(by_month=undated), Layout(format="jsonl")
    file = _mapping(declared, path, pattern, layout, templates, query)
    require_declared(declared, path, query, file.fields)
    return file


def _mapping(
    declared: Declared,
    path: tuple[str | int, ...],
    pattern: PathPattern,
    layout: Layout,
    templates: tuple[Template, ...],
    query: Query | None = None,
) -> FileMapping:
    """Return a section with what delivered and pulled files have in common."""
    file = FileMapping(
        name=str(declared.at(path)["name"]),
        pattern=pattern,
        layout=layout,
        every="pull" if query else declared.at(path)["every"],
        condition_fields=_names(declared, path, "fields"),
        personal=frozenset(_names(declared, path, "personal")),
        templates=templates,
        clocks=clocks_of(declared, path),
        query=query,
    )
    for name in sorted(file.personal - set(file.fields)):
        raise declared.refused(
            (*path, "personal"),
            f"personal has {name[:80]!r}, which is not read.{nearest(name, file.fields)} "
            "What is not read is never stored or shown.",
        )
    return file


def _templates(declared: Declared, path: tuple[str | int, ...]) -> tuple[Template, ...]:
    templates = templates_of(declared, path, _names(declared, path, "fields"))
    if not templates:
        raise declared.refused(
            path, f"the {path[0]} gives nothing. Add [[{path[0]}.event]] or another one."
        )
    return templates


def _has_undated_accounts(templates: tuple[Template, ...]) -> bool:
    return any(t.table == "accounts" and "known_on" not in t.values for t in templates)


def _names(declared: Declared, path: tuple[str | int, ...], key: str) -> tuple[str, ...]:
    names = declared.at(path).get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise declared.refused((*path, key), f"{key} is {names!r}. Write a list of names.")
    return tuple(names)


def _one_of(
    declared: Declared, path: tuple[str | int, ...], value: Any, allowed: tuple[str, ...]
) -> str:
    if value not in allowed:
        near = nearest(str(value), allowed)
        raise declared.refused(path, f"{path[-1]} is {str(value)[:40]!r}.{near}")
    return value


def _whole(declared: Declared, key: str, default: int, most: int) -> int:
    value = declared.data.get(key, default)
    if type(value) is not int or not 0 <= value <= most:
        raise declared.refused((key,), f"{key} is {value!r}. Write a number from 0 to {most}.")
    return value
