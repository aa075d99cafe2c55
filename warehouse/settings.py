"""Settings: read from the environment, each with a default that works in a clone."""

import os
from dataclasses import dataclass
from pathlib import Path

from transforms.errors import RefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where things lie.

    Attributes:
        lake: Folder of the lake (`LIMITWISE_LAKE`, `./lake`).
        landing: Folder of landing files (`LIMITWISE_LANDING`, `./landing`).
        policies: Folder of dated policies, packs, rate cards, scorecards
            (`LIMITWISE_POLICIES`, `./policies`).
        sources: Folder of source mappings (`LIMITWISE_SOURCES`, `./sources`).
    """

    lake: Path
    landing: Path
    policies: Path
    sources: Path


def settings_from_environment() -> Settings:
    """Return the settings of this process.

    Raises:
        RefusedError: A setting is empty, or asks for what does not exist yet.
    """
    tasks = os.environ.get("LIMITWISE_TASKS", "1")
    if tasks != "1":
        raise RefusedError(
            f"LIMITWISE_TASKS: {tasks[:20]!r} is not supported, the work of a month is one task. "
            "Set it to 1 or remove it."
        )
    return Settings(**{name: _folder(name) for name in ("lake", "landing", "policies", "sources")})


def refresh_follows() -> bool:
    """Tell whether the process that extracts also refreshes the month right after.

    Then no asset event is sent: a scheduler that starts later would refresh the month once more.
    """
    return os.environ.get("LIMITWISE_REFRESH_FOLLOWS") == "yes"


def _folder(name: str) -> Path:
    variable = f"LIMITWISE_{name.upper()}"
    text = os.environ.get(variable, f"./{name}")
    if not text.strip() or "\0" in text:
        raise RefusedError(f"{variable}: is empty. Set it to a folder, or remove it.")
    if "://" in text:
        raise RefusedError(
            f"{variable}: {text[:80]!r} is a URL; this version reads and writes folders. "
            "Set it to a folder."
        )
    return Path(text).absolute()
