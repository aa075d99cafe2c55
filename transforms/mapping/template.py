"""A template: one event, account or instruction that a line of a landing file may give."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from transforms.declared import Declared, Path, nearest
from transforms.mapping.code_tables import Lookup
from transforms.mapping.rules import NEEDED, Check, checks
from transforms.mapping.targets import TARGETS
from transforms.mapping.values import Value, value_of

_ENTRY = 4  # length of a template's path: file, 0, event, 0
_LEFT = re.compile(r"\{(\w+)\}")
_CONSTANT_IS_NULL = re.compile(r"'[^']*'\s+IS\s+(NOT\s+)?NULL", re.IGNORECASE)
_QUOTED = (
    """A name with spaces, dots or signs stands in double quotes: when = '"paid on" IS NOT NULL'."""
)
_LISTED = "List fields that only a condition reads as fields = [...] of the section."
TABLES = {"event": "events", "account": "accounts", "instruction": "instructions"}


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """How a line becomes a row of one table.

    Attributes:
        table: Table of the row.
        values: What it puts into each target, by name.
        when: Condition for the row to exist; None is always.
        when_reads: Names that the condition reads: targets, else fields of the line.
        checks: What the row must satisfy.
    """

    table: str
    values: dict[str, Value]
    when: pl.Expr | None
    when_reads: tuple[str, ...]
    checks: tuple[Check, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """Return every field of the line that a value reads."""
        return tuple(dict.fromkeys(f for value in self.values.values() for f in value.fields))

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        """Return everything that is looked up in a code table."""
        return tuple(value.lookup for value in self.values.values() if value.lookup)


def templates_of(declared: Declared, path: Path, fields: tuple[str, ...]) -> tuple[Template, ...]:
    """Read the templates of one file section, repeated ones written out.

    Args:
        declared: The mapping.
        path: Of the file section.
        fields: Fields that only conditions read.

    Raises:
        RefusedError: A template is wrong; names the key and the nearest valid name.
    """
    section = declared.at(path)
    read, units = [], {}
    for key in TABLES:
        given = section.get(key, [])
        if not isinstance(given, list):
            raise declared.refused((*path, key), f"{key} is one table. Write [[{path[0]}.{key}]].")
        for position in range(len(given)):
            where = (*path, key, position)
            for entry in _repeated(declared, path, where):
                values = _values(declared, where, TABLES[key], entry)
                _require_one_unit(declared, where, entry, units)
                read.append((where, TABLES[key], values, entry.get("when")))
    mapped = {f for _, _, values, _ in read for value in values.values() for f in value.fields}
    known = mapped | set(fields)
    return tuple(
        _template(declared, where, table, values, when, known)
        for where, table, values, when in read
    )


def _repeated(declared: Declared, section: Path, path: Path) -> Iterator[dict[str, Any]]:
    """Yield a template as it is, or once per row of the section's `repeat` if it asks for that."""
    entry, rows = declared.at(path), declared.at(section).get("repeat")
    if not isinstance(entry, dict):
        raise declared.refused(path, f"{path[-2]} is not a table. Write [[{path[0]}.{path[-2]}]].")
    where = (*section, "repeat")
    if entry.get("repeat") is None:
        if rows is not None:
            _require_filled(declared, path, entry, None)
        yield entry
        return
    if entry["repeat"] is not True:
        raise declared.refused(
            (*path, "repeat"), "repeat is not true. Write true, or leave it out."
        )
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise declared.refused(where, "repeat is not a list of rows. Write [{ month = … }, …].")
    if any(row.keys() != rows[0].keys() for row in rows):
        raise declared.refused(where, "rows of repeat have different names. Give all the same.")
    for row in rows:
        filled = {key: _filled(value, row) for key, value in entry.items() if key != "repeat"}
        _require_filled(declared, path, filled, row)
        yield filled


def placeholders_of(declared: Declared, section: Path) -> tuple[str, ...]:
    """Return the names that a section's `repeat` fills in."""
    rows = declared.at(section).get("repeat")
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
        return ()
    return tuple(rows[0])


