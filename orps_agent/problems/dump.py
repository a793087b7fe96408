"""Write a problem as YAML that loads to the same problem."""

from __future__ import annotations

import yaml

from orps_agent.domain.problem import Problem, TestSuite


def dump_problem(problem: Problem) -> str:
    """Return the problem as YAML text, which `load_problem` reads back to an equal problem."""
    content = problem.model_dump(mode="json", exclude={"tests", "held_back"}, exclude_defaults=True)
    content |= {"entry_points": list(problem.entry_points), **_suite(problem.tests)}
    if problem.held_back is not None:
        content["held_back"] = _suite(problem.held_back)
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _suite(suite: TestSuite) -> dict[str, object]:
    tests = [test.model_dump(exclude={"kind"}) for test in suite.tests]
    return {"setup": suite.setup, "module": suite.module, "tests": tests}


class _Dumper(yaml.SafeDumper):
    """Write text of several lines as a block, as a person would."""


def _write_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    plain = "|" if "\n" in text else None
    odd = not all(line.isprintable() for line in text.split("\n"))  # PyYAML loses \x85 in any but quoted text
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if odd else plain)


_Dumper.add_representer(str, _write_text)
