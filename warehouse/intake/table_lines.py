"""The lines of a code table, which may grow without a word to the files read by it before."""

from typing import Any

import polars as pl

from transforms.mapping.code_tables import table_of
from warehouse.store.digests import content_digest


class TableLines:
    """A code table with all its lines, in the order of their files.

    Attributes:
        table: What it says; see `transforms.mapping.code_tables.table_of`.
        mark: How many lines it has, and the digest of what they say: by these it is known again.
    """

    def __init__(self, lines: pl.DataFrame):
        self._lines = lines
        self.table = table_of(lines)
        self.mark: list[Any] = [lines.height, _digest(self.table)]
        self._held: dict[tuple, bool] = {}

    def still_says(self, mark: list[Any]) -> bool:
        """Tell whether a former mark is that of its first lines, and no later one contradicts them.

        What was found in it then is found now; only keys are new of which it told nothing.
        """
        held = self._held.get(tuple(mark))
        if held is None:
            lines, digest = mark
            before = self.table if mark == self.mark else table_of(self._lines.head(lines))
            said = before.filter(pl.col("value").ne_missing(""))
            same = said.join(self.table, on=["key", "value"], how="semi", nulls_equal=True)
            held = _digest(before) == digest and same.height == said.height
            self._held[tuple(mark)] = held
        return held


def _digest(table: pl.DataFrame) -> str:
    return content_digest(table.sort("key"))
