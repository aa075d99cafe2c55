"""Verify: reread every byte of the lake and name the first thing that is not as it was written.

What it cannot find: somebody who rewrites the whole tail of the audit chain and every file with it.
Against that only a signature, or a hash kept outside, would help.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import polars as pl

from transforms.errors import RefusedError
from warehouse.store.audit import Chain, Entry, FileRecord
from warehouse.store.digests import content_digest, file_sha256
from warehouse.store.lake import LAKE_FILE, Lake, open_lake
from warehouse.store.place import Place
from warehouse.store.repair import abandoned, leftovers, revisions
from warehouse.store.staging import TEXTS, Staging, is_manifest
from warehouse.store.storage import DRAFTS

Answer = TypeVar("Answer")
_AT_ONCE = 4  # each holds the rows of one file in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What `verify` found.

    Attributes:
        ok: Nothing is wrong.
        findings: Everything wrong, in the order found; each names its path.
        counts: How many entries, files, rows, texts, attachments and published objects were read.
        abandoned: Run folders that no entry lists: a run at work, waiting, or given up; not wrong.
        leftovers: Half-written files of killed runs; not wrong either, `repair` removes them.
    """

    ok: bool
    findings: tuple[str, ...]
    counts: dict[str, int]
    abandoned: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()

    @property
    def finding(self) -> str | None:
        """Return the first thing wrong."""
        return self.findings[0] if self.findings else None


def verify(lake: Lake) -> Verdict:
    """Reread the whole lake.

    Args:
        lake: The lake.

    Returns:
        The verdict. If the audit chain is broken nothing behind it can be judged, so that is the
        only finding. If another run published meanwhile, the verdict is on the lake after it.
    """
    while True:
        verdict = _verdict(lake)
        if verdict.ok or not _moved_on(lake, verdict):
            return verdict


def _moved_on(lake: Lake, verdict: Verdict) -> bool:
    entries = verdict.counts.get("entries")
    try:
        return entries is not None and entries != Chain.read(lake).newest
    except RefusedError:
        return False


def _verdict(lake: Lake) -> Verdict:
    try:
        reread = open_lake(lake.place.anew())
        if reread != lake:
            raise RefusedError(
                f"{lake.place.shown(LAKE_FILE)}: other constants than when it was opened."
            )
        chain = Chain.read(reread)
    except RefusedError as refused:
        return Verdict(ok=False, findings=(str(refused),), counts={})
    counts = dict.fromkeys(("files", "rows", "attachments", "texts", "published"), 0)
    findings = tuple(
        finding
        for check in (_files, _attachments, _texts, _published, _strangers, _uncommitted)
        for finding in check(reread, chain, counts)
    )
    return Verdict(
        ok=not findings,
        findings=findings,
        counts={"entries": chain.newest} | counts,
        abandoned=tuple(abandoned(reread, chain)),
        leftovers=tuple(leftovers(reread)),
    )


def _each(check: Callable[..., Answer], asked: Iterable[tuple]) -> Iterator[tuple[tuple, Answer]]:
    """Check several files at a time, since a bucket lets each wait; answers come in order."""
    asked = list(asked)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from zip(asked, pool.map(lambda of: check(*of), asked), strict=True)


def _files(lake: Lake, chain: Chain, counts: dict[str, int]) -> Iterator[str]:
    """Check each table file once, and that all entries that list it say the same of it."""
    listed = [(file, entry) for entry in chain.entries for file in entry.files]
    first = {of[0].path: of for of in reversed(listed)}
    for file, entry in listed:
        if file != first[file.path][0]:
            yield f"{file.path}: {entry.name} contradicts an earlier entry about it."
    counts["files"] = len(first)
    counts["rows"] = sum(file.rows for file, _ in first.values())
    once = [of for of in listed if of is first[of[0].path]]
    for (file, entry), wrong in _each(lambda file, _: _wrong_with(lake, file), once):
        if wrong:
            yield f"{file.path}: {wrong}, listed by {entry.name}."


