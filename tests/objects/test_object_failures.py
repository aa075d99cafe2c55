"""A server that fails, answers late, refuses, or loses its answer."""

import pytest

from tests.objects.object_lakes import published_cents
from tests.objects.servers import BUCKET, KEYS
from tests.warehouse.lakes import (
    SEPTEMBER,
    at,
    commit,
    stage_events,
    stage_limits,
    tiny_lake,
)
from transforms.errors import NotYetError, RefusedError
from warehouse.answers.query import query
from warehouse.store.audit import Chain
from warehouse.store.bucket import Bucket
from warehouse.store.lake import open_lake
from warehouse.store.publish import STEPS, Outcome
from warehouse.store.repair import repair
from warehouse.store.s3 import Access
from warehouse.store.verify import verify


@pytest.mark.parametrize("how", ["answer 500", "cut"])
def test_one_failed_upload_is_tried_again(through, proxy, how):
    failed = []

    def fail_once(request):
        if not failed:
            failed.append(request.path)
            request.cut() if how == "cut" else request.answer(500)

    proxy.on("PUT .*parquet", fail_once)

    assert commit(through, stage_limits(through, SEPTEMBER, 100_00)) == Outcome.PUBLISHED
    assert failed
    assert verify(through).ok


@pytest.mark.parametrize("nth", [1, 3, 6, 7, 8])
def test_a_server_that_stays_away_at_any_upload_leaves_nothing_half_done(lake, through, proxy, nth):
    """A month here is a manifest, two tables, two manifests, the entry and two copies."""
    commit(lake, stage_events(lake, SEPTEMBER))
    commit(lake, stage_limits(lake, SEPTEMBER, 1_00))
    uploads = []

    def stay_away(request):
        uploads.append(request.path)
        if len(uploads) >= nth:
            request.answer(503)

    proxy.on("^PUT ", stay_away)

    def month(place):
        return commit(place, stage_limits(place, SEPTEMBER, 2_00, "corrected"))

    with pytest.raises(NotYetError, match="could not be reached or failed"):
        month(through)

    assert published_cents(lake) in ([1_00] * 4, [2_00] * 4)
    month(lake)
    repair(lake)
    assert published_cents(lake) == [2_00] * 4
    assert verify(lake).ok
    assert Chain.read(lake).newest == 3


@pytest.mark.parametrize("moment", STEPS[1:5])
def test_a_run_that_ends_at_any_step_is_finished_by_repair(lake, elsewhere, moment):
    commit(lake, stage_limits(lake, SEPTEMBER, 1_00))
    second = stage_limits(lake, SEPTEMBER, 2_00, "corrected")

    def end():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        commit(lake, second, at(moment, end))
    repair(elsewhere)

    committed = Chain.read(elsewhere).newest == 2
    assert committed == (moment != "linked")
    assert published_cents(elsewhere) == ([2_00] if committed else [1_00]) * 4
    assert verify(elsewhere).ok


def test_a_lost_answer_to_the_entry_does_not_publish_twice(through, proxy):
    lost = []

    def lose(request):
        if not lost:
            lost.append(request.path)
            request.cut()

    staged = stage_limits(through, SEPTEMBER, 100_00)
    proxy.on("PUT .*audit/00000001", lose, when="after")

    outcome = commit(through, staged)

    assert lost
    assert outcome in (Outcome.PUBLISHED, Outcome.ALREADY_PUBLISHED)
    assert Chain.read(through).newest == 1
    assert published_cents(through) == [100_00] * 4


def test_a_download_cut_in_the_middle_is_never_taken_for_the_whole(
    lake, through, elsewhere, proxy, s3, tmp_path
):
    commit(lake, stage_limits(lake, SEPTEMBER, 100_00))
    far = open_lake(s3.bucket(f"lake/{tmp_path.name}", tmp_path / "third", proxy.endpoint))
    cuts = []

    def cut_once(request):
        if not cuts:
            cuts.append(request.path)
            request.cut()

    proxy.on("GET .*limits.*parquet", cut_once)

    try:
        rows = query(far, "SELECT limit_cents FROM limits")["limit_cents"].to_list()
    except RefusedError:
        rows = query(far, "SELECT limit_cents FROM limits")["limit_cents"].to_list()

    assert cuts
    assert rows == [100_00] * 4


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, r"LIMITWISE_LAKE s3://.*: access was refused \(AccessDenied\). Check AWS_ACCESS"),
        (400, r"the server refused the request \(Refused\)"),
    ],
)
def test_a_refusal_says_what_to_check_and_never_the_secret(through, proxy, status, message):
    proxy.on("", lambda request: request.answer(status))

    with pytest.raises(RefusedError, match=message) as refused:
        Chain.read(through)

    assert not isinstance(refused.value, NotYetError)
    assert "a-secret-key" not in str(refused.value)
    assert "an-access-key" not in str(refused.value)


def test_an_absent_bucket_is_named(s3, tmp_path):
    access = Access(setting="LIMITWISE_LAKE", endpoint=s3.endpoint, config=KEYS)
    nowhere = Bucket("s3://no-such-bucket/lake", tmp_path / "cache", access)

    for act in (tiny_lake, open_lake):
        with pytest.raises(RefusedError, match="no-such-bucket.*there is no such bucket"):
            act(nowhere)


def test_without_credentials_it_says_which_to_set(s3, tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    nobody = {"metadata_endpoint": "http://127.0.0.1:1"}  # a machine in the cloud asks its own
    access = Access(setting="LIMITWISE_LAKE", endpoint=s3.endpoint, config=nobody)

    with pytest.raises(RefusedError, match="no credentials are set.* Set AWS_ACCESS_KEY_ID and"):
        open_lake(Bucket(f"s3://{BUCKET}/lake", tmp_path / "cache", access))


def test_a_server_that_ignores_put_if_absent_gets_no_lake(s3, tmp_path, proxy):
    proxy.on("^PUT ", lambda request: request.headers.pop("if-none-match", None))
    place = s3.bucket(f"lake/{tmp_path.name}", tmp_path / "cache", proxy.endpoint)

    with pytest.raises(RefusedError, match="two runs could publish over each other"):
        tiny_lake(place)


def test_a_key_that_no_folder_can_hold_is_refused(lake, s3, tmp_path):
    s3.ask("PUT", f"/limitwise-tests/lake/{tmp_path.name}/audit//x")

    with pytest.raises(RefusedError, match="holds a key that no folder can hold"):
        Chain.read(lake)


def test_every_page_of_a_list_counts(lake, through, proxy):
    for number in range(1_100):
        lake.place.put(f"texts/{number:04d}", lambda draft: draft.write_bytes(b""))
    lake.place.settle([])

    names = through.place.names("texts")

    pages = [path for method, path in proxy.seen if method == "GET" and "list-type=2" in path]
    assert len(names) == 1_100
    assert len(pages) == 2
