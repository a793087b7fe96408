"""Counts what a checkout consists of, and how its parts are named, without importing it.

    python -m perf.structure          # of the checkout that this file is in
    python -m perf.structure DIR --json

Counted are the Python files of orps_agent and of the folders that its package has beside it (graphs, tools, prompts),
each of them once, also where orps_agent holds a link to it.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import TypeVar

PACKAGE = "orps_agent"
BESIDE = ("graphs", "tools", "prompts")
"""Parts of the package whose folders are, or were, beside its own."""
STORE = "store"
"""The room in which SQL is at home."""
_QUESTION = re.compile(r"(What|Whether|How|Which|Where|Who)\b")
_SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|PRAGMA)\s")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = Function | ast.ClassDef | ast.Module
Node = TypeVar("Node", bound=ast.AST)
Facts = dict[str, object]


@dataclass(frozen=True)
class Module:
    """Hold a Python file of the project."""

    path: Path
    """From the checkout's root, without links."""
    name: str
    """As it is imported: `orps_agent.graphs.search`."""
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Return the parsed source."""
        return ast.parse(self.text)

    @property
    def is_package(self) -> bool:
        """Tell an `__init__` from other files."""
        return self.path.stem == "__init__"

    @property
    def room(self) -> str:
        """Return the room that the module belongs to; itself for a file at the top."""
        return self.name.split(".")[1] if "." in self.name else self.name

    @property
    def lines(self) -> int:
        """Return its length in lines."""
        return len(self.text.splitlines())

    def nodes(self, kind: type[Node]) -> Iterator[Node]:
        """Yield the nodes of a kind, in no order that matters."""
        return (node for node in ast.walk(self.tree) if isinstance(node, kind))

    def functions(self) -> Iterator[Function]:
        """Yield the functions and methods, those within others included."""
        yield from self.nodes(ast.FunctionDef)
        yield from self.nodes(ast.AsyncFunctionDef)


def modules_of(root: Path) -> list[Module]:
    """Read every file of the project once, ordered by its path."""
    places = [(root / PACKAGE, PACKAGE), *((root / each, f"{PACKAGE}.{each}") for each in BESIDE)]
    found: dict[Path, Module] = {}
    for folder, prefix in places:
        for given in _python_files(folder):
            real = Path(os.path.realpath(given))
            if real not in found:
                parts = given.relative_to(folder).with_suffix("").parts
                name = ".".join((prefix, *(part for part in parts if part != "__init__")))
                found[real] = Module(_within(real, root), name, real.read_text(encoding="utf-8"))
    return sorted(found.values(), key=lambda module: module.path)


def _python_files(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [each for each in folders if each != "__pycache__" and not each.startswith(".")]
        yield from (Path(here, each) for each in files if each.endswith(".py"))


def _within(path: Path, root: Path) -> Path:
    real = Path(os.path.realpath(root))
    return path.relative_to(real) if path.is_relative_to(real) else path


def top_of(modules: Iterable[Module]) -> Facts:
    """List what stands at the top of the package: its public modules, and its rooms."""
    inner = [module for module in modules if module.name.count(".") == 1 or module.name == PACKAGE]
    public = sorted(module.room for module in inner if not module.is_package and not module.path.stem.startswith("_"))
    rooms = sorted(module.room for module in inner if module.is_package and module.name != PACKAGE)
    return {
        "public modules at the top": len(public),
        "rooms": len(rooms),
        "names of public modules at the top": public,
        "names of rooms": rooms,
    }


def layers_of(root: Path) -> Facts:
    """Count the layers that import-linter is told to keep in order, and what stands in them."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings.get("tool", {}).get("importlinter", {}).get("contracts", [])
    ordered = [each for each in contracts if each.get("type") == "layers"]
    layers = [layer for each in ordered if "containers" not in each for layer in each["layers"]]
    inside = [layer for each in ordered if "containers" in each for layer in each["layers"]]
    return {
        "layers of rooms": len(layers),
        "rooms in these layers": sum(len(re.split(r"[|:]", layer)) for layer in layers),
        "layers inside a room": len(inside),
    }


def names_of(modules: Sequence[Module]) -> Facts:
    """Count the names that several things have, and list the modules that are named by a gerund."""
    files = [module for module in modules if not module.path.stem.startswith("__")]
    packages = [module for module in modules if module.is_package]
    stems = _repeated(module.path.stem for module in files)
    both = _repeated(module.name.rpartition(".")[2] for module in (*files, *packages))
    classes = _repeated(node.name for module in modules for node in module.nodes(ast.ClassDef))
    gerunds = sorted(str(module.path) for module in files if module.path.stem.endswith("ing"))
    return {
        "module names that occur more than once": len(stems),
        "modules with such a name": sum(stems.values()),
        "names of modules and packages that occur more than once": len(both),
        "class names that occur more than once": len(classes),
        "classes with such a name": sum(classes.values()),
        "modules named by a gerund": len(gerunds),
        "repeated module names": stems,
        "repeated names of modules and packages": both,
        "repeated class names": classes,
        "gerunds": gerunds,
    }


def _repeated(names: Iterable[str]) -> dict[str, int]:
    counted = sorted(Counter(names).items(), key=lambda each: (-each[1], each[0]))
    return {name: count for name, count in counted if count > 1}


