"""Find the solution in a programmer's reply: in code fences, without fences, or in broken ones.

A block is accepted because it compiles, whatever its fences are labelled. The work is bounded for any text: only the
first `MOST_CODE` characters are searched, with a bounded number of attempts.
"""

from __future__ import annotations

import ast
import builtins
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from orps_agent.util.syntax import quiet

MOST_CODE = 40_000
"""Number of characters of a reply that are searched for code; a longer reply is a model in a loop."""
_MOST_BLOCKS = 24
_MOST_CUTS = 16
_MOST_TRIES = 80

_FENCE = re.compile(r"[ \t]*(?:`{3,}|~{3,})[ \t]*([\w+#.-]*)")
_STARTER = re.compile(
    r"(?:>>> ?)?(?:from\s+[\w.]+\s+import\b|import\s+\w|(?:async\s+)?def\s+\w|class\s+\w|@\w"
    r"|[A-Za-z_]\w* = |(?:for|while|with|try|if)\b.*:|print\()"
)


@dataclass(frozen=True)
class _Block:
    """Hold lines `start` to `stop` of the reply, fences included, and the lines between the fences."""

    start: int
    stop: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class _Code:
    """Hold the part of a block that compiles, and its syntax tree."""

    source: str
    tree: ast.Module
    whole: bool
    """True when nothing had to be cut off to make it compile."""

    @cached_property
    def names(self) -> frozenset[str]:
        """Return the names that the module defines at top level; imported names do not count."""
        return frozenset(_defined(self.tree))

    @cached_property
    def missing(self) -> frozenset[str]:
        """Return the names that the code uses but neither binds nor finds among the builtins."""
        nodes = list(ast.walk(self.tree))
        names = [each for each in nodes if isinstance(each, ast.Name)]
        bound = {each.id for each in names if not isinstance(each.ctx, ast.Load)} | self.names
        bound |= {each.arg for each in nodes if isinstance(each, ast.arg)}
        bound |= {(each.asname or each.name).split(".")[0] for each in nodes if isinstance(each, ast.alias)}
        return frozenset({each.id for each in names} - bound - set(dir(builtins)))


def find_code(text: str, entry_points: tuple[str, ...]) -> tuple[str, str | None]:
    """Return the text around the code, and the code that best defines the entry points; None when there is no code.

    The last block that compiles and defines every entry point is chosen, joined with the blocks that define names it
    uses. Otherwise all blocks are joined, if together they define the entry points; then the same is tried with the
    compiling prefixes of broken blocks; then the block that defines most entry points is chosen. Only if nothing
    compiles is the last fenced block returned unchanged.
    """
    lines, rest = text[:MOST_CODE].split("\n"), text[MOST_CODE:]
    wanted = frozenset(entry_points)
    blocks = list(_fenced(lines))
    tries = iter(range(_MOST_TRIES))
    codes = [code for block in blocks if (code := _salvage(block.lines, tries))]
    if not any(wanted <= code.names for code in codes):
        unfenced = list(_unfenced(lines, tries))
        if not codes or any(wanted & code.names for _, code in unfenced):
            blocks += [block for block, _ in unfenced]
            codes += [code for _, code in unfenced]
    covered = {number for block in blocks for number in range(block.start, block.stop)}
    prose = "\n".join(line for number, line in enumerate(lines) if number not in covered)
    return prose + rest, _best(codes, wanted) or _unchanged(blocks)


def _best(codes: Sequence[_Code], wanted: frozenset[str]) -> str | None:
    for pool in ([code for code in codes if code.whole], codes):
        complete = [code for code in pool if wanted <= code.names]
        if complete:
            return _with_helpers(complete[-1], pool)
        if pool and wanted <= frozenset().union(*(code.names for code in pool)):
            return "\n".join(code.source for code in pool)
    ranked = [(len(wanted & code.names), code.whole, place) for place, code in enumerate(codes)]
    return _with_helpers(codes[max(ranked)[-1]], codes) if ranked else None


def _with_helpers(chosen: _Code, pool: Sequence[_Code]) -> str:
    helpers = [code for code in pool if code.names & chosen.missing and not code.names & chosen.names]
    return "\n".join(code.source for code in (*helpers, chosen))


