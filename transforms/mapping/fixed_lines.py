"""Lines of fixed width taken apart by the positions of their fields."""

import polars as pl

from transforms.mapping.layout import PADDING, Layout

_RIGHT_ALIGNED = rf"^(?:[{PADDING}]|-?0[0-9])"  # filled up before the value, so never after it


def fixed_texts(
    lines: pl.DataFrame, layout: Layout, fields: tuple[str, ...]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take lines of fixed width apart.

    Writers cut blanks off the end of a line, so what lies beyond it is blank. Within a field a line
    may end only if no other column comes after, and the field is filled up at its end: else `12` of
    `00125.00` would pass for the amount. After the last column there are blanks alone: else a line
    that is shifted would pass.

    Args:
        lines: `source_line` and `line`, a text.
        layout: Names the positions, in characters.
        fields: Names of the fields to keep.

    Returns:
        `source_line` and `text:<field>` for each field, padded; refused lines with `source_line`,
        `column`, `reason`, `found`.
    """
    spans = dict(zip(layout.columns, layout.spans, strict=True))
    end = max(last for _, last in layout.spans)
    line = pl.col("line")
    length = line.str.len_chars()
    too_short = pl.coalesce(
        pl.lit(None, pl.String()),
        *(
            pl.when(_ends_within(line, length, *spans[field], end)).then(
                pl.format("{} characters, {} ends at {}", length, pl.lit(field), spans[field][1])
            )
            for field in fields
        ),
    )
    too_long = pl.when(line.str.slice(end).str.strip_chars() != "").then(
        pl.format("{} characters, the last column ends at {}", length, pl.lit(end))
    )
    marked = lines.with_columns(too_short.alias("short"), too_long.alias("long")).with_columns(
        pl.when(line.str.contains("\0", literal=True))
        .then(pl.lit("control_character"))
        .when(pl.col("short").is_not_null())
        .then(pl.lit("line_too_short"))
        .when(pl.col("long").is_not_null())
        .then(pl.lit("line_too_long"))
        .alias("reason")
    )
    is_whole = pl.col("reason").is_null()
    texts = marked.filter(is_whole).select(
        "source_line",
        *(
            line.str.slice(spans[f][0] - 1, spans[f][1] - spans[f][0] + 1).alias(f"text:{f}")
            for f in fields
        ),
    )
    refused = marked.filter(~is_whole).select(
        "source_line",
        pl.lit(None, pl.String()).alias("column"),
        "reason",
        pl.when(pl.col("reason") != "control_character")
        .then(pl.coalesce("short", "long"))
        .alias("found"),
    )
    return texts, refused


def _ends_within(line: pl.Expr, length: pl.Expr, first: int, last: int, end: int) -> pl.Expr:
    """Return whether a line ends within a field, and what is missing of it may not be blanks."""
    within = length.is_between(first, last - 1)
    if last < end:
        return within
    return within & line.str.slice(first - 1).str.contains(_RIGHT_ALIGNED)
