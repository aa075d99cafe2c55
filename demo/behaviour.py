"""Behaviour: what people do with their account in a month, seen from outside."""

import numpy as np
import polars as pl

from demo.borrowing import theft_day
from demo.calendar import DAY_SECONDS, Month, outage_days, shopping_weights
from demo.events import BehaviourEvents
from demo.hidden import NEW_DEVICE, NEW_DEVICE_CHANCE
from demo.kinds import CATEGORIES, column, of_kind
from demo.scene import Scene
from demo.state import HELD, NEVER

# By condition (steady, jobless, strained, failing): times the usual number.
_SHOPPING = np.array([1.0, 0.65, 0.80, 0.45])
_LOGINS = np.array([1.0, 1.1, 1.35, 0.6])
_NIGHTS = np.array([1.0, 2.0, 3.5, 3.0])
_SOCIAL = np.array([1.0, 0.9, 0.6, 0.3])
_ASKS_LIMIT = np.array([0.02, 0.05, 0.10, 0.02])
_REFUNDED = 0.025
_CHANNELS = ("app", "web", "mini_program")
_CHANNEL_WEIGHTS = (86, 8, 6)


def shop(scene: Scene, events: BehaviourEvents) -> None:
    """Add purchases, and refunds of some of them."""
    people, condition = scene.people, scene.standing.condition
    weights = shopping_weights(scene.month)
    busy = weights.sum() / scene.month.days / 1.07
    mean = of_kind("purchases", people.kind) * people.liveliness * _SHOPPING[condition] * busy
    person, turn = scene.happen("purchases", mean * scene.awake())
    category = np.where(
        people.micro[person],
        scene.chance.pick("bought", person, column(CATEGORIES, 2), turn),
        scene.chance.pick("bought", person, column(CATEGORIES, 1), turn),
    )
    wealth = np.sqrt(people.income_cents[person] / 800_000)
    wealth = np.where(people.micro[person], 1.0, wealth)
    yuan = np.array(column(CATEGORIES, 3))[category] * np.minimum(wealth, 4)
    cents = np.maximum(yuan * 100 * scene.chance.spread("price", person, 0.7, turn), 100)
    cents = np.floor(cents).astype(np.int64)
    second = scene.seconds("shopping", person, turn, weights, 0.01)
    columns = {
        "device": scene.devices(person),
        "channel": _channels(scene, "shopping", person, turn),
        "category": np.array(column(CATEGORIES, 0))[category],
        "counterparty": "merchant",
    }
    events.add("pay", person, second, turn, amount_cents=cents, **columns)
    back = scene.chance.uniform("refund", person, turn) < _REFUNDED
    when = second + (1 + scene.chance.whole("refund day", person, 5, turn)) * DAY_SECONDS
    back &= when < (scene.month.last + 1) * DAY_SECONDS
    columns = {name: of[back] if name != "counterparty" else of for name, of in columns.items()}
    columns |= {"device": None, "channel": None}
    events.add("refund", person[back], when[back], turn[back], amount_cents=cents[back], **columns)


def log_in(scene: Scene, events: BehaviourEvents) -> None:
    """Add logins, new devices and changes of the profile."""
    people, standing = scene.people, scene.standing
    mean = of_kind("logins", people.kind) * people.liveliness * _LOGINS[standing.condition]
    person, turn = scene.happen("logins", mean * scene.awake())
    night = of_kind("night", people.kind)[person] * _NIGHTS[standing.condition[person]]
    second = scene.seconds("login", person, turn, None, np.minimum(night, 0.5))
    channel = _channels(scene, "login", person, turn)
    events.add("login", person, second, turn, device=scene.devices(person), channel=channel)
    new = (people.joined == scene.month.index) & ~people.founder
    changed = scene.chance.happens(NEW_DEVICE, people.number, NEW_DEVICE_CHANCE)
    person = np.flatnonzero(new | (changed & ~standing.asleep))
    second = scene.seconds("binds", person, 0)
    events.add("bind", person, second, device=scene.devices(person), channel="app")
    person, turn = scene.happen("profile", 0.03 * scene.awake())
    second = scene.seconds("profile", person, turn)
    events.add("profile", person, second, turn, device=scene.devices(person), channel="app")


