"""Share the helpers of all problem formats: reading files, parsing Python, naming."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from orps_agent.errors import ProblemError
from orps_agent.util.syntax import quiet

Function = ast.FunctionDef | ast.AsyncFunctionDef
MAX_BYTES = 4 * 2**20
"""Maximum size of a problem file in bytes; larger ones are data sets, not problems."""


def read_source(path: Path, limit: int = MAX_BYTES) -> str:
    """Return the text of a file of at most `limit` bytes with Unix line ends; raise ProblemError if that fails."""
    try:
        if path.is_dir():
            raise ProblemError(f"{path}: is a directory; name the problem file in it")
        if not path.exists():
            raise ProblemError(f"{path}: there is no such file; check the path")
        if not path.is_file():
            raise ProblemError(f"{path}: is not an ordinary file; save the problem to one")
        if path.stat().st_size > limit:
            raise ProblemError(f"{path}: is larger than {limit >> 20} MiB; use smaller tests")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProblemError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except OSError as error:
        raise ProblemError(f"{path}: cannot be read: {error.strerror}; correct its path or permissions") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_python(code: str, place: str) -> ast.Module:
    """Return the syntax tree of code that compiles; otherwise raise ProblemError with the line and its text."""
    try:
        with quiet():  # an odd escape in a test does not stop a search
            tree = ast.parse(code)
            compile(tree, "<problem>", "exec", dont_inherit=True)  # finds what the grammar allows: a stray return
    except SyntaxError as error:
        number = error.lineno or 1
        text = "".join(code.splitlines()[number - 1 : number]).strip()
        raise ProblemError(f"{place}, line {number}: is not valid Python: {error.msg}: {text}") from error
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise ProblemError(f"{place}: is not valid Python: {error or 'nested too deeply'}") from error
    return tree


def segment(code: str, node: ast.stmt) -> str:
    """Return the source text of a statement, decorators included."""
    if getattr(node, "decorator_list", []):
        return "\n".join(code.split("\n")[first_line(node) - 1 : node.end_lineno])
    return ast.get_source_segment(code, node) or ast.unparse(node)


def first_line(node: ast.stmt) -> int:
    """Return the line where a statement starts, counting from its first decorator."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def is_main_block(node: ast.stmt) -> bool:
    """Return True for `if __name__ == "__main__":`, which is for running the file, not for importing it."""
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def is_text(node: ast.stmt) -> bool:
    """Return True for a statement without effect: a docstring, or `...`."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def slug(words: str, limit: int = 60) -> str:
    """Convert words to an id: lower case, joined by hyphens, cut after a whole word within `limit` characters."""
    kept = ""
    for word in re.findall(r"\w+", words.lower()):
        if len(kept) + len(word) >= limit:
            break
        kept += f"-{word}" if kept else word
    return kept or "problem"


def unique(names: list[str]) -> list[str]:
    """Return the names, with repeated ones numbered: `zero`, `zero (2)`."""
    taken = set(names)
    seen: set[str] = set()
    result = []
    for name in names:
        chosen, number = name, 2
        while chosen in seen or (chosen != name and chosen in taken):
            chosen, number = f"{name} ({number})", number + 1
        seen.add(chosen)
        result.append(chosen)
    return result
