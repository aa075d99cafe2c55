"""Settings: read from the environment, each with a default that works in a clone."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from transforms.errors import RefusedError
from warehouse.store.bucket import Bucket
from warehouse.store.folder import Folder
from warehouse.store.s3 import Access, split

MOST_TASKS = 1_000
S3_CONNECTION = "LIMITWISE_S3_CONNECTION"
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where things lie.

    Attributes:
        lake: Folder or `s3://bucket/prefix` of the lake (`LIMITWISE_LAKE`, `./lake`).
        landing: Folder or `s3://bucket/prefix` of landing files (`LIMITWISE_LANDING`,
            `./landing`).
        policies: Folder of dated policies, packs, rate cards, scorecards
            (`LIMITWISE_POLICIES`, `./policies`).
        sources: Folder of source mappings (`LIMITWISE_SOURCES`, `./sources`).
        models: Folder that trained models are written to (`LIMITWISE_MODELS`, `./models`).
    """

    lake: Folder | Bucket
    landing: Folder | Bucket
    policies: Path
    sources: Path
    models: Path


def settings_from_environment() -> Settings:
    """Return the settings of this process.

    Raises:
        RefusedError: A setting is empty or is no place.
    """
    places = {name: _place(name) for name in ("lake", "landing")}
    return Settings(**places, **{name: _folder(name) for name in ("policies", "sources", "models")})


def demo_folders() -> tuple[Path, Path]:
    """Return the folders of landing files and of the lake, for the demo, which knows no other.

    Raises:
        RefusedError: One of them is a URL.
    """
    settings = settings_from_environment()
    for name, place in (("LANDING", settings.landing), ("LAKE", settings.lake)):
        if not isinstance(place, Folder):
            raise RefusedError(
                f"LIMITWISE_{name}: is {place.shown()}, and the demo lives in folders. Let it "
                "write to a folder, and copy the files to the bucket."
            )
    return settings.landing.root, settings.lake.root


def tasks_sharing() -> int:
    """Return how many tasks share the buckets of a lake (`LIMITWISE_TASKS`, 1).

    Raises:
        RefusedError: It is no such number.
    """
    text = os.environ.get("LIMITWISE_TASKS", "1")
    if not text.isdecimal() or not 1 <= int(text) <= MOST_TASKS:
        raise RefusedError(
            f"LIMITWISE_TASKS: {text[:20]!r} is no number of tasks. Set it to a number from 1 to "
            f"{MOST_TASKS}, or remove it: one task is right for one machine."
        )
    return int(text)


def refresh_follows() -> bool:
    """Tell whether the process that extracts also refreshes the month right after.

    Then no asset event is sent: a scheduler that starts later would refresh the month once more.
    """
    return os.environ.get("LIMITWISE_REFRESH_FOLLOWS") == "yes"


def s3_connection() -> str | None:
    """Return the name of the Airflow connection that tasks reach S3 by; None if none is named."""
    return os.environ.get(S3_CONNECTION) or None


def reach_s3_by(connection: str, config: Mapping[str, str]) -> None:
    """Let this process reach S3 as a connection says, not as the `AWS_*` environment does.

    Args:
        connection: Name of the connection, for messages.
        config: `access_key_id`, `secret_access_key`, `session_token`, `region` and `endpoint`, as
            far as the connection has them.
    """
    _connections.clear()
    _connections[connection] = dict(config)


_connections: dict[str, dict[str, str]] = {}  # none, or the one that this process uses


def _place(name: str) -> Folder | Bucket:
    variable, text = _text(name)
    if "://" not in text:
        return Folder(Path(text).absolute())
    bucket, prefix = split(text, variable)
    access = _access(variable)
    url = f"s3://{bucket}/{prefix}".rstrip("/")
    return Bucket(url, _cache() / _cache_name(url, access.endpoint), access)


def _access(variable: str) -> Access:
    endpoint = next(filter(None, map(os.environ.get, _ENDPOINTS)), None)
    for connection, config in _connections.items():
        return Access(
            setting=variable,
            endpoint=config.get("endpoint") or endpoint,
            config={key: value for key, value in config.items() if key != "endpoint"},
            given_by=f"the Airflow connection {connection!r}, which {S3_CONNECTION} names",
        )
    return Access(setting=variable, endpoint=endpoint)


def _cache() -> Path:
    chosen = os.environ.get("LIMITWISE_CACHE")
    if chosen:
        return Path(chosen).absolute()
    users = os.environ.get("XDG_CACHE_HOME")
    return (Path(users) if users else Path.home() / ".cache") / "limitwise"


def _cache_name(url: str, endpoint: str | None) -> str:
    """Return a name for the copies of one URL of one server."""
    which = hashlib.sha256(f"{endpoint or ''}\n{url}".encode()).hexdigest()[:16]
    return f"{url.removeprefix('s3://').replace('/', '-')[:60]}-{which}"


def _folder(name: str) -> Path:
    variable, text = _text(name)
    if "://" in text:
        raise RefusedError(
            f"{variable}: {text[:80]!r} is a URL; what a person edits or reads lies in a folder. "
            "Set it to a folder."
        )
    return Path(text).absolute()


def _text(name: str) -> tuple[str, str]:
    """Return a setting's variable and what it is set to."""
    variable = f"LIMITWISE_{name.upper()}"
    text = os.environ.get(variable, f"./{name}")
    if not text.strip() or "\0" in text:
        raise RefusedError(f"{variable}: is empty. Set it to a folder, or remove it.")
    return variable, text