def _require_filled(declared: Declared, path: Path, value: Any, row: dict | None) -> None:
    """Refuse a `{name}` that nothing fills in; within a template it is a field of the line."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != "template":
                where = (*path, key) if len(path) == _ENTRY else path
                _require_filled(declared, where, inner, row)
    elif isinstance(value, str) and (left := _LEFT.search(value)):
        if row is None:
            raise declared.refused(
                path, f"{left[0]} is only filled in where a template has repeat = true. Add it."
            )
        raise declared.refused(path, f"{left[0]} is no name of repeat.{nearest(left[1], row)}")


def _filled(value: Any, row: dict[str, Any]) -> Any:
    """Put a row's values in place of `{name}`; a text that is only `{name}` takes its type."""
    if isinstance(value, dict):
        return {key: _filled(inner, row) for key, inner in value.items()}
    if isinstance(value, str):
        for name, filling in row.items():
            if value == f"{{{name}}}":
                return filling
            value = value.replace(f"{{{name}}}", str(filling))
    return value


def _values(declared: Declared, path: Path, table: str, entry: dict) -> dict[str, Value]:
    targets = TARGETS[table]
    for key in entry:
        if key not in targets and key != "when":
            raise declared.refused(
                (*path, key), f"{table} has no column {key!r}.{nearest(key, targets)}"
            )
    values = {
        name: value_of(declared, (*path, name), target, entry[name])
        for name, target in targets.items()
        if name in entry
    }
    needed = [t.name for t in targets.values() if t.column.required and t.name != "known_on"]
    for by, kinds, name in NEEDED[table]:
        given = entry.get(by)
        if isinstance(given, dict) and given.get("is") in kinds:
            needed.append(name)
    missing = [name for name in needed if name not in values]
    if missing:
        raise declared.refused(path, f"{declared.where(path)} lacks {', '.join(missing)}. Map it.")
    return values


def _require_one_unit(declared: Declared, path: Path, entry: dict, seen: dict) -> None:
    """Refuse a field that one line would give in two units.

    Args:
        declared: The mapping.
        path: Of the template.
        entry: The template.
        seen: Units of the templates before it, by field, each with whether every line has it.
    """
    every_line = entry.get("when") is None
    for name, value in entry.items():
        if not isinstance(value, dict) or "unit" not in value or "column" not in value:
            continue
        others = seen.setdefault(value["column"], [])
        for unit, of_every_line in others:
            if unit != value["unit"] and (every_line or of_every_line):
                raise declared.refused(
                    (*path, name),
                    f"{value['column']!r} is read with unit {value['unit']!r}, and with {unit!r} "
                    "by another template of the same lines. Correct one, or give both a when.",
                )
        others.append((value["unit"], every_line))


def _template(
    declared: Declared, path: Path, table: str, values: dict[str, Value], when: Any, known: set[str]
) -> Template:
    made = checks(table, values)
    if when is None:
        return Template(table, values, None, (), made)
    where = (*path, "when")
    if not isinstance(when, str):
        raise declared.refused(where, f"when is {str(when)[:80]!r}. Write SQL in quotes.")
    try:
        condition = pl.sql_expr(when)
        reads = tuple(dict.fromkeys(condition.meta.root_names()))
    except pl.exceptions.PolarsError as problem:
        raise declared.refused(
            where, f"not SQL ({problem}). Write amount_cents > 0. {_QUOTED}"
        ) from None
    if _CONSTANT_IS_NULL.search(when) or ("'" in when and not reads):
        raise declared.refused(
            where,
            f"{when!r} asks about a text in single quotes, which is the same in every line. "
            f"{_QUOTED}",
        )
    names = {name: TARGETS[table][name].column.dtype for name in values}
    for name in reads:
        if name not in names and name not in known:
            raise declared.refused(
                where,
                f"no target or field {name!r} is mapped here.{nearest(name, [*names, *known])} "
                + (_QUOTED if any(f.startswith(f"{name}.") for f in known) else _LISTED),
            )
        names.setdefault(name, pl.String())
    try:
        given = pl.DataFrame(schema=names).select(condition.alias("exists"))
    except pl.exceptions.PolarsError as problem:
        raise declared.refused(where, f"{str(problem).splitlines()[0]}. Correct it.") from None
    if given.schema["exists"] != pl.Boolean:
        raise declared.refused(where, f"{when!r} is not true or false. Write a comparison.")
    if reads and given.height:  # an aggregate has one row, even of no lines
        raise declared.refused(where, f"{when!r} looks at more than its own line. Leave that out.")
    return Template(table, values, condition, reads, made)
