"""Lines of fixed width taken apart by the positions of their fields."""

import polars as pl

from transforms.mapping.layout import Layout


def fixed_texts(
    lines: pl.DataFrame, layout: Layout, fields: tuple[str, ...]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take lines of fixed width apart.

    Args:
        lines: `source_line` and `line`, a text.
        layout: Names the positions, in characters.
        fields: Names of the fields to keep.

    Returns:
        `source_line` and `text:<field>` for each field, padded; refused lines with `source_line`,
        `column`, `reason`, `found`.
    """
    spans = dict(zip(layout.columns, layout.spans, strict=True))
    needed = max((spans[field][1] for field in fields), default=0)
    line = pl.col("line")
    length = line.str.len_chars()
    reason = (
        pl.when(line.str.contains("\0", literal=True))
        .then(pl.lit("control_character"))
        .when(length < needed)
        .then(pl.lit("line_too_short"))
    )
    marked = lines.with_columns(reason.alias("reason"))
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
        pl.when(pl.col("reason") == "line_too_short")
        .then(pl.format("{} characters, needed are {}", length, pl.lit(needed)))
        .alias("found"),
    )
    return texts, refused
