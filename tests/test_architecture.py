"""The rooms of the house, and which doors are open."""

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("transforms", "expectations", "warehouse", "dags")  # each may import those before it
# Rooms of the warehouse: each may import those before it, and what belongs to no room.
STORAGE = ("store", "intake", "monthly", "scores", "answers", "commands")
OUTSIDE_ONLY = {
    "airflow": {"dags"},
    "great_expectations": {"expectations"},
    "os": {"warehouse", "dags"},
    "pathlib": {"warehouse", "dags", "expectations"},
    "time": {"warehouse", "expectations"},
    "demo": {"warehouse", "dags"},
}
LONGEST_FILE = 300


def imports(path: Path) -> set[str]:
    """Return the top-level names imported anywhere in a module."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full"
            found.add(node.module.split(".")[0])
    return found


def module_level_imports(path: Path) -> set[str]:
    """Return the top-level names that a module imports as soon as it is parsed."""
    found = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module.split(".")[0])
    return found


MODULES = [(room, path) for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
IDS = [path.relative_to(ROOT).as_posix() for _, path in MODULES]


@pytest.mark.parametrize(("room", "path"), MODULES, ids=IDS)
def test_a_room_imports_only_what_it_may(room, path):
    later = set(ROOMS[ROOMS.index(room) + 1 :])
    forbidden = later | {name for name, rooms in OUTSIDE_ONLY.items() if room not in rooms}

    assert not imports(path) & forbidden


def inner_imports(path: Path, package: str) -> set[str]:
    """Return the rooms of a package that a module imports from."""
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    names = [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[1] for name in names if name.startswith(f"{package}.")}


@pytest.mark.parametrize("room", STORAGE)
def test_a_room_of_the_warehouse_imports_only_those_before_it(room):
    later = set(STORAGE[STORAGE.index(room) + 1 :])
    found = {
        name
        for path in (ROOT / "warehouse" / room).glob("*.py")
        for name in inner_imports(path, "warehouse")
    }

    assert not found & later


@pytest.mark.parametrize("path", [path for _, path in MODULES], ids=IDS)
def test_a_file_fits_in_a_head(path):
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", sorted((ROOT / "demo").glob("*.py")), ids=lambda path: path.name)
def test_the_demo_world_knows_nothing_of_the_rules_it_is_judged_by(path):
    assert not imports(path) & {"transforms", "expectations", "warehouse", "dags"}


@pytest.mark.parametrize("name", ["extract_behaviour_logs", "refresh_limits"])
def test_a_dag_file_imports_nothing_heavy_when_it_is_parsed(name):
    found = module_level_imports(ROOT / "dags" / f"{name}.py")

    assert found <= {"datetime", "airflow", "foreseen", "month_param"}


@pytest.mark.parametrize("room", ("transforms", "expectations", "warehouse", "demo"))
def test_no_other_package_has_the_name_of_a_room(room):
    assert Path(importlib.import_module(room).__file__).parent == ROOT / room
