"""A shelf: rows kept by key, in memory while they are few and on the disk when they are many."""

from collections import defaultdict
from collections.abc import Hashable
from pathlib import Path

import polars as pl


class Shelf:
    """Rows of one table, laid down in pieces and taken up again key by key, in the same order.

    Attributes:
        rows: How many rows each key has.
    """

    def __init__(self, folder: Path, schema: pl.Schema, most_in_memory: int):
        """Lay rows down.

        Args:
            folder: For the files; made when they are needed.
            schema: Of the rows.
            most_in_memory: Rows held, of all keys together, before they go to the disk.
        """
        self.rows: dict[Hashable, int] = defaultdict(int)
        self._folder = folder
        self._schema = schema
        self._most_in_memory = most_in_memory
        self._held: dict[Hashable, list[pl.DataFrame]] = defaultdict(list)
        self._files: dict[Hashable, list[Path]] = defaultdict(list)
        self._held_rows = 0
        self._written = 0

    def lay(self, key: Hashable, rows: pl.DataFrame) -> None:
        """Keep rows under a key, after those that it has."""
        self._held[key].append(rows)
        self.rows[key] += rows.height
        self._held_rows += rows.height
        if self._held_rows > self._most_in_memory:
            self._put_aside()

    def lay_down_last(self) -> None:
        """Give memory back before rows are taken: on the disk go all of them, if some are there."""
        if self._files:
            self._put_aside()

    def take(self, key: Hashable) -> pl.LazyFrame:
        """Return the rows of a key, in the order in which they were laid down."""
        parts = [pl.scan_ipc(path) for path in self._files.get(key, [])]
        parts += [part.lazy() for part in self._held.get(key, [])]
        return pl.concat([pl.LazyFrame(schema=self._schema), *parts])

    def _put_aside(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for key, parts in self._held.items():
            path = self._folder / f"{self._written}.arrow"
            pl.concat(parts).write_ipc(path, compression="lz4")
            self._files[key].append(path)
            self._written += 1
        self._held.clear()
        self._held_rows = 0
