"""What happens in a month, collected column by column until it is written as lines."""

import numpy as np
import polars as pl

NOBODY = -1
_LEDGER = {
    "kind": pl.String(),
    "person": pl.Int64(),
    "second": pl.Int64(),
    "amount_cents": pl.Int64(),
    "loan": pl.Int64(),
    "turn": pl.Int64(),
    "due_on": pl.Int64(),
}
_BEHAVIOUR = {
    "kind": pl.String(),
    "person": pl.Int64(),
    "second": pl.Int64(),
    "turn": pl.Int64(),
    "amount_cents": pl.Int64(),
    "device": pl.UInt64(),
    "channel": pl.String(),
    "category": pl.String(),
    "counterparty": pl.String(),
}


class LedgerEvents:
    """Events of the ledger: one row is a drawdown, an instalment, a repayment, ..."""

    def __init__(self) -> None:
        self._parts: list[pl.DataFrame] = []

    def add(
        self, kind: str, person, second, amount_cents=None, loan=None, turn=None, due_on=None
    ) -> None:
        """Add events of one kind; seconds count from 1970 by the local clock."""
        columns = (person, second, amount_cents, loan, turn, due_on)
        self._parts.append(_part(kind, dict(zip(list(_LEDGER)[1:], columns, strict=True)), _LEDGER))

    def also(self, other: "LedgerEvents") -> None:
        """Add all events of another collection."""
        self._parts += other._parts

    def frame(self) -> pl.DataFrame:
        """Return every event, sorted by time; absent values are null."""
        order = ["second", "person", "kind", "loan", "turn"]
        return pl.concat([pl.DataFrame(schema=_LEDGER), *self._parts]).sort(order)


class BehaviourEvents:
    """Events of behaviour: one row is a purchase, a login, a transfer, ..."""

    def __init__(self) -> None:
        self._parts: list[pl.DataFrame] = []

    def add(self, kind: str, person, second, turn=0, **columns) -> None:
        """Add events of one kind; `turn` tells a person's events of this kind apart."""
        given = {"person": person, "second": second, "turn": turn, **columns}
        self._parts.append(_part(kind, given, _BEHAVIOUR))

    def frame(self) -> pl.DataFrame:
        """Return every event, sorted by time; absent values are null."""
        order = ["second", "person", "kind", "turn", "counterparty", "amount_cents"]
        return pl.concat([pl.DataFrame(schema=_BEHAVIOUR), *self._parts]).sort(order)


def _part(kind: str, columns: dict, schema: dict) -> pl.DataFrame:
    """Return one part; a column is an array, a value that holds for all rows, or None."""
    length = len(columns["person"])
    series = [pl.Series("kind", [kind]).new_from_index(0, length)]
    for name, dtype in list(schema.items())[1:]:
        given = columns.get(name)
        if isinstance(given, (np.ndarray, pl.Series)):
            series.append(pl.Series(name, given).cast(dtype))
        else:
            series.append(pl.Series(name, [given], dtype=dtype).new_from_index(0, length))
    return pl.DataFrame(series)
