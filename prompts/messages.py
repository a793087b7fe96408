"""Render a problem and a branch of the tree as the messages of a model request."""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal, TypeVar

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined, TemplateError
from jinja2.exceptions import TemplateNotFound, TemplateSyntaxError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orps_agent.domain.artifact import Program
from orps_agent.domain.candidate import Candidate
from orps_agent.domain.execution import ExecutionReport, StaticAnalysis, TestResult, Verdict
from orps_agent.domain.problem import Problem, SnippetTest, TestSuite
from orps_agent.domain.rewards import outcome_reward
from orps_agent.errors import PromptError
from orps_agent.llm.base import Message
from orps_agent.settings import SearchConfig
from orps_agent.util.validation import first_problem


class Hint(BaseModel):
    """Define a strategy hint for the programmer: its name and its text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    text: str


class _HintFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    hints: tuple[Hint, ...] = Field(min_length=1)


class _Example(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    user: str
    assistant: str

    @property
    def turns(self) -> list[tuple[str, str]]:
        return [("user", self.user), ("assistant", self.assistant.strip())]


class _ExampleFile(BaseModel):
    """Hold example turns that precede the real ones: a small model imitates a reply better than it follows a rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    programmer: tuple[_Example, ...] = ()
    critic: tuple[_Example, ...] = ()
    critic_without_execution: tuple[_Example, ...] = ()
    tester: tuple[_Example, ...] = ()


_File = TypeVar("_File", bound=BaseModel)


