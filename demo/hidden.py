"""Hidden life: trouble comes and goes, and with it the true probability of default."""

import numpy as np

from demo.calendar import Month
from demo.chance import Chance
from demo.kinds import INDUSTRIES, column
from demo.people import People
from demo.state import FAILING, HELD, JOBLESS, NEVER, STEADY, STRAINED, Standing

# Monthly probabilities of the average person; those of a person are these times the own risk.
_LOSE_JOB = 0.0026
_STRAIN = 0.0052
_FAIL_SUDDENLY = 0.0018
_JOBLESS_STRAIN = 0.12
_STRAINED_FAIL = 0.16
# The same for everybody.
_FIND_WORK = 0.20
_RECOVER = 0.17
_CURE = 0.04
_ASLEEP_RISK = 0.15
_BY_TAKEOVER = 0.15  # share of sudden failures that a thief began
NEW_DEVICE, NEW_DEVICE_CHANCE = "new device", 0.02  # purpose of the draw, and a month's chance
_FALL_ASLEEP, _WAKE_UP, _ASLEEP_AT_FIRST = 0.006, 0.05, 0.10
_MONTHS_UNPAID = 4  # the fourth month end after a missed instalment is past 90 days


def live(chance: Chance, month: Month, people: People, before: Standing) -> Standing:
    """Return how people stand after this month's turns of fate; lines and limits as before."""
    now = before.copy()
    number = people.number
    steps = np.cumsum(moves(people, before)[number, before.condition], axis=1)
    drawn = chance.uniform("condition", number)[:, None]
    now.condition = np.minimum((drawn >= steps).sum(axis=1), FAILING)
    new = people.joined == month.index
    _begin(chance, people, now, new & people.founder)
    was = before.condition
    begins = (was == STEADY) & (now.condition != STEADY)
    now.stress_since = np.where(
        now.condition == STEADY,
        NEVER,
        np.where(
            (now.stress_since == NEVER) & np.isin(now.condition, (JOBLESS, STRAINED)),
            month.index,
            now.stress_since,
        ),
    )
    fails = (now.condition == FAILING) & (was != FAILING)
    now.failing_since = np.where(
        fails, month.index, np.where(now.condition == FAILING, now.failing_since, NEVER)
    )
    cause = _cause(chance, people, now)
    now.cause = np.where(now.condition == STEADY, 0, np.where(begins, cause, now.cause))
    sleeps = np.where(before.asleep, 1 - _WAKE_UP, _FALL_ASLEEP)
    now.asleep = chance.happens("asleep", number, np.where(new, 0, sleeps))
    now.asleep |= new & people.founder & chance.happens("dormant", number, _ASLEEP_AT_FIRST)
    now.asleep &= now.condition != FAILING
    now.device = before.device + chance.happens(NEW_DEVICE, number, NEW_DEVICE_CHANCE)
    return now


def moves(people: People, standing: Standing) -> np.ndarray:
    """Return the probabilities of next month's condition: person × from × to."""
    risk = people.risk * risk_of_limit(people, standing)
    risk = np.where(standing.asleep, risk * _ASLEEP_RISK, risk)
    works = np.array(column(INDUSTRIES, 3))[people.industry]
    table = np.zeros((len(risk), 4, 4))
    table[:, STEADY, JOBLESS] = np.minimum(_LOSE_JOB * risk * works, 0.05)
    table[:, STEADY, STRAINED] = np.minimum(_STRAIN * risk, 0.20)
    table[:, STEADY, FAILING] = np.minimum(_FAIL_SUDDENLY * risk, 0.03)
    dampened = np.sqrt(risk)  # once in trouble, people differ less
    table[:, JOBLESS, STRAINED] = np.minimum(_JOBLESS_STRAIN * dampened, 0.4)
    table[:, JOBLESS, STEADY] = _FIND_WORK
    table[:, STRAINED, FAILING] = np.minimum(_STRAINED_FAIL * dampened, 0.4)
    table[:, STRAINED, STEADY] = _RECOVER
    table[:, FAILING, STEADY] = _CURE
    for condition in range(4):
        table[:, condition, condition] = 1 - table[:, condition].sum(axis=1)
    return table


def risk_of_limit(people: People, standing: Standing) -> np.ndarray:
    """Return by how much a limit above the first one has made trouble likelier."""
    grown = standing.limit_cents / np.maximum(standing.first_limit_cents, 1)
    return np.round(np.maximum(grown, 1.0) ** people.risk_by_limit, 6)


def true_pd_ppm(
    people: People, standing: Standing, owes: np.ndarray, months_unpaid: np.ndarray
) -> np.ndarray:
    """Return each person's probability of 90+ days past due within 12 months under hold.

    The hidden chain's distribution is carried forward exactly: what a Monte Carlo of the same
    chain comes to with endless draws.

    Args:
        people: Traits.
        standing: State at the month's end.
        owes: Whether the person has instalments to pay in the next month.
        months_unpaid: Month ends passed with the oldest instalment unpaid.

    Returns:
        Parts per million; -1 without an open or frozen line.
    """
    step = moves(people, standing)
    count = len(people.number)
    well = np.zeros((count, 3))
    unpaid = np.zeros((count, _MONTHS_UNPAID + 1))  # failing, by month ends unpaid; last: default
    failing = standing.condition == FAILING
    each = np.arange(count)
    well[each[~failing], standing.condition[~failing]] = 1
    unpaid[each[failing], np.minimum(months_unpaid, _MONTHS_UNPAID)[failing]] = 1
    indebted = np.where(owes, 0.95, 0.35)
    for _ in range(12):
        enters = np.einsum("nf,nf->n", well, step[:, :3, FAILING])
        cured = unpaid[:, :-1].sum(axis=1) * _CURE
        well = np.einsum("nf,nft->nt", well, step[:, :3, :3])
        well[:, STEADY] += cured
        stays = unpaid[:, :-1] * (1 - _CURE)
        unpaid[:, 1:-1] = stays[:, :-1]
        unpaid[:, -1] += stays[:, -1]
        unpaid[:, 0] = enters * (1 - indebted)
        unpaid[:, 1] += enters * indebted
    ppm = np.round(unpaid[:, -1] * 1_000_000).astype(np.int64)
    return np.where(np.isin(standing.status, HELD), ppm, NEVER)


def _begin(chance: Chance, people: People, now: Standing, new: np.ndarray) -> None:
    """Let some founders be in trouble already, so that history does not begin in paradise."""
    strained = chance.happens(
        "strained at first", people.number, np.minimum(0.02 * people.risk, 0.3)
    )
    now.condition = np.where(new, np.where(strained, STRAINED, STEADY), now.condition)


def _cause(chance: Chance, people: People, now: Standing) -> np.ndarray:
    stolen = chance.happens("stolen", people.number, _BY_TAKEOVER) & np.isin(now.status, HELD)
    sudden = np.where(stolen, 4, 3)
    return np.select([now.condition == STRAINED, now.condition == JOBLESS], [1, 2], sudden)
