"""The scene of one month: who is there, how they stand, and when things happen to them."""

from dataclasses import dataclass

import numpy as np

from demo.borrowing import stolen_from
from demo.calendar import DAY_SECONDS, Month, second_of_day
from demo.chance import Chance, repeated
from demo.people import People
from demo.plans import Followed
from demo.state import HELD, Standing

_SHARES_DEVICE = 0.03
_CLICKS_A_LINK = 0.0004  # a month: a takeover that the lender notices before money is lost
_GANGS = 3  # thieves use few devices, which therefore turn up with many victims


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that this month's behaviour follows from."""

    chance: Chance
    month: Month
    people: People
    standing: Standing
    followed: Followed

    def happen(self, name: str, mean, sigma: float = 0.4) -> tuple[np.ndarray, np.ndarray]:
        """Return (person, turn) of things that happen `mean` times a month; not before joining."""
        return repeated(self.chance.count(name, self.people.number, mean, sigma))

    def awake(self) -> np.ndarray:
        """Return 1 for people who use their account, 0 for the dormant."""
        return np.where(self.standing.asleep, 0.0, 1.0)

    def seconds(self, name: str, person, turn, weights=None, night=0.0) -> np.ndarray:
        """Return when things happen, in local seconds since 1970.

        Args:
            name: Purpose, for the draws.
            person: Position of each person.
            turn: Which of the person's events it is.
            weights: Weight of each day of the month; None is equal.
            night: Share of the events between midnight and five.
        """
        if weights is None:
            day = self.chance.whole(name + " day", person, self.month.days, turn)
        else:
            day = self.chance.pick(name + " day", person, weights, turn)
        time = second_of_day(self.chance, name, person, turn, night)
        return (self.month.first + day) * DAY_SECONDS + time

    def devices(self, person) -> np.ndarray:
        """Return the device that each person uses; a few families share one."""
        always = Chance(self.chance.seed, 0)
        shares = always.happens("shares device", person | 1, _SHARES_DEVICE)
        owner = np.where(shares, person & ~1, person)
        return always.bits("device", owner, self.standing.device[owner])

    def victims(self) -> np.ndarray:
        """Return whose account is taken over this month, with or without loss."""
        noticed = self.chance.happens("noticed theft", self.people.number, _CLICKS_A_LINK)
        noticed &= np.isin(self.standing.status, HELD) & ~self.standing.asleep & ~self.followed.by
        return stolen_from(self.month, self.standing) | noticed

    def thief_devices(self, person) -> np.ndarray:
        """Return the devices that thieves use this month."""
        gang = self.chance.whole("gang", person, _GANGS)
        return self.chance.bits("device of gang", gang)
