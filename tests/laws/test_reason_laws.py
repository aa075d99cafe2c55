"""Laws of bounds and reasons, for any guards, against trying every set of them."""

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rates import ECONOMICS
from transforms.deciding.bounds import NO_LOWER, NO_UPPER, GuardBounds
from transforms.deciding.candidates import HIGHEST, NET, PROFIT, Candidates, Ladder
from transforms.deciding.removal import choice, deciding
from transforms.policies.economics import Position
from transforms.policies.guards import CLASSES
from transforms.policies.policy import LineRules

LINE = LineRules(
    floor_cents=50_000,
    round_to_cents=10_000,
    smallest_change_bps=500,
    smallest_change_cents=50_000,
    freeze_days=30,
    raise_notice_days=0,
    lower_notice_days=0,
    source="Test.",
)
STEPS = [-5_000, -3_000, -2_000, -1_000, 0, 1_000, 2_000, 3_000]
FACTORS = [1_000_000] * 5 + [1_024_114, 1_046_635, 1_067_790]
SHARES = (None, 50, 70, 80, 90, 100, 110, 120, 130, 150)  # per cent of the present limit

# class, whether it bounds from above, and at which share of the limit it fires
GUARD = st.tuples(st.sampled_from(CLASSES), st.booleans(), st.sampled_from(SHARES))
LIMIT = st.sampled_from([500_000, 1_000_000, 2_000_000])


@st.composite
def guarded_lines(draw):
    """One line, its choice and up to seven guards in the order of ties."""
    before = draw(LIMIT)
    said = sorted(draw(st.lists(GUARD, max_size=7)), key=lambda guard: CLASSES.index(guard[0]))
    amounts = [
        (above, None if share is None else before * share // 100) for _, above, share in said
    ]
    guards = GuardBounds(
        names=tuple(f"guard_{index}" for index in range(len(said))),
        classes=np.array([CLASSES.index(name) for name, _, _ in said], np.int64),
        upper=np.array([[v if a and v else NO_UPPER for a, v in amounts]], np.int64),
        lower=np.array([[v if not a and v else NO_LOWER for a, v in amounts]], np.int64),
        before=np.array([before]),
    )
    position = Position(
        np.array([before]),
        np.array([before * draw(st.integers(0, 11)) // 10]),
        np.array([draw(st.sampled_from([500, 3_000, 10_000, 20_000, 40_000, 100_000]))]),
        np.array([1_800]),
    )
    ladder = Ladder(np.array([STEPS]), np.array([FACTORS]))
    return guards, Candidates(position, ladder, LINE, ECONOMICS)


def limit_without(guards, chooser, removed: tuple[int, ...]) -> int:
    """Choose again as if these constraints did not exist; the last two are budget and profit."""
    count = len(guards.names)
    mask = np.array([[index in removed for index in range(count)]], bool)
    lower, upper = guards.without(mask).combined()
    criterion = HIGHEST if count + 1 in removed else PROFIT if count in removed else NET
    return int(chooser.choose(np.array([0]), lower, upper, criterion).item())


def constraints_on(guards, outcome) -> list[int]:
    """Return which constraints hold the limit where it is, from the side that it was moved to."""
    if outcome.limit_cents.item() > outcome.unguarded_cents.item():
        return [int(i) for i in np.flatnonzero(guards.lower[0] != NO_LOWER)]
    above = [int(i) for i in np.flatnonzero(guards.upper[0] != NO_UPPER)]
    lowered = outcome.limit_cents.item() < guards.before.item()
    return above if lowered else [*above, len(guards.names), len(guards.names) + 1]


@settings(max_examples=300, deadline=None)
@given(guarded_lines())
def test_the_reasons_are_the_smallest_set_whose_removal_changes_the_limit(line):
    guards, chooser = line
    outcome = choice(guards, chooser)
    limit = outcome.limit_cents.item()

    stated = tuple(int(i) for i in np.flatnonzero(deciding(guards, chooser, outcome, [True])[0]))

    by_trying_all = [
        some
        for size in range(1, len(guards.names) + 3)
        for some in combinations(constraints_on(guards, outcome), size)
        if limit_without(guards, chooser, some) != limit
    ]
    # Sets come in order of size, then of class and name; the highest step has nothing to explain.
    assert stated == (by_trying_all[0] if by_trying_all else ())
    for size in range(len(stated)):
        for part in combinations(stated, size):
            assert limit_without(guards, chooser, part) == limit


@settings(max_examples=300, deadline=None)
@given(guarded_lines())
def test_a_limit_lies_between_its_bounds_and_the_bounds_never_cross(line):
    guards, chooser = line

    found = choice(guards, chooser)

    assert 0 <= found.lower_cents.item() <= found.limit_cents.item() <= found.upper_cents.item()


@settings(max_examples=300, deadline=None)
@given(guarded_lines())
def test_the_highest_class_is_never_broken(line):
    guards, chooser = line

    limit = choice(guards, chooser).limit_cents.item()

    legal = guards.upper[0][guards.classes == CLASSES.index("legal")]
    assert limit <= legal.min(initial=NO_UPPER)
