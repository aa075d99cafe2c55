"""Refused lines as they are shown: values that a person could be known by are masked."""

import json
import re
from dataclasses import dataclass

from transforms.mapping.csv_lines import csv_pieces
from transforms.mapping.json_objects import nearest_to, objects_of
from transforms.mapping.layout import Layout
from transforms.mapping.sections import FileMapping
from transforms.mapping.shape import masked, shown_name
from transforms.mapping.values import Value

LONGEST_RAW = 500
LONGEST_FOUND = 200
_SAYS_NO_VALUE = (
    "field_count",
    "line_too_short",
    "line_too_long",
)  # `found` counts, and quotes nothing
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?$)|[{}\[\],:]|\s+|[^"{}\[\],:\s]+', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mask:
    """What of a file's refused lines may be seen.

    Attributes:
        layout: How the file is written.
        header: Names of the fields in order, where the file or the mapping names them.
        known: Fields that the mapping reads.
        shown: Those of them whose values are shown.
        hidden: Names, of fields or of targets made of them, whose values are not.
    """

    layout: Layout
    header: tuple[str, ...]
    known: frozenset[str]
    shown: frozenset[str]
    hidden: frozenset[str]

    def column(self, column: str | None) -> str | None:
        """Return the name of a refused field, masked if the line made it up."""
        return column if column is None or column in self.known else self._name(column)

    def found(self, found: str | None, column: str | None, reason: str) -> str | None:
        """Return what stood in a refused field; of a line that cannot be read only its shape."""
        if found is None or reason in _SAYS_NO_VALUE:
            return found
        if reason == "duplicate_key":
            return found if found in self.known else self._name(found)
        is_object = column not in self.known and self._is_known(column)
        if column is None or column in self.hidden or is_object or found[:1] in ("{", "["):
            return masked(found)
        return found

    def raw_line(self, line: str, is_readable: bool) -> str:
        """Return a refused line, at most 500 characters of it.

        Args:
            line: Its text.
            is_readable: Its fields are known; of other lines no value is shown.
        """
        form = self.layout.format
        if form == "jsonl":
            shown = self._json(line[:LONGEST_RAW], is_readable)
        elif not is_readable:
            shown = masked(line[:LONGEST_RAW])
        elif form == "csv":
            shown = self._csv(line)
        else:
            shown = self._fixed(line)
        return shown[:LONGEST_RAW]

    def row(self, texts: dict[str, str | None]) -> str:
        """Return a refused row of Parquet as a JSON object of the fields that are read."""
        seen = {f: t if t is None or f in self.shown else masked(t) for f, t in texts.items()}
        return json.dumps(seen, ensure_ascii=False)[:LONGEST_RAW]

    def _csv(self, line: str) -> str:
        pieces = csv_pieces(line, self.layout) or []
        return self.layout.delimiter.join(
            piece if name in self.shown else masked(piece)
            for name, piece in zip(self.header, pieces, strict=False)
        )

    def _fixed(self, line: str) -> str:
        shape = list(masked(line))
        for name, (first, last) in zip(self.layout.columns, self.layout.spans, strict=True):
            if name in self.shown:
                shape[first - 1 : last] = line[first - 1 : last]
        return "".join(shape)

    def _json(self, line: str, is_readable: bool) -> str:
        """Mask the values of a line token by token, so that a broken line keeps its look."""
        tokens = _TOKEN.findall(line)
        within: list[str | None] = []  # paths of what is open; None: a list, or a wrong name
        path, shown = "", []
        for position, token in enumerate(tokens):
            if token in ("{", "["):
                within.append(path if token == "{" else None)
                path = None
            elif token in ("}", "]"):
                path = within.pop() if within else None
            elif token == ",":
                path = None
            elif token[0] == '"' and _is_before_colon(tokens, position):
                key = _text_of(token)
                path = _path(within, key)
                is_name = key in self.known or self._is_known(path)
                is_name |= is_readable and len(within) == 1 and key == shown_name(key or "")
                token = token if is_name else masked(token)
            elif not (is_readable and path in self.shown):
                token = masked(token)
            shown.append(token)
        return "".join(shown)

    def _name(self, path: str) -> str:
        """Return the name of a field that is not read, as far as it is told."""
        return shown_name(nearest_to(path, objects_of(self.known)))

    def _is_known(self, path: str | None) -> bool:
        """Whether a field is read, or an object of which one is."""
        return path is not None and any(f"{name}.".startswith(f"{path}.") for name in self.known)


def mask_of(mapping: FileMapping, header: tuple[str, ...]) -> Mask:
    """Return what may be seen of a file: what is read, is no device and not declared personal."""
    hidden = _hidden(mapping)
    made = {value.label for value in _values(mapping) if hidden & set(value.fields)}
    return Mask(
        layout=mapping.layout,
        header=header,
        known=frozenset(mapping.fields),
        shown=frozenset(mapping.fields) - hidden,
        hidden=hidden | made,
    )


def hidden_targets(mapping: FileMapping) -> set[str]:
    """Return the targets made of what may not be seen, or looked up in another file."""
    hidden = _hidden(mapping)
    return {v.target.name for v in _values(mapping) if v.lookup or hidden & set(v.fields)}


def _hidden(mapping: FileMapping) -> frozenset[str]:
    devices = {
        f for value in _values(mapping) if value.target.kind == "device" for f in value.fields
    }
    return _with_overlapping(mapping.layout, mapping.personal | devices)


def _values(mapping: FileMapping) -> list[Value]:
    return [value for template in mapping.templates for value in template.values.values()]


def _with_overlapping(layout: Layout, hidden: frozenset[str]) -> frozenset[str]:
    """Add the columns of fixed width that share a character with a hidden one."""
    spans = dict(zip(layout.columns, layout.spans, strict=False))
    taken = [spans[name] for name in hidden if name in spans]
    return hidden | {
        name
        for name, (first, last) in spans.items()
        if any(first <= end and start <= last for start, end in taken)
    }


def _is_before_colon(tokens: list[str], position: int) -> bool:
    after = (token for token in tokens[position + 1 : position + 3] if not token.isspace())
    return next(after, "") == ":"


def _path(within: list[str | None], key: str | None) -> str | None:
    """Return the path of a field of the object that is open."""
    outer = within[-1] if within else None
    if key is None or outer is None:
        return None
    return f"{outer}.{key}" if outer else key


def _text_of(token: str) -> str | None:
    """Return what a quoted name says; None if its escapes are wrong."""
    if "\\" not in token:
        return token[1:-1]
    try:
        return json.loads(token, strict=False)
    except ValueError:
        return None
