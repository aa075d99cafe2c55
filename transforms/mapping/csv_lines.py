"""Lines of CSV taken apart into the texts of their fields; a record is one line."""

import re
from functools import cache

import polars as pl

from transforms.declared import nearest
from transforms.errors import RefusedError
from transforms.mapping.json_lines import refused_frame
from transforms.mapping.layout import PADDING, Layout
from transforms.mapping.shape import shown_name


def csv_header(
    line: str | None,
    layout: Layout,
    fields: tuple[str, ...],
    where: str,
    mapping: str = "the mapping",
    placeholders: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """Return the names of a CSV file's fields.

    Args:
        line: First line of the file; None if it is not text of the declared encoding.
        layout: How the file is written.
        fields: Names that the mapping reads.
        where: The file, for the message.
        mapping: What reads it, for the message.
        placeholders: Names that `repeat` of the mapping fills in.

    Raises:
        RefusedError: A name that is read is not there, or there twice.
    """
    if line is None:
        raise RefusedError(
            f"{where} line 1: the header is no {layout.encoding} text. Declare the encoding that "
            f"the file is written in, such as windows-1252, in {mapping}."
        )
    if not line.strip():
        raise RefusedError(
            f"{where} line 1: blank, where the names of the fields should stand. Deliver the file "
            f"with a header, or declare header = false and columns in {mapping}."
        )
    pieces = csv_pieces(line, layout)
    if pieces is None:
        raise RefusedError(
            f"{where} line 1: no CSV header that can be read, a quote in it has no pair. Deliver "
            f"the file again, or declare quote in {mapping}."
        )
    header = tuple(_unquoted(piece, layout).strip(PADDING) for piece in pieces)
    if len(header) == 1 and header[0] not in fields and re.search(r"[,;|\t]", header[0]):
        raise RefusedError(
            f"{where} line 1: one field only, {shown_name(header[0])!r}. Declare the delimiter "
            "that stands between the names."
        )
    require_fields(header, fields, f"{where} line 1", "header", mapping, placeholders)
    return header


def require_fields(
    header: tuple[str, ...],
    fields: tuple[str, ...],
    where: str,
    what: str,
    mapping: str = "the mapping",
    placeholders: tuple[str, ...] = (),
) -> None:
    """Check that a file has every field that is read, once.

    Raises:
        RefusedError: A name is not there, or there twice; names the nearest.
    """
    for field in fields:
        if header.count(field) != 1:
            times, near = "more than one", ""
            if field not in header:
                times, near = "no", nearest(field, map(shown_name, header[:20]), placeholders)
            raise RefusedError(
                f"{where}: {times} field {field[:80]!r} in the {what}.{near} Deliver the file "
                f"with the {what} that the mapping names, or correct {mapping}."
            )


def csv_texts(
    lines: pl.DataFrame, header: tuple[str, ...], layout: Layout, fields: tuple[str, ...]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take lines of CSV apart.

    Args:
        lines: `source_line` and `line`, a text.
        header: Names of the fields, in order.
        layout: How the file is written.
        fields: Names of the fields to keep.

    Returns:
        `source_line` and `text:<field>` for each field; refused lines with `source_line`,
        `column`, `reason`, `found`.
    """
    line = pl.col("line")
    breaks = line.str.count_matches(layout.delimiter, literal=True)
    special = rf"[{layout.quote}\x00]"
    plain = (~line.str.contains(special) & (breaks == len(header) - 1)).fill_null(False)
    split = line.str.split_exact(layout.delimiter, len(header) - 1).alias("texts")
    texts = lines.filter(plain).select("source_line", split)
    texts = texts.select(
        "source_line",
        *(pl.col("texts").struct[header.index(f)].alias(f"text:{f}") for f in fields),
    )
    kept, refused = _one_by_one(lines.filter(~plain), header, layout, fields)
    if kept.height:
        texts = pl.concat([texts, kept]).sort("source_line")
    return texts, refused


def _one_by_one(
    lines: pl.DataFrame, header: tuple[str, ...], layout: Layout, fields: tuple[str, ...]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    positions = [header.index(field) for field in fields]
    kept, refused = [], []
    for number, line in lines.select("source_line", "line").iter_rows():
        pieces = csv_pieces(line, layout)
        if "\0" in line:
            refused.append((number, None, "control_character", None))
        elif pieces is None:
            refused.append((number, None, "quoting", line[:200]))
        elif len(pieces) != len(header):
            counts = f"{len(pieces)} fields instead of {len(header)}"
            refused.append((number, None, "field_count", counts))
        else:
            kept.append((number, *(_unquoted(pieces[p], layout) for p in positions)))
    schema = {"source_line": pl.Int64()} | {f"text:{field}": pl.String() for field in fields}
    return pl.DataFrame(kept, schema=schema, orient="row"), refused_frame(refused)


def csv_pieces(line: str, layout: Layout) -> list[str] | None:
    """Return the fields of one line as they are written, quotes included.

    None if its quotes do not pair, or stand within a field. A quoted field that goes on in the
    next line is such a case: a record is one line.
    """
    if not layout.quote or layout.quote not in line:
        return line.split(layout.delimiter)
    piece = _piece(layout.quote, layout.delimiter)
    pieces, position = [], 0
    while True:
        found = piece.match(line, position)
        pieces.append(found[0])
        position = found.end()
        if position == len(line):
            return pieces
        if line[position] != layout.delimiter:
            return None
        position += 1


@cache
def _piece(quote: str, delimiter: str) -> re.Pattern:
    return re.compile(
        rf"{quote}(?:[^{quote}]|{quote}{quote})*{quote}|[^{quote}{re.escape(delimiter)}]*"
    )


def _unquoted(piece: str, layout: Layout) -> str:
    quote = layout.quote
    if not quote or not piece.startswith(quote):
        return piece
    return piece[1:-1].replace(quote * 2, quote)
