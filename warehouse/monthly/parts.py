"""Parts: how several tasks share the buckets of a lake, each a range of them."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypedDict, TypeVar

import polars as pl

from warehouse.monthly.steps import NOTHING_TO_DO
from warehouse.settings import settings_from_environment, tasks_sharing
from warehouse.store.lake import open_lake

Result = TypeVar("Result")
_AT_ONCE = 4


class Part(TypedDict):
    """What one of several tasks takes on; plain, so that it travels between them.

    Attributes:
        folder: Staging folder, or `NOTHING_TO_DO`.
        name: Empty if it is the whole; else letters and digits.
        buckets: The first bucket, and the one after the last.
    """

    folder: str
    name: str
    buckets: tuple[int, int]


def parts_of(folder: str) -> list[Part]:
    """Share a staged run between the tasks of `LIMITWISE_TASKS`, at most one per bucket.

    Raises:
        RefusedError: The setting is no number of tasks.
    """
    tasks = tasks_sharing()
    if folder == NOTHING_TO_DO:
        return [Part(folder=folder, name="", buckets=(0, 0))]
    buckets = open_lake(settings_from_environment().lake).buckets
    tasks = min(tasks, buckets)
    edges = [buckets * number // tasks for number in range(tasks + 1)]
    return [
        Part(folder=folder, name=f"{first:04d}" if tasks > 1 else "", buckets=(first, end))
        for first, end in pairwise(edges)
    ]


def side_by_side(act: Callable[[int], Result], buckets: Iterable[int]) -> list[Result]:
    """Do something for each bucket, several at once; return what came of each, in their order.

    Each holds the rows of its bucket in memory, so they are few however many cores there are.
    """
    with ThreadPoolExecutor(min(pl.thread_pool_size(), _AT_ONCE)) as pool:
        return list(pool.map(act, buckets))


def folder_of(parts: list[str]) -> str:
    """Return the one staging folder that all parts of a run were staged in."""
    (folder,) = set(parts)
    return folder
