"""People: who somebody is for life, as a function of the seed and a number."""

from dataclasses import dataclass

import numpy as np

from demo.chance import Chance
from demo.errors import DemoError
from demo.kinds import INDUSTRIES, REGIONS, column, of_kind

_LEAST_USERS = 50
_NEWCOMERS_PER_MILLE = 12  # of all users, each month


@dataclass(frozen=True, slots=True)
class World:
    """What never changes about a demo world: its seed and how many people there are when."""

    seed: int
    users: int
    months: int
    until: int  # index of the last month of history

    def __post_init__(self) -> None:
        if self.users < _LEAST_USERS or not 1 <= self.months <= 60:
            raise DemoError(
                f"A demo world of {self.users} users and {self.months} months cannot be made. "
                f"Ask for at least {_LEAST_USERS} users and for 1 to 60 months."
            )

    @property
    def first(self) -> int:
        """Return the index of the first month."""
        return self.until - self.months + 1

    @property
    def newcomers(self) -> int:
        """Return how many people join each month."""
        fair = self.users * _NEWCOMERS_PER_MILLE // 1000
        return max(1, min(fair, self.users // (2 * self.months)))

    @property
    def founders(self) -> int:
        """Return how many people were there from the start."""
        return self.users - self.newcomers * (self.months - 1)

    def people_in(self, month: int) -> int:
        """Return how many people have joined by the end of `month`."""
        return self.founders + self.newcomers * (month - self.first)


@dataclass(frozen=True, slots=True)
class People:
    """Constant traits, one array per trait and one entry per person; entry i is person i."""

    number: np.ndarray
    joined: np.ndarray  # month index; founders: the world's first month
    founder: np.ndarray
    borrower: np.ndarray  # number of the person who owes; a shop's owner may be a consumer too
    kind: np.ndarray
    micro: np.ndarray
    region: np.ndarray
    industry: np.ndarray
    protected: np.ndarray
    income_cents: np.ndarray
    stated_income_cents: np.ndarray  # -1: not stated
    risk: np.ndarray
    liveliness: np.ndarray
    bills: np.ndarray
    pay_day: np.ndarray
    due_day: np.ndarray
    apr_bps: np.ndarray
    scored_outside: np.ndarray
    consents: np.ndarray
    more_debt: np.ndarray
    risk_by_limit: np.ndarray


def people(world: World, month: int) -> People:
    """Return everybody who has joined by the end of `month`."""
    number = np.arange(world.people_in(month))
    chance = Chance(world.seed, 0)
    kind = chance.pick("kind", number, of_kind("share", np.arange(8)))
    micro = of_kind("micro", kind)
    region = chance.pick("region", number, column(REGIONS, 1))
    industry = np.where(
        micro,
        chance.pick("trade", number, column(INDUSTRIES, 2)),
        chance.pick("industry", number, column(INDUSTRIES, 1)),
    )
    founder = number < world.founders
    later = world.first + 1 + (number - world.founders) // world.newcomers
    income = _income_cents(chance, number, kind, region)
    return People(
        number=number,
        joined=np.where(founder, world.first, later),
        founder=founder,
        borrower=_borrower(chance, number, micro),
        kind=kind,
        micro=micro,
        region=region,
        industry=industry,
        protected=chance.happens("protected", number, np.array(column(REGIONS, 4))[region]),
        income_cents=income,
        stated_income_cents=_stated(chance, number, income),
        risk=_risk(chance, number, kind, region),
        **_habits(chance, number, kind, micro),
    )


def _income_cents(chance, number, kind, region) -> np.ndarray:
    yuan = of_kind("income_yuan", kind) * np.array(column(REGIONS, 3))[region]
    return np.floor(yuan * chance.spread("income", number, 0.4)).astype(np.int64) * 100


def _stated(chance, number, income) -> np.ndarray:
    said = np.floor(income * (0.9 + 0.25 * chance.uniform("stated", number)) / 50_000) * 50_000
    silent = chance.happens("silent about income", number, 0.06)
    return np.where(silent, -1, np.maximum(said, 100_000)).astype(np.int64)


def _risk(chance, number, kind, region) -> np.ndarray:
    own = chance.spread("risk", number, 0.6)
    return of_kind("risk", kind) * np.array(column(REGIONS, 2))[region] * own


def _borrower(chance, number, micro) -> np.ndarray:
    """Some businesses belong to the person before them, who has a consumer line as well."""
    before = np.maximum(number - 1, 0)
    owned = micro & ~micro[before] & chance.happens("owner", number, 0.35)
    return np.where(owned, before, number)


def _habits(chance, number, kind, micro) -> dict[str, np.ndarray]:
    own = 0.5 + chance.uniform("own response", number)
    return {
        "liveliness": chance.spread("liveliness", number, 0.5),
        "bills": chance.spread("bills", number, 0.5),
        "pay_day": np.array([5, 8, 10, 15, 15, 20, 25])[chance.whole("pay day", number, 7)],
        "due_day": 4 + chance.whole("due day", number, 23),
        "apr_bps": 900 + 60 * chance.whole("apr", number, 21),
        "scored_outside": chance.happens("scored outside", number, 0.5),
        "consents": chance.happens("consents", number, 0.82) & ~micro,
        "more_debt": of_kind("more_debt", kind) * own,
        "risk_by_limit": of_kind("risk_by_limit", kind) * own,
    }
