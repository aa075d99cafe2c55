"""Where things lie, as the environment says."""

import pytest

from transforms.errors import RefusedError
from warehouse.settings import demo_folders, settings_from_environment
from warehouse.store.folder import Folder


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Set variables; everything else is as in a clone of the project."""
    for name in ("LAKE", "LANDING", "POLICIES", "SOURCES", "CACHE", "TASKS"):
        monkeypatch.delenv(f"LIMITWISE_{name}", raising=False)
    monkeypatch.setenv("LIMITWISE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)

    def set_to(**values: str):
        for name, value in values.items():
            monkeypatch.setenv(f"LIMITWISE_{name.upper()}", value)

    return set_to


def test_without_settings_everything_lies_in_the_folder_one_stands_in(environment, tmp_path):
    settings = settings_from_environment()

    assert settings.lake == Folder(tmp_path / "lake")
    assert settings.landing == Folder(tmp_path / "landing")
    assert (settings.policies, settings.sources) == (tmp_path / "policies", tmp_path / "sources")


@pytest.mark.parametrize("url", ["s3://lender/lake", "s3://lender/lake/", "s3://lender"])
def test_a_lake_may_be_a_url(environment, tmp_path, url):
    environment(lake=url)

    lake = settings_from_environment().lake

    assert lake.shown() == url.rstrip("/")
    assert lake.shown("a/b") == f"{url.rstrip('/')}/a/b"
    assert lake.root.parent == tmp_path / "cache"


def test_two_urls_and_two_servers_share_no_copies(environment, monkeypatch):
    roots = set()
    for url in ("s3://lender/a-b", "s3://lender/a/b"):
        for endpoint in ("http://127.0.0.1:1", "http://127.0.0.1:2"):
            environment(lake=url)
            monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
            roots.add(settings_from_environment().lake.root)

    assert len(roots) == 4


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"lake": " "}, "LIMITWISE_LAKE: is empty"),
        ({"lake": "gs://lender/lake"}, "LIMITWISE_LAKE: 'gs://lender/lake' is no URL of the form"),
        ({"lake": "s3://lender/a/../b"}, "LIMITWISE_LAKE: 's3://lender/a/../b' is no URL"),
        ({"lake": "s3://lender//lake"}, "'s3://lender//lake' is no URL"),
        ({"landing": "s3://Lender"}, "LIMITWISE_LANDING: 's3://Lender' is no URL"),
        ({"landing": "s3://key:secret@lender"}, "LIMITWISE_LANDING: it is no URL"),
        ({"policies": "s3://lender/policies"}, "LIMITWISE_POLICIES: .*Set it to a folder"),
    ],
    ids=str,
)
def test_what_is_no_place_is_refused_by_the_name_of_the_setting(environment, values, message):
    environment(**values)

    with pytest.raises(RefusedError, match=message) as refused:
        settings_from_environment()

    assert "secret" not in str(refused.value)


def test_the_demo_lives_in_folders(environment, tmp_path):
    assert demo_folders() == (tmp_path / "landing", tmp_path / "lake")

    environment(lake="s3://lender/lake")
    with pytest.raises(RefusedError, match="LIMITWISE_LAKE: is s3://lender/lake, and the demo"):
        demo_folders()
