"""Check that what runs inside the sandbox needs nothing but the standard library."""

import ast
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

SANDBOX = ROOT / "tools/sandbox"


@pytest.mark.parametrize("path", sorted(SANDBOX.rglob("*.py")), ids=lambda path: str(path.relative_to(SANDBOX)))
def test_a_module_of_the_sandbox_imports_the_standard_library_and_its_neighbours_alone(path: Path) -> None:
    tree = ast.parse(path.read_text())
    plain = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    plain |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    assert {name.split(".")[0] for name in plain} <= {*sys.stdlib_module_names, "__main__"}
    depth = len(path.relative_to(SANDBOX).parts)
    assert all(node.level <= depth for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
