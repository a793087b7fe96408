"""Find the names that a test needs from the solution."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from importlib.machinery import PathFinder
from symtable import SymbolTable, symtable


def defined_names(code: str) -> set[str]:
    """Return the names that running the code as a module binds."""
    scopes = list(_scopes(code))
    at_top = {symbol.get_name() for symbol in scopes[0].get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    return at_top | {
        symbol.get_name()
        for scope in scopes
        for symbol in scope.get_symbols()
        if symbol.is_declared_global() and symbol.is_assigned()
    }


def own_names(code: str) -> set[str]:
    """Return the names that the code itself defines at top level: functions, classes, variables, but not imports."""
    top = next(_scopes(code))
    return {each.get_name() for each in top.get_symbols() if each.is_assigned() and not each.is_imported()}


def free_names(code: str) -> set[str]:
    """Return the names that the code reads from its module and that neither it nor Python defines."""
    top, *inner = _scopes(code)
    read = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced()}
    for scope in inner:
        read |= {symbol.get_name() for symbol in scope.get_symbols() if symbol.is_global()}
    return read - defined_names(code) - set(dir(builtins)) - {"__file__"}


def called_names(tree: ast.Module) -> set[str]:
    """Return the names at the root of every call: `f` in `f(1)`, `Stack` in `Stack.of(1)`."""
    return {root for node in ast.walk(tree) if isinstance(node, ast.Call) and (root := _root(node.func))}


_DEFINED = re.compile(r"\b(?:def|class)\s+([^\W\d]\w*)\s*[(:]")
_CALLED = re.compile(r"(?<![\w.])([^\W\d]\w*)\(")
_NAMED = re.compile(r"\b(?:function|class)\s+(?:(?:called|named)\s+)?[`'\"]([^\W\d]\w*)[`'\"]")
_ORDERS = frozenset({"O", "o", "Θ", "Ω", "Theta", "Omega"})
"""Names that precede the parentheses of a running time, as in O(n)."""


def named_in(statement: str) -> tuple[str, ...]:
    """Return the names that a task in words asks for: all that it defines, or the one that it calls or quotes.

    Returns nothing when it names none, or several so that the wanted one is ambiguous.
    """
    for pattern, most in ((_DEFINED, None), (_CALLED, 1), (_NAMED, 1)):
        found = dict.fromkeys(pattern.findall(statement))
        names = [each for each in found if not keyword.iskeyword(each) and each not in _ORDERS | set(dir(builtins))]
        if names:
            return tuple(names) if most is None or len(names) <= most else ()
    return ()


def names_from(module: str, tree: ast.Module) -> set[str]:
    """Return the names that the code uses of this module: `from m import f`, or `m.f` after `import m`."""
    names: set[str] = set()
    aliases: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == module:
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            aliases |= {alias.asname or alias.name for alias in node.names if alias.name == module}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            names.add(node.attr)
    return names


def imports(module: str, tree: ast.Module) -> bool:
    """Return True when the code imports this module."""
    return module in _imported(tree)


def solution_module(tree: ast.Module, free: set[str], likely: Iterable[str]) -> str | None:
    """Return the module that the tests import the solution from; None when its names are used without an import.

    A module with a likely name is chosen first. Otherwise, if the tests call names that nothing defines, these are the
    solution's and there is no module; else it is the only imported module that is neither in the standard library nor
    installed.
    """
    imported = _imported(tree)
    for name in likely:
        if name in imported:
            return name
    if free & called_names(tree):
        return None
    unknown = [name for name in imported if name not in sys.stdlib_module_names and not PathFinder.find_spec(name)]
    return unknown[0] if len(unknown) == 1 else None


def mentions(node: ast.AST) -> set[str]:
    """Return every name and attribute that occurs in the code, and every name that it imports."""
    found: set[str] = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            found.add(each.id)
        elif isinstance(each, ast.Attribute):
            found.add(each.attr)
        elif isinstance(each, ast.alias):
            found.add(each.name)
    return found


def reaches(code: ast.Module, setup: ast.Module, goals: set[str]) -> bool:
    """Return True when the code mentions one of the goals, directly or through definitions of the setup."""
    helpers = [(_binds(statement), mentions(statement)) for statement in setup.body]
    known = mentions(code)
    while not known & goals:
        wider = known.union(*(mentioned for bound, mentioned in helpers if bound & known))
        if wider == known:
            return False
        known = wider
    return True


def _scopes(code: str) -> Iterator[SymbolTable]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        waiting = [symtable(code, "<test>", "exec")]
    while waiting:
        scope = waiting.pop(0)
        yield scope
        waiting += scope.get_children()


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _imported(tree: ast.Module) -> list[str]:
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found[node.module] = None
        elif isinstance(node, ast.Import):
            found |= dict.fromkeys(alias.name for alias in node.names)
    return list(found)


def _binds(statement: ast.stmt) -> set[str]:
    bound: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.alias):
            bound.add(node.asname or node.name)
    return bound
