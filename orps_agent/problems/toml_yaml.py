"""Read problems written as TOML or YAML.

    statement = "Write a function double(n) that returns twice n."
    tests = ["double(2) == 4", { call = "double(0)", expected = 0 }]

Keys: statement, tests; and, each with a default, id, entry_points, setup, module, held_back, limits, gold.
"""

from __future__ import annotations

import ast
import datetime
import difflib
import json
import math
import tomllib
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from orps_agent.domain.problem import Limits, Problem, ProgramTest, SnippetTest, TestSuite
from orps_agent.errors import ProblemError
from orps_agent.util.validation import first_problem

from .assembly import assemble, make_suite
from .from_words import asserting
from .problem_file import parse_python, read_source

YAML_BYTES = 2**20
"""Maximum size of a YAML file in bytes, because PyYAML reads about 0.1 MiB a second."""
_KEYS = ("statement", "tests", "id", "entry_points", "setup", "module", "held_back", "limits", "gold")
_SHAPES: tuple[tuple[str, ...], ...] = (("code",), ("call", "expected"), ("stdin", "stdout", "compare"))


def load_data(path: Path) -> Problem:
    """Load the problem from a `.toml`, `.yaml` or `.yml` file; raise ProblemError with one line if it is invalid."""
    source = str(path)
    try:
        if path.suffix.lower() == ".toml":
            return _problem(_mapping(tomllib.loads(read_source(path)), source), source, path.stem)
        return problem_from_yaml(read_source(path, YAML_BYTES), source, path.stem)
    except tomllib.TOMLDecodeError as error:
        raise ProblemError(f"{source}: is not valid TOML: {error}") from error
    except RecursionError as error:
        raise ProblemError(_too_deep(source)) from error


def problem_from_yaml(text: str, source: str, stem: str) -> Problem:
    """Return the problem in the text of a YAML file; `stem` is its id if it names none.

    Raises ProblemError that names `source`.
    """
    try:
        return _problem(_mapping(_parse_yaml(text, source), source), source, stem)
    except RecursionError as error:
        raise ProblemError(_too_deep(source)) from error


def _too_deep(source: str) -> str:
    return f"{source}: is nested too deeply; write it flatter"


def _problem(content: Mapping[str, Any], source: str, stem: str) -> Problem:
    _reject_unknown(content, _KEYS, source)
    held_back = content.get("held_back")
    return assemble(
        source,
        id=_text(content, "id", source, stem),
        statement=_text(content, "statement", source),
        tests=_suite(content, source, "test"),
        held_back=None if held_back is None else _held_back(content, held_back, source),
        entry_points=_names(content, source),
        limits=_limits(content.get("limits"), source),
        gold=_text(content, "gold", source) or None,
    )


def _held_back(content: Mapping[str, Any], held_back: object, source: str) -> TestSuite:
    """Return the held-back suite: a list shares the setup of the visible tests, a mapping has its own."""
    if isinstance(held_back, list):
        return _suite({**content, "tests": held_back}, source, "held-back test")
    own = _mapping(held_back, f"{source}: held_back")
    _reject_unknown(own, ("setup", "module", "tests"), f"{source}: held_back")
    return _suite(own, source, "held-back test")


def _suite(content: Mapping[str, Any], source: str, label: str) -> TestSuite:
    items = content.get("tests", [] if label == "test" else None)
    if not isinstance(items, list):
        raise ProblemError(f"{source}: has no list of {label}s; write it under the key tests")
    tests = [_test(item, number, source, label) for number, item in enumerate(items, start=1)]
    suite = make_suite(tests, source, label, _text(content, "setup", source))
    if "module" not in content:
        return suite
    return suite.model_copy(update={"module": _text(content, "module", source) or None})


def _test(item: object, number: int, source: str, label: str) -> SnippetTest | ProgramTest:
    place = f"{source}: {label} '{number}'"
    if isinstance(item, str):
        return SnippetTest(name=str(number), code=asserting(item, place))
    given = _mapping(item, place)
    shape = next((shape for shape in _SHAPES if given.keys() & set(shape)), None)
    if shape is None:
        raise ProblemError(f"{place}: needs code, or call and expected, or stdin and stdout")
    _reject_unknown(given, ("name", *shape), place)
    name = _text(given, "name", place, str(number))
    if "code" in shape:
        return SnippetTest(name=name, code=_text(given, "code", place))
    return _call_test(given, name, place) if "call" in shape else _program_test(given, name, place)