def _unchanged(blocks: Sequence[_Block]) -> str | None:
    candidates = [block for block in blocks if any(_STARTER.match(line) for line in block.lines)]
    return "\n".join(candidates[-1].lines) + "\n" if candidates else None


def _fenced(lines: Sequence[str]) -> Iterator[_Block]:
    """Yield the fenced blocks; a block without a closing fence extends to the end of the text.

    A fence may also stand inside a docstring, so a block that does not compile is first tried with a later end.
    A labelled fence in place of a closing one opens the next block.
    """
    fences = [number for number, line in enumerate(lines) if _FENCE.match(line) or line.endswith("```")]
    ends = [*fences[: 2 * _MOST_BLOCKS], len(lines)]
    opening = 0
    while opening < len(ends) - 1:
        tries = range(opening + 1, min(opening + 4, len(ends)))
        compiling = (place for place in tries if _parsed("\n".join(_between(lines, ends[opening], ends[place])))[0])
        closing = next(compiling, opening + 1)
        stop = ends[closing]
        label = _FENCE.match(lines[stop]) if stop < len(lines) else None
        reopened = bool(label and label[1])
        yield _Block(ends[opening], stop + (not reopened), tuple(_between(lines, ends[opening], stop)))
        opening = closing + (not reopened)


def _between(lines: Sequence[str], start: int, stop: int) -> list[str]:
    """Return the lines between two fences, without common indentation and without interpreter prompts."""
    inside = list(lines[start + 1 : stop])
    if stop < len(lines) and not _FENCE.match(lines[stop]):
        inside.append(lines[stop].rstrip("`"))
    return _unprompted(textwrap.dedent("\n".join(inside)).split("\n"))


def _unprompted(lines: list[str]) -> list[str]:
    """Return the input lines of an interpreter session without their prompts; return other lines unchanged."""
    first = next((line for line in lines if line.strip()), "")
    if not first.startswith(">>>"):
        return lines
    return [re.sub(r"^(>>>|\.\.\.) ?", "", line) for line in lines if line.startswith((">>>", "..."))]


def _unfenced(lines: Sequence[str], tries: Iterator[int]) -> Iterator[tuple[_Block, _Code]]:
    """Yield code outside fences: from each line that looks like code, the longest prefix that compiles."""
    position = 0
    for _ in range(_MOST_BLOCKS):
        start = next((n for n in range(position, len(lines)) if _STARTER.match(lines[n])), None)
        if start is None:
            return
        body = lines[start:]
        prompted = lines[start].startswith(">>>")
        if prompted:
            body = body[: next((n for n, line in enumerate(body) if not line.strip()), len(body))]
        code = _salvage(_unprompted(list(body)), tries)
        position = start + 1
        if code and not all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in code.tree.body):
            position = start + (len(body) if prompted else code.source.count("\n"))
            yield _Block(start, position, tuple(body)), code


def _salvage(lines: Sequence[str], tries: Iterator[int]) -> _Code | None:
    """Return the longest prefix of the lines that compiles and does something, without trailing prose, or None."""
    kept = list(lines)
    for cut, _ in zip(range(_MOST_CUTS), tries, strict=False):
        tree, wrong = _parsed("\n".join(kept))
        if tree is not None and not tree.body:
            return None
        if tree is not None and not _is_idle(tree.body[-1]):
            return _Code("\n".join(kept).rstrip() + "\n", tree, whole=len(kept) == len(lines))
        line = tree.body[-1].lineno if tree is not None else wrong
        kept = kept[: max(0, min(line, len(kept)) - 2 ** max(0, cut - 10))]  # in ever larger steps
    return None


def _is_idle(node: ast.stmt) -> bool:
    """Return True for an expression without effect: a word of prose or a sample value that happens to parse."""
    return isinstance(node, ast.Expr) and not any(isinstance(each, ast.Call) for each in ast.walk(node))


def _parsed(source: str) -> tuple[ast.Module | None, int]:
    """Return the syntax tree of code that compiles, or None and the line (from 1) of the syntax error."""
    try:
        with quiet():
            tree = ast.parse(source)
            compile(tree, "<solution>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return None, error.lineno or 1
    except (ValueError, RecursionError, MemoryError, OverflowError):  # nested too deeply, too large a literal
        return None, 1
    return tree, 0


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))
