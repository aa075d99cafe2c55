import numpy as np

from demo.chance import Chance
from demo.hidden import moves, true_pd_ppm
from demo.people import World, people
from demo.state import FAILING, NONE, OPEN, STEADY, STRAINED, joined_by

EVERYBODY = people(World(7, 400, 1, 24_315), 24_315)
COUNT = len(EVERYBODY.number)
OWES = EVERYBODY.number % 2 == 0
NOTHING = np.zeros(COUNT, dtype=np.int64)


def standing(condition: int, status: int = OPEN):
    stands = joined_by(None, COUNT)
    stands.condition[:] = condition
    stands.status[:] = status
    stands.limit_cents[:] = stands.first_limit_cents[:] = 1_000_000
    return stands


def monte_carlo(stands, lives: int) -> float:
    """Return the share that defaults when every person lives the next year `lives` times."""
    steps = np.cumsum(np.repeat(moves(EVERYBODY, stands), lives, axis=0), axis=2)
    who = np.arange(COUNT * lives)
    condition = np.repeat(stands.condition, lives)
    owes = np.repeat(np.where(OWES, 0.95, 0.35), lives)
    unpaid, bad = np.zeros(len(who), dtype=int), np.zeros(len(who), dtype=bool)
    for month in range(12):
        chance = Chance(99, month)
        drawn = chance.uniform("move", who)[:, None]
        after = np.minimum((drawn >= steps[who, condition]).sum(axis=1), FAILING)
        enters = (after == FAILING) & (condition != FAILING)
        begins = chance.uniform("owes", who) < owes
        unpaid = np.where(enters, begins, np.where(after == FAILING, unpaid + 1, 0))
        condition = np.where(bad, condition, after)
        bad |= unpaid >= 4
    return bad.mean()


def test_the_true_probability_is_what_a_monte_carlo_of_the_same_lives_comes_to():
    for condition in (STEADY, STRAINED):
        stands = standing(condition)

        exact = true_pd_ppm(EVERYBODY, stands, OWES, NOTHING).mean() / 1e6
        drawn = monte_carlo(stands, lives=200)

        standard_error = np.sqrt(exact * (1 - exact) / (COUNT * 200))
        assert abs(drawn - exact) < 4 * standard_error


def test_trouble_and_a_higher_limit_make_default_likelier():
    steady, strained, raised = standing(STEADY), standing(STRAINED), standing(STEADY)
    raised.limit_cents[:] = 2_000_000

    calm, trouble, tempted = (
        true_pd_ppm(EVERYBODY, stands, OWES, NOTHING) for stands in (steady, strained, raised)
    )

    assert (trouble > calm).all()
    assert (tempted > calm).all()


def test_without_a_line_there_is_no_probability():
    assert (true_pd_ppm(EVERYBODY, standing(STEADY, NONE), OWES, NOTHING) == -1).all()
