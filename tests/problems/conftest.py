"""Provide loading of problems from text, and the messages with which bad ones are refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from orps_agent.domain.problem import Problem
from orps_agent.errors import ProblemError
from orps_agent.problems import load_problem

Load = Callable[..., Problem]
Refused = Callable[..., str]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a problem from text saved under a name, with further files beside it."""

    def load(name: str, text: str, **beside: str) -> Problem:
        for stem, content in beside.items():
            (tmp_path / f"{stem}.py").write_text(content, encoding="utf-8")
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return load_problem(path)

    return load


@pytest.fixture
def refused(load: Load, tmp_path: Path) -> Refused:
    """Return the message with which such a file is refused, without the directory."""

    def refused(name: str, text: str, **beside: str) -> str:
        with pytest.raises(ProblemError) as caught:
            load(name, text, **beside)
        message = str(caught.value)
        assert "\n" not in message
        assert message.startswith(str(tmp_path))
        return message.replace(f"{tmp_path}/", "")

    return refused
