"""The lake: one folder, and what never changes about it."""

import json
import re
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import polars_hash

from transforms.errors import RefusedError
from warehouse.digests import canonical_json, digest_of
from warehouse.storage import put_if_absent

LAKE_FILE = "lake.json"
_FORMAT = 1
_MOST_BUCKETS = 100  # a bucket is two digits in a file name
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lake:
    """A lake and its constants, fixed when it was created.

    Attributes:
        root: The folder.
        buckets: Number of files that the users of a large table are spread over.
        time_zone: The lender's zone, by which a month begins and ends.
        currency: ISO 4217 code of every amount.
        device_key: Key of the device hashes, 64 hexadecimal digits; they mean nothing elsewhere.
    """

    root: Path
    buckets: int
    time_zone: str
    currency: str
    device_key: str

    def path(self, relative: str) -> Path:
        """Return where a file of the lake lies."""
        return self.root / relative

    @property
    def digest(self) -> str:
        """Return the digest of the constants, which every audit entry repeats."""
        return digest_of(_constants(self))


def create_lake(
    root: Path,
    *,
    buckets: int = 16,
    time_zone: str = "Asia/Shanghai",
    currency: str = "CNY",
    device_key: str | None = None,
) -> Lake:
    """Create the lake at `root`, or open it as it is if somebody created it before.

    Args:
        root: Folder, made if absent.
        buckets: 1 to 100; 1 for a tiny portfolio.
        time_zone: IANA name.
        currency: Three capital letters.
        device_key: 64 hexadecimal digits, to repeat another lake's device hashes; drawn if None.

    Raises:
        RefusedError: A constant is out of range, or `root` cannot hold a lake.
    """
    key = device_key or secrets.token_hex(32)
    wanted = Lake(
        root=Path(root).absolute(),
        buckets=buckets,
        time_zone=time_zone,
        currency=currency,
        device_key=key,
    )
    _require_sound(wanted)
    try:
        put_if_absent(wanted.root, wanted.path(LAKE_FILE), _text_of(wanted))
    except (OSError, ValueError) as problem:
        raise RefusedError(
            f"Lake {wanted.root}: cannot be created there ({problem}). Choose another folder."
        ) from problem
    return open_lake(wanted.root)


def open_lake(root: Path) -> Lake:
    """Open the lake at `root`.

    Raises:
        RefusedError: There is no lake, or its `lake.json` is not as it was written.
    """
    root = Path(root).absolute()
    path = root / LAKE_FILE
    if not path.is_file():
        raise RefusedError(
            f"Lake {root}: no {LAKE_FILE} there, so it is no lake. Create one with "
            "`limitwise init`, or set LIMITWISE_LAKE to the folder of yours."
        )
    content = path.read_bytes()
    try:
        constants = json.loads(content)
        lake = Lake(
            root=root, **{name: constants[name] for name in Lake.__slots__ if name != "root"}
        )
        unchanged = content == _text_of(lake)
    except (ValueError, KeyError, TypeError):
        unchanged = False
    if not unchanged:
        raise RefusedError(
            f"Lake {root}: {LAKE_FILE} is not as it was written. "
            "Restore it from a backup; nothing can be trusted to it as it is."
        )
    return lake


def bucket_of(buckets: int, column: str = "user_id") -> pl.Expr:
    """Return the bucket of a user, UInt16 from 0: the same on every machine, for ever."""
    hashed = polars_hash.col(column).nchash.xxhash64()
    return (hashed % buckets).cast(pl.UInt16)


def _constants(lake: Lake) -> dict:
    return {"format": _FORMAT} | {k: v for k, v in asdict(lake).items() if k != "root"}


def _text_of(lake: Lake) -> bytes:
    """Return `lake.json`: the constants and their own digest."""
    return canonical_json(_constants(lake) | {"digest": lake.digest}) + b"\n"


def _require_sound(lake: Lake) -> None:
    wrong = []
    if ":/" in str(lake.root):
        wrong.append("a URL, and this version keeps a lake in a folder")
    if not 1 <= lake.buckets <= _MOST_BUCKETS:
        wrong.append(f"{lake.buckets} buckets, allowed are 1 to {_MOST_BUCKETS}")
    if not _CURRENCY.fullmatch(lake.currency):
        wrong.append(f"currency {lake.currency[:20]!r}, wanted are three letters such as CNY")
    if len(lake.device_key) != 64 or set(lake.device_key) - set("0123456789abcdef"):
        wrong.append("a device key that is not 64 hexadecimal digits")
    try:
        ZoneInfo(lake.time_zone)
    except (ValueError, KeyError, OSError):
        wrong.append(f"time zone {lake.time_zone[:40]!r}, wanted is a name such as Asia/Shanghai")
    if wrong:
        raise RefusedError(f"Lake {lake.root}: {'; '.join(wrong)}. Correct what is named.")
