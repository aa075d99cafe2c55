"""Which landing files give accounts, or gave them, and which of these are there no longer."""

from collections.abc import Iterable
from typing import Any

from transforms.mapping.path_pattern import unpacked
from warehouse.intake.sources import LandingFile

Records = dict[str, dict[str, Any]]


def gives_accounts(file: LandingFile, records: Records) -> bool:
    """Tell whether account rows are read from a file, or were.

    Args:
        file: The file.
        records: What the lake remembers of each file, by path.
    """
    templates, record = file.mapping.templates, records.get(file.path, {})
    return bool(record.get("accounts")) or any(one.table == "accounts" for one in templates)


def gone_files(there: Iterable[str], records: Records) -> list[str]:
    """Return the paths of files that gave accounts and are there no longer, packed or not.

    Args:
        there: Paths of the files that are.
        records: What the lake remembers of each file, by path.
    """
    names = {unpacked(path) for path in there}
    return sorted(
        path
        for path, record in records.items()
        if record.get("accounts", 1) and unpacked(path) not in names
    )
