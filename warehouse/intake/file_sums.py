"""What became of the lines of each landing file that the lake has read."""

from typing import Any

from warehouse.printing import text_table
from warehouse.store.audit import Chain

_NUMBERS = ("lines", "loaded", "quarantined", "duplicate", "blank", "events")


def file_sums(chain: Chain) -> list[dict[str, Any]]:
    """Return the sums of each file as the lake remembers them.

    Returns:
        By path: `file_path`, `source`, `section`, `lines`, which are `loaded` + `quarantined` +
        `duplicate` + `blank`, and `events`, those that the lake has of the file.
    """
    return [
        {"file_path": path, "source": record["source"], "section": record["section"]}
        | {name: record["stored_events" if name == "events" else name] for name in _NUMBERS}
        for path, record in sorted(chain.accounted().items())
    ]


def file_sums_text(rows: list[dict[str, Any]]) -> str:
    """Return the sums as a table, with a line for all files together."""
    if not rows:
        return "No landing file was read yet."
    total = {"file_path": "all", "source": "", "section": ""}
    total |= {name: sum(row[name] for row in rows) for name in _NUMBERS}
    cells = [
        [f"{value:,}" if name in _NUMBERS else value for name, value in row.items()]
        for row in (*rows, total)
    ]
    return text_table(list(total), cells, right=_NUMBERS)
