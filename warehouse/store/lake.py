"""The lake: one place, and what never changes about it."""

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import polars as pl
import polars_hash

from transforms.errors import RefusedError
from transforms.zones import nearest_zone
from warehouse.store.digests import canonical_json, digest_of
from warehouse.store.folder import Folder
from warehouse.store.place import Place

LAKE_FILE = "lake.json"
_FORMAT = 1
_MOST_BUCKETS = 100  # a bucket is two digits in a file name
_CURRENCY = re.compile(r"[A-Z]{3}")
_CONSTANTS = ("buckets", "time_zone", "currency", "device_key")


class Listed(Protocol):
    """A file that the audit chain or a staging lists: its name in the lake and its digest."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lake:
    """A lake and its constants, fixed when it was created.

    Attributes:
        place: Where its files lie.
        buckets: Number of files that the users of a large table are spread over.
        time_zone: The lender's zone, by which a month begins and ends.
        currency: ISO 4217 code of every amount.
        device_key: Key of the device hashes, 64 hexadecimal digits; they mean nothing elsewhere.
    """

    place: Place
    buckets: int
    time_zone: str
    currency: str
    device_key: str

    @property
    def root(self) -> Path:
        """Return the folder of this machine that files are written to and read from."""
        return self.place.root

    def path(self, relative: str) -> Path:
        """Return the path below that folder, whether or not the file is there."""
        return self.root / relative

    def paths(self, files: Iterable[Listed]) -> list[str]:
        """Return the paths of files on this machine, in their order, to be read.

        Raises:
            RefusedError: One had to be copied here, and is missing or not as it was written.
        """
        return [str(path) for path in self.place.fetch({f.path: f.sha256 for f in files})]

    @property
    def constants_shown(self) -> str:
        """Return what it was created with, as a person reads it."""
        return f"{self.buckets} buckets, {self.time_zone}, {self.currency}"

    @property
    def digest(self) -> str:
        """Return the digest of the constants, which every audit entry repeats."""
        return digest_of(_constants(self))


def create_lake(
    where: Path | Place,
    *,
    buckets: int = 16,
    time_zone: str = "Asia/Shanghai",
    currency: str = "CNY",
    device_key: str | None = None,
) -> Lake:
    """Create the lake there, or open it as it is if somebody created it before.

    Args:
        where: A folder, made if absent, or a place.
        buckets: 1 to 100; 1 for a tiny portfolio.
        time_zone: IANA name.
        currency: Three capital letters.
        device_key: 64 hexadecimal digits, to repeat another lake's device hashes; drawn if None.

    Raises:
        RefusedError: A constant is out of range, or the place cannot hold a lake.
    """
    wanted = Lake(
        place=_place(where),
        buckets=buckets,
        time_zone=time_zone,
        currency=currency,
        device_key=device_key or secrets.token_hex(32),
    )
    _require_sound(wanted)
    try:
        is_new = wanted.place.put_if_absent(LAKE_FILE, _text_of(wanted))
        if is_new and wanted.place.put_if_absent(LAKE_FILE, _text_of(wanted)):
            raise RefusedError(
                f"Lake {wanted.place.shown()}: the server replaces an object although it was asked "
                "to put it only if absent (If-None-Match), so two runs could publish over each "
                "other. Use a server that keeps this condition."
            )
    except (OSError, ValueError) as problem:
        raise RefusedError(
            f"Lake {wanted.place.shown()}: cannot be created there ({problem}). Choose another "
            "folder."
        ) from problem
    return open_lake(wanted.place)


def lake_asked_for(where: Path | Place, asked: Mapping[str, int | str]) -> Lake:
    """Create the lake there as asked, or open the one that is there if it is as asked.

    Args:
        where: As `create_lake` takes it.
        asked: `buckets`, `time_zone`, `currency`, as far as somebody asked for them.

    Raises:
        RefusedError: As `create_lake`; or a lake is there that was created with something else.
    """
    lake = create_lake(where, **asked)
    if all(getattr(lake, name) == value for name, value in asked.items()):
        return lake
    wanted = ", ".join(
        f"{value} buckets" if name == "buckets" else str(value) for name, value in asked.items()
    )
    raise RefusedError(
        f"Lake {lake.place.shown()}: is there already, with {lake.constants_shown}. You asked for "
        f"{wanted}. What a lake was created with stays: use it as it is, or set LIMITWISE_LAKE to "
        "where another one is to be created."
    )


def open_lake(where: Path | Place) -> Lake:
    """Open the lake there.

    Raises:
        RefusedError: There is no lake, or its `lake.json` is not as it was written.
    """
    place = _place(where)
    content = place.read(LAKE_FILE)
    if content is None:
        raise RefusedError(
            f"Lake {place.shown()}: no {LAKE_FILE} there, so it is no lake. Create one with "
            "`limitwise init`, whose options say its buckets, time zone and currency for good, or "
            "set LIMITWISE_LAKE to where yours is."
        )
    try:
        constants = json.loads(content)
        lake = Lake(place=place, **{name: constants[name] for name in _CONSTANTS})
        unchanged = content == _text_of(lake)
    except (ValueError, KeyError, TypeError):
        unchanged = False
    if not unchanged:
        raise RefusedError(
            f"Lake {place.shown()}: {LAKE_FILE} is not as it was written. "
            "Restore it from a backup; nothing can be trusted to it as it is."
        )
    return lake


def bucket_of(buckets: int, column: str = "user_id") -> pl.Expr:
    """Return the bucket of a user, UInt16 from 0: the same on every machine, for ever."""
    hashed = polars_hash.col(column).nchash.xxhash64()
    return (hashed % buckets).cast(pl.UInt16)


def _place(where: Path | Place) -> Place:
    return Folder(Path(where).absolute()) if isinstance(where, str | Path) else where


def _constants(lake: Lake) -> dict:
    return {"format": _FORMAT} | {name: getattr(lake, name) for name in _CONSTANTS}


def _text_of(lake: Lake) -> bytes:
    """Return `lake.json`: the constants and their own digest."""
    return canonical_json(_constants(lake) | {"digest": lake.digest}) + b"\n"


def _require_sound(lake: Lake) -> None:
    wrong = []
    if ":/" in str(lake.root):
        wrong.append("a URL where a folder was expected; set LIMITWISE_LAKE to it")
    if not 1 <= lake.buckets <= _MOST_BUCKETS:
        wrong.append(f"{lake.buckets} buckets, allowed are 1 to {_MOST_BUCKETS}")
    if not _CURRENCY.fullmatch(lake.currency):
        wrong.append(f"currency {lake.currency[:20]!r}, wanted are three letters such as CNY")
    if len(lake.device_key) != 64 or set(lake.device_key) - set("0123456789abcdef"):
        wrong.append("a device key that is not 64 hexadecimal digits")
    try:
        ZoneInfo(lake.time_zone)
    except (ValueError, KeyError, OSError):
        near = nearest_zone(lake.time_zone).strip(" .")
        wrong.append(f"time zone {lake.time_zone[:40]!r} ({near})")
    if wrong:
        raise RefusedError(f"Lake {lake.place.shown()}: {'; '.join(wrong)}. Correct what is named.")
