"""Plan a search: with its prompts and strategy, made once when it is planned or resumed."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from orps_agent.domain.problem import Problem
from orps_agent.domain.search import Search
from orps_agent.problems import check_testable
from orps_agent.prompts.messages import Prompts
from orps_agent.settings import SearchConfig
from orps_agent.strategies import AnyStrategy, strategy_of


@dataclass(frozen=True)
class SearchPlan:
    """Hold a checked search, its prompts and its strategy."""

    search: Search
    prompts: Prompts
    strategy: AnyStrategy

    @classmethod
    def new(
        cls,
        problem: Problem,
        config: SearchConfig,
        models: tuple[str, str, str | None],
        folder: Path | None,
        *,
        id_: str | None = None,
    ) -> Self:
        """Plan a new search and store nothing; `models` are named by role, `folder` has the user's own templates.

        Raises UsageError where the problem has nothing to be judged by, or PromptError.
        """
        check_testable(problem, f"problem {problem.id!r}")
        programmer, critic, tester = models
        prompts = Prompts(config, folder)
        search = Search(
            id=id_ or secrets.token_hex(4),
            created_at=time.time(),
            problem=problem,
            config=config,
            programmer=programmer,
            critic=critic,
            tester=tester,
            prompts=prompts.digest,
        )
        return cls.of(search, prompts)

    @classmethod
    def of(cls, search: Search, prompts: Prompts) -> Self:
        """Equip a search with its prompts and the strategy that its config names."""
        return cls(search, prompts, strategy_of(search.config, prompts.hint_names))

    @classmethod
    def stored(cls, search: Search, folder: Path | None, planned: SearchPlan | None = None) -> Self:
        """Equip a stored search, with the templates in `folder` or those that the same search was `planned` with."""
        if planned is not None and search.asks_the_same_as(planned.search):
            return cls.of(search, planned.prompts)
        return cls.of(search, Prompts(search.config, folder))
