"""Training on the months of a lake, as a person does it."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest

from tests.acceptance.worlds import World
from warehouse.store.digests import digest_of

MONTHS = ("--train", "2025-03:2025-05", "--out-of-time", "2025-06")


@pytest.fixture(scope="module")
def lender(tmp_path_factory, airflow_home) -> World:
    """A demo lender with a year and a half of history, its last month decided."""
    world = World(tmp_path_factory.mktemp("trained"), airflow_home)
    world.done("demo", "--users", "1500", "--months", "18", "--until", "2026-06", "--seed", "3")
    world.done("init", "--buckets", "2")
    world.done("run", "2026-06")
    return world


@pytest.fixture(scope="module")
def card(lender) -> dict:
    return json.loads(lender.done("train", *MONTHS, "--to", "models", "--truth", "truth", "--json"))


def test_the_card_counts_every_line_by_its_outcome(card):
    by_month = card["outcomes"]

    trained = sum(by_month[f"2025-{n:02}"][kind] for n in (3, 4, 5) for kind in ("good", "bad"))
    others = card["scores"]["other_accounts"]["scorecard"]["n"]
    assert card["training_set"]["lines"] + others == trained
    assert list(by_month) == ["2025-03", "2025-04", "2025-05", "2025-06"]


def test_scores_are_judged_on_accounts_never_trained_on_then_and_later(card):
    for part in ("other_accounts", "out_of_time"):
        scores = card["scores"][part]
        low, high = scores["scorecard"]["auc_interval"]
        assert 0.5 < scores["scorecard"]["auc"] < 1
        assert low < scores["scorecard"]["auc"] < high
        assert set(scores) == {"scorecard", "challenger", "expert", "oracle"}


def test_who_knows_the_truth_of_the_demo_ranks_best_but_does_not_know_the_future(card):
    scores = card["scores"]["other_accounts"]

    assert max(scores[name]["auc"] for name in scores) == scores["oracle"]["auc"] < 0.95


def test_the_card_says_how_the_score_does_in_each_month_segment_and_region(card):
    out_of_time = card["scores"]["out_of_time"]["scorecard"]["n"]

    for groups in (card["by_month"], card["by_segment"], card["by_region"]):
        assert sum(group["lines"] for group in groups.values()) == out_of_time
    assert set(card["by_segment"]) == {"consumer", "micro_business"}
    assert all(most > 0 for most in card["points"].values())
    assert 0 <= card["psi"] < 1


def test_the_card_says_what_a_model_that_sees_the_limit_would_make_of_it(lender, card):
    assert set(card["limit_seen"]) == {"naive_auc", "naive_pd_change", "scorecard_pd_change"}
    assert 0.5 < card["limit_seen"]["naive_auc"] < 1


def test_the_page_of_the_card_is_whole_and_asks_for_nothing_from_outside(lender, card):
    page = (lender.home / card["folder"] / "card.html").read_text()

    ElementTree.fromstring(page.split("\n", 1)[1].replace('<meta charset="utf-8">', ""))
    assert page.count("<svg") == 2
    assert all(f"<td>{name}</td>" in page for name in (*card["points"], "oracle", "challenger"))
    assert not re.search(r"<script|https?:|\b(effect|uplift)\b", page)


def test_the_same_months_give_the_same_bytes(lender, card):
    again = json.loads(lender.done("train", *MONTHS, "--to", "again", "--truth", "truth", "--json"))

    assert again["model_id"] == card["model_id"]
    for file in sorted((lender.home / card["folder"]).iterdir()):
        assert file.read_bytes() == (lender.home / again["folder"] / file.name).read_bytes()


def test_the_dag_trains_the_same_scores(lender, card):
    script = (
        "import os, sys; from pathlib import Path\n"
        "from warehouse.commands.airflow_process import airflow_environment\n"
        "os.environ.update(airflow_environment())\n"
        "sys.path.append(os.environ['AIRFLOW__CORE__DAGS_FOLDER'])\n"
        "from airflow.dag_processing.dagbag import DagBag\n"
        "dag = DagBag(os.environ['AIRFLOW__CORE__DAGS_FOLDER']).dags['train_score']\n"
        "conf = {'train': '2025-03:2025-05', 'out_of_time': '2025-06'}\n"
        "sys.exit(str(dag.test(run_conf=conf).state) != 'success')\n"
    )
    environment = lender.environment | {"LIMITWISE_MODELS": str(lender.home / "by_dag")}

    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=lender.home, env=environment, capture_output=True
    )

    assert ended.returncode == 0, ended.stderr
    (folder,) = (lender.home / "by_dag").iterdir()
    ours = lender.home / card["folder"] / "scorecard.toml"
    assert (folder / "scorecard.toml").read_bytes() == ours.read_bytes()


def test_neither_the_limit_nor_where_somebody_lives_enters(lender, card):
    folder = lender.home / card["folder"]
    scored = {
        row["name"] for row in tomllib.loads((folder / "scorecard.toml").read_text())["feature"]
    }
    trees = (folder / "challenger.txt").read_text()
    (names,) = [line for line in trees.splitlines() if line.startswith("feature_names=")]

    never = ("limit_cents", "limit_before", "limit_in_force", "region", "industry", "segment")
    assert scored
    for name in (*scored, *names.removeprefix("feature_names=").split()):
        assert not name.startswith(never)


def test_the_scorecard_is_tried_on_a_published_month_before_anybody_uses_it(lender, card, tmp_path):
    policies = Path(shutil.copytree(lender.policies, tmp_path / "policies"))
    trained = (lender.home / card["folder"] / "scorecard.toml").read_text()
    version = tomllib.loads(trained)
    name = f"{version['name']}-{version['effective_from']}.toml"
    (policies / "scorecards" / name).write_text(trained)

    found = json.loads(lender.done("simulate", "2026-06", "--policies", str(policies), "--json"))

    assert found["scorecard_version"][0].startswith("expert")
    assert found["scorecard_version"][1].startswith("trained")
    assert found["differ"]["pd_ppm"] > 0


@pytest.mark.parametrize(
    ("months", "says"),
    [
        (("2025-03", "2025-07"), "the lake has no facts of 2026-07; a month observed needs the 12"),
        (("2025-03:2025-05", "2025-05"), "--out-of-time has to begin after the last month"),
        (("2025-05:2025-03", "2025-06"), "the first comes after the last"),
        (("2025-02", "2025-03"), "are too few; it takes 1,000 lines"),
    ],
)
def test_months_that_cannot_be_trained_on_are_refused_in_words(lender, months, says):
    ended = lender.limitwise("train", "--train", months[0], "--out-of-time", months[1])

    assert ended.returncode == 1
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.fixture(scope="module")
def promoted(lender, card) -> World:
    """The lender with the model promoted to decide July, and July decided."""
    models = {"LIMITWISE_MODELS": str(lender.home / "models")}
    model = card["model_id"]
    who = ("--by", "ann", "--reason", "ranks better on accounts it never saw")
    lender.done("promote", model, "--from", "2026-07", *who, more=models)
    lender.done("demo", "--continue", "2026-07")
    if lender.limitwise("run", "2026-07").returncode:
        lender.done("approve", "2026-07", "--by", "ann", "--reason", "the first month of a score")
    return lender


def entries(world: World) -> list[dict]:
    return [json.loads(path.read_text()) for path in sorted((world.lake / "audit").iterdir())]


def test_a_promotion_is_an_entry_with_the_score_the_card_and_the_person(promoted, card):
    (entry,) = [entry for entry in entries(promoted) if entry["kind"] == "promotion"]

    assert entry["months"] == ["2026-07"]
    assert entry["parameters"] == {
        "model_id": card["model_id"],
        "by": "ann",
        "reason": "ranks better on accounts it never saw",
    }
    assert f"models/{card['model_id']}/card.json" in entry["texts"]
    assert "trained-2026-08-01 decides from this month on, promoted by ann (model " in (
        promoted.done("status")
    )


def test_a_promoted_score_decides_its_first_month_and_none_before(promoted):
    promotion, *_, july = [e for e in entries(promoted) if e["kind"] in ("promotion", "limits")][1:]
    versions = {
        month: set(
            pl.read_parquet(promoted.lake / f"limits/month={month}/limits.parquet")[
                "scorecard_version"
            ].drop_nulls()
        )
        for month in ("2026-06", "2026-07")
    }

    assert versions == {"2026-06": {"expert-1990-01-01"}, "2026-07": {"trained-2026-08-01"}}
    assert promotion["number"] in july["reads"]
    assert promoted.done("verify").startswith("Verified: ")


def test_a_month_simulated_under_its_own_folder_keeps_the_promoted_score(promoted):
    asked = ("simulate", "2026-07", "--policies", str(promoted.policies), "--json")

    found = json.loads(promoted.done(*asked))

    assert found["scorecard_version"] == ["trained-2026-08-01"] * 2
    assert not any(found["differ"].values())


def test_a_score_is_not_changed_behind_a_decided_month(promoted, card):
    models = {"LIMITWISE_MODELS": str(promoted.home / "models")}
    asked = ("promote", card["model_id"], "--from", "2026-07", "--by", "ann", "--reason", "again")

    ended = promoted.limitwise(*asked, more=models)

    assert ended.returncode == 1
    assert "Promote from 2026-08 or later" in ended.stderr


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ("calibration", "lacks calibration.other_accounts, calibration.out_of_time"),
        ("by_region", "lacks by_region"),
        ("psi", "lacks psi"),
        ("limit_seen", "lacks limit_seen.naive_auc"),
    ],
)
def test_a_score_without_a_complete_card_is_refused(promoted, card, tmp_path, part, says):
    folder = promoted.home / card["folder"]
    files = {
        path.name: path.read_text() for path in folder.iterdir() if not path.name.startswith("card")
    }
    written = json.loads((folder / "card.json").read_text())
    kept = {name: value for name, value in written.items() if name not in ("model_id", part)}
    model_id = digest_of({"files": files, "card": kept})[:16]
    incomplete = tmp_path / model_id
    incomplete.mkdir()
    for name, text in {**files, "card.json": json.dumps({"model_id": model_id, **kept})}.items():
        (incomplete / name).write_text(text)
    asked = ("promote", model_id, "--from", "2026-08", "--by", "ann", "--reason", "no card")

    ended = promoted.limitwise(*asked, more={"LIMITWISE_MODELS": str(tmp_path)})

    assert ended.returncode == 1
    assert says in ended.stderr


def test_a_model_that_was_edited_is_refused(promoted, card, tmp_path):
    models = Path(shutil.copytree(promoted.home / "models", tmp_path / "models"))
    path = models / card["model_id"] / "scorecard.toml"
    path.write_text(path.read_text().replace("points = 1", "points = 2", 1))
    asked = ("promote", card["model_id"], "--from", "2026-08", "--by", "ann", "--reason", "edited")

    ended = promoted.limitwise(*asked, more={"LIMITWISE_MODELS": str(models)})

    assert ended.returncode == 1
    assert "is not as training wrote it" in ended.stderr
