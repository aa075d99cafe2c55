"""The sections of a source mapping: which files, or rows of a database, are read and as what."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from transforms.declared import Declared, nearest
from transforms.mapping.code_tables import CodeTable
from transforms.mapping.expected import Expectation, clocks_of
from transforms.mapping.layout import LAYOUT_KEYS, Layout, layout_of, require_columns
from transforms.mapping.path_pattern import PathPattern
from transforms.mapping.query import QUERY_KEYS, Query, query_of, require_declared
from transforms.mapping.template import TABLES, Template, placeholders_of, templates_of

EVERY = {"day": "{date}", "month": "{month}", "once": None}


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
        table_fields: Fields that other files look something up in.
        placeholders: Names that `repeat` fills in; a field that is nowhere may be one misspelt.
        optional: A file that `every` expects may be absent; the audit entry then says so.
        zones: Time zones that it names, each once.
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
    table_fields: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
    optional: bool = False
    zones: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Return every field of a line that is read; the others are dropped."""
        mapped = (field for template in self.templates for field in template.fields)
        compared = (field for clock in self.clocks for field in clock.fields)
        others = (*self.condition_fields, *compared, *self.table_fields)
        return tuple(dict.fromkeys((*mapped, *others)))

    @property
    def code_tables(self) -> tuple[CodeTable, ...]:
        """Return every code table that a line is looked up in, each once, in order."""
        return tuple(sorted({look.table for each in self.templates for look in each.lookups}))

    @property
    def flags(self) -> frozenset[str]:
        """Return the fields that may be true or false: those that only conditions read."""
        mapped = {field for template in self.templates for field in template.fields}
        return frozenset(self.condition_fields) - mapped - set(self.table_fields)


def sections_of(declared: Declared, source: str) -> tuple[FileMapping, ...]:
    """Read every `[[file]]` and, after them, every `[[query]]` of a source.

    Raises:
        RefusedError: Something in one is wrong; names the line, the key and the nearest valid name.
    """
    read: dict[str, FileMapping] = {}
    places = []
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
            places.append(path)
    if not read:
        raise declared.refused((), "the source reads nothing. Add [[file]] or [[query]].")
    tables = sorted({table for file in read.values() for table in file.code_tables})
    return tuple(
        _checked(declared, path, file, tables)
        for path, file in zip(places, read.values(), strict=True)
    )


def _checked(
    declared: Declared, path: tuple[str | int, ...], file: FileMapping, tables: list[CodeTable]
) -> FileMapping:
    """Add the fields in which others look something up, and check every name of a field."""
    looked_in = [name for t in tables if t.file == file.name for name in (t.key, t.value)]
    file = replace(file, table_fields=tuple(dict.fromkeys(looked_in)))
    if not file.templates and not file.table_fields:
        raise declared.refused(
            path,
            f"{declared.where(path)} gives nothing. Add [[{path[0]}.event]] or another one, or "
            f'look something up in it: codes = {{ file = "{file.name}", key = …, value = … }}.',
        )
    if file.optional and file.table_fields:
        raise declared.refused(
            (*path, "optional"),
            f"others look something up in {declared.where(path)}, so it cannot be optional. Leave "
            "that out.",
        )
    if file.query:
        require_declared(declared, path, file.query, file.fields, file.placeholders)
    else:
        require_columns(declared, path, file.layout, file.fields, file.placeholders)
    for name in sorted(file.personal - set(file.fields)):
        raise declared.refused(
            (*path, "personal"),
            f"personal has {name[:80]!r}, which is not read.{nearest(name, file.fields)} "
            "What is not read is never stored or shown.",
        )
    return file


def _file(declared: Declared, path: tuple[str | int, ...]) -> FileMapping:
    optional = (*LAYOUT_KEYS, "optional", "fields", "personal", "repeat", "expect", *TABLES)
    declared.require_keys(path, optional, ("name", "path", "format", "every"))
    section = declared.at(path)
    pattern = PathPattern(str(section["path"]))
    if fault := pattern.fault():
        raise declared.refused((*path, "path"), f"path {fault}")
    every = one_of(declared, (*path, "every"), section["every"], tuple(EVERY))
    if EVERY[every] and EVERY[every] not in pattern.text:
        raise declared.refused(
            (*path, "every"), f"every is {every!r}, but the path has no {EVERY[every]}. Add it."
        )
    if not isinstance(section.get("optional", False), bool):
        raise declared.refused((*path, "optional"), "optional is not true. Write true or false.")
    layout = layout_of(declared, path)
    templates = templates_of(declared, path, _names(declared, path, "fields"))
    if _has_undated_accounts(templates) and pattern.names is None:
        raise declared.refused(
            (*path, "account", 0),
            f"an account of {declared.where(path)} lacks known_on, and the path names no day. "
            "Map it.",
        )
    return _mapping(declared, path, pattern, layout, templates)


def _query(declared: Declared, path: tuple[str | int, ...], source: str) -> FileMapping:
    optional = (*QUERY_KEYS, "fields", "personal", "repeat", "expect", *TABLES)
    declared.require_keys(path, optional, ("name", "connection", "columns"))
    query = query_of(declared, path, source)
    templates = templates_of(declared, path, _names(declared, path, "fields"))
    undated = _has_undated_accounts(templates)
    if undated and any(template.table != "accounts" for template in templates):
        raise declared.refused(
            (*path, "account", 0),
            f"an account of {declared.where(path)} lacks known_on, and the query gives other rows "
            "as well. Map it, or give the accounts a [[query]] of their own.",
        )
    pattern, layout = query.pattern(by_month=undated), Layout(format="jsonl")
    return _mapping(declared, path, pattern, layout, templates, query)


def _mapping(
    declared: Declared,
    path: tuple[str | int, ...],
    pattern: PathPattern,
    layout: Layout,
    templates: tuple[Template, ...],
    query: Query | None = None,
) -> FileMapping:
    """Return a section with what delivered and pulled files have in common."""
    return FileMapping(
        name=str(declared.at(path)["name"]),
        pattern=pattern,
        layout=layout,
        every="pull" if query else declared.at(path)["every"],
        condition_fields=_names(declared, path, "fields"),
        personal=frozenset(_names(declared, path, "personal")),
        templates=templates,
        clocks=clocks_of(declared, path),
        query=query,
        placeholders=placeholders_of(declared, path),
        optional=declared.at(path).get("optional", False),
        zones=tuple(dict.fromkeys(_zones(declared.at(path)))),
    )


def _zones(given: Any) -> Iterator[str]:
    """Yield every time zone that is named somewhere within a section."""
    if isinstance(given, list):
        for each in given:
            yield from _zones(each)
    elif isinstance(given, dict):
        for key, each in given.items():
            if key == "zone" and isinstance(each, str) and not each.startswith("{"):
                yield each
            yield from _zones(each)


def _has_undated_accounts(templates: tuple[Template, ...]) -> bool:
    return any(t.table == "accounts" and "known_on" not in t.values for t in templates)


def _names(declared: Declared, path: tuple[str | int, ...], key: str) -> tuple[str, ...]:
    names = declared.at(path).get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise declared.refused((*path, key), f"{key} is {names!r}. Write a list of names.")
    return tuple(names)


def one_of(
    declared: Declared, path: tuple[str | int, ...], value: Any, allowed: tuple[str, ...]
) -> str:
    """Return a value that must be one of a few texts.

    Raises:
        RefusedError: It is none of them; names the nearest one.
    """
    if value not in allowed:
        near = nearest(str(value), allowed)
        raise declared.refused(path, f"{path[-1]} is {str(value)[:40]!r}.{near}")
    return value
