"""Money: what comes into people's accounts and goes out of them, other than shopping."""

import numpy as np

from demo.calendar import DAY_SECONDS, SPRING_FESTIVAL, festival_days, gift_weights
from demo.chance import repeated
from demo.events import BehaviourEvents
from demo.kinds import INDUSTRIES, column, of_kind
from demo.scene import Scene
from demo.state import FAILING, JOBLESS, STRAINED

_PARTS = 4  # payments a month to those who are paid by the job
_CUSTOMERS = 5  # payments a month from a business's customers
# By condition (steady, jobless, strained, failing).
_TURNOVER = np.array([1.0, 0.55, 0.75, 0.4])
_CASH_OUT = np.array([0.10, 0.35, 0.60, 0.50])
_TRANSFER_OUT = np.array([0.55, 0.50, 0.75, 0.55])
_KEEPS_WAGE = 0.6  # of those who fail, the share that still works here


def earn(scene: Scene, events: BehaviourEvents) -> None:
    """Add wages on pay day, wages by the job, and the turnover of businesses."""
    people, standing = scene.people, scene.standing
    paid_elsewhere = (standing.condition == FAILING) & ~scene.chance.happens(
        "keeps wage", people.number, _KEEPS_WAGE
    )
    works = (standing.condition != JOBLESS) & ~paid_elsewhere & ~people.micro
    works &= ~(standing.asleep & (people.number % 3 > 0))
    works &= people.founder | (people.joined < scene.month.index)
    by_job = of_kind("paid_in_parts", people.kind)
    _wages(scene, events, np.flatnonzero(works & ~by_job))
    _job_pay(scene, events, np.flatnonzero(works & by_job))
    _turnover(scene, events, np.flatnonzero(people.micro & ~standing.asleep))


def give(scene: Scene, events: BehaviourEvents) -> None:
    """Add transfers between people, and cash in and out."""
    condition, awake = scene.standing.condition, scene.awake()
    gifts = gift_weights(scene.month)
    festive = gifts.sum() / scene.month.days
    means = {
        "in": 0.22 * festive * awake,
        "out": _TRANSFER_OUT[condition] * festive**0.5 * awake,
        "topup": 0.10 * awake,
        "withdraw": _CASH_OUT[condition] * awake,
    }
    yuan = {"in": 260, "out": 340, "topup": 500, "withdraw": 600}
    for kind, mean in means.items():
        person, turn = scene.happen(kind, mean, 0.6)
        is_transfer = kind in ("in", "out")
        second = scene.seconds(kind, person, turn, gifts if is_transfer else None)
        events.add(
            kind,
            person,
            second,
            turn,
            amount_cents=_cents(scene, kind, person, turn, yuan[kind]),
            device=None if kind == "in" else scene.devices(person),
            channel=None if kind == "in" else "app",
            counterparty="person" if is_transfer else "self",
        )


def pay_bills(scene: Scene, events: BehaviourEvents) -> None:
    """Add bills paid by direct debit: as often whatever befalls people, so they tell nothing."""
    person, turn = scene.happen("bills", 0.7 * scene.people.bills, 0.3)
    events.add(
        "bill",
        person,
        scene.seconds("bill", person, turn),
        turn,
        amount_cents=_cents(scene, "bill", person, turn, 130),
        channel="auto_debit",
        category="utilities",
        counterparty="utility",
    )


def _wages(scene: Scene, events: BehaviourEvents, who) -> None:
    """Add one payment on pay day; before the Spring Festival it is larger and comes early."""
    people, month = scene.people, scene.month
    festival = (SPRING_FESTIVAL[month.first_date.year] - month.first_date).days
    day = np.minimum(people.pay_day[who], month.days) - 1
    if 3 <= festival < month.days:
        day = np.where((day >= festival - 2) & (day <= festival + 6), festival - 3, day)
    weekday = (month.first + day + 3) % 7  # Monday is 0; 1970 began on a Thursday
    day = np.maximum(day - np.maximum(weekday - 4, 0), 0)
    bonus = 3 <= festival < month.days + 3
    factor = 0.97 + 0.06 * scene.chance.uniform("overtime", who) + (0.8 if bonus else 0)
    cut = np.where(scene.standing.condition[who] == STRAINED, 0.9, 1.0)
    cents = np.floor(people.income_cents[who] * factor * cut / 100).astype(np.int64) * 100
    second = (month.first + day) * DAY_SECONDS + 36_000
    second += scene.chance.whole("wage", who, 7_200)
    events.add("in", who, second, amount_cents=cents, counterparty="employer")


def _job_pay(scene: Scene, events: BehaviourEvents, who) -> None:
    row, turn = repeated(2 + scene.chance.whole("jobs", who, _PARTS))
    person = who[row]
    part = scene.people.income_cents[person] / 3.5 * scene.chance.spread("job", person, 0.4, turn)
    holiday = 1 - festival_days(scene.month) / scene.month.days
    cents = np.floor(part * holiday / 100).astype(np.int64) * 100
    second = scene.seconds("job", person, turn)
    events.add("in", person, second, 20 + turn, amount_cents=cents, counterparty="employer")


def _turnover(scene: Scene, events: BehaviourEvents, who) -> None:
    people, month = scene.people, scene.month
    season = np.array(column(INDUSTRIES, 4))[people.industry[who], month.index % 12] / 100
    strength = season * _TURNOVER[scene.standing.condition[who]]
    strength = strength * (1 - festival_days(month) / month.days)
    times = scene.chance.count("customers", who, _CUSTOMERS * np.sqrt(strength), 0.3)
    row, turn = repeated(times)
    person = who[row]
    part = people.income_cents[person] * np.sqrt(strength)[row] / _CUSTOMERS
    part = part * scene.chance.spread("customer", person, 0.5, turn)
    cents = np.floor(part / 100).astype(np.int64) * 100 + 100
    second = scene.seconds("customer", person, turn)
    events.add("in", person, second, 40 + turn, amount_cents=cents, counterparty="customer")


def _cents(scene: Scene, name: str, person, turn, yuan: int) -> np.ndarray:
    factor = scene.chance.spread(name + " amount", person, 0.8, turn)
    return np.maximum(np.floor(yuan * factor).astype(np.int64), 1) * 100
