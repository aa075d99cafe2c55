"""A lake in a bucket: the same protocol over the same acts, and what only a network can do."""

import shutil
import threading

import polars as pl
import pytest

from tests.objects.object_lakes import PUBLISHED, published_cents
from tests.warehouse.lakes import (
    AUGUST,
    OCTOBER,
    SEPTEMBER,
    at,
    commit,
    newest,
    stage_events,
    stage_limits,
    tiny_lake,
)
from transforms.errors import RefusedError
from transforms.tables.decided import LIMITS
from warehouse.answers.query import files, query
from warehouse.answers.status import status
from warehouse.store.audit import Chain
from warehouse.store.publish import STEPS, Outcome
from warehouse.store.repair import repair
from warehouse.store.staging import Staging
from warehouse.store.verify import verify


def test_a_month_has_the_files_and_bytes_of_a_lake_in_a_folder(lake, tmp_path):
    folder = tiny_lake(tmp_path / "folder", buckets=1)
    for each in (lake, folder):
        commit(each, stage_events(each, SEPTEMBER))
        commit(each, stage_limits(each, SEPTEMBER, 100_00, reads=[1]))

    assert lake.place.names() == folder.place.names()
    assert lake.place.digests(lake.place.names()) == folder.place.digests(folder.place.names())
    assert newest(lake) == newest(folder)
    assert verify(lake).counts == verify(folder).counts
    assert verify(lake).ok


def test_another_machine_goes_on_with_what_one_has_sealed(lake, elsewhere):
    staged = stage_limits(lake, SEPTEMBER, 100_00)
    staged.path("docs").mkdir(parents=True)
    (staged.path("docs") / "index.html").write_text("all good")
    staged.seal()
    shutil.rmtree(lake.root)

    resumed = Staging.resume(elsewhere, staged.folder)
    rows = pl.read_parquet(resumed.paths("limits", SEPTEMBER))
    outcome = commit(elsewhere, resumed)

    assert rows["limit_cents"].to_list() == [100_00] * 4
    assert outcome == Outcome.PUBLISHED
    assert f"{staged.folder}/docs/index.html" in newest(elsewhere).attachments
    assert verify(elsewhere).ok


def test_publishing_copies_within_the_bucket_and_downloads_no_table(through, proxy):
    staged = stage_limits(through, SEPTEMBER, 100_00)
    proxy.seen.clear()

    commit(through, staged)

    downloads = [path for method, path in proxy.seen if method == "GET" and ".parquet" in path]
    assert downloads == []
    assert published_cents(through) == [100_00] * 4


def test_a_staged_object_that_was_overwritten_is_refused(lake, s3, tmp_path):
    staged = stage_limits(lake, SEPTEMBER, 100_00)
    s3.overwrite(f"lake/{tmp_path.name}/{staged.files[0].path}", b"rot")

    with pytest.raises(RefusedError, match=f"{lake.place.url}/runs/.* not as it was staged"):
        commit(lake, staged)
    assert lake.place.names("audit") == []


def test_a_query_copies_only_the_months_that_it_asks_for(lake, elsewhere):
    for month, cents in ((SEPTEMBER, 1_00), (OCTOBER, 2_00)):
        commit(lake, stage_limits(lake, month, cents))

    rows = query(
        elsewhere,
        "SELECT user_id, limit_cents FROM limits WHERE month = '2026-10' ORDER BY user_id LIMIT 1",
    )

    assert rows.rows() == [("ana", 2_00)]
    copied = {p.parent.name for p in elsewhere.root.rglob("*.parquet")}
    assert copied == {"2026-10"}


def test_files_and_status_show_urls(lake):
    commit(lake, stage_limits(lake, SEPTEMBER, 100_00))

    (url,) = files(lake, "limits", SEPTEMBER)

    assert url == f"{lake.place.url}/{newest(lake).files[0].path}"
    assert status(lake)["lake"] == lake.place.url


