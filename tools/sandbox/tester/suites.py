"""Prepare a test suite: compile it, collect its names, and make its comparisons report what they compared."""

from __future__ import annotations

import ast
import builtins
import sys
import types
from typing import Any

EQUAL = "__orps_equal__"
"""The name under which a test finds the function that compares and remembers."""
_MODULES = frozenset({"asyncio", "inspect", "mock", "os", "shutil", "subprocess", "tempfile", "unittest"})
"""Modules with which a test reaches for files, patches, frames or event loops that a solution would have to share."""
_NAMES = frozenset({"capsys", "monkeypatch", "open", "redirect_stdout"})
_ATTRIBUTES = frozenset({("sys", "argv"), ("sys", "settrace"), ("sys", "stderr"), ("sys", "stdin"), ("sys", "stdout")})
_ALIASES = {"np": "numpy", "pd": "pandas", "pytest": "pytest"}
_MODULES_FOR_TESTS = {name: name for name in sys.stdlib_module_names} | _ALIASES
"""Modules that a test gets for itself when it relies on the solution's having imported them."""


class UnusableSuite(Exception):
    """Signal that the suite itself is wrong; the text names the test and the line."""


class _Remember(ast.NodeTransformer):
    """Turn `assert a == b` into `assert __orps_equal__(a, b)`, which means the same and can explain itself."""

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        """Rewrite the assertions that compare exactly two values for equality."""
        test = node.test
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            call = ast.Call(ast.Name(EQUAL, ast.Load()), [test.left, test.comparators[0]], [])
            node.test = ast.copy_location(call, test)
        return node


class Suite:
    """Hold a suite prepared for testing; made once and used for every candidate."""

    def __init__(self, setup: str, module: str | None, entry_points: list[str], tests: list[dict[str, Any]]) -> None:
        """Compile the suite; raise UnusableSuite when a part of it is not Python."""
        self.setup_text = setup
        self.module = module
        self.entry_points = frozenset(entry_points)
        self.tests = tests
        tree = _parse(setup, "the suite's setup")
        self.setup = _compile(tree, "<setup>")
        self.imports = [] if module else _import_lines(tree)
        self._setup_names = _names(self.setup)
        self._star = module is not None and _star_import(tree, module)
        self._beyond = _needs_one_process(tree, module, entry_points)
        self._snippets: dict[int, tuple[types.CodeType, list[str], bool]] = {}
        for index, test in enumerate(tests):
            if test["kind"] == "snippet":
                self._snippets[index] = self._prepare(test)

    def _prepare(self, test: dict[str, Any]) -> tuple[types.CodeType, list[str], bool]:
        tree = _parse(test["code"], f"test {test['name']!r}")
        beyond = self._beyond or _needs_one_process(tree, self.module, list(self.entry_points))
        code = _compile(tree, "<test>")
        used = {name for name in self._setup_names | _names(code) if not name.startswith("__")}
        wanted = used - vars(builtins).keys() | self.entry_points
        return code, sorted(wanted) + ["*"] * self._star, beyond

    def modules(self, index: int) -> dict[str, str]:
        """Return the modules that the test does not get from the solution, by the name under which it uses them."""
        names = set(self.names(index)) - self.entry_points
        return {name: _MODULES_FOR_TESTS[name] for name in names & _MODULES_FOR_TESTS.keys()}

    def snippet(self, index: int) -> types.CodeType:
        """Return the compiled test."""
        return self._snippets[index][0]

    def names(self, index: int) -> list[str]:
        """Return the names that the test may take from the solution; "*" for all that are not defined elsewhere."""
        return self._snippets[index][1]

    def accepts(self, name: Any, index: int) -> bool:
        """Return True when the solution may define this name for the test.

        Only an entry point may hide a builtin or a module: a solution with an `isclose` or a `math` of its own would
        do the comparing itself.
        """
        if name in self.entry_points:
            return True
        if type(name) is not str or name.startswith("__") or name in _MODULES_FOR_TESTS or name in vars(builtins):
            return False
        return self._star or name in self.names(index)

    def in_one_process(self, index: int) -> bool:
        """Return True when the test must share a process with the solution: the suite alone decides that."""
        return self._snippets[index][2]


def _parse(source: str, what: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        reason = error.msg if isinstance(error, SyntaxError) else str(error) or type(error).__name__
        raise UnusableSuite(f"{what} does not compile{where}: {reason}") from error


def _compile(tree: ast.Module, name: str) -> types.CodeType:
    try:
        return compile(ast.fix_missing_locations(_Remember().visit(tree)), name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError) as error:
        raise UnusableSuite(f"{name.strip('<>')} does not compile: {error}") from error


def _names(code: types.CodeType) -> set[str]:
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _names(constant)
    return found


def _star_import(tree: ast.Module, module: str) -> bool:
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return any(node.module == module and node.names[0].name == "*" for node in froms)


def _import_lines(tree: ast.Module) -> list[list[Any]]:
    """Return the plain imports at the top of a setup, on which solutions rely where both share a namespace."""
    lines: list[list[Any]] = []
    for node in tree.body:
        if isinstance(node, ast.Import):
            lines += [[each.name, None, each.asname or each.name] for each in node.names if "." not in each.name]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            lines += [[node.module, each.name, each.asname or each.name] for each in node.names if each.name != "*"]
    return lines


def _needs_one_process(tree: ast.Module, module: str | None, entry_points: list[str]) -> bool:
    """Return True when this code does what cannot be done to a solution in another process."""
    solution = set(entry_points)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == module:
            solution |= {each.asname or each.name for each in node.names}
    return any(_is_beyond(node, solution) for node in ast.walk(tree))


def _is_beyond(node: ast.AST, solution: set[str]) -> bool:
    if isinstance(node, (ast.AsyncFunctionDef, ast.Await, ast.AsyncWith, ast.AsyncFor)):
        return True
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        origins = [node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
        return any(origin.split(".")[0] in _MODULES for origin in origins)
    if isinstance(node, ast.ClassDef):
        return any(isinstance(base, ast.Name) and base.id in solution for base in node.bases)
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, ast.Name) and (node.value.id, node.attr) in _ATTRIBUTES
    return isinstance(node, ast.Name) and node.id in _NAMES
