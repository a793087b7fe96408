"""Check the paper's ablations: what is switched off occurs neither in a prompt nor in a choice."""

from pathlib import Path

import pytest

from orps_agent import Agent, Candidate, SearchConfig, SearchResult
from orps_agent.budget.prices import PriceTable
from orps_agent.errors import SettingsError
from orps_agent.prompts.messages import Prompts
from orps_agent.search.forecast import forecast
from orps_agent.search.replay import replay
from orps_agent.settings import changed
from tests.support.samples import DOUBLE, HALF, RIGHT, WRONG, script, settings

TWO_ROUNDS = SearchConfig(samples=3, rounds=2, beam=1)
MISLED = [
    {"role": "critic", "contains": "return n + 2", "reply": "Fine.\nSCORE: 4"},
    {"role": "critic", "reply": "Odd.\nSCORE: 2"},
]
"""Prefers what is half right to what is right, whatever it is told of the tests."""
BY_HINT = (
    {"role": "programmer", "hint": "least work", "reply": RIGHT},
    {"role": "programmer", "hint": "as short as", "reply": HALF},
    {"role": "programmer", "reply": WRONG},
)
"""Candidate 1 is right, 2 half right, 0 wrong."""


async def run(
    folder: Path, config: SearchConfig, *, prompts: str = "standard"
) -> tuple[SearchResult, list[Candidate], list[str]]:
    """Run a search; return it, its tree, and every message to its models."""
    config = changed(config, {"prompts": prompts})
    async with Agent(settings(folder, model=script(folder, *BY_HINT, critic=MISLED))) as agent:
        result = await agent.solve(DOUBLE, config)
        document = await agent.archive.document(result.search, texts=True)
        again = await replay(agent.store, result.search)
        assert (again.differences, again.missing) == ((), ())
        texts = [text for call in document.calls for _, text in call.messages or ()]
        return result, list(await agent.store.tree(result.search)), texts


def parents(tree: list[Candidate]) -> set[str | None]:
    return {each.parent for each in tree if each.round == 1}


async def test_with_everything_on_the_critic_decides_the_beam_and_the_tests_the_winner(tmp_path: Path) -> None:
    result, tree, texts = await run(tmp_path, TWO_ROUNDS)
    assert parents(tree) == {"2"}
    assert result.solved
    assert any("1 of 2 tests passed" in text for text in texts)
    assert any("# Review\nFine." in text for text in texts)


@pytest.mark.parametrize("prompts", ["standard", "compact"])
async def test_without_execution_feedback_nobody_hears_of_the_tests_verdicts(tmp_path: Path, prompts: str) -> None:
    config = changed(TWO_ROUNDS, {"execution_feedback": False})
    result, tree, texts = await run(tmp_path, config, prompts=prompts)
    for words in ("tests pass", "expected", "Outcome reward", "executed on tests", "AssertionError", "for example"):
        assert not any(words.lower() in text.lower() for text in texts)
    assert any("Fine." in text for text in texts)
    assert parents(tree) == {"2"}
    assert result.winner is not None
    assert (result.winner.id, result.winner.process, result.solved) == ("2", 4, False)
    assert result.why.endswith("first by rho")


async def test_without_execution_feedback_the_winner_may_still_be_ordered_by_tests(tmp_path: Path) -> None:
    config = changed(TWO_ROUNDS, {"execution_feedback": False, "winner_order": ["pass_rate"]})
    result, _, _ = await run(tmp_path, config)
    assert result.winner is not None
    assert result.winner.id == "1"


async def test_without_execution_feedback_a_solution_does_not_end_the_search(tmp_path: Path) -> None:
    blind = changed(TWO_ROUNDS, {"execution_feedback": False, "stop_when_solved": True})
    result, _, _ = await run(tmp_path, blind)
    assert (result.reason, result.candidates) == ("rounds", 6)


async def test_without_a_process_reward_no_critic_is_asked(tmp_path: Path) -> None:
    config = changed(TWO_ROUNDS, {"process_reward": False})
    result, tree, texts = await run(tmp_path, config)
    assert result.usage.model_calls == len(tree) == 6
    assert {(each.process, each.critique) for each in tree} == {(None, None)}
    assert parents(tree) == {"1"}, "by ω alone"
    assert not any("Review" in text for text in texts)
    assert any("2 of 2 tests passed" in text for text in texts)


async def test_with_outcome_only_the_critic_is_heard_but_decides_nothing(tmp_path: Path) -> None:
    result, tree, texts = await run(tmp_path, changed(TWO_ROUNDS, {"outcome_only": True}))
    assert parents(tree) == {"1"}
    assert {each.process for each in tree} == {2, 4}
    assert any("# Review\nOdd." in text for text in texts)
    assert result.usage.model_calls == 12


def test_a_forecast_without_a_critic_knows_no_price_but_the_programmers() -> None:
    config = changed(TWO_ROUNDS, {"process_reward": False})
    found = forecast(DOUBLE, config, Prompts(config), PriceTable({}), programmer="one", critic="other")
    assert (found.likely.candidates, found.likely.calls, found.unpriced) == (6, 6, ("one",))


def test_a_search_needs_something_to_order_by() -> None:
    for blind in ({"process_reward": False}, {"outcome_only": True}):
        with pytest.raises(SettingsError, match="orders by ρ"):
            changed(TWO_ROUNDS, {"execution_feedback": False} | blind)
    stored = changed(TWO_ROUNDS, {"execution_feedback": "false"})
    assert SearchConfig.model_validate_json(stored.model_dump_json()) == stored
    assert changed(stored, {"execution_feedback": True}).winner_keys[0] == "pass_rate"
