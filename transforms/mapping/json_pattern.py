"""Lines of JSON that look alike: proven by one pattern, then read by a quick parser.

A quick parser cannot be trusted with any line: it turns too large a number into null, takes the
last of two equal keys, and one bad line costs it all others. So a pattern proves first that a line
is a flat object with keys that other lines have too, in their order, each at most once, and with
values of the kinds that they have. Of such a line the quick parser says what a careful one says.
Numbers are not left to it, as `12.50` would become `12.5`. What is not proven is read carefully.
"""

import io
import json
from collections.abc import Mapping

import polars as pl

from transforms.mapping.json_objects import objects_of

_LETTER = r'[^"\\\x00-\x1f]'
# Half a surrogate pair, which UTF-8 cannot write, is no part of it.
_ESCAPE = r'\\(?:["\\/bfnrt]|u(?:[0-9a-cA-CefEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}))'
_TEXT = rf'"(?:{_LETTER}|{_ESCAPE})*"'
_PLAIN_TEXT = rf'"{_LETTER}*"'
_NUMBER = r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?"
_LINES_LOOKED_AT = 40
_LONGEST_LOOKED_AT = 8_000  # characters
_MOST_KEYS = 60
_NOT_IN_KEYS = set('"\\') | {chr(code) for code in range(32)}
_decode = json.JSONDecoder(object_pairs_hook=tuple).decode

Shape = dict[str, frozenset[str]]


def shape_of(lines: pl.Series) -> Shape:
    """Return what lines look like that begin with the same key as the first one.

    Returns:
        For each key, in the order of the lines, which of `text`, `number` and `flag` its values
        are; nothing if the first line is no flat object.
    """
    shape: dict[str, set[str]] = {}
    for line in lines.head(_LINES_LOOKED_AT):
        kinds = _kinds_of(line)
        keys = _merged(list(shape), list(kinds))
        if keys is None or len(keys) > _MOST_KEYS:
            continue
        if not shape and not kinds:
            break
        shape = {key: shape.get(key, set()) | kinds.get(key, set()) for key in keys}
    return {key: frozenset(kinds) for key, kinds in shape.items()}


def proven_texts(
    lines: pl.DataFrame,
    shape: Shape,
    fields: tuple[str, ...],
    flags: frozenset[str],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the lines that the pattern of a shape proves.

    Args:
        lines: `source_line` and `line`, a text or null.
        shape: What they may look like.
        fields: Names of the fields to keep.
        flags: Those of `fields` that may also be true or false.

    Returns:
        `source_line` and `text:<field>` for each field of the lines proven; and the lines left.
    """
    objects = objects_of(fields)
    values = {
        key: "null"
        if key in objects
        else _value(kinds, is_mapped=key in fields and key not in flags)
        for key, kinds in shape.items()
    }
    is_proven = lines.select(pl.col("line").str.contains(_pattern(values)).fill_null(False))
    is_proven = is_proven.to_series()
    proven, left = lines, lines.clear()
    if not is_proven.all():
        proven, left = lines.filter(is_proven), lines.filter(~is_proven)
    whole = proven["line"].str.join("\n").cast(pl.Binary()).item() or b""
    by_parser = [key for key in fields if shape.get(key) == {"text"}]
    parsed = _parsed(whole, by_parser)
    if parsed.height != proven.height:
        return proven.select("source_line").clear(), lines
    texts = proven.select(
        "source_line",
        *(
            (_cut_out(key, shape[key]) if key in shape else pl.lit(None, pl.String())).alias(key)
            for key in fields
            if key not in by_parser
        ),
    ).hstack(parsed)
    return texts.select("source_line", pl.col(fields).name.prefix("text:")), left


def _kinds_of(line: str | None) -> dict[str, set[str]]:
    """Return the kind of each value of a flat object, none for null; nothing for other lines."""
    if line is None or len(line) > _LONGEST_LOOKED_AT:
        return {}
    try:
        pairs = _decode(line)
    except (ValueError, RecursionError):
        return {}
    names = {bool: "flag", str: "text", int: "number", float: "number", type(None): None}
    if not line.startswith("{") or not all(type(value) in names for _, value in pairs):
        return {}
    kinds = {key: {names[type(value)]} - {None} for key, value in pairs}
    plain = len(kinds) == len(pairs) and not any(set(key) & _NOT_IN_KEYS for key in kinds)
    return kinds if plain else {}


def bare_value(*, is_flag: bool) -> str:
    """Return the pattern of a value without quotes: a number or null, of a flag true or false."""
    return f"^(?:{_NUMBER}|null" + ("|true|false" if is_flag else "") + ")$"


def _merged(known: list[str], keys: list[str]) -> list[str] | None:
    """Put new keys after those that they follow; None if the order contradicts what is known."""
    merged, place = list(known), 0
    for key in keys:
        if key not in merged:
            merged.insert(place, key)
        elif merged.index(key) < place:
            return None
        place = merged.index(key) + 1
    return merged if not known or merged[0] == known[0] else None


def _value(kinds: frozenset[str], *, is_mapped: bool) -> str:
    """Return the pattern of a value; a field that is mapped is neither true nor false."""
    if kinds == {"text"} or not kinds:
        return f"{_TEXT}|null"
    text = f"{_PLAIN_TEXT}|" if kinds != {"number"} else ""
    return f"{text}{_NUMBER}|null" + ("" if is_mapped else "|true|false")


def _pattern(values: Mapping[str, str]) -> str:
    """Return the pattern of a whole line; every key but the first may be absent."""
    first, *rest = (f'"{pl.escape_regex(key)}": ?(?:{value})' for key, value in values.items())
    return rf"^\{{{first}" + "".join(f"(?:, ?{member})?" for member in rest) + r"\}$"


def _parsed(text: bytes, fields: list[str]) -> pl.DataFrame:
    """Return the texts of fields of proven lines; no row if the parser fails after all."""
    schema = dict.fromkeys(fields, pl.String())
    try:
        return pl.read_ndjson(io.BytesIO(text), schema=schema)
    except pl.exceptions.PolarsError:
        return pl.DataFrame(schema=schema)


def _cut_out(key: str, kinds: frozenset[str]) -> pl.Expr:
    """Return a value as it is written in a proven line, without its quotes; null of JSON's null.

    The key cannot be found elsewhere: within a text its quotes would be escaped.
    """
    name = f'"{key}":'
    value = "[^,}]*" if kinds == {"number"} else f" ?(?:{_PLAIN_TEXT}|[^,}}]*)"
    member = pl.col("line").str.extract(pl.escape_regex(name) + value, 0)
    written = member.str.slice(len(name)).str.strip_chars_start(" ")
    return pl.when(written != "null").then(written.str.strip_chars('"'))
