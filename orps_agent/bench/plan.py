"""Plan a bench run: every problem by every method and seed, each a search whose id is derived from these."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from orps_agent.errors import SettingsError, UsageError
from orps_agent.settings import SearchConfig

from .datasets import Loaded, Task
from .methods import method_config
from .record import Regime


@dataclass(frozen=True)
class Entry:
    """Hold one search of a bench run: one problem, one method, one seed."""

    dataset: str
    task: Task
    method: str
    regime: Regime
    config: SearchConfig
    programmer: str
    critic: str
    budget: str

    @property
    def search(self) -> str:
        """Return the search's id, a hash of all that determines the search, so that the same command finds it again."""
        problem = self.task.problem(self.regime).model_dump_json()
        asked = [self.dataset, self.method, self.regime, self.programmer, self.critic, self.config.model_dump_json()]
        return hashlib.sha256(json.dumps([*asked, problem]).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Shard:
    """Select the part of a run's problems that this process handles: number `index` of `count`, from 1."""

    index: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Parse `i/n`; raises UsageError."""
        index, slash, count = text.partition("/")
        if not (slash and index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count)):
            raise UsageError(f"--shard {text}: must be i/n with i from 1 to n, as 2/4")
        return cls(int(index), int(count))

    def of(self, tasks: Sequence[Task]) -> Iterator[Task]:
        """Return every n-th task, so that hard problems that are next to each other are spread over the shards."""
        return iter(tasks[self.index - 1 :: self.count])


@dataclass(frozen=True)
class Plan:
    """Describe how the problems of some datasets are to be solved."""

    methods: Sequence[str]
    base: SearchConfig
    programmer: str
    critic: str
    calls: int | None = None
    """Model calls that each search may make."""
    seeds: Sequence[int] = (0,)
    regime: Regime | None = None
    """None: the weak tests of a dataset that has some, else the real ones. With `weak`, a model writes missing ones."""
    problems: int | None = None
    """Number of problems to take from the start of each dataset; None: all."""
    only: frozenset[str] | None = None
    """Ids of the problems to take, of any dataset, with or without the part before the last slash; None: all."""
    shard: Shard = Shard()

    def entries(self, datasets: Iterable[Loaded]) -> list[Entry]:
        """List the searches of the run, the methods of a problem one after the other.

        Raises SettingsError for ids that no dataset has, and for problems without the tests that the regime needs.
        """
        given = list(datasets)
        names = {name for loaded in given for task in loaded.tasks for name in _names(task)}
        if missing := sorted((self.only or frozenset()) - names):
            example = f"; ids look like {max(names, key=len)}" if names else ""
            raise SettingsError(f"--only: there is no problem {', '.join(missing)}{example}")
        return [entry for loaded in given for entry in self._of(loaded)]

    def _of(self, loaded: Loaded) -> Iterator[Entry]:
        regime = self.regime or ("weak" if any(task.weak for task in loaded.tasks) else "real")
        wanted = [task for task in loaded.tasks if self.only is None or self.only & _names(task)]
        tasks = wanted[: self.problems]
        if regime == "weak" and (without := [task.id for task in tasks if not task.weak and not task.entry_points]):
            raise SettingsError(
                f"{loaded.name}: {len(without)} of {len(tasks)} problems have no weak tests, and no function that a "
                f"model could write some for, {without[0]} for one: add a dev split, or take --regime real"
            )
        for task in self.shard.of(tasks):
            for method in self.methods:
                for seed in self.seeds:
                    config = method_config(method, self.base.model_copy(update={"seed": seed}), self.calls)
                    yield Entry(
                        dataset=loaded.name,
                        task=task,
                        method=method,
                        regime=regime,
                        config=config,
                        programmer=self.programmer,
                        critic=self.critic,
                        budget=f"{self.calls} calls" if self.calls else "no limit",
                    )


def _names(task: Task) -> set[str]:
    """Return the ids that select a task, such as `mbpp/11` and `11`."""
    return {task.id, task.id.rpartition("/")[2]}