class TestAudit:
    """`verify` looks at the objects, never at the copies."""

    @pytest.mark.parametrize("part", ["limits/month", "/limits/2026-09", "audit/", "lake.json"])
    def test_one_changed_object_is_found_although_the_copy_is_right(self, lake, s3, tmp_path, part):
        commit(lake, stage_limits(lake, SEPTEMBER, 100_00))
        name = next(name for name in lake.place.names() if part in name)
        content = bytearray(lake.place.read(name))
        content[len(content) // 2] ^= 1
        s3.overwrite(f"lake/{tmp_path.name}/{name}", bytes(content))

        assert name in verify(lake).finding

    def test_objects_are_read_several_at_a_time(self, lake, through, proxy):
        commit(lake, stage_limits(lake, SEPTEMBER, 100_00))
        together = threading.Barrier(2, timeout=60)
        proxy.on("GET .*/2026-09/.*parquet", lambda request: together.wait())

        assert verify(through).ok
        assert not together.broken

    def test_what_is_wrong_is_named_in_the_order_of_the_chain_every_time(self, lake, s3, tmp_path):
        for month in (AUGUST, SEPTEMBER):
            commit(lake, stage_events(lake, month))
        commit(lake, stage_limits(lake, SEPTEMBER, 100_00))
        names = [file.path for entry in Chain.read(lake).entries for file in entry.files]
        for name in names:
            s3.overwrite(f"lake/{tmp_path.name}/{name}", b"rot")

        findings = verify(lake).findings

        assert [finding.split(":")[0] for finding in findings] == names
        assert verify(lake).findings == findings

    def test_a_changed_copy_is_nothing(self, lake):
        commit(lake, stage_limits(lake, SEPTEMBER, 100_00))
        for copy in lake.root.rglob("*.parquet"):
            copy.write_bytes(b"rot")

        assert verify(lake).ok
        assert query(lake, "SELECT count(*) FROM limits").item() == 4

    def test_a_stranger_is_named(self, lake):
        commit(lake, stage_limits(lake, SEPTEMBER, 100_00))
        lake.place.put_bytes("limits/month=2026-09/more.parquet", b"")

        assert verify(lake).finding.startswith("limits/month=2026-09/more.parquet: no audit entry")

    def test_a_published_object_is_repaired_and_a_foreign_one_left_alone(self, lake):
        commit(lake, stage_limits(lake, SEPTEMBER, 100_00))
        lake.place.remove(PUBLISHED)

        assert "unfinished publish" in verify(lake).finding
        assert repair(lake) == [f"{PUBLISHED}: published now"]
        assert published_cents(lake) == [100_00] * 4
        lake.place.put_bytes(PUBLISHED, b"foreign")
        assert "no run wrote this content" in repair(lake)[0]
        assert lake.place.read(PUBLISHED) == b"foreign"

    def test_an_abandoned_staging_is_deleted_with_its_copies(self, lake):
        staged = stage_limits(lake, SEPTEMBER, 100_00)

        assert repair(lake, delete_abandoned=True) == [
            f"{staged.folder}: abandoned staging, deleted"
        ]
        assert lake.place.names() == ["lake.json"]
        assert not lake.path(staged.folder).exists()


class TestTwoWriters:
    """Put-if-absent decides, whatever a writer knew when it began."""

    @pytest.mark.parametrize("moment", STEPS[:4])
    def test_of_two_that_publish_the_same_month_one_does(self, lake, elsewhere, moment):
        mine, theirs = (stage_limits(each, SEPTEMBER, 100_00) for each in (lake, elsewhere))
        outcomes = []

        def other():
            outcomes.append(commit(elsewhere, theirs))

        outcomes.append(commit(lake, mine, at(moment, other)))

        assert sorted(outcomes) == [Outcome.ALREADY_PUBLISHED, Outcome.PUBLISHED]
        assert mine.folder != theirs.folder
        assert Chain.read(lake).newest == 1
        assert verify(lake).ok

    def test_of_two_with_other_inputs_the_slower_is_refused(self, lake, elsewhere):
        mine = stage_limits(lake, SEPTEMBER, 100_00, "mine")
        theirs = stage_limits(elsewhere, SEPTEMBER, 200_00, "theirs")

        with pytest.raises(RefusedError, match="another run published the month first"):
            commit(lake, mine, at("linked", lambda: commit(elsewhere, theirs)))

        assert published_cents(lake) == [200_00] * 4

    def test_a_list_that_was_answered_before_the_other_published_changes_nothing(
        self, through, elsewhere, proxy
    ):
        mine, theirs = stage_events(through, AUGUST), stage_events(elsewhere, SEPTEMBER)
        waiting = [theirs]
        proxy.on(
            "GET .*list-type=2.*audit",
            lambda request: waiting and commit(elsewhere, waiting.pop()),
            when="after",
        )

        assert commit(through, mine) == Outcome.PUBLISHED
        assert [entry.months for entry in Chain.read(through).entries] == [(SEPTEMBER,), (AUGUST,)]
        assert verify(through).ok

    def test_two_that_stage_the_same_inputs_have_folders_of_their_own(self, lake, elsewhere):
        folders = [stage_limits(each, SEPTEMBER, 1).folder for each in (lake, elsewhere, lake)]

        assert [folder.rpartition("/")[2] for folder in folders] == ["1", "2", "3"]

    def test_an_open_staging_takes_no_file_once_another_process_published_it(self, lake, elsewhere):
        staged = stage_limits(lake, SEPTEMBER, 100_00)
        commit(elsewhere, Staging.resume(elsewhere, staged.folder))

        with pytest.raises(RefusedError, match="committed, so it stays"):
            Staging.resume(lake, staged.folder).write(LIMITS, SEPTEMBER, LIMITS.empty())
