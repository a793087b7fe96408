"""Print the forecast of `orps solve --dry-run`: calls, tokens and cost of a search in three cases."""

from __future__ import annotations

from rich.table import Table

from orps_agent.agent import Agent
from orps_agent.budget.account import Budget
from orps_agent.domain.problem import Problem
from orps_agent.llm.registry import model_names
from orps_agent.search.forecast import Case, Forecast
from orps_agent.settings import SearchConfig, Settings
from orps_agent.util.text import money

from .output import out


def print_forecast(settings: Settings, problem: Problem, config: SearchConfig, *, as_json: bool) -> None:
    """Forecast a search and print it, as a table or as JSON; open no model and store nothing."""
    found = Agent(settings).forecast(problem, config)
    if as_json:
        print(found.model_dump_json(indent=2))  # noqa: T201 - the document
        return
    programmer, critic = model_names(settings)
    alone = programmer == critic or not config.process_reward
    models = programmer if alone else f"{programmer}, critic {critic}"
    out.print(f"A search for {problem.id} with {models} would need about", markup=False)
    out.print(_table(found))
    out.print(
        "Low: the search ends after its first round. Likely: all rounds, replies of a third of their limit. High: "
        "every reply as long as its limit, and a repair turn for each. Tokens are estimated as characters / 4.",
        style="dim",
    )
    for model in found.unpriced:
        out.print(f"The price of {model} is unknown: set it in the settings file, see docs/budgets.md.", markup=False)
    out.print(_ending(found, config.budget), markup=False)


def _table(found: Forecast) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("", "candidates", "model calls", "prompt tokens", "reply tokens", "cost"):
        table.add_column(name, justify="right" if name else "left")
    for name, case in (("low", found.low), ("likely", found.likely), ("high", found.high)):
        table.add_row(
            name,
            f"{case.candidates:,}",
            f"{case.calls:,}",
            f"{case.prompt_tokens:,}",
            f"{case.completion_tokens:,}",
            "unknown" if case.cost is None else money(case.cost),
        )
    return table


def _ending(found: Forecast, budget: Budget) -> str:
    cases = (("likely", found.likely), ("high", found.high))
    ended = next(((name, limit) for name, case in cases if (limit := _exceeded(case, budget))), None)
    if ended is None:
        return "No model was called and nothing was stored."
    return f"In the {ended[0]} case the budget ends it before: {ended[1]}. No model was called and nothing was stored."


def _exceeded(case: Case, budget: Budget) -> str | None:
    if budget.calls is not None and case.calls > budget.calls:
        return f"{budget.calls:,} model calls"
    if budget.tokens is not None and case.tokens > budget.tokens:
        return f"{budget.tokens:,} tokens"
    if budget.cost is not None and case.cost is not None and case.cost > budget.cost:
        return money(budget.cost)
    return None