class Prompts:
    """Render the templates of one prompt set; templates in a user's own folder take precedence.

    Raises PromptError, before anything is spent, when a template does not parse or uses an undefined name.
    """

    def __init__(self, config: SearchConfig, folder: Path | None = None) -> None:
        if folder is not None and not folder.is_dir():
            raise PromptError(f"{folder}: no such folder of prompt templates")
        self._config = config
        self._folder = folder
        self._environment = _environment(config.prompts, folder)
        built_in = resources.files("orps_agent.prompts")
        self.hints = self._read(_HintFile, "hints.toml", built_in).hints
        self._examples = self._read(_ExampleFile, "examples.toml", built_in / config.prompts)
        made_of = _sources(config.prompts, folder), self.hints, self._examples
        self.digest = hashlib.sha256(repr(made_of).encode()).hexdigest()
        """SHA-256 of everything that determines the prompts; if it differs, the same search has other requests."""
        self._render_all()

    @property
    def hint_names(self) -> list[str]:
        """Return the names of the strategy hints, in the order of their use."""
        return [hint.name for hint in self.hints]

    def programmer(
        self,
        problem: Problem,
        ancestors: Sequence[Candidate],
        hint: str,
        attempts: Sequence[Candidate] = (),
        *,
        written: bool = False,
    ) -> tuple[Message, ...]:
        """Return the conversation that requests a solution: the branch so far, and the hint at the very end.

        The part shared by the samples of one expansion comes first, so that an endpoint's prefix cache serves them
        all. The `attempts`, earlier results from the same parent, come before the hint. `written`: a model wrote the
        tests, which may be wrong.
        """
        system = self._render("programmer_system", reasoning=self._config.reasoning, execution=self._execution)
        turns = [("system", system)]
        for example in self._examples.programmer:
            turns += example.turns
        last_turn = [self._render("problem", problem=problem, written=written)]
        for ancestor in _last(self._config.history, ancestors):
            turns += [("user", "\n\n".join(last_turn)), ("assistant", ancestor.turn)]
            last_turn = [self._feedback(problem, ancestor)]
        if ancestors and self._config.history == 0:
            last_turn.append(self._feedback(problem, ancestors[-1]))
        if attempts:
            last_turn.append(self._render("attempts", attempts=attempts, execution=self._execution))
        last_turn.append(self._render("hint", hint=self._hint_text(hint)))
        if self._config.reasoning == "split":
            last_turn.append(self._render("think"))
        return _messages([*turns, ("user", "\n\n".join(last_turn))])

    def solution(self, asked: Sequence[Message], thoughts: str) -> tuple[Message, ...]:
        """Return the second turn of split reasoning, which requests the code after the thoughts."""
        return (*asked, *_messages([("assistant", thoughts), ("user", self._render("solve"))]))

    def critic(self, problem: Problem, branch: Sequence[Candidate]) -> tuple[Message, ...]:
        """Return the conversation that requests a critique of the branch's last candidate."""
        turns = [("system", self._render("critic_system", execution=self._execution))]
        for example in self._examples.critic if self._execution else self._examples.critic_without_execution:
            turns += example.turns
        *earlier, judged = branch
        shown = _last(self._config.history, earlier)
        for ancestor in shown:
            asked = self._judgement(problem, ancestor, first=ancestor is shown[0])
            score = f"\nSCORE: {ancestor.process}" if ancestor.process else ""
            turns += [("user", asked), ("assistant", f"{ancestor.critique or ''}{score}")]
        return _messages([*turns, ("user", self._judgement(problem, judged, first=not shown))])

    def tests(self, problem: Problem) -> tuple[Message, ...]:
        """Return the conversation that requests tests for a problem that has none."""
        turns = [("system", self._render("tests_system", count=self._config.written_tests))]
        for example in self._examples.tester:
            turns += example.turns
        return _messages([*turns, ("user", self._render("tests", problem=problem, count=self._config.written_tests))])

    def tests_repair(self, asked: Sequence[Message], reply: str, problem: Problem) -> tuple[Message, ...]:
        """Return one more turn after a reply without a usable test."""
        return (*asked, *_messages([("assistant", reply), ("user", self._render("tests_repair", problem=problem))]))

    def repair(self, asked: Sequence[Message], reply: str, what: Literal["code", "score"]) -> tuple[Message, ...]:
        """Return one more turn after a reply without code, or without a score."""
        return (*asked, *_messages([("assistant", reply), ("user", self._render("repair", what=what))]))

    def rest(self, asked: Sequence[Message], reply: str) -> tuple[Message, ...]:
        """Return one more turn after a reply that was cut off."""
        return (*asked, *_messages([("assistant", reply), ("user", self._render("continue"))]))

    @property
    def _execution(self) -> bool:
        return self._config.execution_feedback

    def _feedback(self, problem: Problem, candidate: Candidate) -> str:
        return self._render("feedback", problem=problem, candidate=candidate, execution=self._execution)

    def _judgement(self, problem: Problem, candidate: Candidate, *, first: bool) -> str:
        return self._render("critic", problem=problem, candidate=candidate, first=first, execution=self._execution)

    def _hint_text(self, name: str) -> str:
        return next((hint.text for hint in self.hints if hint.name == name), name)

    def _render(self, template: str, **values: object) -> str:
        name = f"{template}.j2"
        try:
            return self._environment.get_template(name).render(values).strip()
        except TemplateNotFound as error:
            raise PromptError(f"the prompt set {self._config.prompts!r} has no template {name}") from error
        except TemplateSyntaxError as error:
            raise PromptError(f"{error.filename or name}, line {error.lineno}: {error.message}") from error
        except (TemplateError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
            raise PromptError(f"{self._where(name)}: {error}") from error

    def _where(self, name: str) -> str:
        return self._environment.get_template(name).filename or name

    def _read(self, kind: type[_File], name: str, built_in: Traversable) -> _File:
        """Read a file of texts: the user's own, else the built-in one, else an empty one."""
        own = self._folder / name if self._folder else None
        source = own if own and own.exists() else built_in / name
        try:
            text = source.read_text(encoding="utf-8") if source.is_file() else ""
            return kind.model_validate(tomllib.loads(text))
        except ValidationError as error:
            raise PromptError(f"{source}: {first_problem(error)}") from error
        except (OSError, ValueError) as error:
            raise PromptError(f"{source}: {error}") from error

    def _render_all(self) -> None:
        """Render every template once with example values, so that a broken one is found before anything is spent."""
        problem = Problem(
            id="example",
            statement="Write f.",
            entry_points=("f",),
            tests=TestSuite(tests=(SnippetTest(name="1", code="assert f(2) == 4"),)),
        )
        failed = TestResult(name="1", verdict=Verdict.FAIL, error="AssertionError", expected="4", actual="3")
        for source, results in (("def f(n): return 3", (failed,)), ("", ())):
            report = ExecutionReport(results=results, tier=1)
            analysis = StaticAnalysis(lines=1, ast_nodes=9, cyclomatic=1, cognitive=0)
            candidate = Candidate(
                id="0",
                round=0,
                hint="generic",
                reasoning="Add.",
                solution=Program(source),
                report=report,
                analysis=analysis,
                outcome=outcome_reward(report, analysis),
                critique="Wrong.",
                process=2,
            )
            asked = self.programmer(problem, [candidate], "generic", [candidate])
            self.solution(asked, "Double it.")
            self.critic(problem, [candidate, candidate])
            self.rest(asked, "?")
            self.repair(asked, "?", "code")
            self.repair(asked, "?", "score")
            self.tests_repair(self.tests(problem), "?", problem)


@lru_cache(maxsize=16)
def _environment(name: str, folder: Path | None) -> Environment:
    """Return the templates of a set after a user's own, parsed once for all searches of the process."""
    own = [FileSystemLoader(folder)] if folder else []
    return Environment(
        loader=ChoiceLoader([*own, PackageLoader("orps_agent.prompts", name)]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - models read plain text
    )


@lru_cache(maxsize=16)
def _sources(name: str, folder: Path | None) -> list[tuple[str, str]]:
    """Return the source texts of the templates with their names."""
    environment = _environment(name, folder)
    names = {*_templates(Path(__file__).parent / name), *(_templates(folder) if folder else ())}
    return [(each, environment.loader.get_source(environment, each)[0]) for each in sorted(names) if environment.loader]


def _templates(folder: Path) -> Iterator[str]:
    """Yield the names of the templates in a folder and below it.

    jinja2 lists them with os.walk; `langgraph dev` refuses its os.scandir in the event loop, and lets os.listdir pass.
    """
    for name in os.listdir(folder):  # noqa: PTH208 - Path.iterdir is os.scandir from Python 3.13 on
        if (folder / name).is_dir():
            yield from (f"{name}/{below}" for below in _templates(folder / name))
        elif name.endswith(".j2"):
            yield name


def _last(count: int | None, branch: Sequence[Candidate]) -> Sequence[Candidate]:
    return branch if count is None else branch[max(0, len(branch) - count) :]


def _messages(turns: Sequence[tuple[str, str]]) -> tuple[Message, ...]:
    return tuple(Message.model_validate({"role": role, "content": content}) for role, content in turns)
