"""The layout of a landing file: how its lines and their fields are written."""

import codecs
from dataclasses import dataclass
from typing import Any

from transforms.declared import Declared, nearest

FORMATS = ("jsonl", "csv", "fixed", "parquet")
ENCODINGS = (
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk", "big5", "shift_jis"),
    *("euc-jp", "euc-kr", "latin-1", "iso-8859-1", "iso-8859-2", "iso-8859-15", "windows-1250"),
    *("windows-1251", "windows-1252", "koi8-r", "cp850", "cp852"),
)
PADDING = " \u00a0\u202f"  # no-break spaces look like spaces, and exports write them
LAYOUT_KEYS = ("encoding", "delimiter", "quote", "header", "columns")
_KEYS_OF = {
    "jsonl": ("encoding",),
    "csv": LAYOUT_KEYS,
    "fixed": ("encoding", "columns"),
    "parquet": (),
}
_QUOTES = ('"', "'", "")
_LONGEST_FIXED = 100_000  # characters of a line of fixed width


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a file is written.

    Attributes:
        format: One of `FORMATS`.
        encoding: One of `ENCODINGS`.
        delimiter: Between the fields of a CSV line.
        quote: Around a CSV field that holds a delimiter, and doubled within it; empty if a quote
            is a character like any other.
        columns: Names of the fields where the mapping names them: of a CSV file without a header,
            or of fixed width.
        spans: First and last character of each of `columns` in a line of fixed width, from 1.
    """

    format: str
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    columns: tuple[str, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def has_header(self) -> bool:
        """Return whether the first line names the fields."""
        return self.format == "csv" and not self.columns

    @property
    def is_text(self) -> bool:
        """Return whether the file consists of lines of text."""
        return self.format != "parquet"


def layout_of(declared: Declared, path: tuple[str | int, ...]) -> Layout:
    """Read the keys of a file section that say how its files are written.

    Raises:
        RefusedError: One of them is wrong, or belongs to another format.
    """
    section = declared.at(path)
    form = section["format"]
    if form not in FORMATS:
        raise declared.refused(
            (*path, "format"), f"format is {str(form)[:40]!r}.{nearest(str(form), FORMATS)}"
        )
    for key in LAYOUT_KEYS:
        if key in section and key not in _KEYS_OF[form]:
            owners = " and ".join(name for name in FORMATS if key in _KEYS_OF[name])
            raise declared.refused(
                (*path, key), f"{key} has no meaning for format {form!r}, only for {owners}."
            )
    columns, spans = _columns(declared, (*path, "columns"), section, form)
    return Layout(
        format=form,
        encoding=_encoding(declared, (*path, "encoding"), section.get("encoding", "utf-8")),
        delimiter=_delimiter(declared, (*path, "delimiter"), section.get("delimiter", ",")),
        quote=_quote(declared, (*path, "quote"), section),
        columns=columns,
        spans=spans,
    )


def require_columns(
    declared: Declared,
    path: tuple[str | int, ...],
    layout: Layout,
    fields: tuple[str, ...],
    placeholders: tuple[str, ...] = (),
) -> None:
    """Check that the fields a section reads are among the columns that it names.

    Raises:
        RefusedError: One is not; names the nearest.
    """
    for field in fields if layout.columns else ():
        if field not in layout.columns:
            raise declared.refused(
                (*path, "columns"),
                f"columns has no {field[:80]!r}, which is read."
                f"{nearest(field, layout.columns, placeholders)}",
            )


def _encoding(declared: Declared, path: tuple[str | int, ...], given: Any) -> str:
    name = str(given).lower()
    if name not in ENCODINGS:
        near = nearest(_other_name(name), ENCODINGS)
        raise declared.refused(path, f"encoding is {str(given)[:40]!r}.{near}")
    return name


def _other_name(name: str) -> str:
    """Return the encoding that a name stands for elsewhere, such as windows-1252 for cp1252."""
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        return name
    return next((ours for ours in ENCODINGS if codecs.lookup(ours).name == codec), name)


def _delimiter(declared: Declared, path: tuple[str | int, ...], given: Any) -> str:
    plain = isinstance(given, str) and len(given) == 1
    if not plain or given.isalnum() or given in "\"' .-+\r\n\0":
        raise declared.refused(
            path, f"delimiter is {str(given)[:40]!r}. Write one character such as ; or \\t."
        )
    return given


def _quote(declared: Declared, path: tuple[str | int, ...], section: dict[str, Any]) -> str:
    given = section.get("quote", '"')
    if given not in _QUOTES:
        raise declared.refused(
            path,
            f'quote is {str(given)[:40]!r}. Write \'"\' or "\'", or "" if fields are never quoted.',
        )
    return given


def _columns(
    declared: Declared, path: tuple[str | int, ...], section: dict[str, Any], form: str
) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...]]:
    if form == "fixed":
        return _spans(declared, path, section.get("columns"))
    header, names = section.get("header", True), section.get("columns")
    if not isinstance(header, bool):
        raise declared.refused(
            (*path[:-1], "header"), f"header is {str(header)[:40]!r}. Write true or false."
        )
    if header:
        if names is not None:
            raise declared.refused(
                path, "columns is for files without a header. Add header = false, or remove it."
            )
        return (), ()
    texts = isinstance(names, list) and all(isinstance(name, str) and name for name in names)
    if not texts or not names or len(set(names)) < len(names):
        raise declared.refused(
            path if names is not None else (*path[:-1], "header"),
            f"header is false, and columns is {str(names)[:80]}. Name every field of a line once, "
            'in order: columns = ["id", "user"].',
        )
    return tuple(names), ()


def _spans(
    declared: Declared, path: tuple[str | int, ...], given: Any
) -> tuple[tuple[str, ...], tuple[tuple[int, int], ...]]:
    if not isinstance(given, dict) or not given:
        raise declared.refused(
            path,
            f"columns is {str(given)[:80]}. Write the first and the last character of each field: "
            "columns = { id = [1, 8], user = [9, 20] }.",
        )
    for name, span in given.items():
        pair = isinstance(span, list) and len(span) == 2 and all(type(n) is int for n in span)
        if not pair or not 1 <= span[0] <= span[1] <= _LONGEST_FIXED:
            raise declared.refused(
                (*path, name),
                f"columns has {str(span)[:40]} for {name!r}. Write the first and the last "
                "character, counted from 1: [1, 8].",
            )
    return tuple(given), tuple((first, last) for first, last in given.values())