def meet(scene: Scene, events: BehaviourEvents) -> None:
    """Add contacts with other people in the app."""
    people = scene.people
    mean = of_kind("social", people.kind) * people.liveliness
    mean = mean * _SOCIAL[scene.standing.condition] * scene.awake()
    person, turn = scene.happen("contacts", mean, 0.8)
    second = scene.seconds("contact", person, turn)
    events.add("chat", person, second, turn, channel="app", counterparty="person")


def speak_up(scene: Scene, events: BehaviourEvents) -> None:
    """Add complaints, requests for a higher limit, proofs of income and debts elsewhere."""
    people, standing = scene.people, scene.standing
    person, turn = scene.happen("complaints", 0.008 * scene.awake())
    events.add(
        "complain", person, scene.seconds("complaint", person, turn), turn, channel="hotline"
    )
    asks = (
        np.where(np.isin(standing.status, HELD), _ASKS_LIMIT[standing.condition], 0) * scene.awake()
    )
    asks = np.where(scene.followed.by, 0, asks)
    person, turn = scene.happen("limit requests", asks, 0.3)
    events.add("ask_limit", person, scene.seconds("request", person, turn), turn, channel="app")
    person = np.flatnonzero(scene.followed.asks)
    events.add("ask_limit", person, scene.seconds("request", person, 0), channel="app")
    works = standing.condition == 0
    proves = scene.chance.happens("proof", people.number, np.where(works, 0.06, 0))
    proves |= (people.joined == scene.month.index) & scene.chance.happens(
        "first proof", people.number, 0.75
    )
    proves &= people.stated_income_cents != NEVER
    person = np.flatnonzero(proves)
    cents = people.income_cents[person] // 10_000 * 10_000
    events.add("income_proof", person, scene.seconds("proof", person, 0), amount_cents=cents)
    owes = scene.chance.happens("reported debt", people.number, 0.05)
    person = np.flatnonzero(owes)
    share = scene.chance.uniform("debt elsewhere", person) * 0.3
    share *= np.where(standing.condition[person] > 0, 1.6, 1.0)
    cents = np.floor(people.income_cents[person] * share / 1000).astype(np.int64) * 1000
    events.add("other_debt", person, scene.seconds("debt", person, 0), amount_cents=cents)


def fall_victim(scene: Scene, events: BehaviourEvents) -> None:
    """Add what thieves leave behind: a leak, a new device, logins at night, money taken out."""
    person = np.flatnonzero(scene.victims())
    day = theft_day(scene.chance, scene.month, scene.people)[person]
    device = scene.thief_devices(person)
    lead = 1 + scene.chance.whole("leak lead", person, 6)
    events.add("leak", person, (day - lead) * DAY_SECONDS + 7_200, 90)
    night = day * DAY_SECONDS + 3 * 3600
    app = {"device": device, "channel": "app"}
    events.add("bind", person, night + 60, 90, **app)
    for turn in range(4):
        events.add("login", person, night + turn * 240 - 120, 90 + turn, **app)
    events.add("profile", person, night + 300, 90, **app)
    limit = scene.standing.limit_cents[person]
    taken = np.maximum(limit // 3 // 10_000 * 10_000, 10_000)
    for turn in range(2):
        events.add(
            "withdraw", person, night + 1200 + turn * 300, 90 + turn, amount_cents=taken, **app
        )


def without_outage(month: Month, seed: int, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the events that reached the log: in an outage nothing is logged in the app."""
    first, last = outage_days(month, seed)
    day = pl.col("second") // DAY_SECONDS
    down = pl.col("channel").eq_missing(pl.lit("app")) & day.is_between(first, last)
    return frame.filter(~down)


def _channels(scene: Scene, name: str, person, turn) -> np.ndarray:
    picked = scene.chance.pick(name + " channel", person, _CHANNEL_WEIGHTS, turn)
    return np.array(_CHANNELS)[picked]
