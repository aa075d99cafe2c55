"""Repair: finish what a killed run left, from the files that the audit chain lists."""

import re

from transforms.errors import RefusedError
from warehouse.audit import AUDIT, Chain, FileRecord
from warehouse.digests import file_sha256
from warehouse.lake import Lake
from warehouse.publish import is_current, switch
from warehouse.storage import DRAFTS, files_under, remove

_CUT_OFF_PUT = re.compile(r"\d{8}\.json#\d+")


def repair(lake: Lake, *, delete_abandoned: bool = False) -> list[str]:
    """Switch the published objects of every month to its head, and clear what was being written.

    A published object that no audit entry ever listed is left alone: it is evidence. Run it while
    no other run is at work.

    Args:
        lake: The lake.
        delete_abandoned: Also delete run folders that no entry lists; otherwise they are named.

    Returns:
        One line per thing done or found; empty if there was nothing to do.

    Raises:
        RefusedError: The audit chain, or a file to be published, is not as it was written.
    """
    done = [*_remove_cut_off_entry(lake), *_remove_drafts(lake)]
    chain = Chain.read(lake)
    for month, head in chain.heads("limits").items():
        stale = [f for f in head.files if f.published and not is_current(lake, f)]
        foreign = [file for file in stale if _is_foreign(lake, chain, file)]
        done += [
            f"{file.published}: no run wrote this content; left as it is. Move it away and run "
            "`limitwise repair` again."
            for file in foreign
        ]
        if stale and not foreign:
            done += [f"{path}: published now" for path in switch(lake, month)]
    for folder in abandoned(lake, chain):
        done.append(f"{folder}: abandoned staging, {'deleted' if delete_abandoned else 'kept'}")
        if delete_abandoned:
            remove(lake.path(folder))
    return done


def abandoned(lake: Lake, chain: Chain) -> list[str]:
    """Return the run folders that hold no committed file: a run at work, waiting, or given up."""
    used = {entry.folder for entry in chain.entries}
    used |= {file.path.rsplit("/", 3)[0] for entry in chain.entries for file in entry.files}
    attempts = (path for path in lake.path("runs").glob("*/*") if path.is_dir())
    found = (path.relative_to(lake.root).as_posix() for path in attempts)
    return sorted(folder for folder in found if folder not in used)


def revisions(chain: Chain, file: FileRecord) -> set[str]:
    """Return the SHA-256 of everything ever committed for the published object of `file`."""
    return {
        other.sha256
        for entry in chain.entries
        for other in entry.files
        if other.published == file.published
    }


def leftovers(lake: Lake) -> list[str]:
    """Return half-written files of killed runs; no reader sees them and no entry lists them."""
    puts = (path for path in lake.path(AUDIT).glob("*") if _CUT_OFF_PUT.fullmatch(path.name))
    found = [*files_under(lake.path(DRAFTS)), *puts]
    return sorted(path.relative_to(lake.root).as_posix() for path in found)


def _is_foreign(lake: Lake, chain: Chain, file: FileRecord) -> bool:
    path = lake.path(file.published)
    return path.exists() and (not path.is_file() or file_sha256(path) not in revisions(chain, file))


def _remove_drafts(lake: Lake) -> list[str]:
    removed = leftovers(lake)
    for path in removed:
        remove(lake.path(path))
    return [f"{path}: half-written by a killed run, removed" for path in removed]


def _remove_cut_off_entry(lake: Lake) -> list[str]:
    """Remove the newest entry if it is empty: its name reached the disk, its bytes did not."""
    newest = max(lake.path(AUDIT).glob("[0-9]*.json"), default=None)
    if newest is None or newest.read_bytes().strip(b"\0"):
        return []
    try:
        Chain.read(lake)
    except RefusedError as refused:
        if newest.name not in str(refused):
            return []  # the chain is broken before it, which is not for repair to mend
    remove(newest)
    return [f"{AUDIT}/{newest.name}: empty since a power cut, removed"]
