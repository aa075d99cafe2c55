"""Repair: finish what a killed run left, from the files that the audit chain lists."""

from transforms.errors import RefusedError
from warehouse.store.audit import Chain, FileRecord
from warehouse.store.lake import Lake
from warehouse.store.publish import is_current, refuse_overtaken, switch
from warehouse.store.staging import RUNS, Staging
from warehouse.store.storage import DRAFTS, files_under, remove

_ATTEMPT = 3  # parts of a name that say whose it is: runs, month and inputs, attempt


def repair(lake: Lake, *, delete_abandoned: bool = False) -> list[str]:
    """Switch the published objects of every month to its head, and clear what was being written.

    A published object that no audit entry ever listed is left alone, with the others of its month:
    it is evidence. Run it while no other run is at work.

    Args:
        lake: The lake.
        delete_abandoned: Also delete run folders that no entry lists, except those that wait for
            an approval; otherwise they are named.

    Returns:
        One line per thing done or found; empty if there was nothing to do.

    Raises:
        RefusedError: The audit chain, or a file to be published, is not as it was written.
    """
    chain = Chain.read(lake)
    done = _remove_drafts(lake)
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
    return done + _clear_abandoned(lake, chain, delete_abandoned)


def abandoned(lake: Lake, chain: Chain) -> list[str]:
    """Return the run folders that hold no committed file: a run at work, waiting, or given up."""
    used = {entry.folder for entry in chain.entries}
    used |= {file.path.rsplit("/", 3)[0] for entry in chain.entries for file in entry.files}
    parts = (name.split("/") for name in lake.place.names(RUNS))
    found = {"/".join(name[:_ATTEMPT]) for name in parts if len(name) > _ATTEMPT}
    return sorted(found - used)


def waiting(lake: Lake, chain: Chain, folder: str) -> Staging | None:
    """Return what is staged in an uncommitted folder if an approval could still publish it."""
    try:
        staging = Staging.resume(lake, folder)
        if not staging.notes.get("needs_approval"):
            return None
        refuse_overtaken(chain, staging)
    except RefusedError:
        return None
    return staging


def revisions(chain: Chain, file: FileRecord) -> set[str]:
    """Return the SHA-256 of everything ever committed for the published object of `file`."""
    return {
        other.sha256
        for entry in chain.entries
        for other in entry.files
        if other.published == file.published
    }


def leftovers(lake: Lake) -> list[str]:
    """Return half-written files of killed runs on this machine; no reader sees them."""
    drafts = files_under(lake.path(DRAFTS))
    return [path.relative_to(lake.root).as_posix() for path in drafts]


def _is_foreign(lake: Lake, chain: Chain, file: FileRecord) -> bool:
    found = lake.place.digests([file.published])[file.published]
    return found is not None and found not in revisions(chain, file)


def _remove_drafts(lake: Lake) -> list[str]:
    removed = leftovers(lake)
    for path in removed:
        remove(lake.path(path))
    return [f"{path}: half-written by a killed run, removed" for path in removed]


def _clear_abandoned(lake: Lake, chain: Chain, delete: bool) -> list[str]:
    done = []
    for folder in abandoned(lake, chain):
        if waiting(lake, chain, folder):
            done.append(f"{folder}: waits for an approval, kept")
        elif delete:
            lake.place.remove(folder)
            done.append(f"{folder}: abandoned staging, deleted")
        else:
            done.append(f"{folder}: abandoned staging, kept")
    return done
