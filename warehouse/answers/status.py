"""Where the lake stands: months, what waits for somebody, and what is not as it should be."""

from collections import Counter, defaultdict
from datetime import date
from typing import Any

from transforms.errors import RefusedError
from transforms.months import month_text
from transforms.tables.decided import LIMITS
from warehouse.monthly.history import read_digests
from warehouse.printing import text_table
from warehouse.store.audit import Chain, Entry
from warehouse.store.lake import Lake
from warehouse.store.publish import is_current
from warehouse.store.repair import abandoned, leftovers, waiting
from warehouse.store.staging import Staging

_SHOWN = 10  # names of dropped fields


def status(lake: Lake, landing: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return where the lake stands.

    Args:
        lake: The lake.
        landing: Figures of the landing folder, repeated as they are.

    Returns:
        `lake`, `buckets`, `time_zone`, `currency`, `audit_entries`; `first_month`, `newest_month`
        with limits; `months`, ascending, each with `month`, `facts_entry`, `limits_entry` (numbers
        of the entries in force, null if none), `kind` (limits, hold or null), `mode` (live, shadow,
        indicative; null without limits), `facts_revisions`,
        `limits_revisions` (times published again), `lines` (rows of limits), `late_events` (that
        arrived with the month's extraction), `newer_facts` (months of facts that the decision would
        read otherwise now), `earlier_limits_revised`, `unfinished` (published objects that are
        not those of the entry) and `warnings` (messages of the checks before publishing);
        `needs_approval`: `month`, `folder`, `reasons` of each month staged that an approval can
        publish; `promotions`: `from`, `model_id`, `scorecard`, `by` of each score that a person let
        decide; `dropped_fields`: `source`, `section` and names of the fields that its files hold
        and no mapping reads; `abandoned`: other folders without an entry; `leftovers`; `landing`.

    Raises:
        RefusedError: The audit chain is not as it was written.
    """
    chain = Chain.read(lake)
    folders = {folder: waiting(lake, chain, folder) for folder in abandoned(lake, chain)}
    months = sorted({*chain.heads("facts"), *chain.heads("limits")})
    return {
        "lake": lake.place.shown(),
        "buckets": lake.buckets,
        "time_zone": lake.time_zone,
        "currency": lake.currency,
        "audit_entries": chain.newest,
        "first_month": _text(chain.first_month),
        "newest_month": _text(chain.newest_limits_month),
        "months": [_month(lake, chain, month) for month in months],
        "needs_approval": [_asked(staging) for staging in folders.values() if staging],
        "promotions": [
            {
                "from": month_text(first),
                "model_id": entry.parameters["model_id"],
                "scorecard": entry.versions["scorecard"],
                "by": entry.parameters["by"],
            }
            for first, entry in chain.heads("promotion").items()
        ],
        "dropped_fields": _dropped_fields(chain),
        "abandoned": [folder for folder, staging in folders.items() if not staging],
        "leftovers": leftovers(lake),
        "landing": landing,
    }


def status_text(found: dict[str, Any]) -> str:
    """Return the status as a table of months, and a line for each thing that wants attention."""
    lines = [
        f"Lake {found['lake']}: {found['audit_entries']} audit entries, {found['buckets']} "
        f"buckets, {found['time_zone']}, {found['currency']}."
    ]
    if found["landing"]:
        lines.append("Landing: " + ", ".join(f"{v} {k}" for k, v in found["landing"].items()) + ".")
    header = ["month", "facts entry", "limits entry", "lines", "revisions", "late events"]
    rows = [
        [
            month["month"],
            _number(month["facts_entry"]),
            _number(month["limits_entry"])
            + (" (hold)" if month["kind"] == "hold" else "")
            + (f" ({month['mode']})" if month["mode"] in ("shadow", "indicative") else ""),
            _number(month["lines"]),
            _number(month["facts_revisions"] + month["limits_revisions"]),
            _number(month["late_events"]),
        ]
        for month in found["months"]
    ]
    lines += ["", text_table(header, rows, right=header[1:]), ""] if rows else ["No month yet."]
    return "\n".join([*lines, *_remarks(found)]).rstrip()


def _remarks(found: dict[str, Any]) -> list[str]:
    remarks = [
        f"{staged['month']}: needs approval: {'; '.join(staged['reasons'])}. "
        f"`limitwise approve {staged['month']} --by NAME --reason TEXT` publishes it."
        for staged in found["needs_approval"]
    ]
    for month in found["months"]:
        name = month["month"]
        if month["newer_facts"]:
            remarks.append(f"{name}: facts newer than decision: {', '.join(month['newer_facts'])}.")
        if month["kind"] == "hold":
            how = "" if name == found["newest_month"] else " --cascade"
            remarks.append(
                f"{name}: held by hand. Once the cause is mended, `limitwise run {name}{how}` "
                "decides it as a revision."
            )
        if month["earlier_limits_revised"]:
            remarks.append(
                f"{name}: earlier limits were revised since. `limitwise run {name} --cascade` "
                "recomputes it."
            )
        remarks += [
            f"{path}: not published yet. Run `limitwise repair`." for path in month["unfinished"]
        ]
        remarks += [f"{name}: warning: {message}" for message in month["warnings"]]
    remarks += [
        f"{of['from']}: scorecard {of['scorecard']} decides from this month on, promoted by "
        f"{of['by']} (model {of['model_id']})."
        for of in found["promotions"]
    ]
    remarks += [
        f"{of['source']}, files {of['section']}: dropped, never stored: "
        f"{', '.join(of['fields'][:_SHOWN])}{' and more' if of['fields'][_SHOWN:] else ''}."
        for of in found["dropped_fields"]
    ]
    remarks += [f"{folder}: abandoned staging, of no effect." for folder in found["abandoned"]]
    if found["leftovers"]:
        remarks.append(
            f"{len(found['leftovers'])} half-written files of killed runs. `limitwise repair` "
            "removes them."
        )
    return remarks


def _month(lake: Lake, chain: Chain, month: date) -> dict[str, Any]:
    facts, limits = chain.head("facts", month), chain.head("limits", month)
    published = [file for file in limits.files if file.published] if limits else []
    return {
        "month": month_text(month),
        "facts_entry": facts.number if facts else None,
        "limits_entry": limits.number if limits else None,
        "kind": limits.kind if limits else None,
        "mode": limits.parameters.get("mode") if limits else None,
        "facts_revisions": _revisions(chain, "facts", month),
        "limits_revisions": _revisions(chain, "limits", month),
        "lines": sum(file.rows for file in chain.files("limits", month)) if limits else None,
        "late_events": _late_events(chain)[month_text(month)],
        "newer_facts": _newer_facts(chain, limits, month) if limits else [],
        "earlier_limits_revised": bool(limits and _revised_since(chain, limits)),
        "unfinished": [file.published for file in published if not is_current(lake, file)],
        "warnings": [
            warning
            for entry in (facts, limits)
            if entry and _is_last_in_force(chain, entry, month)
            for warning in _warnings(lake, entry)
        ],
    }


def _is_last_in_force(chain: Chain, entry: Entry, month: date) -> bool:
    """Tell whether `month` is the last that an entry speaks for; a range warns once."""
    return month == max(m for m, head in chain.heads(entry.group).items() if head is entry)


def _revisions(chain: Chain, group: str, month: date) -> int:
    entries = [e for e in chain.entries if e.group == group and month in e.months]
    return max(0, len(entries) - 1)


def _late_events(chain: Chain) -> Counter:
    late = Counter()
    for record in chain.accounted().values():
        late[record.get("through")] += record.get("late_events", 0)
    return late


def _dropped_fields(chain: Chain) -> list[dict[str, Any]]:
    dropped = defaultdict(set)
    for record in chain.accounted().values():
        of = record.get("source"), record.get("section")
        dropped[of].update(record.get("dropped_fields", ()))
    return [
        {"source": source, "section": section, "fields": sorted(names)}
        for (source, section), names in sorted(dropped.items(), key=str)
        if names
    ]


def _newer_facts(chain: Chain, limits: Entry, month: date) -> list[str]:
    """Return the months of facts that the decision would read otherwise now.

    It reads what counts, not the events: a line that was overruled since changes nothing for it.
    """
    then = read_digests(Chain(chain.lake, chain.entries[: limits.number]), month)
    now = [of for of in read_digests(chain, month) if of not in then]
    return sorted({text for table, text, _ in now if table != LIMITS.name})


def _revised_since(chain: Chain, limits: Entry) -> bool:
    """Tell whether limits of another month that these were computed from were replaced since."""
    read = {number for number in limits.reads if chain.entries[number - 1].group == "limits"}
    return any(read & set(e.supersedes) for e in chain.entries[limits.number :])


def _warnings(lake: Lake, entry: Entry) -> list[str]:
    """Return what the checks of the run warned of, from the manifest in its folder."""
    try:
        notes = Staging.resume(lake, entry.folder).notes
    except RefusedError as refused:
        return [str(refused)]
    reports = [notes[name] for name in sorted(notes) if name.startswith("validation_")]
    return [warning["message"] for report in reports for warning in report["warnings"]]


def _asked(staging: Staging) -> dict[str, Any]:
    return {
        "month": month_text(staging.month),
        "folder": staging.folder,
        "reasons": staging.notes["needs_approval"],
    }


def _text(month: date | None) -> str | None:
    return month_text(month) if month else None


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"
