"""What an operator does when a month is not like the others."""

import json
import shutil

import polars as pl

from tests.acceptance.worlds import ROOT, World


def copied(world: World, home) -> World:
    """The same lender a second time, to be changed."""
    shutil.copytree(world.home, home, dirs_exist_ok=True)
    return World(home, world.airflow_home)


def audit(world: World) -> list[dict]:
    return [json.loads(path.read_text()) for path in sorted((world.lake / "audit").iterdir())]


def test_a_month_beyond_tolerance_waits_for_a_person(demo, tmp_path):
    world = copied(demo[0], tmp_path / "home")
    shutil.rmtree(world.lake)
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    policy = policies / "1990-01-01.toml"
    text = policy.read_text("utf-8")
    policy.write_text(
        text.replace("line_growth_bps = 600", "line_growth_bps = 0").replace(
            "fewest_lines = 200", "fewest_lines = 1"
        )
    )
    world = World(world.home, world.airflow_home, policies=policies)
    world.done("init", "--buckets", "2")

    refused = world.limitwise("run", "2026-06")
    waiting = world.done("status")
    approved = world.done("approve", "2026-06", "--by", "Ana", "--reason", "First month.")

    assert refused.returncode == 1
    assert "Month 2026-06: needs approval: " in refused.stderr
    assert "Nothing was published" in refused.stderr
    assert "needs approval" in waiting
    assert approved == "Month 2026-06: published, approved by Ana.\n"
    assert audit(world)[-1]["approvals"][0]["by"] == "Ana"
    assert world.limitwise("approve", "2026-06", "--by", "Ana", "--reason", "x").returncode == 1


def test_late_facts_leave_old_limits_alone_until_a_cascade(demo, tmp_path):
    world = copied(demo[0], tmp_path / "home")
    july = world.lake / "limits/month=2026-07/limits.parquet"
    before = july.read_bytes()
    user = pl.read_parquet(july)["user_id"][0]
    late = {
        "id": "late-1",
        "user": user,
        "at": "2026-07-15T10:00:00+08:00",
        "kind": "pay",
        "amount": 99.5,
        "category": "groceries",
    }
    with (world.home / "landing/behaviour/2026-07-15.jsonl").open("a") as landing:
        landing.write(json.dumps(late) + "\n")

    world.done("run", "2026-08")
    stood = july.read_bytes()
    status = world.done("status")
    refused = world.limitwise("run", "2026-07")
    world.done("run", "2026-07", "--cascade")

    assert stood == before
    assert "facts newer than decision" in status
    assert "limitwise run 2026-07 --cascade" in refused.stderr
    assert [entry["months"] for entry in audit(world)][-4:] == [
        ["2026-07", "2026-08"],
        ["2026-08"],
        ["2026-07"],
        ["2026-08"],
    ]
    assert world.done("verify").startswith("Verified: ")


def test_a_held_month_is_decided_as_a_revision_once_the_cause_is_mended(demo, tmp_path):
    world = copied(demo[0], tmp_path / "home")
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    text = (policies / "1990-01-01.toml").read_text("utf-8")
    later = text.replace("effective_from = 1990-01-01", "effective_from = 2026-10-01")
    (policies / "2026-10-01.toml").write_text(f"{later}# with a mistake\n")
    world = World(world.home, world.airflow_home, policies=policies)
    world.done("demo", "--continue", "2026-09")

    held = world.done("run", "2026-09", "--hold", "--reason", "A mistake in our policy.")
    waiting = world.done("status")
    (policies / "2026-10-01.toml").write_text(later)
    world.done("run", "2026-09")

    assert "Once the cause is mended, `limitwise run 2026-09` decides it as a revision." in held
    assert "2026-09: held by hand." in waiting
    hold, facts, limits = audit(world)[-3:]
    assert [hold["kind"], facts["kind"], limits["kind"]] == ["hold", "facts", "limits"]
    assert hold["parameters"]["reason"] == "A mistake in our policy."
    assert hold["number"] in limits["supersedes"]
    assert "held by hand" not in world.done("status")
    assert world.done("verify").startswith("Verified: ")


def test_a_policy_edited_after_use_is_refused_by_name(demo, tmp_path):
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    with (policies / "1990-01-01.toml").open("a") as policy:
        policy.write("# one more word\n")
    world = World(demo[0].home, demo[0].airflow_home, policies=policies)

    refused = world.limitwise("run", "2026-08")

    assert refused.returncode == 1
    assert "policies/1990-01-01.toml: changed after 2026-" in refused.stderr


def test_other_threads_and_another_processor_give_the_same_bytes(demo, tmp_path):
    first = demo[0]
    world = copied(first, tmp_path / "home")
    shutil.rmtree(world.lake)
    world.lake.mkdir()
    shutil.copy(first.lake / "lake.json", world.lake / "lake.json")
    plainer = {
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F",
        "POLARS_MAX_THREADS": "1",
    }

    world.done("run", "2026-06", more=plainer)

    def bytes_of(entry):
        return {(f["table"], f["month"], f["bucket"]): f["sha256"] for f in entry["files"]}

    theirs = [bytes_of(entry) for entry in audit(first)[:2]]
    assert [bytes_of(entry) for entry in audit(world)] == theirs
