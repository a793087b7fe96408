"""Convert the examples of a docstring to tests that compare outcomes as doctest does."""

from __future__ import annotations

import ast
import doctest
import re
import textwrap
from pathlib import Path

from orps_agent.domain.problem import SnippetTest
from orps_agent.errors import ProblemError

from .needed_names import defined_names, mentions
from .problem_file import parse_python


def doctest_snippets(docstring: str, name: str, line: int, path: Path) -> list[SnippetTest]:
    """Return one test for each example that shows an outcome; `line` is the file's line where the docstring starts.

    A test repeats the statements before it in the docstring, and those earlier examples that use a name which
    the statements define, because they may have changed it. Imports from the file `path` itself are left out: the
    solution replaces it. Raises ProblemError.
    """
    tests: list[SnippetTest] = []
    carried: list[str] = []
    try:
        examples = doctest.DocTestParser().get_examples(docstring, name)
    except ValueError as error:  # its message has the line within the docstring
        raise ProblemError(f"{path}, line {line}: {error}") from error
    for example in examples:
        number = line + example.lineno
        tree = parse_python(example.source, f"{path}: example at line {number}")
        if example.options.get(doctest.SKIP) or _imports_from(path.stem, tree):
            continue
        if example.want:
            code = "\n".join([*carried, _check(example, tree)])
            tests.append(SnippetTest(name=f"{name}, line {number}", code=code))
        if not example.want or (example.exc_msg is None and mentions(tree) & defined_names("\n".join(carried))):
            carried.append(example.source.rstrip("\n"))
    return tests


def _imports_from(module: str, tree: ast.Module) -> bool:
    match tree.body:
        case [ast.ImportFrom(module=name)]:
            return name == module
    return False


def _check(example: doctest.Example, tree: ast.Module) -> str:
    """Return code that raises AssertionError unless the example has the wanted outcome."""
    if example.exc_msg is not None:
        return _check_error(example, tree)
    want = example.want
    if not example.options.get(doctest.DONT_ACCEPT_BLANKLINE):
        want = re.sub(r"(?m)^<BLANKLINE>\s*?$", "", want)
    want = want.rstrip("\n")
    match tree.body:
        case [ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=[argument], keywords=[]))] if not isinstance(
            argument, ast.Starred
        ):
            return _compare(f"str({_segment(example, argument)})", want, example)
        case [ast.Expr(value=value)] if _is_value(want):
            return _compare(f"repr({_segment(example, value)})", want, example)
        case [ast.Expr(value=value)]:
            run, shown = f"value = {ast.unparse(value)}", '("" if value is None else repr(value))'
        case _:
            run, shown = ast.unparse(tree), '""'
    return (
        "import contextlib, io\n"
        "with contextlib.redirect_stdout(io.StringIO()) as printed:\n"
        f"{textwrap.indent(run, '    ')}\n"
        f"shown = (printed.getvalue() + {shown}).rstrip('\\n')\n"
    ) + _compare("shown", want, example)


def _check_error(example: doctest.Example, tree: ast.Module) -> str:
    """Return the check for a wanted traceback: it compares type and message, and ignores the module of the type."""
    name, colon, message = (example.exc_msg or "").rstrip("\n").partition(":")
    wanted, shown = name.rpartition(".")[2], "type(error).__name__"
    if not example.options.get(doctest.IGNORE_EXCEPTION_DETAIL):
        wanted, shown = wanted + colon + message, 'f"{type(error).__name__}: {error}".removesuffix(": ")'
    return (
        "try:\n"
        f"{textwrap.indent(ast.unparse(tree), '    ')}\n"
        "except Exception as error:\n"
        f"    shown = {shown}\n"
        "else:\n"
        '    shown = "nothing was raised"\n'
    ) + _compare("shown", wanted, example)


def _compare(shown: str, want: str, example: doctest.Example) -> str:
    """Return code that compares the shown with the wanted text, as strictly as the example's option flags require."""
    if example.options.get(doctest.NORMALIZE_WHITESPACE):
        shown, want = f'" ".join({shown}.split())', " ".join(want.split())
    if example.options.get(doctest.ELLIPSIS) and "..." in want:
        pattern = ".*".join(re.escape(part) for part in want.split("..."))
        return f"import re\nassert re.fullmatch({pattern!r}, {shown}, re.DOTALL)"
    return f"assert {shown} == {want!r}"


def _segment(example: doctest.Example, node: ast.expr) -> str:
    return ast.get_source_segment(example.source, node) or ast.unparse(node)


def _is_value(want: str) -> bool:
    """Return True when the wanted text looks like the repr of a value rather than like printed words."""
    if want.startswith(("<", "[", "{", "(")):
        return True
    try:
        expression = ast.parse(want, mode="eval").body
    except SyntaxError:
        return False
    return isinstance(expression, ast.Call | ast.Constant | ast.UnaryOp)
