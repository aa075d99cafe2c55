"""What README.md tells people to type and to set is what the code knows."""

import re
from dataclasses import fields
from pathlib import Path

from warehouse.commands.airflow_process import KEPT_MEMORY
from warehouse.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
CODE = "".join(
    path.read_text("utf-8")
    for room in ("warehouse", "dags")
    for path in (ROOT / room).rglob("*.py")
)


def test_every_setting_is_one_that_the_code_reads():
    named = set(re.findall(r"LIMITWISE_[A-Z0-9_]+", README))
    places = {f"LIMITWISE_{each.name.upper()}" for each in fields(Settings)}

    assert {name for name in named - places if f'"{name}"' not in CODE} == set()


def test_an_airflow_of_the_lenders_own_is_given_the_memory_settings_of_ours():
    for name, value in KEPT_MEMORY.items():
        assert f"{name}={value}" in README


def test_every_option_is_one_of_the_command_line():
    options = set(re.findall(r"limitwise [^`\n]*?(--[a-z-]+)", README))

    assert options
    assert {option for option in options if f'"{option}"' not in CODE} == set()


def test_every_link_leads_somewhere():
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", README):
        assert (ROOT / target).exists(), target
