"""One user's obligations within a month: what falls due, what pays it, what a reversal reopens."""

from bisect import insort
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

# An obligation with at most this much left counts as paid: cents forgotten are not arrears.
FORGIVEN_CENTS = 100
# Payment of money that waited unapplied: which repayment brought it is no longer known.
WAITING = ""

_in_due_order = attrgetter("due_day", "obligation_id")


class Line(NamedTuple):
    """One ledger line of a user: an obligation, a payment or the reversal of a payment.

    Attributes:
        kind: `instalment_due`, `repayment` or `reversal`.
        line_id: Identity of the event, unique over all sources.
        at_us: When it happened, microseconds since 1970 in UTC.
        day: The same as a day since 1970 in the lender's zone.
        amount_cents: Always positive.
        due_day: Last day to pay; of an obligation only.
        reference_id: Loan it belongs to, if any.
        reverses_id: Payment taken back; of a reversal only.
    """

    kind: str
    line_id: str
    at_us: int
    day: int
    amount_cents: int
    due_day: int
    reference_id: str | None
    reverses_id: str | None


@dataclass(slots=True)
class Obligation:
    """An amount to be paid by a day; days count from 1970.

    Attributes:
        unpaid_since_day: Day from whose end on it stood unpaid, as far as this month knows.
        paid_day: Day of the payment that settled it this month; None if none did.
        new: It became known this month.
    """

    obligation_id: str
    reference_id: str | None
    due_day: int
    amount_cents: int
    remaining_cents: int
    changed_us: int
    unpaid_since_day: int
    paid_day: int | None = None
    new: bool = False

    @property
    def is_paid(self) -> bool:
        """Tell whether so little is left that it counts as paid."""
        return self.remaining_cents <= FORGIVEN_CENTS


class Dues(NamedTuple):
    """What a month says of a user's obligations; see CREDIT_MONTHS.

    Attributes:
        fell_due: An obligation has fallen due by the month's end, so days past due are known.
    """

    due_count: int
    due_cents: int
    paid_on_time_count: int
    paid_late_count: int
    settled_count: int
    settled_after_due_days: int
    unpaid_count: int
    overdue_end_cents: int
    dpd_end_days: int
    dpd_max_days: int
    fell_due: bool


