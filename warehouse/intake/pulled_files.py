"""Landing files made by a query: their names, which are all that is remembered, and their lines."""

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl
import polars_hash

from transforms.errors import RefusedError
from transforms.mapping.query import Query
from transforms.months import month_text
from warehouse.intake.landing_place import Landing

_MOMENT = "%Y%m%dT%H%M%S.%fZ"
_NEVER = "never"
_NAME = re.compile(
    r"([0-9]{8})\.[0-9]{4}-[0-9]{2}\.from-([^-]+)\.to-([^-]+)\.at-([^-]+)\.jsonl\.gz"
)
_READ_AT_ONCE = 4 << 20
_LEVEL = 1  # a pull is bound by compression; better levels save little of what is kept anyway


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledFile:
    """One landing file of a query section, as its name tells.

    Attributes:
        path: Relative to the landing folder.
        number: Counts the section's pulls from 1; the order of names is the order of pulls.
        since: Watermark from which rows were asked for; None is from the beginning.
        watermark: How far the section has been pulled with this file; None if nothing says.
        at: When the snapshot was taken, UTC.
    """

    path: str
    number: int
    since: datetime | None
    watermark: datetime | None
    at: datetime


def pulled_file(path: str) -> PulledFile:
    """Return what the name of a pulled file tells.

    Raises:
        RefusedError: It is not a name that a pull gives.
    """
    name = path.rpartition("/")[2]
    try:
        number, *moments = _NAME.fullmatch(name).groups()
        since, watermark, at = (
            None if text == _NEVER else datetime.strptime(text, _MOMENT) for text in moments
        )
    except (AttributeError, ValueError):
        raise RefusedError(
            f"Landing file {path}: its name is not one that a pull gives, and the names there say "
            "how far was pulled. Move the file elsewhere."
        ) from None
    return PulledFile(path=path, number=int(number), since=since, watermark=watermark, at=at)


def pulled_files(names: Iterable[str], query: Query) -> list[PulledFile]:
    """Return the files of a section, of all in the landing folder, as they were pulled."""
    mine = (name for name in names if name.startswith(f"{query.folder}/"))
    return [pulled_file(name) for name in sorted(mine)]


def next_file(
    query: Query,
    before: list[PulledFile],
    month: date,
    *,
    since: datetime | None,
    watermark: datetime | None,
    at: datetime,
) -> PulledFile:
    """Return the file after those `before`, for an extraction of `month`."""
    number = before[-1].number + 1 if before else 1
    moments = (_NEVER if t is None else t.strftime(_MOMENT) for t in (since, watermark, at))
    named = ".".join(map("-".join, zip(("from", "to", "at"), moments, strict=True)))
    path = f"{query.folder}/{number:08d}.{month_text(month)}.{named}.jsonl.gz"
    return PulledFile(path=path, number=number, since=since, watermark=watermark, at=at)


class Draft:
    """A file of lines being written.

    Attributes:
        lines: How many were written.
        prints: Their fingerprints, if they are kept.
    """

    def __init__(self, path: Path):
        self.path = path
        self.lines = 0
        self.prints: list[pl.Series] = []

    def write(self, batches: Iterable[pl.Series], already: pl.Series, *, keep: bool) -> None:
        """Write the lines that are not `already` elsewhere; equal lines give equal bytes.

        Args:
            batches: Lines without their ends.
            already: Fingerprints of lines to leave out.
            keep: Keep the fingerprints of what is written.
        """
        elsewhere = already.to_frame()
        with (
            self.path.open("wb") as raw,
            gzip.GzipFile("", "wb", _LEVEL, fileobj=raw, mtime=0) as packed,
        ):
            for lines in batches:
                new = pl.DataFrame([lines.alias("line"), fingerprints(lines)])
                if elsewhere.height:
                    new = new.join(elsewhere, on="print", how="anti", maintain_order="left")
                if keep:
                    self.prints.append(new["print"])
                if new.height:
                    packed.write(new["line"].str.join("\n").item().encode() + b"\n")
                    self.lines += new.height


def fingerprints(lines: pl.Series) -> pl.Series:
    """Return a 128-bit hash of each line, `print`: no two lines of a bank share one by chance."""
    return lines.to_frame("print").select(polars_hash.col("print").nchash.xxh3_128())["print"]


def lines_pulled(
    landing: Landing, files: Iterable[PulledFile], key: str | None, since: datetime | None
) -> pl.Series:
    """Return the fingerprints of the lines of files whose watermark is not before a day.

    Args:
        landing: Where they lie.
        files: Files to read.
        key: Column of the watermark, the first key of each line; None takes every line.
        since: Lines of this day and later, and those without a time, are taken; None takes all.

    Returns:
        One fingerprint per line, in the order of the lines.
    """
    found = [fingerprints(pl.Series([], dtype=pl.String))]
    for file in files:
        for lines in _blocks(landing.at_hand(file.path) / file.path):
            if key and since:
                start = re.escape(f"{{{json.dumps(key, ensure_ascii=False)}:")
                day = lines.str.extract(rf'^{start}"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})', 1)
                lines = lines.filter((day >= f"{since:%Y-%m-%d}").fill_null(True))
            found.append(fingerprints(lines))
        landing.done(file.path)
    return pl.concat(found)


def _blocks(path: Path) -> Iterator[pl.Series]:
    rest = b""
    with gzip.open(path, "rb") as packed:
        while block := packed.read(_READ_AT_ONCE):
            whole, _, rest = (rest + block).rpartition(b"\n")
            if whole:
                yield pl.Series(whole.decode().split("\n"), dtype=pl.String)
