import numpy as np

from demo.chance import Chance, repeated

PEOPLE = np.arange(20_000)


def test_a_draw_depends_on_seed_month_purpose_person_and_turn_only():
    drawn = Chance(7, 24_315).uniform("late", PEOPLE)

    assert (Chance(7, 24_315).uniform("late", PEOPLE[::-1])[::-1] == drawn).all()
    assert (Chance(7, 24_315).uniform("late", PEOPLE[500:600]) == drawn[500:600]).all()
    for other in (
        Chance(8, 24_315).uniform("late", PEOPLE),
        Chance(7, 24_316).uniform("late", PEOPLE),
        Chance(7, 24_315).uniform("early", PEOPLE),
        Chance(7, 24_315).uniform("late", PEOPLE, 1),
    ):
        assert not (other == drawn).any()
        assert abs(np.corrcoef(other, drawn)[0, 1]) < 0.03


def test_draws_are_spread_evenly():
    drawn = Chance(7, 1).uniform("any", PEOPLE)

    tenths = np.bincount((drawn * 10).astype(int), minlength=10)
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert abs(tenths - 2_000).max() < 200


def test_counts_have_the_mean_asked_for():
    counts = Chance(7, 1).count("purchases", PEOPLE, np.full(20_000, 3.3))

    assert counts.min() >= 0
    assert abs(counts.mean() - 3.3) < 0.05


def test_every_happening_knows_whose_it_is_and_which():
    position, turn = repeated(np.array([2, 0, 3]))

    assert position.tolist() == [0, 0, 2, 2, 2]
    assert turn.tolist() == [0, 1, 0, 1, 2]
