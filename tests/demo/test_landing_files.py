import json
import re
from datetime import date, timedelta

import polars as pl

from demo.calendar import Month


def test_every_day_and_every_month_has_its_files_and_nothing_else_lies_there(history):
    days = [
        date(2025, 1, 1) + timedelta(days=n)
        for n in range((date(2026, 5, 1) - date(2025, 1, 1)).days)
    ]
    months = [Month.of("2025-01").after(n).text for n in range(16)]

    found = {str(path.relative_to(history.landing)) for path in history.landing.rglob("*.*")}

    assert found == (
        {f"behaviour/{day}.jsonl" for day in days}
        | {f"ledger/{month}.jsonl" for month in months}
        | {f"instructions/{month}.jsonl" for month in months}
        | {f"{name}/{month}.csv" for name in ("limits", "accounts", "scores") for month in months}
    )


def test_a_line_of_behaviour_has_the_fields_of_the_lenders_systems(history):
    lines = [line for line in history.lines("behaviour/2026-03-05.jsonl") if '"kind":"pay"' in line]

    first = json.loads(lines[0])

    assert list(first) == [
        "id",
        "user",
        "at",
        "kind",
        "amount",
        "device",
        "channel",
        "category",
        "counterparty",
    ]
    assert re.fullmatch(r"b20260305-\d{7}", first["id"])
    assert re.fullmatch(r"2026-03-05T\d\d:\d\d:\d\d\+08:00", first["at"])
    assert all(re.search(r'"amount":(\d+\.\d\d|"NaN")', line) for line in lines)


def test_a_few_per_mille_of_the_lines_are_bad_and_the_truth_says_which(history):
    lines = history.lines("behaviour/2026-*.jsonl")
    flaws = pl.concat(
        pl.read_parquet(path) for path in sorted(history.truth.glob("flaws/2026-*.parquet"))
    ).filter(group="behaviour")["flaw"]

    def count(flaw: str) -> int:
        return (flaws == flaw).sum()

    assert 0.002 < len(flaws) / len(lines) < 0.005
    assert sum(not line.endswith("}") for line in lines) == count("cut") > 0
    assert sum('"at":"2099' in line for line in lines) == count("far_future") > 0
    assert (
        sum(line.endswith("}") and '"user"' not in line for line in lines) == count("no_user") > 0
    )
    assert len(lines) - len(set(lines)) == count("twice") > 0
    odd = sum(
        '"amount":"NaN"' in line or '"kind":"v2.' in line for line in lines if line[-1] == "}"
    )
    assert odd == count("not_a_number") + count("unknown_kind") > 0


def test_event_ids_are_never_given_twice(history):
    identities = [
        json.loads(line)["id"]
        for pattern in ("behaviour/*.jsonl", "ledger/*.jsonl", "instructions/*.jsonl")
        for line in dict.fromkeys(history.lines(pattern))
        if line.endswith("}")
    ]
    identities += pl.read_csv(history.landing / "scores/2026-03.csv")["id"].to_list()

    assert len(identities) == len(set(identities))


def test_every_open_line_reports_its_limit_at_the_end_of_every_month(history):
    open_lines = history.people("2026-03").filter(line_status="open")

    reported = pl.read_csv(history.landing / "limits/2026-03.csv")

    assert reported.columns == ["user", "date", "limit"]
    assert set(reported["date"]) == {"2026-03-31"}
    assert reported["user"].to_list() == open_lines["user_id"].to_list()
    assert ((reported["limit"] * 100).round() == open_lines["limit_cents"]).all()


def test_accounts_tell_applicants_from_open_lines(history):
    accounts = pl.read_csv(history.landing / "accounts/2026-04.csv")
    people = history.people("2026-04")

    applied = accounts.filter(people["line_status"] == "applied")

    assert accounts.height == people.height == 3_000
    assert applied.height > 20
    assert applied["applied_on"].null_count() == 0
    assert applied["bureau_checked_on"].null_count() == 0
    assert applied["opened_on"].null_count() == applied["limit"].null_count() == applied.height
    assert accounts["borrower"].n_unique() < accounts.height


def test_nothing_of_the_truth_is_in_landing(history):
    text = "\n".join(history.lines("*/2026-04*"))

    assert not re.search("strained|failing|jobless|stretched|dormant|true_pd|takeover", text)
