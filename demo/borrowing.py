"""Borrowing: who draws how much, and the instalments that follow; thieves draw too."""

import numpy as np

from demo.calendar import DAY_SECONDS, Month, day_in_month
from demo.chance import Chance, repeated
from demo.events import LedgerEvents
from demo.kinds import INDUSTRIES, column, of_kind
from demo.people import People
from demo.plans import Followed
from demo.state import FAILING, OPEN, Debts, Standing

_LEAST_DRAWDOWN_CENTS, _STEP_CENTS = 200_00, 10_00
_TERMS = np.array([3, 6, 6, 12])  # months of a loan
# By condition: times the usual borrowing, and times what the person usually likes to owe.
_BORROWING = np.array([1.0, 1.4, 2.2, 3.0])
_WANTS = np.array([1.0, 1.2, 1.6, 2.5])
_MOST_OF_LIMIT = 0.97
_TAKEOVER = 4  # position in CAUSES


def borrow(
    chance: Chance,
    month: Month,
    people: People,
    standing: Standing,
    debts: Debts,
    followed: Followed,
) -> tuple[Debts, LedgerEvents]:
    """Let people draw within what was available at the month's start.

    Args:
        chance: The month's chance.
        month: Month to live through.
        people: Traits.
        standing: How people stand this month.
        debts: What was owed at the month's start.
        followed: Plans that some follow.

    Returns:
        The instalments of the new loans, and the month's drawdowns and dues as events.
    """
    amount = followed.drawn(_amounts(chance, month, people, standing, debts), standing)
    stolen = stolen_from(month, standing)
    who = np.flatnonzero(amount > 0)
    day = np.where(
        stolen, theft_day(chance, month, people), _draw_day(chance, month, people, standing)
    )
    at = np.where(stolen, 3 * 3600 + 900, 30_000 + chance.whole("drawn at", people.number, 50_000))
    second = day * DAY_SECONDS + at
    loans = month.index * 2 + stolen[who]
    terms = _TERMS[chance.whole("term", who, len(_TERMS))]
    new = _schedule(people, month, loans, (who, amount, terms))
    events = LedgerEvents()
    events.add("drawdown", who, second[who], amount[who], loan=loans)
    due = new.principal_cents + new.interest_cents
    events.add(
        "instalment_due", new.person, second[new.person], due, new.loan, new.turn, new.due_on
    )
    return new, events


def _amounts(chance, month, people, standing, debts) -> np.ndarray:
    """Return what each person draws this month, in cents; 0 for most."""
    count = len(people.number)
    balance = debts.balance_cents(month.first - 1, count)
    overdue = debts.oldest_due(month.first - 1, count) < month.first
    available = np.where(standing.status == OPEN, standing.limit_cents - balance, 0)
    available = np.where(overdue, 0, np.maximum(available, 0)) // _STEP_CENTS * _STEP_CENTS
    wish = _wish_cents(people, standing) - balance + _falling_due(month, debts, count)
    wish = wish * (0.9 + 0.5 * chance.uniform("amount drawn", people.number))
    amount = np.floor(np.minimum(wish, available) / _STEP_CENTS).astype(np.int64) * _STEP_CENTS
    amount = np.where(_draws(chance, month, people, standing), amount, 0)
    amount = np.where(stolen_from(month, standing), available, amount)
    return np.where(amount >= _LEAST_DRAWDOWN_CENTS, amount, 0)


def stolen_from(month: Month, standing: Standing) -> np.ndarray:
    """Return who is robbed by a thief in the app this month and will not pay for it."""
    return (standing.cause == _TAKEOVER) & (standing.failing_since == month.index)


def theft_day(chance: Chance, month: Month, people: People) -> np.ndarray:
    """Return the day (since 1970) of a theft, if there is one."""
    return month.first + 8 + chance.whole("theft day", people.number, 12)


def _wish_cents(people: People, standing: Standing) -> np.ndarray:
    """Return what people would like to owe: a share of the first limit, and some of each raise."""
    limit, first = standing.limit_cents, standing.first_limit_cents
    liking = of_kind("use", people.kind) * np.clip(people.liveliness, 0.8, 1.6)
    wish = liking * np.minimum(first, limit) + people.more_debt * np.maximum(limit - first, 0)
    return np.minimum(wish * _WANTS[standing.condition], _MOST_OF_LIMIT * limit)


def _falling_due(month: Month, debts: Debts, count: int) -> np.ndarray:
    """Return the principal that falls due this month, which people expect to have paid back."""
    due = (debts.due_on >= month.first) & (debts.due_on <= month.last)
    return debts.per_person(np.where(due, debts.principal_cents, 0), count)


def _draws(chance: Chance, month: Month, people: People, standing: Standing) -> np.ndarray:
    """Return who wants to draw; businesses do so before their season."""
    usual = of_kind("draw_chance", people.kind) * _BORROWING[standing.condition]
    season = np.array(column(INDUSTRIES, 4))[people.industry, month.after(1).index % 12] / 100
    usual = np.where(people.micro, usual * season, usual)
    past_hope = (standing.condition == FAILING) & (standing.failing_since < month.index)
    usual = np.where(standing.asleep | past_hope, 0, usual)
    return chance.happens("draws", people.number, usual)


def _draw_day(chance: Chance, month: Month, people: People, standing: Standing) -> np.ndarray:
    day = month.first + 1 + chance.whole("draw day", people.number, month.days - 1)
    return np.minimum(np.maximum(day, standing.opened_on + 1), month.last)


def _schedule(people: People, month: Month, loans: np.ndarray, drawn) -> Debts:
    """Return the instalments of new loans: equal parts of principal, interest on what is left."""
    who, amount, terms = drawn
    loan, turn = repeated(terms)
    person = who[loan]
    part = amount[who][loan] // terms[loan]
    rest = amount[who][loan] - part * terms[loan]
    left = amount[who][loan] - part * turn
    return Debts(
        person=person,
        loan=loans[loan],
        turn=turn + 1,
        due_on=day_in_month(month.index + 1 + turn, people.due_day[person]),
        principal_cents=part + np.where(turn == terms[loan] - 1, rest, 0),
        interest_cents=left * people.apr_bps[person] // 120_000,
        pay_on=np.full(len(person), -1),
    )
