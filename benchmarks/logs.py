"""Logs of a made-up lender for the benchmarks: equal arguments give equal bytes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy
import polars as pl

DAYS = 31
_AT_ONCE = 1_000_000  # lines made at a time, so that a file may be larger than the memory
_LINES_PER_USER = 15
_CENTS = 900_000
_BAD_LINES = (
    (b'{"id":"x1","user":"u0000001","at":"2026-03-0', "truncated"),
    (b"2026-03-05 ERROR connection reset by peer", "no JSON"),
    (b'["pay", 12.50]', "an array"),
    (b'{"id":"x2"}', "keys missing"),
    (b'{"id":"x3","user":"u1","at":"2026-03-05T10:00:00+08:00","kind":"paid"}', "unknown code"),
    (b'{"id":"x4","user":"u1","at":"2026-02-30T10:00:00+08:00","kind":"login"}', "no such day"),
    (b'{"id":"x5","user":"u1","at":"2026-03-05T10:00:00","kind":"login"}', "no zone"),
    (b'{"id":"x6"}{"id":"x7"}', "two objects"),
    (b'{"id":"x\0","user":"u1","at":"2026-03-05T10:00:00+08:00","kind":"login"}', "NUL"),
    (b'{"id":"x8","user":"\xff\xfe","at":"2026-03-05T10:00:00+08:00"}', "no UTF-8"),
    (
        b'{"id":"x9","user":"u1","at":"2026-03-05T10:00:00+08:00","kind":"pay","amount":1.005}',
        "half a cent",
    ),
    (
        b'{"id":"xa","user":"u1","at":"2026-03-05T10:00:00+08:00","kind":"pay",'
        b'"amount":99999999999999999999}',
        "too large",
    ),
    (
        b'{"id":"xb","user":"u1","at":"2026-03-05T10:00:00+08:00","kind":"pay","amount":true}',
        "true for a number",
    ),
    (
        b'{"id":"xc","id":"xd","user":"u1","at":"2026-03-05T10:00:00+08:00","kind":"login"}',
        "a key twice",
    ),
)
_KINDS = {  # kind: share of lines in percent, and which fields it has after these five
    "pay": (45, ("amount", "device", "channel", "category", "counterparty")),
    "login": (20, ("device", "channel")),
    "out": (10, ("amount", "device", "channel", "counterparty")),
    "in": (8, ("amount", "counterparty")),
    "bill": (7, ("amount", "channel", "category")),
    "topup": (6, ("amount", "channel")),
    "chat": (4, ("channel", "counterparty")),
}
_CHOICES = {
    "channel": ("app", "web", "branch", "partner"),
    "category": ("groceries", "restaurants", "fuel", "electronics", "travel", "wholesale"),
    "counterparty": ("merchant", "person", "employer", "utility"),
}


@dataclass(frozen=True, slots=True)
class Written:
    """What a log holds, counted while it was made.

    Attributes:
        lines, bad, size_bytes: Lines, bad ones among them, and bytes.
        cents: Sum of the amounts of the good lines.
    """

    lines: int
    bad: int
    size_bytes: int
    cents: int


def write_log(
    folder: Path, lines: int, *, files: int = 1, bad_per_mille: int = 0, users: int | None = None
) -> Written:
    """Write JSON lines of one month, in order of time, as `log-<number>.jsonl`.

    Args:
        folder: Made if absent.
        lines: How many, over all files.
        files: Equal parts of the month.
        bad_per_mille: Lines of a thousand that cannot be loaded, of 14 kinds in turn.
        users: Who takes turns, line by line; by default lines are drawn among a 15th as many.
    """
    folder.mkdir(parents=True, exist_ok=True)
    bad = cents = size = 0
    per_file = -(-lines // files)
    for number in range(files):
        begin, end = number * per_file, min((number + 1) * per_file, lines)
        path = folder / f"log-{number + 1:02d}.jsonl"
        with path.open("wb") as file:
            for first in range(begin, end, _AT_ONCE):
                made = _lines(first, min(first + _AT_ONCE, end), lines, users)
                texts = made["text"].to_list()
                spoilt = dict(_spoilt(first, len(texts), bad_per_mille))
                for row, line in spoilt.items():
                    texts[row] = line.decode("utf-8", "surrogateescape")
                file.write(("\n".join(texts) + "\n").encode("utf-8", "surrogateescape"))
                cents += made["amount_cents"].sum() - made["amount_cents"][list(spoilt)].sum()
                bad += len(spoilt)
        size += path.stat().st_size
    return Written(lines, bad, size, cents)


def _spoilt(first: int, count: int, per_mille: int) -> Iterator[tuple[int, bytes]]:
    """Yield places after line `first` and the bad line to put there, spread over the whole log."""
    if per_mille:
        step = 1000 // per_mille
        for row in range(first + (-first) % step, first + count, step):
            yield row - first, _BAD_LINES[row // step % len(_BAD_LINES)][0]


def _lines(first: int, after: int, lines: int, turns: int | None) -> pl.DataFrame:
    """Return lines of a month of `lines` events: `text`, and `amount_cents` where it has one."""
    chance = numpy.random.default_rng([20260301, first])
    count, users = after - first, max(lines // _LINES_PER_USER, 1)
    names, shares = list(_KINDS), [share / 100 for share, _ in _KINDS.values()]
    second = numpy.arange(first, after) * (DAYS * 86_400) // lines
    drawn = {
        name: numpy.array(values)[chance.integers(len(values), size=count)]
        for name, values in _CHOICES.items()
    }
    user = chance.integers(users, size=count)
    if turns:
        user = numpy.arange(first, after) % turns
    frame = pl.DataFrame(
        {
            "number": numpy.arange(first, after),
            "user": user,
            "second": second,
            "kind": numpy.array(names)[chance.choice(len(names), size=count, p=shares)],
            "cents": chance.integers(100, _CENTS, size=count),
            "device": user * 7_919 + (chance.random(count) < 0.1),
            **drawn,
        }
    )
    return frame.select(
        text=pl.concat_str(*_members(), pl.lit("}")),
        amount_cents=pl.when(_has("amount")).then("cents").otherwise(0),
    )


def _members() -> Iterator[pl.Expr]:
    moment = (pl.lit(datetime(2026, 3, 1)) + pl.duration(seconds="second")).dt
    yield _member("id", pl.lit("b") + pl.col("number").cast(pl.String).str.zfill(10), "{")
    yield _member("user", pl.lit("u") + pl.col("user").cast(pl.String).str.zfill(8))
    yield _member("at", moment.to_string("%Y-%m-%dT%H:%M:%S+08:00"))
    yield _member("kind", pl.col("kind"))
    written = (pl.col("cents") // 100).cast(pl.String) + "."
    written += (pl.col("cents") % 100).cast(pl.String).str.zfill(2)
    yield _optional("amount", pl.lit(',"amount":') + written)
    device = pl.lit("d") + (pl.col("device") * 6_364_136_223 % 10**18).cast(pl.String)
    yield _optional("device", _member("device", device))
    for name in _CHOICES:
        yield _optional(name, _member(name, pl.col(name)))


def _member(name: str, text: pl.Expr, before: str = ",") -> pl.Expr:
    return pl.concat_str(pl.lit(f'{before}"{name}":"'), text, pl.lit('"'))


def _optional(field: str, member: pl.Expr) -> pl.Expr:
    return pl.when(_has(field)).then(member).otherwise(pl.lit(""))


def _has(field: str) -> pl.Expr:
    return pl.col("kind").is_in([kind for kind, (_, fields) in _KINDS.items() if field in fields])
