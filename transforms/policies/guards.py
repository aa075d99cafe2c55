"""Guards: the rules of a policy, each a condition, a bound and a class of precedence."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from transforms.declared import Declared, Path, nearest
from transforms.figures import has_sound_brackets
from transforms.policies.conditions import amount_of, condition_of
from transforms.tables.logs import SEGMENTS

CLASSES = ("legal", "customer", "fraud", "override", "risk", "stability")
EFFECTS = ("at_least", "at_most", "no_raise", "no_cut", "freeze", "close")
APPLIES_TO = ("line", "first_limit", "every")
FIRST_LIMIT_ONLY = "bureau_score_points"  # what only a grant or a decline may read
# What only a way back may name besides the columns of the row; see `transforms.telling.ways_back`.
WAY_BACK: Mapping[str, pl.DataType] = {
    "act_by": pl.Date(),  # last day of the month that the next decision looks at
    "next_on": pl.Date(),  # the next decision
    "free_on": pl.Date(),  # the first decision without the rule, if one does as said
    "pay_by": pl.Date(),  # by when what is overdue is to be paid; null if nothing is
    "arrears_cents": pl.Int64(),  # overdue now; null if nothing is
    "owed_cents": pl.Int64(),  # owed now; null if nothing is
    "balance_edge_cents": pl.Int64(),  # most to owe on `act_by`, so that the rule does not hold
    "pd_above_ppm": pl.Int32(),  # the estimated risk, if it is above what a raise is earned at
    "pd_edge_ppm": pl.Int32(),  # highest risk at or below which the rule does not hold
    "income_known_cents": pl.Int64(),  # monthly income that is known
    "income_edge_cents": pl.Int64(),  # least monthly income of which the share is a first limit
}
_WAYS = ("way_back", "way_back_zh")
_REQUIRED = ("name", "when", "effect", "class", "reason", "says", "says_zh")
_OPTIONAL = ("amount", "segment", "applies_to", "way_back", "way_back_zh")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One rule: while its condition holds, it bounds the limit.

    Attributes:
        name: Identity within the policy.
        when: Condition over a row; null means that the guard was not evaluated.
        effect: `at_least` and `at_most` bound by `amount`; `no_raise` and `no_cut` by the present
            limit; `freeze` bars a raise and any drawing, and itself lowers nothing; `close` ends
            the line.
        amount: Cents, for `at_least` and `at_most`.
        precedence: One of CLASSES; a later class never loosens an earlier one.
        reason: Code published to the user when the guard decides.
        segment: The only segment that it is about, or None.
        applies_to: `line`, `first_limit` or `every`.
        says, says_zh: Sentence to the user, with `{column}` placeholders.
        way_back, way_back_zh: What would have to change; empty if the user can do nothing. May
            name WAY_BACK too, in parts in brackets that are left out where nothing is known.
        reads: Columns that condition and amount read.
    """

    name: str
    when: pl.Expr
    effect: str
    amount: pl.Expr | None
    precedence: str
    reason: str
    segment: str | None
    applies_to: str
    says: str
    says_zh: str
    way_back: str
    way_back_zh: str
    reads: frozenset[str]

    @property
    def order(self) -> tuple[int, str]:
        """Return the rank among equals: by class, then by name."""
        return CLASSES.index(self.precedence), self.name

    def condition(self) -> pl.Expr:
        """Return whether the guard fires for a row; null if an input does not exist."""
        applied = pl.col("line_status_before") == "applied"
        concerned = {"line": ~applied, "first_limit": applied}.get(self.applies_to, pl.lit(True))
        if self.segment is not None:
            concerned &= (pl.col("segment") == self.segment).fill_null(False)
        # A guard without its amount cannot bound anything, so it was not evaluated either.
        known = self.when if self.amount is None else self.when & self._amount_known()
        return pl.when(concerned).then(known).otherwise(False)

    @property
    def way_back_names(self) -> frozenset[str]:
        """Return the figures that the way back names, in either language."""
        return frozenset(_PLACEHOLDER.findall(self.way_back + self.way_back_zh))

    def _amount_known(self) -> pl.Expr:
        return pl.when(self.amount.is_not_null()).then(True)


def holding(guards: Iterable[Guard]) -> pl.Expr:
    """Return whether any of some guards holds; one that cannot be evaluated binds nobody."""
    return pl.any_horizontal(guard.condition().fill_null(False) for guard in guards)


def reads_of(guards: Iterable[Guard]) -> frozenset[str]:
    """Return the columns that conditions and amounts of some guards read."""
    return frozenset().union(*(guard.reads for guard in guards))