def docstrings_of(modules: Iterable[Module]) -> Facts:
    """Count the docstrings that begin with a question's word, of all that there are."""
    kinds: dict[str, list[Documented]] = {"functions": [], "classes": [], "modules": []}
    for module in modules:
        kinds["functions"] += module.functions()
        kinds["classes"] += module.nodes(ast.ClassDef)
        kinds["modules"].append(module.tree)
    facts: Facts = {}
    for kind, nodes in kinds.items():
        texts = [text for node in nodes if (text := ast.get_docstring(node)) is not None]
        asking = sum(_QUESTION.match(text) is not None for text in texts)
        facts[f"documented {kind}"] = len(texts)
        facts[f"of these begin with What, Whether, How, Which, Where, Who ({kind})"] = asking
        facts[f"share of these, percent ({kind})"] = round(100 * asking / len(texts), 1) if texts else 0.0
    return facts


def sizes_of(modules: Sequence[Module]) -> Facts:
    """Measure files and functions, in lines."""
    files = {str(module.path): module.lines for module in modules}
    functions = {
        f"{module.path}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for module in modules
        for node in module.functions()
    }
    return {
        "modules": len(files),
        "lines": sum(files.values()),
        "functions": len(functions),
        "median file, lines": median(files.values()),
        "median function, lines": median(functions.values()),
        "longest file": _longest(files),
        "longest function": _longest(functions),
    }


def _longest(lengths: dict[str, int]) -> str:
    name = max(lengths, key=lambda each: lengths[each])
    return f"{lengths[name]} lines, {name}"


def _room(name: str) -> str:
    """Return the room of a module by the module's name; a file at the top of the package is a room of its own."""
    return ".".join(name.split(".")[:2])


def arrows_of(modules: Sequence[Module]) -> Facts:
    """Count which modules import which, those of type checkers and of functions included, each pair once."""
    known = {module.name for module in modules}
    arrows = {(module.name, target) for module in modules for target in _imported(module, known)}
    rooms = {(_room(source), _room(target)) for source, target in arrows}
    return {
        "import arrows between modules": sum(source != target for source, target in arrows),
        "import arrows between rooms": sum(source != target for source, target in rooms),
    }


def _imported(module: Module, known: set[str]) -> Iterator[str]:
    for node in module.nodes(ast.Import):
        yield from (alias.name for alias in node.names if alias.name in known)
    for origin in module.nodes(ast.ImportFrom):
        base = _base(module, origin)
        inner = {f"{base}.{alias.name}" for alias in origin.names}
        yield from inner & known
        if inner - known and base in known:
            yield base


def _base(module: Module, node: ast.ImportFrom) -> str:
    """Return the absolute name of what names are imported from."""
    if not node.level:
        return node.module or ""
    up = node.level - module.is_package
    here = module.name.split(".")
    return ".".join([*here[: len(here) - up], *((node.module,) if node.module else ())])


def casts_of(modules: Iterable[Module]) -> Facts:
    """Count the places where a type is given up by `cast(Any, ...)`."""
    places = [
        f"{module.path}:{node.lineno}" for module in modules for node in module.nodes(ast.Call) if _casts_to_any(node)
    ]
    return {"casts to Any": len(places), "places of these": places}


def _casts_to_any(call: ast.Call) -> bool:
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)
    if called != "cast" or not call.args:
        return False
    to = call.args[0]
    return (isinstance(to, ast.Constant) and to.value == "Any") or (isinstance(to, ast.Name) and to.id == "Any")


def statements_of(modules: Iterable[Module]) -> Facts:
    """Count the SQL statements outside the store, by file."""
    found = {str(module.path): sum(map(_is_sql, _texts(module.tree))) for module in modules if module.room != STORE}
    by_file = {path: count for path, count in found.items() if count}
    return {"SQL statements outside the store": sum(by_file.values()), "files of these": by_file}


def _texts(tree: ast.Module) -> Iterator[str]:
    """Yield the literal texts of a module but for docstrings; of an f-string, the beginning."""
    nodes = list(ast.walk(tree))
    skipped = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
    for node in nodes:
        start = node.values[0] if isinstance(node, ast.JoinedStr) and node.values else node
        if isinstance(start, ast.Constant) and isinstance(start.value, str) and id(node) not in skipped:
            yield start.value


def _is_sql(text: str) -> bool:
    return _SQL.match(text) is not None


def structure(root: Path) -> Facts:
    """Count everything about a checkout."""
    modules = modules_of(root)
    facts = top_of(modules) | layers_of(root) | names_of(modules) | docstrings_of(modules)
    return facts | sizes_of(modules) | arrows_of(modules) | casts_of(modules) | statements_of(modules)


def print_table(facts: Facts) -> None:
    """Print the numbers first, then what they count."""
    width = max(map(len, facts))
    for name, value in facts.items():
        if not isinstance(value, list | dict):
            print(f"{name:{width}}  {value:g}" if isinstance(value, float) else f"{name:{width}}  {value}")
    for name, value in facts.items():
        if isinstance(value, list | dict) and value:
            print(f"\n{name}:")
            items = value.items() if isinstance(value, dict) else ((each, "") for each in value)
            for each, count in items:
                print(f"  {count:>4}  {each}" if count else f"  {each}")


def main() -> None:
    """Count what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).parents[1], metavar="DIR")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    given = parser.parse_args()
    facts = structure(given.root)
    if given.json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        print_table(facts)


if __name__ == "__main__":
    main()
