"""A checked landing file and the list of mappings, as a person reads them."""

from collections.abc import Sequence
from typing import Any

from warehouse.printing import percent_of_bps, text_table

_LONGEST_SHOWN = 20  # names of dropped fields
_ZONE_OF = {
    "lake": "the lake's zone",
    "mapping": "the mapping's zone; there is no lake yet",
    "default": "the default; there is no lake yet, and the mapping names no zone",
}


def check_text(found: dict[str, Any]) -> str:
    """Return what `warehouse.intake.source_check.check_file` found."""
    period = "no period" if found["period"] is None else " to ".join(dict.fromkeys(found["period"]))
    written = ", ".join(filter(None, (found["format"], found["encoding"])))
    lines = "All" if found["whole"] else "First"
    parts = [
        f"{found['file_path']}: source {found['source']}, files {found['section']} ({written}; "
        f"{period}). Times are in {found['time_zone']} "
        f"({_ZONE_OF[found['time_zone_of']]}).",
        f"{lines} {found['lines']:,} lines: {found['loaded']:,} loaded, "
        f"{found['quarantined']:,} quarantined, {found['duplicate']:,} duplicate, "
        f"{found['blank']:,} blank. They give {found['events']:,} events, "
        f"{found['accounts']:,} rows of accounts and {found['instructions']:,} of instructions.",
    ]
    if found["event_types"]:
        numbers = ("events", "amount_cents")
        parts.append(_table(found["event_types"], right=numbers))
    if found["refusals"]:
        shown = ("reason", "lines", "source_line", "column", "found")
        first = [{name: row[name] for name in shown} for row in found["refusals"]]
        meanings = "\n".join(f"{row['reason']}: {row['meaning']}" for row in found["refusals"])
        parts.append(
            f"Quarantined, with the first line of each reason:\n"
            f"{_table(first, right=('lines', 'source_line'))}\n{meanings}"
        )
    dropped = found["dropped_fields"]
    if dropped:
        more = f" and {len(dropped) - _LONGEST_SHOWN} more" if len(dropped) > _LONGEST_SHOWN else ""
        parts.append(f"Dropped, never stored: {', '.join(dropped[:_LONGEST_SHOWN])}{more}.")
    if found["absent_fields"]:
        names = (
            f"{row['field']} (did you mean {row['nearest']!r}?)" if row["nearest"] else row["field"]
            for row in found["absent_fields"]
        )
        parts.append(f"Read, but in none of these lines: {', '.join(names)}.")
    parts += [
        f"As stored in {table}:\n{_table(rows)}" for table, rows in found["rows"].items() if rows
    ]
    return "\n\n".join([*parts, _bad_lines(found)])


def _bad_lines(found: dict[str, Any]) -> str:
    """Return whether the share of bad lines is one that the source bears."""
    if not found["lines"]:
        return "The file has no lines: it says that nothing happened."
    if not found["bad"]:
        return "No line is bad."
    bad, lines = found["bad"], found["lines"]
    text = f"{bad:,} of {lines:,} lines are bad ({bad * 100 / lines:.2f} %)"
    declared = f"the {percent_of_bps(found['most_bad_bps'])} that the source allows (most_bad_bps)"
    if found["too_bad"]:
        return f"{text}: above {declared}. A run that read only these of the section would stop."
    if bad * 10_000 <= lines * found["most_bad_bps"]:
        return f"{text}: within {declared}."
    few = f"{found['bad_lines_allowed']:,} lines never stop a run (bad_lines_allowed)"
    return f"{text}: above {declared}, but up to {few}."


def mappings_text(rows: list[dict[str, Any]]) -> str:
    """Return every mapping with its number of files, and the files that no mapping reads."""
    claimed = [
        row | {"optional": "yes" if row["optional"] else None} for row in rows if row["source"]
    ]
    others = [row["path"] for row in rows if not row["source"]]
    text = _table(claimed, right=("files",))
    if others:
        more = f" and {len(others) - 10} more" if len(others) > 10 else ""
        text += f"\n\nNo mapping reads: {', '.join(others[:10])}{more}."
    return text


def _table(rows: list[dict[str, Any]], right: Sequence[str] = ()) -> str:
    header = list(rows[0])
    cells = [["-" if row[name] is None else _cell(row[name]) for name in header] for row in rows]
    return text_table(header, cells, right=right)


def _cell(value: Any) -> str:
    return f"{value:,}" if type(value) is int and abs(value) < 10**15 else str(value)
