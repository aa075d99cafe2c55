"""Lines of JSON taken apart into the texts of their fields, exactly as they are written.

Readers that guess types turn a missing key or too large a number into null, `true` into 1 and drop
the fraction of an amount. So nothing here is a number yet: `12.50` stays the text `12.50`.
"""

import json
from collections import Counter
from collections.abc import Iterable

import polars as pl

from transforms.mapping.json_objects import NotANumber, Object, decode, fields_of, objects_of
from transforms.mapping.json_pattern import proven_texts, shape_of

_ONE_BY_ONE = 1_000  # below so many lines, writing a pattern costs more than it saves
_SHAPES_TRIED = 8


def json_texts(
    lines: pl.DataFrame,
    fields: tuple[str, ...],
    flags: frozenset[str],
) -> tuple[pl.DataFrame, pl.DataFrame, set[str]]:
    """Take lines of JSON objects apart.

    Lines that look like a line before them are read the quick way; every other line by the JSON
    parser, with the same result.

    Args:
        lines: `source_line` and `line`, a text or null where the bytes are not UTF-8.
        fields: Names of the fields to keep; `customer.id` is the field `id` of the object
            `customer`.
        flags: Those of `fields` that may also be true or false.

    Returns:
        `source_line` and `text:<field>` for each field; refused lines with `source_line`,
        `column`, `reason`, `found`; and the names of all fields seen.
    """
    found, aside, seen, rest = [], [], set(), lines
    for _ in range(_SHAPES_TRIED):
        if rest.height < _ONE_BY_ONE:
            break
        shape = shape_of(rest["line"])
        if set(fields) & set(shape):
            texts, left = proven_texts(rest, shape, fields, flags)
            if texts.height:
                found.append(texts)
                seen |= set(shape)
                rest = left
                continue
        aside.append(rest.head(1))  # it would only be tried again
        rest = rest[1:]
    texts, refused, more = _one_by_one(pl.concat([*aside, rest]), fields, flags)
    texts = pl.concat([*found, texts]) if found else texts
    if len(found) > 1 or aside or rest.height:
        texts = texts.sort("source_line")
    return texts, refused.sort("source_line"), seen | more


def _one_by_one(
    lines: pl.DataFrame, fields: tuple[str, ...], flags: frozenset[str]
) -> tuple[pl.DataFrame, pl.DataFrame, set[str]]:
    kept: dict[str, list] = {"source_line": []} | {f"text:{field}": [] for field in fields}
    columns = list(zip(fields, list(kept.values())[1:], strict=True))
    refused, seen, objects = [], set(), sorted(objects_of(fields))
    for number, line in lines.select("source_line", "line").iter_rows():
        found, refusal = _object_of(line)
        if refusal is None:
            seen.update(name for name, value in found.items() if not _has_fields(value))
            refusal = _unfit(found, fields, objects, flags)
        if refusal is not None:
            refused.append((number, *refusal))
            continue
        kept["source_line"].append(number)
        for field, texts in columns:
            texts.append(_text_of(found.get(field)))
    schema = {name: pl.Int64() if name == "source_line" else pl.String() for name in kept}
    return pl.DataFrame(kept, schema=schema), refused_frame(refused), seen


def refused_frame(rows: Iterable[tuple[int, str | None, str, str | None]]) -> pl.DataFrame:
    """Return refused lines as a frame of `source_line`, `column`, `reason` and `found`."""
    schema = {
        "source_line": pl.Int64(),
        "column": pl.String(),
        "reason": pl.String(),
        "found": pl.String(),
    }
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def _object_of(line: str | None) -> tuple[dict, tuple | None]:
    """Return the fields of a line by path, or why it has none: column, reason, found."""
    if line is None:
        return {}, (None, "not_utf8", None)
    try:
        pairs = decode(line)
        named = list(fields_of(pairs)) if isinstance(pairs, Object) else None
    except json.JSONDecodeError as problem:
        reason = "extra_data" if problem.msg == "Extra data" else "not_json"
        return {}, (None, reason, line[problem.pos : problem.pos + 200] or None)
    except (ValueError, RecursionError):  # nested deeper than the parser goes
        return {}, (None, "not_json", line[:200])
    if named is None:
        return {}, (None, "not_an_object", line[:200])
    fields = dict(named)
    if len(fields) < len(named):
        twice = _printable(Counter(name for name, _ in named).most_common(1)[0][0])
        return {}, (twice, "duplicate_key", twice)
    return fields, None


def _unfit(
    found: dict, fields: tuple[str, ...], objects: list[str], flags: frozenset[str]
) -> tuple | None:
    """Return column, reason and found of the first field that is not what is read there."""
    for name in objects:
        value = found.get(name)
        is_nothing = value is None or value == [] or (type(value) is str and not value.strip())
        if not is_nothing and not isinstance(value, Object):
            return name, "wrong_type", _shown(value)
    for field in fields:
        value = found.get(field)
        if value is None or (isinstance(value, bool) and field in flags):
            continue
        if type(value) is not str:
            return field, "wrong_type", _shown(value)
        if not value.isascii() and _printable(value) != value:
            return field, "not_utf8", _printable(value)
    return None


def _shown(value: object) -> str:
    """Return a value as JSON, as far as it is shown."""
    return _printable(str(value) if isinstance(value, NotANumber) else json.dumps(_plain(value)))


def _plain(value: object) -> object:
    if isinstance(value, Object):
        return {key: _plain(inner) for key, inner in value}
    return list(map(_plain, value)) if isinstance(value, list) else value


def _has_fields(value: object) -> bool:
    return isinstance(value, Object) and bool(value)


def _text_of(value: str | bool | None) -> str | None:
    return ("true" if value else "false") if isinstance(value, bool) else value


def _printable(text: str) -> str:
    """Return a text as UTF-8 can write it: half a surrogate pair, as JSON may escape it, cannot."""
    return text[:200].encode("utf-8", "replace").decode()
