"""The ledger once more, in one slow pass over all events, day by day: what the fold must equal."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from transforms.months import last_day, months_after

FORGIVEN_CENTS = 100


@dataclass
class Owed:
    """An obligation, with the day of the payment that settled it and the days it stood unpaid."""

    due_on: date
    loan: str | None
    amount: int
    left: int
    known_on: date
    paid_on: date | None = None
    unpaid_days: set[date] = field(default_factory=set)


@dataclass
class PlainLedger:
    """One user's whole history; `parts` are payments on obligations, one entry each."""

    zone: ZoneInfo
    owed: dict[str, Owed] = field(default_factory=dict)
    parts: list[dict] = field(default_factory=list)
    waiting: int = 0
    balance: int | None = None
    owed_days: set[date] = field(default_factory=set)

    def run(self, events: list[dict], months: list[date]) -> list[dict]:
        """Apply all events, given in order, and return what each month says."""
        said, ahead = [], list(events)
        for month in months:
            for day in days_of(month):
                while ahead and self.day(ahead[0]) == day:
                    self.apply(ahead.pop(0))
                for owed in self.owed.values():
                    if owed.left > FORGIVEN_CENTS:
                        owed.unpaid_days.add(day)
                if (self.balance or 0) > 0:
                    self.owed_days.add(day)
            said.append(self.month(month))
        return said

    def day(self, event: dict) -> date:
        return event["occurred_at"].astimezone(self.zone).date()

    def apply(self, event: dict) -> None:
        kind, cents, day = event["event_type"], event["amount_cents"], self.day(event)
        self.settle_balance(kind, cents)
        if kind == "instalment_due":
            self.owe(event["event_id"], event["due_on"], event["reference_id"], cents, day)
        elif kind == "repayment":
            own = [o for o in self.in_order() if self.owed[o].loan == event["reference_id"]]
            first = own if event["reference_id"] else []
            rest = [o for o in self.in_order() if o not in first]
            self.waiting += self.pay(first + rest, cents, event["event_id"], day, day)
        elif kind == "reversal":
            left = self.reopen(event["reverses_event_id"], cents, day)
            from_waiting = min(left, self.waiting)
            self.waiting -= from_waiting
            left = self.reopen("", left - from_waiting, day)
            if left:
                self.owe(event["event_id"], day, event["reference_id"], left, day)
            self.use_waiting(day)

    def settle_balance(self, kind: str, cents: int) -> None:
        if kind == "statement":
            self.balance = cents
        elif kind in ("drawdown", "limit_in_force") and self.balance is None:
            self.balance = 0
        sign = {"drawdown": 1, "fee": 1, "interest": 1, "repayment": -1, "reversal": 1}
        if self.balance is not None:
            self.balance += sign.get(kind, 0) * cents

    def in_order(self) -> list[str]:
        return sorted(self.owed, key=lambda o: (self.owed[o].due_on, o))

    def owe(self, name: str, due_on: date, loan: str | None, cents: int, day: date) -> None:
        self.owed[name] = Owed(due_on, loan, cents, cents, day)
        self.use_waiting(day)

    def use_waiting(self, day: date) -> None:
        self.waiting = self.pay(self.in_order(), self.waiting, "", day, None)

    def pay(self, order: list[str], cents: int, payment: str, day: date, paid_on) -> int:
        for name in order:
            owed = self.owed[name]
            part = min(cents, owed.left)
            if part:
                was_open = owed.left > FORGIVEN_CENTS
                owed.left -= part
                cents -= part
                if was_open and owed.left <= FORGIVEN_CENTS:
                    owed.paid_on = paid_on
                self.note(payment, name, part, day)
        return cents

    def note(self, payment: str, owed: str, cents: int, day: date) -> None:
        """Note a part paid; what one payment pays on one obligation is one part, as of the last."""
        for part in self.parts:
            same = part["payment"] == payment and part["owed"] == owed
            if same and part["day"] >= reversible_from(day):
                part["cents"] += cents
                part["day"] = day
                return
        self.parts.append({"payment": payment, "owed": owed, "cents": cents, "day": day})

    def reopen(self, payment: str, cents: int, day: date) -> int:
        for name in reversed(self.in_order()):
            for part in self.parts:
                same = part["payment"] == payment and part["owed"] == name
                if same and part["day"] >= reversible_from(day):
                    taken = min(cents, part["cents"])
                    part["cents"] -= taken
                    cents -= taken
                    was_paid = self.owed[name].left <= FORGIVEN_CENTS
                    self.owed[name].left += taken
                    if was_paid and self.owed[name].left > FORGIVEN_CENTS:
                        self.owed[name].paid_on = None
        return cents

    def month(self, month: date) -> dict:
        first, last = month, last_day(month)
        due = [
            o
            for o in self.owed.values()
            if first <= o.due_on <= last or (o.due_on < first <= o.known_on)
        ]
        paid = [o for o in self.owed.values() if o.left <= FORGIVEN_CENTS]
        settled = [o for o in paid if o.paid_on and o.paid_on >= first]
        late = [o for o in settled if o.paid_on > o.due_on]
        overdue = [o for o in self.owed.values() if o not in paid and o.due_on < last]
        known = any(o.due_on <= last for o in self.owed.values())
        return {
            "due_count": len(due),
            "due_cents": sum(o.amount for o in due),
            "paid_on_time_count": sum(
                o in paid and not (o.paid_on and o.paid_on > o.due_on) for o in due
            ),
            "paid_late_count": len(late),
            "settled_count": len(settled),
            "settled_after_due_days": sum((o.paid_on - o.due_on).days for o in settled),
            "unpaid_count": len(overdue),
            "overdue_end_cents": sum(o.left for o in overdue) if known else None,
            "dpd_end_days": self.days_past_due(last) if known else None,
            "dpd_max_days": max(map(self.days_past_due, days_of(month))) if known else None,
            "balance_end_cents": self.balance,
            "owed_days": None
            if self.balance is None
            else len(self.owed_days.intersection(days_of(month))),
        }

    def days_past_due(self, day: date) -> int:
        overdue = [o for o in self.owed.values() if day in o.unpaid_days and o.due_on < day]
        return max(((day - o.due_on).days for o in overdue), default=0)

    def rows(self, last: date) -> set[tuple]:
        """Return the ledger after the month that ends with `last`, as a set of rows."""
        oldest = reversible_from(last + timedelta(days=1))
        kept: dict[tuple[str, str], int] = {}
        for part in self.parts:
            if part["cents"] and part["day"] >= oldest:
                key = (part["owed"], part["payment"])
                kept[key] = kept.get(key, 0) + part["cents"]
        rows = {("allocation", *key, cents, 0) for key, cents in kept.items()}
        held = {owed for owed, _ in kept}
        for name, o in self.owed.items():
            if o.left or o.due_on > last or name in held:
                rows.add(("obligation", name, "", o.amount, o.left))
        if self.waiting:
            rows.add(("unapplied", "", "", self.waiting, self.waiting))
        return rows


def reversible_from(day: date) -> date:
    """Return the first day whose payments can be taken back part by part on `day`."""
    return months_after(day.replace(day=1), -3)


def days_of(month: date) -> list[date]:
    """Return every day of a month."""
    count = last_day(month).day
    return [month + timedelta(days=offset) for offset in range(count)]


def moment(first: date, day: int, hour: int) -> datetime:
    """Return an hour of the `day`-th day after `first`, in UTC."""
    return datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(
        days=day, hours=hour
    )