def _call_test(given: Mapping[str, Any], name: str, place: str) -> SnippetTest:
    if "call" not in given or "expected" not in given:
        raise ProblemError(f"{place}: needs both call and expected")
    call = _text(given, "call", place).strip()
    match parse_python(call, place).body:
        case [ast.Expr(value=value)]:
            text = ast.get_source_segment(call, value)
            left = text if isinstance(value, ast.Call) else f"({text})"
            return SnippetTest(name=name, code=f"assert {left} == {_expected(given['expected'], place)}")
    raise ProblemError(f"{place}: call is not one expression: {call!r:.60}")


def _program_test(given: Mapping[str, Any], name: str, place: str) -> ProgramTest:
    if "stdout" not in given:
        raise ProblemError(f"{place}: needs stdout, what the program must print")
    try:
        return ProgramTest(**{"name": name, **given})
    except ValidationError as error:
        raise ProblemError(f"{place}: {first_problem(error)}") from error


def _expected(value: object, place: str) -> str:
    """Return the expected value as Python; text that parses as a tuple, set, bytes, None or string literal is that."""
    if not isinstance(value, str):
        return _python(value, place)
    meant = _evaluated(value)
    if isinstance(meant, bool | int | float | complex | list | dict):
        quoted = json.dumps(repr(value))
        raise ProblemError(f"{place}: expected {value!r} is ambiguous; write {quoted} for text, or drop its quotes")
    return repr(value) if meant is ... else value.strip()


def _python(value: object, place: str) -> str:
    """Return the value as a Python expression that needs no import."""
    match value:
        case float() if math.isnan(value):
            raise ProblemError(f"{place}: nothing equals nan; write a snippet that calls math.isnan")
        case float() if math.isinf(value):
            return f"float('{value}')"
        case list():
            return f"[{', '.join(_python(each, place) for each in value)}]"
        case dict():
            pairs = (f"{_python(key, place)}: {_python(each, place)}" for key, each in value.items())
            return f"{{{', '.join(pairs)}}}"
        case datetime.date() | datetime.time():
            return repr(value).replace("datetime.", "__import__('datetime').")
    return repr(value)


def _evaluated(text: str) -> object:
    """Return the value of a Python literal; an Ellipsis for any other text."""
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError):
        return ...


def _limits(given: object, source: str) -> Limits:
    limits = {} if given is None else _mapping(given, f"{source}: limits")
    _reject_unknown(limits, Limits.model_fields, f"{source}: limits")
    try:
        return Limits(**limits)
    except ValidationError as error:
        raise ProblemError(f"{source}: limits: {first_problem(error)}") from error


def _names(content: Mapping[str, Any], source: str) -> list[str] | None:
    names = content.get("entry_points")
    if names is None:
        return None
    names = [names] if isinstance(names, str) else names
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return names
    raise ProblemError(f"{source}: entry_points is not a list of names")


def _text(content: Mapping[str, Any], key: str, place: str, default: str = "") -> str:
    value = content.get(key)
    if value is None:
        return default
    if not isinstance(value, str):
        raise ProblemError(f"{place}: {key} is not text but {value!r:.40}; put it in quotes")
    return value


def _mapping(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ProblemError(f"{place}: is not a mapping of keys to values but {value!r:.40}")
    return value


def _reject_unknown(given: Mapping[Any, Any], known: Iterable[str], place: str) -> None:
    for key in given:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            advice = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
            raise ProblemError(f"{place}: unknown key {key!r}; {advice}")


class _Loader(yaml.SafeLoader):
    """Load YAML without aliases, which can make a small file enormous, and without repeated keys."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not supported; write it out", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        content = super().construct_mapping(node, deep=deep)
        if len(content) < len(node.value):
            mark = node.start_mark
            raise yaml.MarkedYAMLError(problem="a key occurs twice", problem_mark=mark)
        return content


def _parse_yaml(text: str, source: str) -> object:
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise ProblemError(f"{source}{line}: is not valid YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2024-99-99
        reason = str(error).partition("\n")[0]
        raise ProblemError(f"{source}: is not valid YAML: {reason}") from error
