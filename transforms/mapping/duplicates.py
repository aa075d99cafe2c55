"""Event ids that occur more than once: copies of one event, or lines that contradict each other."""

from collections.abc import Mapping

import polars as pl

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
    events = events.with_row_index("position")
    repeated = events.filter(pl.struct("source", "event_id").is_duplicated())
    content = [name for name in events.columns if name not in (*_WHERE, "position")]
    path = pl.col("file_id").replace_strict(paths, return_dtype=pl.String())
    order = [path, *_WHERE, "position"]
    repeated = repeated.sort(order).with_columns(
        pl.struct(content).rank("dense").over("source", "event_id").alias("version")
        if False
        else pl.struct(content).is_first_distinct().alias("first_of_content")
    )
    group = ("source", "event_id")
    versions = pl.col("first_of_content").sum().over(group)
    place = pl.int_range(pl.len()).over(group)
    repeated = repeated.with_columns(versions.alias("versions"), place.alias("place"))
    kept = _kept(repeated, on_conflict, group)
    same = kept.select(*content).with_columns(pl.lit(True).alias("as_kept"))
    others = repeated.join(kept, on="position", how="anti", maintain_order="left")
    others = others.join(same, on=content, how="left", nulls_equal=True, maintain_order="left")
    copies = others.filter(pl.col("as_kept").fill_null(False))
    conflicts = others.filter(pl.col("as_kept").is_null())
    dropped = pl.concat([copies.select("position"), conflicts.select("position")])
    remaining = events.join(dropped, on="position", how="anti", maintain_order="left")
    columns = [name for name in events.columns if name != "position"]
    return remaining.select(columns), copies.select(columns), conflicts.select(columns)
