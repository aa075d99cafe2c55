import polars as pl

LOAN = ("user", "loan")


def test_a_loan_is_repaid_in_monthly_instalments_on_one_fixed_day(history):
    ledger = history.ledger()
    drawn = ledger.filter(kind="drawdown")
    plan = ledger.filter(pl.col("kind") == "instalment_due", pl.col("cents") != 1_500)

    loans = drawn.join(
        plan.group_by(LOAN).agg(
            pl.len().alias("parts"),
            pl.col("cents").sum().alias("due_cents"),
            pl.col("due").str.tail(2).n_unique().alias("days"),
            pl.col("on").n_unique().alias("known_on"),
            pl.col("due").min().alias("first_due"),
        ),
        on=LOAN,
        how="left",
    )

    assert loans["parts"].is_in([3, 6, 12]).all()
    assert (loans["days"] == 1).all()
    assert (loans["known_on"] == 1).all()
    assert (loans["due_cents"] > loans["cents"]).all()
    assert (loans["due_cents"] < loans["cents"] * 1.2).all()
    assert (loans["first_due"].str.head(7) > loans["at"].str.head(7)).all()


def test_nobody_repays_more_than_is_owed(history):
    sign = {"instalment_due": 1, "repayment": -1, "reversal": 1}
    owed = (
        history.ledger()
        .filter(pl.col("kind").is_in(list(sign)))
        .with_columns(pl.col("cents") * pl.col("kind").replace_strict(sign))
        .sort("at", "kind")
        .with_columns(pl.col("cents").cum_sum().over("user", "loan").alias("left_cents"))
    )

    assert owed.height > 10_000
    assert owed["left_cents"].min() == 0


def test_nobody_draws_beyond_the_limit(history):
    people = history.people("2026-04").filter(line_status="open")
    principal = history.ledger().filter(kind="drawdown").group_by("user").agg(pl.col("cents").max())

    joined = people.join(principal, left_on="user_id", right_on="user")

    assert (joined["cents"] <= joined["limit_cents"]).all()
    assert (people["balance_end_cents"] > people["limit_cents"] * 1.15).sum() == 0


def test_the_balance_is_what_the_ledger_adds_up_to(history):
    sign = {"drawdown": 1, "interest": 1, "fee": 1, "repayment": -1, "reversal": 1}
    added = (
        history.ledger()
        .filter(pl.col("kind").is_in(list(sign)))
        .with_columns(pl.col("cents") * pl.col("kind").replace_strict(sign))
        .group_by("user")
        .agg(pl.col("cents").sum())
    )

    people = history.people("2026-04").filter(pl.col("line_status") != "charged_off")
    joined = people.join(added, left_on="user_id", right_on="user", how="left")

    assert (joined["balance_end_cents"] == joined["cents"].fill_null(0)).all()


def test_most_pay_on_time_some_late_and_some_never(history):
    ledger = history.ledger()
    due = ledger.filter(pl.col("kind") == "instalment_due", pl.col("due") < "2026-03-01")
    paid = ledger.filter(kind="repayment").with_columns(identity=pl.col("id").str.slice(1))

    joined = due.with_columns(identity=pl.col("id").str.slice(1)).join(
        paid, on="identity", how="left"
    )
    late = (joined["on_right"] > joined["due"].str.to_date()).fill_null(False).mean()
    never = joined["on_right"].is_null().mean()

    assert 0.03 < late < 0.20
    assert 0.005 < never < 0.10


def test_a_reversal_takes_back_a_repayment_that_is_made_again(history):
    ledger = history.ledger()
    repaid = ledger.filter(kind="repayment")

    back = ledger.filter(kind="reversal").join(
        repaid, left_on="reverses", right_on="id", how="left", suffix="_first"
    )
    again = repaid.filter(pl.col("id").str.tail(2).cast(pl.Int64) > 50)

    assert back.height > 10
    assert (back["cents"] == back["cents_first"]).all()
    assert (back["at"] > back["at_first"]).all()
    assert again.height == back.height


def test_a_line_is_written_off_long_after_90_days_and_then_reports_no_limit(history):
    ledger = history.ledger()
    lost = ledger.filter(kind="charge_off")

    users = history.people("2026-04").join(lost, left_on="user_id", right_on="user")
    limits = pl.read_csv(history.landing / "limits/2026-04.csv")

    assert lost.height > 10
    assert lost["user"].is_unique().all()
    assert (users["line_status"] == "charged_off").all()
    assert (lost["cents"] > 0).all()
    assert not limits["user"].is_in(lost["user"].implode()).any()
