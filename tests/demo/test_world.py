import polars as pl
import pytest

from demo.world import DemoError, write_history
from tests.demo.worlds import written

RAISED = pl.col("limit_cents") * 13 // 10


def test_equal_seeds_give_equal_bytes_and_other_seeds_other_people(tmp_path):
    one, same, other = (
        written(tmp_path / name, users=60, months=3, seed=seed)
        for name, seed in (("one", 7), ("same", 7), ("other", 8))
    )

    assert one.files() == same.files()
    assert one.files() != other.files()


def test_writing_the_same_world_again_changes_nothing(village):
    before = village.files()

    written(village.folder, users=200, months=6)

    assert village.files() == before


def test_the_next_month_is_written_from_the_state_and_the_published_limits_alone(village):
    village.publish("2026-04")
    counts = village.live("2026-05")
    first = village.files()

    village.live("2026-05")

    assert counts["behaviour"] > 1_000
    assert village.files() == first
    assert (village.landing / "behaviour/2026-05-31.jsonl").is_file()
    assert not (village.landing / "behaviour/2026-06-01.jsonl").exists()


def test_two_policies_meet_the_same_people(tmp_path):
    strict, kind = (written(tmp_path / name, users=200, months=6) for name in ("strict", "kind"))
    strict.publish("2026-04", line_status=pl.lit("frozen"), action=pl.lit("freeze"))
    kind.publish("2026-04")

    strict.live("2026-05")
    kind.live("2026-05")

    for column in ("kind", "region", "condition", "dormant", "own_beta_ppm"):
        assert (strict.people("2026-05")[column] == kind.people("2026-05")[column]).all()
    assert strict.lines("behaviour/2026-05-*.jsonl") == kind.lines("behaviour/2026-05-*.jsonl")
    drawn = [
        sum('"drawdown"' in line for line in world.lines("ledger/2026-05.jsonl"))
        for world in (strict, kind)
    ]
    assert drawn[0] == 0
    assert drawn[1] > 10


def test_most_raises_are_accepted_some_late_and_some_never(village):
    before = village.people("2026-04").filter(line_status="open")
    village.publish("2026-04", action=pl.lit("raise"), limit_cents=RAISED)
    village.live("2026-05")
    at_once = village.people("2026-05").join(before, on="user_id").filter(line_status="open")
    village.publish("2026-05")
    village.live("2026-06")
    later = village.people("2026-06").join(before, on="user_id").filter(line_status="open")

    raised = (at_once["limit_cents"] > at_once["limit_cents_right"]).sum()
    raised_later = (later["limit_cents"] > later["limit_cents_right"]).sum()
    assert 0.7 * at_once.height < raised < 0.95 * at_once.height
    assert raised < raised_later < later.height


def test_cuts_hold_at_once_and_frozen_lines_cannot_draw(village):
    before = village.people("2026-04").filter(line_status="open")
    village.publish(
        "2026-04",
        action=pl.lit("lower"),
        limit_cents=pl.col("limit_cents") // 2,
        line_status=pl.lit("frozen"),
    )

    village.live("2026-05")

    after = village.people("2026-05").join(before, on="user_id").filter(line_status="frozen")
    assert after.height > 0.9 * before.height
    assert (after["limit_cents"] == after["limit_cents_right"] // 2).all()
    assert not any('"drawdown"' in line for line in village.lines("ledger/2026-05.jsonl"))


def test_a_grant_opens_the_line_and_a_declined_applicant_asks_no_more(tmp_path):
    world = written(tmp_path, users=2_000, months=3)
    asks = world.people("2026-04").filter(line_status="applied")["user_id"]
    granted, declined = asks[: len(asks) // 2], asks[len(asks) // 2 :]
    is_granted = pl.col("user_id").is_in(granted.implode())
    applied = pl.col("line_status") == "applied"
    world.publish(
        "2026-04",
        action=pl.when(applied)
        .then(pl.when(is_granted).then(pl.lit("grant")).otherwise(pl.lit("decline")))
        .otherwise("action"),
        limit_cents=pl.when(applied).then(500_000).otherwise("limit_cents"),
        line_status=pl.when(is_granted).then(pl.lit("open")).otherwise("line_status"),
    )

    world.live("2026-05")

    accounts = pl.read_csv(world.landing / "accounts/2026-05.csv").rows_by_key("user", named=True)
    opened = [accounts[user][0] for user in granted]
    waiting = [accounts[user][0] for user in declined]
    assert all(row["opened_on"] >= "2026-05-01" and row["limit"] == 5000.0 for row in opened)
    assert all(row["limit"] is None and row["opened_on"] is None for row in waiting)
    assert sum(row["applied_on"] is None for row in waiting) > 0.5 * len(waiting)


@pytest.mark.parametrize(
    ("month", "message"),
    [
        ("2026-04", "Month 2026-04 is history in this world. Continue after 2026-04."),
        ("2026-05", "limits of 2026-04 are not published, and 2026-05 follows from them."),
        ("2026-06", "month 2026-05 is not written, and 2026-06 follows from it."),
        ("2026-13", "'2026-13' is not a month. Write it as YYYY-MM, e.g. 2026-10."),
        ("../../etc", "is not a month"),
        ("2099-01", "the demo knows holidays of 2018 to 2040 only"),
    ],
)
def test_a_month_without_what_it_follows_from_is_refused(village, month, message):
    before = village.files()

    with pytest.raises(DemoError) as refused:
        village.live(month)

    assert message in str(refused.value)
    assert village.files() == before


def test_nobody_lives_a_month_twice_under_other_limits(village):
    village.publish("2026-04")
    village.live("2026-05")
    before = village.files()
    village.publish("2026-04", limit_cents=RAISED)

    with pytest.raises(DemoError, match="Month 2026-05 was written under other limits"):
        village.live("2026-05")

    assert all(
        village.files()[name] == content
        for name, content in before.items()
        if "limits/month" not in name
    )


def test_a_file_that_is_no_table_of_limits_is_named(village):
    path = village.published / "month=2026-04" / "limits.parquet"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not parquet")

    with pytest.raises(DemoError, match=r"limits\.parquet: is no table of published limits"):
        village.live("2026-05")


def test_folders_of_another_world_are_left_alone(village):
    before = village.files()

    with pytest.raises(DemoError, match="holds another world"):
        written(village.folder, users=201, months=6)
    with pytest.raises(DemoError, match="holds logs"):
        write_history(
            village.landing,
            village.folder / "elsewhere",
            users=200,
            months=6,
            until="2026-04",
            seed=7,
        )

    assert village.files() == before


def test_truth_never_lies_within_landing(tmp_path):
    with pytest.raises(DemoError, match="lies within the landing folder"):
        write_history(tmp_path, tmp_path / "truth", users=100, months=2, until="2026-04", seed=1)


@pytest.mark.parametrize(("users", "months"), [(49, 6), (200, 0), (200, 61)])
def test_a_world_too_small_or_too_long_is_refused(tmp_path, users, months):
    with pytest.raises(DemoError, match="at least 50 users and for 1 to 60 months"):
        written(tmp_path, users=users, months=months)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "landing").write_text("a file where the folder should be")

    with pytest.raises(DemoError, match="cannot be written"):
        written(tmp_path, users=60, months=2)
