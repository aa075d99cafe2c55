"""Lines of CSV taken apart into the texts of their fields; a record is one line."""

import re

import polars as pl

from transforms.declared import nearest
from transforms.errors import RefusedError
from transforms.mapping.json_lines import refused_frame


def csv_header(
    line: str | None, delimiter: str, fields: tuple[str, ...], where: str
) -> tuple[str, ...]:
    """Return the names of a CSV file's fields.

    Args:
        line: First line of the file; None if it is not UTF-8.
        delimiter: Between fields.
        fields: Names that the mapping reads.
        where: The file, for the message.

    Raises:
        RefusedError: A name that is read is not there, or there twice.
    """
    header = _fields_of(line, delimiter) if line is not None else None
    if header is None:
        raise RefusedError(
            f"{where} line 1: no CSV header that can be read. Deliver the file again, as UTF-8 "
            "text with the names of its fields in the first line."
        )
    for field in fields:
        if header.count(field) != 1:
            times = "no" if field not in header else "more than one"
            raise RefusedError(
                f"{where} line 1: {times} field {field[:80]!r} in the header."
                f"{nearest(field, header[:20])} Deliver the file with the header that the mapping "
                "names, or change the mapping."
            )
    return tuple(header)


def csv_texts(
    lines: pl.DataFrame, header: tuple[str, ...], delimiter: str, fields: tuple[str, ...]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take lines of CSV apart.

    Args:
        lines: `source_line` and `line`, a text or null where the bytes are not UTF-8.
        header: Names of the fields, in order.
        delimiter: Between fields.
        fields: Names of the fields to keep.

    Returns:
        `source_line` and `text:<field>` for each field; refused lines with `source_line`,
        `column`, `reason`, `found`.
    """
    line = pl.col("line")
    breaks = line.str.count_matches(delimiter, literal=True)
    plain = (~line.str.contains(r'["\x00]') & (breaks == len(header) - 1)).fill_null(False)
    split = line.str.split_exact(delimiter, len(header) - 1).alias("texts")
    texts = lines.filter(plain).select("source_line", split)
    texts = texts.select(
        "source_line",
        *(pl.col("texts").struct[header.index(f)].alias(f"text:{f}") for f in fields),
    )
    kept, refused = _one_by_one(lines.filter(~plain), header, delimiter, fields)
    if kept.height:
        texts = pl.concat([texts, kept]).sort("source_line")
    return texts, refused


def _one_by_one(
    lines: pl.DataFrame, header: tuple[str, ...], delimiter: str, fields: tuple[str, ...]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    positions = [header.index(field) for field in fields]
    kept, refused = [], []
    for number, line in lines.select("source_line", "line").iter_rows():
        found = _fields_of(line, delimiter) if line is not None else None
        if line is None:
            refused.append((number, None, "not_utf8", None))
        elif "\0" in line:
            refused.append((number, None, "control_character", None))
        elif found is None:
            refused.append((number, None, "quoting", line[:200]))
        elif len(found) != len(header):
            counts = f"{len(found)} fields, the header has {len(header)}"
            refused.append((number, None, "field_count", counts))
        else:
            kept.append((number, *(found[position] for position in positions)))
    schema = {"source_line": pl.Int64()} | {f"text:{field}": pl.String() for field in fields}
    return pl.DataFrame(kept, schema=schema, orient="row"), refused_frame(refused)


def _fields_of(line: str, delimiter: str) -> list[str] | None:
    """Return the fields of one line; None if its quotes do not pair, or stand within a field."""
    if '"' not in line:
        return line.split(delimiter)
    field = rf'(?:"((?:[^"]|"")*)"|([^"{re.escape(delimiter)}]*))'
    found, position = [], 0
    while match := re.compile(field).match(line, position):
        quoted, plain = match.groups()
        found.append(plain if quoted is None else quoted.replace('""', '"'))
        position = match.end()
        if position == len(line):
            return found
        if line[position] != delimiter:
            return None
        position += 1
    return None
