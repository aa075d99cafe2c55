"""A declared text in TOML, with the line of every key, so that an error can point at it."""

import difflib
import re
import tomllib
from collections.abc import Iterable
from typing import Any

from transforms.errors import RefusedError

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(
    r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]*")
_MOST_LISTED = 40

Path = tuple[str | int, ...]


class Declared:
    """One TOML text and where each of its keys stands.

    Attributes:
        name: Path as a person would write it; begins every message.
        text: The text itself.
        data: The parsed content.
    """

    def __init__(self, text: str, name: str):
        self.text = text
        self.name = name
        try:
            self.data: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as problem:
            quoted = _key_to_quote(text, problem)
            raise RefusedError(
                f"{name}: not valid TOML: {problem}. Correct that line.{quoted}"
            ) from None
        self._lines = _lines_of(text)

    def line(self, *path: str | int) -> int:
        """Return the line of a key such as `("guard", 3, "when")`, or of what it stands in."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return 1

    def refused(self, path: Path, message: str) -> RefusedError:
        """Return an error that names the file and the line of `path`."""
        return RefusedError(f"{self.name} line {self.line(*path)}: {message}")

    def at(self, path: Path) -> Any:
        """Return what stands at `path`."""
        value: Any = self.data
        for part in path:
            value = value[part]
        return value

    def where(self, path: Path) -> str:
        """Return a path in words: `file 'loans', event 2`, counted from 1 where nothing has a name.

        Args:
            path: Of something that is declared.
        """
        parts: list[str] = []
        value: Any = self.data
        for part in path:
            value = value[part]
            if isinstance(part, str):
                parts.append(part)
                continue
            name = value.get("name") if isinstance(value, dict) else None
            parts[-1] += f" {name!r}" if isinstance(name, str) else f" {part + 1}"
        return ", ".join(parts) or "the file"

    def require_keys(
        self, path: Path, allowed: Iterable[str], required: Iterable[str] = ()
    ) -> None:
        """Check the keys of the table at `path`.

        Raises:
            RefusedError: It is no table, or a key is unknown or missing; names the nearest one.
        """
        table = self.at(path)
        where = self.where(path)
        if not isinstance(table, dict):
            raise self.refused(path, f"{where} is not a table. Write its keys below a header.")
        required = tuple(required)
        known = tuple(dict.fromkeys((*required, *allowed)))
        for key in table:
            if key not in known:
                raise self.refused(
                    (*path, key), f"unknown key {key!r} in {where}.{nearest(key, known)}"
                )
        missing = [key for key in required if key not in table]
        if missing:
            raise self.refused(path, f"{where} lacks {', '.join(missing)}. Add it.")


def nearest(name: str, names: Iterable[str], unlisted: Iterable[str] = ()) -> str:
    """Return " Did you mean 'x'?" for the name most like `name`, or what is allowed.

    Args:
        name: What was found.
        names: What is allowed.
        unlisted: What may be meant as well, and is not allowed here.
    """
    names = list(dict.fromkeys(names))
    spelled = {one.casefold(): one for one in (*unlisted, *names)}
    found = difflib.get_close_matches(name.casefold(), spelled, n=1, cutoff=0.6)
    if found:
        return f" Did you mean {spelled[found[0]]!r}?"
    return f" Allowed: {', '.join(names)}." if 0 < len(names) <= _MOST_LISTED else ""


def _key_to_quote(text: str, problem: tomllib.TOMLDecodeError) -> str:
    """Return what to write where TOML stops at a key that stands without quotes and needs them."""
    place = _PLACE.search(str(problem))
    if not place:
        return ""
    number, column = int(place[1]), int(place[2]) - 1
    line = text.split("\n")[number - 1]
    begins = max(line.rfind(sign, 0, column) for sign in "{,[.") + 1
    key = re.split(r"[=,\]}]", line[begins:], maxsplit=1)[0].strip()
    if not key or set(key) & set("\"'#") or _BARE_KEY.fullmatch(key):
        return ""
    return f' A key with accents, spaces or signs stands in quotes: "{key}" = ….'


def _lines_of(text: str) -> dict[Path, int]:
    """Return the line of each header and key; what stands in inline values is not indexed."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _resolved(_parts(header[2]), header[1] == "[[", counts)
            lines.setdefault(table, number)
            lines.setdefault(tuple(p for p in table[:1]), number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_parts(key[1])), number)
    return lines


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _resolved(parts: tuple[str, ...], repeated: bool, counts: dict[Path, int]) -> Path:
    """Return the path of a header with the index of every array of tables that it stands in."""
    path: Path = ()
    for position, part in enumerate(parts):
        path = (*path, part)
        last = position == len(parts) - 1
        if last and repeated:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path