def guards_of(declared: Declared, columns: Mapping[str, pl.DataType]) -> tuple[Guard, ...]:
    """Read every `[[guard]]`.

    Args:
        declared: The policy's text.
        columns: Columns that conditions, amounts and sentences may name.

    Returns:
        Guards in order of class, then of the file.

    Raises:
        RefusedError: A guard cannot be understood or contradicts another; names file and line.
    """
    rows = declared.data.get("guard", [])
    if not isinstance(rows, list):
        raise declared.refused(("guard",), "guards are written [[guard]], with two brackets.")
    guards = [_guard(declared, index, columns) for index in range(len(rows))]
    _require_unique_names(declared, guards)
    _require_no_contradiction(declared, guards)
    return tuple(sorted(guards, key=lambda guard: CLASSES.index(guard.precedence)))


def _guard(declared: Declared, index: int, columns: Mapping[str, pl.DataType]) -> Guard:
    path = ("guard", index)
    declared.require_keys(path, _OPTIONAL, _REQUIRED)
    row = {"segment": None, "applies_to": "line", "way_back": "", "way_back_zh": ""}
    row |= declared.at(path)
    _require_words(declared, path, row)
    when, reads = condition_of(declared, (*path, "when"), columns)
    amount = None
    if "amount" in row:
        amount, more = amount_of(declared, (*path, "amount"), columns)
        reads |= more
    if FIRST_LIMIT_ONLY in reads and row["applies_to"] != "first_limit":
        raise declared.refused(
            (*path, "when"),
            f'only a first limit may read {FIRST_LIMIT_ONLY}. Add applies_to = "first_limit".',
        )
    _require_texts(declared, path, row, columns)
    row["precedence"] = row.pop("class")
    return Guard(**row | {"when": when, "amount": amount, "reads": reads})


def _require_words(declared: Declared, path: Path, row: dict) -> None:
    for key, allowed in (
        ("effect", EFFECTS),
        ("class", CLASSES),
        ("applies_to", APPLIES_TO),
        ("segment", (None, *SEGMENTS)),
    ):
        if row[key] not in allowed:
            words = [word for word in allowed if word]
            raise declared.refused(
                (*path, key), f"unknown {key} {row[key]!r}.{nearest(str(row[key]), words)}"
            )
    if not _NAME.fullmatch(str(row["name"])):
        raise declared.refused(
            (*path, "name"), f"name {row['name']!r} must be small letters, digits and _."
        )
    bounds_by_amount = row["effect"] in ("at_least", "at_most")
    if bounds_by_amount != ("amount" in row):
        problem = "lacks its amount" if bounds_by_amount else "takes no amount"
        raise declared.refused(path, f"guard {row['name']!r}: {row['effect']} {problem}.")
    if row["effect"] == "close" and row["class"] not in ("legal", "customer"):
        raise declared.refused(
            (*path, "class"),
            "a line closes by law or by the customer's wish only: legal, customer.",
        )


def _require_texts(
    declared: Declared, path: Path, row: dict, columns: Mapping[str, pl.DataType]
) -> None:
    for key in ("reason", "says", "says_zh", "way_back", "way_back_zh"):
        text = row[key]
        if not isinstance(text, str) or (not text.strip() and key not in _WAYS):
            raise declared.refused((*path, key), f"{key} of {row['name']!r} is empty. Write it.")
        known = {**columns, **WAY_BACK} if key in _WAYS else columns
        for name in _PLACEHOLDER.findall(text):
            if name not in known:
                raise declared.refused(
                    (*path, key), f"{{{name}}} in {key} is no column.{nearest(name, known)}"
                )
        if key in _WAYS and not has_sound_brackets(text):
            raise declared.refused(
                (*path, key),
                f"{key} of {row['name']!r}: brackets do not match. Write an optional part as "
                "[...] or [...|...], none within another.",
            )
    if bool(row["way_back"]) != bool(row["way_back_zh"]):
        raise declared.refused(path, f"way_back of {row['name']!r} is given in one language only.")


def _require_unique_names(declared: Declared, guards: list[Guard]) -> None:
    seen: dict[str, int] = {}
    for index, guard in enumerate(guards):
        if guard.name in seen:
            first = declared.line("guard", seen[guard.name], "name")
            raise declared.refused(
                ("guard", index, "name"),
                f"guard {guard.name!r} is already declared on line {first}. Rename one.",
            )
        seen[guard.name] = index


def _require_no_contradiction(declared: Declared, guards: list[Guard]) -> None:
    """Refuse a fixed floor above a fixed cap of the same class: no limit could satisfy both."""
    fixed = [
        (index, guard, pl.select(guard.amount).item())
        for index, guard in enumerate(guards)
        if guard.amount is not None and not guard.amount.meta.root_names()
    ]
    for index, floor, least in fixed:
        for _, cap, most in fixed:
            same = floor.precedence == cap.precedence
            about_same = floor.segment is None or cap.segment in (None, floor.segment)
            opposed = (floor.effect, cap.effect) == ("at_least", "at_most")
            if opposed and same and about_same and least > most:
                raise declared.refused(
                    ("guard", index, "amount"),
                    f"{floor.name!r} keeps the limit at {least} cents or more, {cap.name!r} at "
                    f"{most} cents or less, both of class {cap.precedence}. Correct one.",
                )
