"""The demo knows nothing of the product: it could not flatter it if it wanted to."""

import ast
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "demo"
NEVER = {"transforms", "policies", "expectations", "warehouse", "dags", "airflow"}


@pytest.mark.parametrize("path", sorted(DEMO.glob("*.py")), ids=lambda path: path.name)
def test_the_demo_imports_nothing_of_the_product(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full"
            imported.add(node.module.split(".")[0])

    assert not imported & NEVER
