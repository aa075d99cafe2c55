"""Credit: people borrow, instalments fall due, most are paid, and what is not is written off."""

import numpy as np

from demo.calendar import DAY_SECONDS, Month, day_in_month
from demo.chance import Chance
from demo.events import LedgerEvents
from demo.kinds import of_kind
from demo.people import People
from demo.plans import Followed
from demo.state import CHARGED_OFF, CLOSED, FAILING, NEVER, OPEN, STEADY, Debts, Standing

_CHARGE_OFF_DAYS = 121
_LATE_FEE_CENTS, _FEE_AFTER_DAYS = 15_00, 10
_BOUNCES = 0.003
_CLOSES = 0.0015
# By condition: share of the usual punctuality, and most days late.
_PUNCTUAL = np.array([1.0, 0.80, 0.42, 0.0])
_MOST_DAYS_LATE = np.array([12, 22, 45, 1])


def settle(
    chance: Chance,
    month: Month,
    people: People,
    standing: Standing,
    debts: Debts,
    events: LedgerEvents,
    followed: Followed,
) -> Debts:
    """Let what is due be paid or not, write off what is hopeless; return what is still owed.

    Charge-offs and closures change `standing`; everything that happens is added to `events`.
    """
    _charge_interest(month, people, debts, events)
    debts = debts.planned(_pay_on(chance, month, people, standing, debts))
    debts = debts.planned(followed.pay_on(month, people, debts))
    pays = (debts.pay_on != NEVER) & (debts.pay_on <= month.last)
    _repay(chance, month, debts.only(pays), events, followed)
    debts = debts.only(~pays)
    return _write_off(month, people, standing, debts, events)


def close_some(
    chance: Chance,
    month: Month,
    people: People,
    standing: Standing,
    debts: Debts,
    events: LedgerEvents,
    followed: Followed,
) -> None:
    """Let a few who owe nothing close their line; changes `standing`."""
    owes = debts.per_person(debts.principal_cents, len(people.number)) > 0
    closes = (standing.status == OPEN) & (standing.condition == STEADY) & ~owes
    closes &= ~followed.by
    closes &= (standing.opened_on < month.first) & chance.happens("closes", people.number, _CLOSES)
    who = np.flatnonzero(closes)
    events.add("line_closed", who, np.full(len(who), month.last * DAY_SECONDS + 64_800))
    standing.status[closes] = CLOSED


def _charge_interest(month: Month, people: People, debts: Debts, events: LedgerEvents) -> None:
    """Charge each borrower's interest of the month, as one line, on the day it is due."""
    now = debts.only((debts.due_on >= month.first) & (debts.due_on <= month.last))
    cents = now.per_person(now.interest_cents, len(people.number))
    who = np.flatnonzero(cents)
    day = day_in_month(np.full(len(who), month.index), people.due_day[who])
    events.add("interest", who, day * DAY_SECONDS + 1800, cents[who])


def _pay_on(chance, month, people, standing, debts) -> np.ndarray:
    """Return when each instalment is paid; NEVER while nobody knows."""
    number = people.number
    condition = standing.condition
    punctual = of_kind("punctual", people.kind) * _PUNCTUAL[condition]
    share = chance.uniform("days late", number)
    late = 1 + np.floor(share * share * _MOST_DAYS_LATE[condition]).astype(np.int64)
    on_time = chance.happens("on time", number, punctual)
    days = np.where(on_time, -chance.whole("days early", number, 4), late)[debts.person]
    falls_due = (debts.due_on >= month.first) & (debts.due_on <= month.last)
    overdue = (debts.due_on < month.first) & (
        (debts.pay_on == NEVER) | (debts.pay_on < month.first)
    )
    catches_up = month.first + 2 + chance.whole("catches up on", number, 24)
    pay_on = np.where(falls_due, np.maximum(debts.due_on + days, month.first), debts.pay_on)
    pay_on = np.where(overdue, catches_up[debts.person], pay_on)
    return np.where(
        (condition == FAILING)[debts.person] | (debts.due_on > month.last), NEVER, pay_on
    )


def _repay(
    chance: Chance, month: Month, paid: Debts, events: LedgerEvents, followed: Followed
) -> None:
    """Write repayments, late fees, and the few that bounce and are paid again days later."""
    draw = paid.loan * 16 + paid.turn
    second = paid.pay_on * DAY_SECONDS + 32_400
    second = second + chance.whole("paid at", paid.person, 43_200, draw)
    charged = paid.pay_on - paid.due_on > _FEE_AFTER_DAYS
    fee = paid.only(charged)
    cents = np.full(len(fee.person), _LATE_FEE_CENTS)
    at = second[charged] - 60
    events.add("fee", fee.person, at, cents, fee.loan, turn=fee.turn)
    events.add(
        "instalment_due", fee.person, at, cents, fee.loan, turn=fee.turn + 50, due_on=fee.pay_on
    )
    amount = paid.principal_cents + paid.interest_cents + np.where(charged, _LATE_FEE_CENTS, 0)
    events.add("repayment", paid.person, second, amount, paid.loan, turn=paid.turn)
    bounces = chance.uniform("bounces", paid.person, draw) < _BOUNCES
    bounces &= ~charged & (paid.pay_on <= month.last - 8) & ~followed.by[paid.person]
    back = paid.only(bounces)
    for kind, days, turn in (("reversal", 2, 0), ("repayment", 5, 50)):
        at = second[bounces] + days * DAY_SECONDS
        events.add(kind, back.person, at, amount[bounces], back.loan, turn=back.turn + turn)


def _write_off(month, people, standing, debts, events) -> Debts:
    count = len(people.number)
    oldest = debts.oldest_due(month.last, count)
    hopeless = oldest <= month.last - _CHARGE_OFF_DAYS
    who = np.flatnonzero(hopeless)
    lost = debts.balance_cents(month.last, count)
    second = np.full(len(who), month.last * DAY_SECONDS + 82_800)
    events.add("charge_off", who, second, lost[who])
    standing.status[hopeless] = CHARGED_OFF
    return debts.only(~hopeless[debts.person])
