"""The demo world: writes a lender's landing files month by month, and the truth beside them.

A month follows from the state at the end of the month before, the limits published for that
month, and chance keyed by (seed, person, month). Nothing else is read.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from demo.behaviour import fall_victim, log_in, meet, shop, speak_up, without_outage
from demo.borrowing import borrow
from demo.calendar import Month
from demo.chance import Chance
from demo.credit import close_some, settle
from demo.errors import DemoError
from demo.events import BehaviourEvents
from demo.files import write_bytes
from demo.hidden import live
from demo.landing import since_joining, write_behaviour, write_ledger
from demo.lender import (
    Published,
    follow,
    grant_by_own_rule,
    open_founders,
    read_published,
    take_applications,
    user_id,
)
from demo.money import earn, give, pay_bills
from demo.people import World, people
from demo.plans import Followed, nobody, read_followed
from demo.reports import write_accounts, write_instructions, write_limits, write_scores
from demo.scene import Scene
from demo.state import Debts, Standing, has_state, joined_by, read_state, write_state
from demo.truth import write_flaws, write_truth

__all__ = ["DemoError", "continue_month", "write_history"]


@dataclass(frozen=True, slots=True)
class _Folders:
    landing: Path
    truth: Path

    @property
    def state(self) -> Path:
        return self.truth / "state"

    @property
    def world(self) -> Path:
        return self.truth / "world.json"


def write_history(
    landing: Path,
    truth: Path,
    *,
    users: int,
    months: int,
    until: str,
    seed: int,
    progress: Callable[[str, int], None] | None = None,
) -> dict[str, int]:
    """Write landing files of `months` months ending in `until`, and the truth.

    Writing the same world again gives the same bytes. During history the lender grants by a
    simple rule of its own; it follows published limits from the month after.

    Args:
        landing: Landing folder; made if absent.
        truth: Folder of truth and state; must not lie within `landing`.
        users: People who have joined by the end of history.
        months: Number of months, 1 to 60.
        until: Last month, `YYYY-MM`.
        seed: Equal seeds give equal worlds.
        progress: Called after each month with its text and the number of lines.

    Returns:
        Number of lines written, by group of files.

    Raises:
        DemoError: The arguments make no world, or the folders hold another one.
    """
    folders = _Folders(landing, truth)
    last = Month.of(until)
    world = World(seed, users, months, last.index)
    Month.of(Month(world.first).text)  # refuses a beginning before the calendar's
    _settle_in(folders, world)
    counts: Counter[str] = Counter()
    state = None
    for index in range(world.first, last.index + 1):
        month = Month(index)
        written, state = _write_month(folders, world, month, state, None)
        counts.update(written)
        if progress:
            progress(month.text, sum(written.values()))
    return dict(counts)


def continue_month(
    landing: Path, truth: Path, month: str, published: Path, plans: Path | None = None
) -> dict[str, int]:
    """Write one more month: people live on under the limits published for the month before.

    Args:
        landing: Landing folder of the world.
        truth: Its truth folder.
        month: Month to write, `YYYY-MM`; must follow the last one written. A month that is
            written already is written again, to the same bytes, if its limits are the same.
        published: Folder of published limits; `month=YYYY-MM/limits.parquet` of the month
            before is read and nothing else.
        plans: Table of plans that people follow, each in the months that it says; None is none.

    Returns:
        Number of lines written, by group of files.

    Raises:
        DemoError: There is no world, the month before or its limits are missing, or the month
            was lived under other limits.
    """
    folders = _Folders(landing, truth)
    now = Month.of(month)
    world = _known_world(folders)
    before = now.after(-1)
    if now.index <= world.until:
        raise DemoError(
            f"Month {now.text} is history in this world. Continue after {Month(world.until).text}."
        )
    if not has_state(folders.state, before.text):
        raise DemoError(
            f"{folders.state}: month {before.text} is not written, and {now.text} follows from "
            f"it. Continue with the first month that is missing."
        )
    everybody = people(world, now.index)
    limits, content = read_published(published, before, everybody)
    followed = read_followed(plans, now, everybody, user_id) if plans else None
    origin = _origin(folders, now, content + (plans.read_bytes() if plans else b""))
    state = read_state(folders.state, before.text)
    written, _ = _write_month(folders, world, now, state, limits, followed)
    write_bytes(folders.state / f"{now.text}.origin", origin)
    return written


def _write_month(
    folders: _Folders,
    world: World,
    month: Month,
    before: tuple[Standing, Debts] | None,
    published: Published | None,
    followed: Followed | None = None,
) -> tuple[dict[str, int], tuple[Standing, Debts]]:
    """Live through one month and write its files; the state last."""
    chance = Chance(world.seed, month.index)
    everybody = people(world, month.index)
    followed = followed or nobody(everybody)
    standing, owed = before or (None, Debts.none())
    standing = joined_by(standing, len(everybody.number))
    open_founders(world, month, everybody, standing)
    if published is None:
        grant_by_own_rule(chance, month, everybody, standing)
    else:
        follow(chance, month, everybody, standing, published)
    standing_before = standing
    standing = live(chance, month, everybody, standing)
    followed.keep_well(standing_before, standing)
    take_applications(chance, month, everybody, standing)
    scene = Scene(chance, month, everybody, standing, followed)
    behaviour = _behave(scene)  # before the month's charge-offs and closures
    new, ledger = borrow(chance, month, everybody, standing, owed, followed)
    debts = settle(chance, month, everybody, standing, owed, ledger, followed)
    debts = debts.and_also(new)
    close_some(chance, month, everybody, standing, debts, ledger, followed)
    written = _write_files(folders, world, scene, behaviour, ledger)
    write_truth(folders.truth, scene, debts)
    write_state(folders.state, month.text, standing, debts)
    return written, (standing, debts)


def _behave(scene: Scene) -> BehaviourEvents:
    events = BehaviourEvents()
    for act in (shop, log_in, meet, speak_up, earn, give, pay_bills, fall_victim):
        act(scene, events)
    return events


def _write_files(
    folders: _Folders, world: World, scene: Scene, behaviour, ledger
) -> dict[str, int]:
    landing, month, chance = folders.landing, scene.month, scene.chance
    happened = since_joining(behaviour, month, scene.people, scene.standing.applied_on)
    logged = without_outage(month, world.seed, happened)
    groups = {
        "behaviour": write_behaviour(landing, month, chance, logged),
        "ledger": write_ledger(landing, month, chance, ledger),
    }
    write_flaws(folders.truth, month, groups)
    return {group: lines.height for group, lines in groups.items()} | {
        "limits": write_limits(landing, scene),
        "accounts": write_accounts(landing, scene),
        "scores": write_scores(landing, scene),
        "instructions": write_instructions(landing, scene),
    }


def _settle_in(folders: _Folders, world: World) -> None:
    """Claim the folders for this world.

    Raises:
        DemoError: They overlap, or hold something else.
    """
    if folders.truth.resolve().is_relative_to(folders.landing.resolve()):
        raise DemoError(
            f"{folders.truth}: lies within the landing folder. Put the truth beside it."
        )
    if folders.world.is_file():
        known = _known_world(folders)
        if known != world:
            raise DemoError(
                f"{folders.truth}: holds another world ({known}). Choose other folders or empty "
                f"these."
            )
    elif (folders.landing / "behaviour").exists():
        raise DemoError(
            f"{folders.landing}: holds logs, and {folders.truth} says nothing of them. Choose "
            f"another landing folder."
        )
    write_bytes(folders.world, (json.dumps(asdict(world), indent=2) + "\n").encode())


def _known_world(folders: _Folders) -> World:
    try:
        return World(**json.loads(folders.world.read_bytes()))
    except (OSError, ValueError, TypeError) as failure:
        raise DemoError(
            f"{folders.world}: there is no demo world here. Write its history first."
        ) from failure


def _origin(folders: _Folders, month: Month, content: bytes) -> bytes:
    """Return the digest of the limits that a month follows from.

    Raises:
        DemoError: The month was written already, from other limits.
    """
    digest = hashlib.sha256(content).hexdigest().encode() + b"\n"
    known = folders.state / f"{month.text}.origin"
    if has_state(folders.state, month.text) and known.is_file() and known.read_bytes() != digest:
        raise DemoError(
            f"Month {month.text} was written under other limits than those published for "
            f"{month.after(-1).text} now, and people cannot live it twice. Keep it, or write the "
            f"world afresh."
        )
    return digest
