"""A lake and what never changes about it."""

import polars as pl
import pytest

from tests.warehouse.lakes import tiny_lake
from transforms.errors import RefusedError
from warehouse.store.lake import LAKE_FILE, bucket_of, create_lake, open_lake

KEY = "0" * 64


def test_a_lake_opens_as_it_was_created(tmp_path):
    created = create_lake(
        tmp_path / "new" / "lake", buckets=4, time_zone="Asia/Taipei", currency="TWD"
    )

    opened = open_lake(tmp_path / "new" / "lake")

    assert opened == created
    assert (opened.buckets, opened.time_zone, opened.currency) == (4, "Asia/Taipei", "TWD")


def test_the_defaults_are_those_of_the_design(tmp_path):
    lake = create_lake(tmp_path)

    assert (lake.buckets, lake.time_zone, lake.currency) == (16, "Asia/Shanghai", "CNY")


def test_a_lake_that_exists_keeps_its_constants(tmp_path):
    first = create_lake(tmp_path, buckets=4)

    second = create_lake(tmp_path, buckets=8, currency="EUR")

    assert second == first


def test_each_lake_draws_a_device_key_of_its_own(tmp_path):
    keys = {create_lake(tmp_path / name).device_key for name in ("a", "b")}

    assert len(keys) == 2


def test_a_lake_may_be_moved(tmp_path):
    digest = tiny_lake(tmp_path / "here").digest

    (tmp_path / "here").rename(tmp_path / "there")

    assert open_lake(tmp_path / "there").digest == digest


@pytest.mark.parametrize(
    ("constants", "message"),
    [
        ({"buckets": 0}, "0 buckets, allowed are 1 to 100"),
        ({"buckets": 101}, "101 buckets"),
        ({"currency": "yuan"}, "currency 'yuan'"),
        ({"currency": "A1B"}, "currency 'A1B'"),
        ({"time_zone": "Mars/Olympus"}, "time zone 'Mars/Olympus'"),
        ({"time_zone": "Europe/Pari"}, "'Europe/Pari' .Did you mean 'Europe/Paris'"),
        ({"time_zone": "../../etc/passwd"}, "time zone '../../etc/passwd'"),
        ({"time_zone": ""}, "time zone ''"),
        ({"device_key": "secret"}, "a device key that is not 64 hexadecimal digits"),
        ({"buckets": -1, "currency": "?"}, "-1 buckets.*; currency"),
    ],
    ids=str,
)
def test_a_constant_out_of_range_is_refused_and_nothing_is_made(tmp_path, constants, message):
    with pytest.raises(RefusedError, match=message):
        create_lake(tmp_path / "lake", **constants)

    assert not (tmp_path / "lake").exists()


def test_a_lake_cannot_be_made_under_a_file_or_at_a_url(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(RefusedError, match="cannot be created there"):
        create_lake(tmp_path / "file")
    with pytest.raises(RefusedError, match="a URL where a folder was expected"):
        create_lake("s3://bucket/lake")


def test_a_folder_without_lake_file_is_no_lake(tmp_path):
    with pytest.raises(RefusedError, match="`limitwise init`"):
        open_lake(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff\xfe", b'{"buckets": 1}'], ids=repr)
def test_a_lake_file_of_something_else_is_refused(tmp_path, content):
    tiny_lake(tmp_path)
    (tmp_path / LAKE_FILE).write_bytes(content)

    with pytest.raises(RefusedError, match="lake.json is not as it was written"):
        open_lake(tmp_path)


def test_one_changed_digit_of_a_constant_is_noticed(tmp_path):
    lake = tiny_lake(tmp_path)
    path = tmp_path / LAKE_FILE
    path.write_bytes(path.read_bytes().replace(b'"buckets":1', b'"buckets":2'))

    with pytest.raises(RefusedError, match="not as it was written"):
        open_lake(lake.root)


@pytest.mark.parametrize(
    ("user_id", "xxhash64"),
    [("", 0xEF46DB3751D8E999), ("a", 0xD24EC4F1A98C6E5B), ("abc", 0x44BC2CF5AD770999)],
)
def test_a_bucket_is_the_published_xxhash64_of_the_user(user_id, xxhash64):
    bucket = pl.DataFrame({"user_id": [user_id]}).select(bucket_of(100)).item()

    assert bucket == xxhash64 % 100


def test_every_user_has_one_bucket_whoever_stands_beside():
    users = pl.DataFrame(
        {"user_id": [f"u{n}" for n in range(1000)] + ["陈", "'; drop", "x" * 10_000]}
    )

    buckets = users.select(bucket_of(16)).to_series()

    assert buckets.dtype == pl.UInt16
    assert set(buckets) == set(range(16))
    assert (
        buckets.reverse().to_list() == users.reverse().select(bucket_of(16)).to_series().to_list()
    )
