"""Publishing: one audit entry makes staged files the lake's; then the published objects follow.

The order of steps is what makes a kill harmless. Before the entry exists, nothing has changed for
any reader. Once it exists the month is committed, and whoever comes next, `repair` or another
attempt, finishes the published objects from the immutable files that the entry lists.
"""

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from transforms.errors import RefusedError
from transforms.months import month_of, month_text, months_after
from warehouse.store.audit import KINDS, Chain, Entry, FileRecord, append, group_of
from warehouse.store.lake import Lake
from warehouse.store.staging import Staging

_FREE_FORM = ("versions", "parameters", "figures")

# Where a run can be killed, in order; each name is told to `step` when the step is done. Those of
# switching come once per published object. `lost` comes whenever another run was faster.
STEPS = ("checked", "linked", "appended", "copied", "switched", "done")


class Outcome(StrEnum):
    """How publishing ended; each of them is success."""

    PUBLISHED = "published"
    ALREADY_PUBLISHED = "already_published"
    NOTHING_CHANGED = "nothing_changed"


def publish(
    lake: Lake,
    staging: Staging,
    *,
    run: dict[str, Any],
    approvals: tuple[dict[str, Any], ...] = (),
    clock: Callable[[], datetime],
    step: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Commit what is staged, and switch the published objects to it.

    Args:
        lake: The lake.
        staging: Complete; its notes hold the draft of the entry.
        run: Airflow run id, code version and the like; recorded, never compared.
        approvals: Who approved what, and why.
        clock: Tells the time of the entry; recorded, never compared.
        step: Called with each of `STEPS` as it is done; a test ends the process there.

    Raises:
        RefusedError: What is staged is incomplete or damaged, or what it was computed from, or the
            month itself, was replaced by another run meanwhile. Nothing was published.
    """
    if staging.notes.get("kind") not in KINDS:
        raise ValueError(f"{staging.notes.get('kind')!r} is none of {', '.join(KINDS)}.")
    chain = Chain.read(lake)
    outcome = _settled(chain, staging)
    if outcome is None:
        draft = _draft(lake, staging) | {
            "run": run | {"recorded_at": clock().isoformat()},
            "approvals": list(approvals),
        }
        step("checked")
        outcome = _commit(lake, staging, chain, draft, step)
    if group_of(staging.notes["kind"]) == "limits":
        for month in _months(staging):
            switch(lake, month, step)
    step("done")
    return outcome


def _commit(
    lake: Lake, staging: Staging, chain: Chain, draft: dict[str, Any], step: Callable[[str], None]
) -> Outcome:
    """Append the entry at the end of the chain, wherever that has moved to."""
    while True:
        refuse_overtaken(chain, staging)
        entry = _linked(draft, chain)
        step("linked")
        if append(lake, entry):
            staging.close()
            step("appended")
            return Outcome.PUBLISHED
        step("lost")
        chain = Chain.read(lake)
        if outcome := _settled(chain, staging):
            return outcome


def _settled(chain: Chain, staging: Staging) -> Outcome | None:
    """Return how publishing ends without an entry, or None if it needs one."""
    kind, months = staging.notes["kind"], _months(staging)
    heads = [chain.head(group_of(kind), month) for month in months]
    if any(head is None or head.kind != kind for head in heads):
        return None
    head = max(heads, key=lambda entry: entry.number)
    same_inputs = head.inputs_id == staging.inputs_id and head.months == months
    if same_inputs and (head.folder == staging.folder or head.number > staging.base):
        return Outcome.ALREADY_PUBLISHED
    if group_of(kind) == "limits" and head.inputs_id != staging.inputs_id:
        return None  # the same limits of other facts: a revision, or the facts stay newer for ever
    return Outcome.NOTHING_CHANGED if _says_nothing_new(chain, staging) else None


def _says_nothing_new(chain: Chain, staging: Staging) -> bool:
    """Tell whether every staged table says what the lake says, and every landing file is known."""
    accounted = chain.accounted()
    return (
        bool(staging.files)
        and all(
            _content(files) == _content(chain.files(*key))
            for key, files in _by_table(staging).items()
        )
        and all(accounted.get(taken["path"]) == taken for taken in staging.notes.get("intake", ()))
    )


def _content(files: tuple[FileRecord, ...]) -> dict[int | None, str]:
    return {file.bucket: file.content_digest for file in files}


def _by_table(staging: Staging) -> dict[tuple[str, date], tuple[FileRecord, ...]]:
    grouped: dict[tuple[str, date], tuple[FileRecord, ...]] = {}
    for file in staging.files:
        key = (file.table, file.month)
        grouped[key] = (*grouped.get(key, ()), file)
    return grouped


def _months(staging: Staging) -> tuple[date, ...]:
    texts = staging.notes.get("months", [month_text(staging.month)])
    return tuple(sorted(month_of(text[:7]) for text in texts))


def _draft(lake: Lake, staging: Staging) -> dict[str, Any]:
    """Return the entry without its place in the chain, once all it lists is whole and on disk."""
    notes = staging.notes
    _require_whole(lake, staging)
    sealed = dict(staging.attachments)
    staging.seal({})
    attachments = staging.attached(manifests=True)
    for path, sha256 in sealed.items():
        if attachments.get(path) != sha256:
            raise RefusedError(f"Staged file {path}: changed since it was staged. Run again.")
    lake.place.settle(attachments, contents=True)
    return {name: notes.get(name, {}) for name in _FREE_FORM} | {
        "kind": notes["kind"],
        "months": [month_text(month) for month in _months(staging)],
        "inputs_id": staging.inputs_id,
        "reads": sorted(set(notes.get("reads", ()))),
        "folder": staging.folder,
        "files": [file.to_plain() for file in staging.files],
        "attachments": attachments,
        "texts": staging.texts,
        "intake": notes.get("intake", []),
        "lake": lake.digest,
    }


def _require_whole(lake: Lake, staging: Staging) -> None:
    """Refuse a table of which buckets are missing, and a file that is not as it was staged."""
    for (table, month), files in _by_table(staging).items():
        buckets = {file.bucket for file in files}
        if buckets not in ({None}, set(range(lake.buckets))):
            raise RefusedError(
                f"Staged table {table} {month_text(month)}: {len(buckets)} of {lake.buckets} "
                "buckets are there. Run the month again."
            )
    found = lake.place.digests(file.path for file in staging.files)
    for file in staging.files:
        if found[file.path] != file.sha256:
            raise RefusedError(
                f"Staged file {lake.place.shown(file.path)}: not as it was staged. Run the month "
                "again."
            )


def refuse_overtaken(chain: Chain, staging: Staging) -> None:
    """Refuse to build on what another run replaced, and to publish over its month unseen.

    Raises:
        RefusedError: An entry after `staging.base` has the same months, or replaced one that the
            staging was computed from; or the month does not follow those of the lake.
    """
    group = group_of(staging.notes["kind"])
    months, reads = set(_months(staging)), set(staging.notes.get("reads", ()))
    for entry in chain.entries[staging.base :]:
        shared = sorted(months & set(entry.months))
        if entry.group == group and shared:
            raise RefusedError(
                f"{group} {month_text(shared[0])}: another run published the month first, from "
                f"other inputs (audit entry {entry.number}). Run the month again."
            )
        if replaced := sorted(reads & set(entry.supersedes)):
            raise RefusedError(
                f"{group} {month_text(staging.month)}: audit entry {replaced[0]}, which it was "
                f"computed from, was superseded by entry {entry.number}. Run the month again."
            )
    newest = chain.newest_limits_month
    if group == "limits" and newest:
        _refuse_out_of_order(chain, newest, staging)


def _refuse_out_of_order(chain: Chain, newest: date, staging: Staging) -> None:
    """Refuse a month without its predecessor, and a lone revision of a month that others follow."""
    month, newest_text = staging.month, month_text(newest)
    if not chain.first_month <= month <= months_after(newest, 1):
        raise RefusedError(
            f"limits {month_text(month)}: the lake has limits from "
            f"{month_text(chain.first_month)} to {newest_text}, and a month needs the one "
            f"before it. Run {month_text(months_after(newest, 1))} next."
        )
    if month < newest and not staging.notes.get("cascade"):
        raise RefusedError(
            f"limits {month_text(month)}: months up to {newest_text} were computed from it, so "
            f"it is not revised alone. Run `limitwise run {month_text(month)} --cascade`."
        )


def _linked(draft: dict[str, Any], chain: Chain) -> Entry:
    """Return the draft as the entry after the newest one."""
    keys = {(file["table"], month_of(file["month"])) for file in draft["files"]}
    replaced = {holder.number for key in keys if (holder := chain.holder(*key))}
    group = group_of(draft["kind"])
    heads = (chain.head(group, month_of(month)) for month in draft["months"])
    place = {
        "number": chain.newest + 1,
        "previous_hash": chain.newest_hash,
        "supersedes": sorted(replaced | {head.number for head in heads if head}),
    }
    return Entry.sealed(draft | place)


def switch(lake: Lake, month: date, step: Callable[[str], None] = lambda _: None) -> list[str]:
    """Make the published objects of a month those of its head; return what was switched.

    Reads the chain again after each switch: of two runs that publish revisions of one month at the
    same time, the slower one must not put the older revision back.
    """
    switched: list[str] = []
    while True:
        head = Chain.read(lake).head("limits", month)
        stale = [file for file in _published(head) if not is_current(lake, file)]
        if not stale:
            return switched
        for file in stale:
            _replace(lake, file, step)
            switched.append(file.published)


def _published(head: Entry | None) -> list[FileRecord]:
    return [file for file in head.files if file.published] if head else []


def is_current(lake: Lake, file: FileRecord) -> bool:
    """Tell whether the published object has the bytes of the file."""
    return lake.place.digests([file.published])[file.published] == file.sha256


def _replace(lake: Lake, file: FileRecord, step: Callable[[str], None]) -> None:
    if not lake.place.copy(file.path, file.published, file.sha256, lambda: step("copied")):
        raise RefusedError(
            f"File {lake.place.shown(file.path)}: not as it was committed, so it is not "
            "published. Run `limitwise verify`."
        )
    step("switched")
