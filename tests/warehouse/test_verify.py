"""Verify: whatever byte of a lake is changed, the first finding names its file."""

import random
import shutil

import pytest

from tests.warehouse.lakes import (
    AUGUST,
    OCTOBER,
    SEPTEMBER,
    commit,
    stage_events,
    stage_limits,
    tiny_lake,
)
from warehouse.store.audit import Chain
from warehouse.store.lake import open_lake
from warehouse.store.storage import files_under
from warehouse.store.verify import verify

LIMITS_FILE = "limits/month=2026-09/limits.parquet"
NOBODYS = ": no audit entry lists it. Move it out of the lake."


def full_lake(root):
    """Return a lake with everything that a lake can hold, some of it twice."""
    lake = tiny_lake(root, buckets=2)
    facts = stage_events(lake, AUGUST)
    facts.write_text("docs/index.html", "<p>all good</p>")
    facts.write_text("empty.txt", "")
    commit(lake, facts)
    september = stage_events(lake, SEPTEMBER, months=["2026-08", "2026-09"])
    september.adopt(Chain.read(lake).files("events", AUGUST))
    commit(lake, september)
    limits = stage_limits(lake, SEPTEMBER, 100, reads=[1, 2])
    limits.keep_text("policy", "a = 1")
    commit(lake, limits)
    commit(lake, stage_limits(lake, SEPTEMBER, 200, "revised", reads=[1, 2]))
    commit(lake, stage_limits(lake, OCTOBER, 200, kind="hold"))
    stage_limits(lake, OCTOBER, 300, "waits", needs_approval=["too many rose"])
    return lake


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    return full_lake(tmp_path_factory.mktemp("full") / "lake")


@pytest.fixture
def lake(full, tmp_path):
    shutil.copytree(full.root, tmp_path / "lake")
    return open_lake(tmp_path / "lake")


def test_a_lake_in_order_is_reread_whole(full):
    verdict = verify(full)

    assert (verdict.ok, verdict.findings, verdict.finding) == (True, (), None)
    assert verdict.counts == {
        "entries": 5,
        "files": 10,
        "rows": 23,
        "attachments": 7,
        "texts": 1,
        "published": 4,
    }
    assert len(verdict.abandoned) == 1


def bits_of(path):
    """Return some bits of a file: the first, the last, and three between, always the same."""
    count = path.stat().st_size * 8
    between = random.Random(path.name).sample(range(count), min(3, count))
    return sorted({0, count - 1, *between}) if count else []


def flip(path, bit):
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def test_one_flipped_bit_in_any_file_is_found_and_its_file_named_first(full):
    flipped = [(path, bit) for path in files_under(full.root) for bit in bits_of(path)]
    assert len(flipped) > 100

    missed = []
    for path, bit in flipped:
        flip(path, bit)
        finding = verify(full).finding
        flip(path, bit)
        if path.relative_to(full.root).as_posix() not in (finding or ""):
            missed.append((path, bit, finding))

    assert missed == []
    assert verify(full).ok


def test_any_file_that_is_missing_is_found_and_named_first(full):
    missed = []
    for path in files_under(full.root):
        content, relative = path.read_bytes(), path.relative_to(full.root).as_posix()
        path.unlink()
        finding = verify(full).finding
        path.write_bytes(content)
        if relative not in (finding or ""):
            missed.append((relative, finding))

    # The end of a chain that nothing points at yet: what it committed is found instead.
    newest, waits = "audit/00000005.json", "staged.json"
    assert [name for name, _ in missed if not name.endswith((newest, waits))] == []
    assert all(finding for name, finding in missed if name == newest)


def test_a_stranger_in_a_published_folder_is_found(lake):
    for name in ("limits/month=2026-09/part-0.parquet", "limits/month=2026-12/limits.parquet"):
        lake.path(name).parent.mkdir(exist_ok=True)
        shutil.copy(lake.path(LIMITS_FILE), lake.path(name))

    assert verify(lake).findings == (
        f"limits/month=2026-09/part-0.parquet{NOBODYS}",
        f"limits/month=2026-12/limits.parquet{NOBODYS}",
    )


@pytest.mark.parametrize("name", ["note.txt", "limits/.x", "audit/x.json", "runs/x", "other/x"])
def test_a_stranger_anywhere_is_found(lake, name):
    lake.path(name).parent.mkdir(exist_ok=True)
    lake.path(name).touch()

    assert verify(lake).findings == (f"{name}{NOBODYS}",)


def test_an_earlier_revision_is_an_unfinished_publish(lake):
    earlier = Chain.read(lake).entries[2].files[0]
    shutil.copy(lake.path(earlier.path), lake.path(LIMITS_FILE))

    assert verify(lake).findings == (
        f"{LIMITS_FILE}: is an earlier revision: unfinished publish of audit/00000004.json, run "
        "`limitwise repair`.",
    )


def test_a_published_object_that_is_missing_is_an_unfinished_publish(lake):
    lake.path(LIMITS_FILE).unlink()

    assert "is missing: unfinished publish of audit/00000004.json" in verify(lake).finding


def test_published_content_of_no_entry_is_tampered_with(lake):
    shutil.copy(lake.path("limits/month=2026-10/limits.parquet"), lake.path(LIMITS_FILE))

    assert verify(lake).findings == (
        f"{LIMITS_FILE}: tampered with: no audit entry ever published this content.",
    )


def test_a_chain_cut_off_at_its_end_leaves_what_it_published_behind(lake):
    lake.path("audit/00000005.json").unlink()

    assert verify(lake).findings == (
        f"limits/month=2026-10/limits.parquet{NOBODYS}",
        f"warnings/month=2026-10/warnings.parquet{NOBODYS}",
    )


def test_a_chain_cut_off_before_a_revision_makes_the_published_object_unexplained(lake):
    for number in (4, 5):
        lake.path(f"audit/0000000{number}.json").unlink()

    assert verify(lake).finding == (
        f"{LIMITS_FILE}: tampered with: no audit entry ever published this content."
    )


def test_a_chain_that_is_gone_leaves_everything_unexplained(lake):
    shutil.rmtree(lake.path("audit"))

    assert "no audit entry lists it" in verify(lake).finding


def test_a_gap_in_the_chain_is_the_only_finding(lake):
    lake.path("audit/00000002.json").unlink()

    (finding,) = verify(lake).findings
    assert "audit/00000002.json: is missing, and later entries exist" in finding


def test_two_files_exchanged_are_both_named(lake):
    one, other = (lake.path(f.path) for f in Chain.read(lake).files("events", AUGUST))
    one_bytes, other_bytes = one.read_bytes(), other.read_bytes()
    one.write_bytes(other_bytes)
    other.write_bytes(one_bytes)

    assert [
        str(path.relative_to(lake.root)) in finding
        for path, finding in zip((one, other), verify(lake).findings, strict=True)
    ] == [True, True]


def test_everything_wrong_is_named(lake):
    flip(lake.path(LIMITS_FILE), 0)
    flip(lake.path("warnings/month=2026-10/warnings.parquet"), 0)
    lake.path("stray").touch()

    assert len(verify(lake).findings) == 3


def test_another_lake_file_than_when_it_was_opened_is_found(lake, tmp_path):
    other = tiny_lake(tmp_path / "other", buckets=3)
    shutil.copy(other.path("lake.json"), lake.path("lake.json"))

    assert "lake.json" in verify(lake).finding