def _wrong_with(lake: Lake, file: FileRecord) -> str | None:
    with lake.place.original(file.path) as path:
        if wrong := _wrong_bytes(path, file.sha256):
            return wrong
        rows = pl.read_parquet(path, hive_partitioning=False)
    if rows.height != file.rows:
        return f"has {rows.height} rows, recorded are {file.rows}"
    if content_digest(rows) != file.content_digest:
        return "its content is not what was recorded"
    return None


def _wrong_object(place: Place, name: str, sha256: str) -> str | None:
    with place.original(name) as path:
        return _wrong_bytes(path, sha256)


def _wrong_bytes(path: Path | None, sha256: str) -> str | None:
    if path is None:
        return "is missing"
    return None if file_sha256(path) == sha256 else "its bytes are not as they were written"


def _attachments(lake: Lake, chain: Chain, counts: dict[str, int]) -> Iterator[str]:
    listed = [(p, sha, e.name) for e in chain.entries for p, sha in sorted(e.attachments.items())]
    counts["attachments"] = len(listed)
    found = _each(lambda path, sha256, _: _wrong_object(lake.place, path, sha256), listed)
    for (path, _, entry), wrong in found:
        if wrong:
            yield f"{path}: {wrong}, listed by {entry}."


def _texts(lake: Lake, chain: Chain, counts: dict[str, int]) -> Iterator[str]:
    named = {sha: entry.name for entry in reversed(chain.entries) for sha in entry.texts.values()}
    stored = {name.rpartition("/")[2]: name for name in lake.place.names(TEXTS)}
    for sha256 in sorted(named.keys() - stored.keys()):
        yield f"{TEXTS}/{sha256}: is missing, listed by {named[sha256]}."
    counts["texts"] = len(stored)
    found = _each(lambda sha256, name: _wrong_object(lake.place, name, sha256), stored.items())
    for (_, name), wrong in found:
        if wrong:
            yield f"{name}: its bytes are not those that it is named after."


def _published(lake: Lake, chain: Chain, counts: dict[str, int]) -> Iterator[str]:
    heads = chain.heads("limits").values()
    switched = [(head, file) for head in heads for file in head.files if file.published]
    counts["published"] = len(switched)
    for _, wrong in _each(lambda *of: _wrong_published(lake, chain, *of), switched):
        if wrong:
            yield wrong


def _wrong_published(lake: Lake, chain: Chain, head: Entry, file: FileRecord) -> str | None:
    with lake.place.original(file.published) as path:
        sha256 = file_sha256(path) if path else None
    if sha256 == file.sha256:
        return None
    if sha256 is None or sha256 in revisions(chain, file):
        what = "is missing" if sha256 is None else "is an earlier revision"
        remedy = f"unfinished publish of {head.name}, run `limitwise repair`."
        return f"{file.published}: {what}: {remedy}"
    return f"{file.published}: tampered with: no audit entry ever published this content."


def _strangers(lake: Lake, chain: Chain, counts: dict[str, int]) -> Iterator[str]:
    """Name files that are nobody's: readers that know only a glob would take them in."""
    known = {LAKE_FILE}
    for entry in chain.entries:
        known |= {entry.name, *entry.attachments, *(file.path for file in entry.files)}
        known |= {file.published for file in entry.files if file.published}
    elsewhere = (f"{TEXTS}/", f"{DRAFTS}/", *(f"{folder}/" for folder in abandoned(lake, chain)))
    for name in lake.place.names():
        if name not in known and not name.startswith(elsewhere):
            yield f"{name}: no audit entry lists it. Move it out of the lake."


def _uncommitted(lake: Lake, chain: Chain, counts: dict[str, int]) -> Iterator[str]:
    """Check what waits to be published against its own manifest."""
    for folder in abandoned(lake, chain):
        if not any(is_manifest(name) for name in lake.place.names(folder)):
            continue
        try:
            staging = Staging.resume(lake, folder)
        except RefusedError as refused:
            yield str(refused)
            continue
        staged = {file.path: file.sha256 for file in staging.files} | staging.attachments
        found = _each(lambda *of: _wrong_object(lake.place, *of), sorted(staged.items()))
        for (path, _), wrong in found:
            if wrong:
                yield f"{path}: {wrong}, staged by a run that did not publish."
