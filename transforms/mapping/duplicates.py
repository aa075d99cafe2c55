"""Event ids that occur more than once: copies of one event, or lines that contradict each other."""

from collections.abc import Mapping

import polars as pl

_IDENTITY = ("source", "event_id")
_WHERE = ("file_id", "source_line")


def split_duplicates(
    events: pl.DataFrame, on_conflict: str, paths: Mapping[str, str]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Keep one row for every event.

    Rows of one `source` and `event_id` that agree in all but `file_id` and `source_line` are
    copies: the first stays. If they do not agree they are a conflict.

    Args:
        events: Rows of the table `events`, in any order.
        on_conflict: Which row of a conflict stays: `first`, `last`, or with `quarantine` none.
        paths: Path of every file by `file_id`; the first row is that of the smallest path, then
            line, so that of files named by day the earlier day comes first.

    Returns:
        Rows kept, copies of a kept row, and rows refused because of a conflict (reason
        `conflicting_event_id`); all columns as given. Every row is in one of the three. The rows
        kept stand in the order given, the others in the order of files and lines.
    """
    nothing = events.clear()
    if events["event_id"].n_unique() == events.height:
        return events, nothing, nothing
    given = events.columns
    content = [name for name in given if name not in _WHERE]
    events = events.with_row_index("position")
    repeated = _repeated(events, content, paths)
    kept = repeated.filter(_stays(on_conflict))
    others = repeated.join(kept, on="position", how="anti", maintain_order="left").join(
        kept.select(*content, pl.lit(True).alias("as_kept")),
        on=content,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    copies = others.filter(pl.col("as_kept").is_not_null())
    conflicts = others.filter(pl.col("as_kept").is_null())
    rest = events.join(others, on="position", how="anti", maintain_order="left")
    return rest.select(given), copies.select(given), conflicts.select(given)


def _repeated(events: pl.DataFrame, content: list[str], paths: Mapping[str, str]) -> pl.DataFrame:
    """Return the rows of repeated ids in file order, each with its place and number of versions."""
    path = pl.col("file_id").replace_strict(paths, return_dtype=pl.String())
    return (
        events.filter(pl.col("event_id").is_duplicated())  # few, so that structs stay cheap
        .filter(pl.struct(_IDENTITY).is_duplicated())
        .sort(path, *_WHERE, "position")
        .with_columns(pl.struct(content).is_first_distinct().alias("new"))
        .with_columns(
            pl.col("new").sum().over(_IDENTITY).alias("versions"),
            pl.int_range(pl.len()).over(_IDENTITY).alias("place"),
            pl.len().over(_IDENTITY).alias("copies"),
        )
    )


def _stays(on_conflict: str) -> pl.Expr:
    """Return which row of a repeated id stays."""
    first, last = pl.col("place") == 0, pl.col("place") == pl.col("copies") - 1
    in_conflict = {"first": first, "last": last, "quarantine": pl.lit(False)}[on_conflict]
    return pl.when(pl.col("versions") > 1).then(in_conflict).otherwise(first)