@dataclass(slots=True)
class Book:
    """One user's obligations and payments, while the lines of a month are applied in order.

    Attributes:
        first_day, last_day: The month, as days since 1970.
        obligations: In the order they are paid: by due day, then id.
        parts: By payment, then obligation: cents and the moment they were applied.
        unapplied_cents: Money that found nothing to pay. Never positive while anything is open.
    """

    first_day: int
    last_day: int
    obligations: list[Obligation] = field(default_factory=list)
    parts: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)
    unapplied_cents: int = 0
    unapplied_us: int = 0
    dpd_max_days: int = 0

    def apply(self, line: Line) -> None:
        """Apply the next line of the month."""
        if line.kind == "repayment":
            self._pay(line)
        elif line.kind == "reversal":
            self._take_back(line)
        else:
            self._owe(line)

    def dues(self) -> Dues:
        """Return what the month says, once its last line is applied."""
        due = [o for o in self.obligations if self._counts_as_due(o)]
        paid = [o for o in self.obligations if o.is_paid]
        settled = [o.paid_day - o.due_day for o in paid if o.paid_day is not None]
        overdue = [o for o in self.obligations if o.due_day < self.last_day and not o.is_paid]
        dpd_end_days = max((self.last_day - o.due_day for o in overdue), default=0)
        return Dues(
            due_count=len(due),
            due_cents=sum(o.amount_cents for o in due),
            paid_on_time_count=sum(
                o.is_paid and (o.paid_day is None or o.paid_day <= o.due_day) for o in due
            ),
            paid_late_count=sum(days > 0 for days in settled),
            settled_count=len(settled),
            settled_after_due_days=sum(settled),
            unpaid_count=len(overdue),
            overdue_end_cents=sum(o.remaining_cents for o in overdue),
            dpd_end_days=dpd_end_days,
            dpd_max_days=max(dpd_end_days, self.dpd_max_days),
            fell_due=any(o.due_day <= self.last_day for o in self.obligations),
        )

    def _counts_as_due(self, o: Obligation) -> bool:
        """Count it once: in the month it falls due, or is learnt of if that comes later."""
        return self.first_day <= o.due_day <= self.last_day or o.new and o.due_day < self.first_day

    def _owe(self, line: Line) -> None:
        owed = Obligation(
            obligation_id=line.line_id,
            reference_id=line.reference_id,
            due_day=line.due_day,
            amount_cents=line.amount_cents,
            remaining_cents=line.amount_cents,
            changed_us=line.at_us,
            unpaid_since_day=line.day,
            new=True,
        )
        insort(self.obligations, owed, key=_in_due_order)
        self._apply_waiting(line)

    def _pay(self, line: Line) -> None:
        order = self.obligations
        if line.reference_id is not None:
            same_loan = [o for o in order if o.reference_id == line.reference_id]
            order = same_loan + [o for o in order if o.reference_id != line.reference_id]
        left = self._spread(line.amount_cents, line.line_id, line.day, line.at_us, order)
        if left:
            self.unapplied_cents += left
            self.unapplied_us = line.at_us

    def _spread(
        self, cents: int, payment_id: str, day: int | None, at_us: int, order: list[Obligation]
    ) -> int:
        """Pay obligations in order and return what is left; `day` None: the money came before."""
        for o in order:
            if not cents:
                break
            if not o.remaining_cents:
                continue
            part = min(cents, o.remaining_cents)
            cents -= part
            parts = self.parts.setdefault(payment_id, {})
            parts[o.obligation_id] = (parts.get(o.obligation_id, (0, 0))[0] + part, at_us)
            was_paid = o.is_paid
            o.remaining_cents -= part
            o.changed_us = at_us
            if o.is_paid and not was_paid:
                self._settle(o, day)
        return cents

    def _settle(self, o: Obligation, day: int | None) -> None:
        o.paid_day = day
        if day is not None and day > max(o.unpaid_since_day, self.first_day):
            # It stood unpaid at the end of the day before, which may be the worst of the month.
            self.dpd_max_days = max(self.dpd_max_days, day - 1 - o.due_day)

    def _apply_waiting(self, line: Line) -> None:
        if not self.unapplied_cents:
            return
        left = self._spread(self.unapplied_cents, WAITING, None, line.at_us, self.obligations)
        if left != self.unapplied_cents:
            self.unapplied_cents = left
            self.unapplied_us = line.at_us

    def _take_back(self, line: Line) -> None:
        """Reopen what the payment had paid; what cannot be found any more is owed anew, today.

        Payments made since stay where they went: this is not as if the payment had never come.
        """
        left = self._reopen(line.reverses_id, line.amount_cents, line)
        from_waiting = min(left, self.unapplied_cents)
        if from_waiting:
            self.unapplied_cents -= from_waiting
            self.unapplied_us = line.at_us
        left = self._reopen(WAITING, left - from_waiting, line)
        if left:
            self._owe(line._replace(amount_cents=left, due_day=line.day))
        self._apply_waiting(line)  # a part reopened may meet money that waits

    def _reopen(self, payment_id: str | None, cents: int, line: Line) -> int:
        """Take back parts of a payment, latest due first; return what was not found."""
        parts = self.parts.get(payment_id, {}) if payment_id is not None else {}
        for o in reversed(self.obligations):
            if not cents or not parts:
                break
            part, applied_us = parts.pop(o.obligation_id, (0, 0))
            if not part:
                continue
            taken = min(cents, part)
            cents -= taken
            if part > taken:
                parts[o.obligation_id] = (part - taken, applied_us)
            was_paid = o.is_paid
            o.remaining_cents += taken
            o.changed_us = line.at_us
            if was_paid and not o.is_paid:
                o.unpaid_since_day, o.paid_day = line.day, None
        return cents
