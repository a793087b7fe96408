"""Compare forecasts with searches that were really run, and check their laws for any numbers."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orps_agent import Agent
from orps_agent.budget.prices import Price, PriceTable
from orps_agent.domain.problem import Problem, TestSuite
from orps_agent.prompts.messages import Prompts
from orps_agent.search.forecast import Case, Forecast, forecast
from orps_agent.settings import SearchConfig, changed
from orps_agent.strategies import STRATEGIES
from tests.support.samples import DOUBLE, HALF, WRONG, script, settings

DEAR = PriceTable({"programmer": Price(prompt=1, completion=4), "critic": Price(prompt=0, completion=0)})


UNTESTED = DOUBLE.model_copy(update={"tests": TestSuite()})


def of(config: SearchConfig, critic: str = "critic", problem: Problem = DOUBLE) -> Forecast:
    return forecast(problem, config, Prompts(config), DEAR, programmer="programmer", critic=critic)


configs = st.builds(
    SearchConfig,
    samples=st.integers(1, 9),
    rounds=st.integers(1, 4),
    beam=st.integers(1, 4),
    max_tokens=st.integers(8, 2000),
    reasoning=st.sampled_from(["joint", "split", "none"]),
    history=st.sampled_from([None, 0, 2]),
)


def numbers(case: Case) -> tuple[float, ...]:
    assert case.cost is not None
    return case.candidates, case.calls, case.prompt_tokens, case.completion_tokens, case.cost


@given(configs, st.sampled_from(sorted(STRATEGIES.built_in)), st.booleans())
def test_the_cases_are_in_order(config: SearchConfig, strategy: str, criticised: bool) -> None:
    found = of(changed(config, {"strategy": strategy, "process_reward": criticised or strategy == "sra-mcts"}))
    for low, likely, high in zip(numbers(found.low), numbers(found.likely), numbers(found.high), strict=True):
        assert 0 < low <= likely <= high


@given(configs)
def test_one_more_round_or_sample_asks_for_more(config: SearchConfig) -> None:
    here = of(config)
    for name in ("samples", "rounds"):
        more = of(config.model_copy(update={name: getattr(config, name) + 1}))
        assert more.likely.calls > here.likely.calls
        assert more.likely.tokens > here.likely.tokens


def test_prompts_grow_with_the_history_unless_it_is_cut() -> None:
    whole, cut = (of(SearchConfig(samples=2, rounds=4, history=history)) for history in (None, 0))
    assert whole.likely.prompt_tokens > cut.likely.prompt_tokens
    assert whole.likely.calls == cut.likely.calls


def test_prompts_of_deep_trees_are_reckoned_as_if_they_were_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    for history in (None, 8):
        config = SearchConfig(samples=2, rounds=12, beam=1, history=history)
        reckoned = of(config)
        monkeypatch.setattr("orps_agent.search.forecast._RENDERED", 12)
        rendered = of(config)
        monkeypatch.undo()
        assert reckoned.likely.prompt_tokens == pytest.approx(rendered.likely.prompt_tokens, rel=1e-3)
        assert reckoned.high.calls == rendered.high.calls


def test_earlier_attempts_in_the_prompts_are_counted() -> None:
    dars, mcts = (
        of(SearchConfig.model_validate({"strategy": name, "samples": 3, "rounds": 1})) for name in ("dars", "mcts")
    )
    assert dars.high.calls == mcts.high.calls
    assert dars.high.prompt_tokens > mcts.high.prompt_tokens


def test_an_unknown_price_makes_an_unknown_cost_and_is_named() -> None:
    found = of(SearchConfig(), critic="elsewhere")
    assert (found.low.cost, found.high.cost, found.unpriced) == (None, None, ("elsewhere",))


@pytest.mark.parametrize("reasoning", ["joint", "split"])
@pytest.mark.parametrize("needs_repair", [False, True])
async def test_a_search_asks_as_often_as_was_forecast(tmp_path: Path, reasoning: str, needs_repair: bool) -> None:
    config = SearchConfig.model_validate({"samples": 3, "rounds": 2, "beam": 2, "reasoning": reasoning})
    replies = ["No code."] if needs_repair else [HALF, WRONG]
    judged = {"role": "critic", "reply": "No score." if needs_repair else "SCORE: 2"}
    wanting = {"role": "tester", "contains": "I could not find a test", "reply": "assert double(2) == 4"}
    testing = [wanting, {"role": "tester", "reply": "None." if needs_repair else "assert double(2) == 4"}]
    model = script(tmp_path, *testing, {"role": "programmer", "replies": replies}, critic=[judged])
    for problem in (DOUBLE, UNTESTED):
        async with Agent(settings(tmp_path, model=model)) as agent:
            result = await agent.solve(problem, config)
        found = of(config, problem=problem)
        expected = found.high if needs_repair else found.likely
        assert (result.candidates, result.usage.model_calls) == (expected.candidates, expected.calls)


def test_the_tests_that_a_model_writes_are_forecast_at_its_price() -> None:
    config = SearchConfig(samples=1, rounds=1)
    own = of(config, problem=UNTESTED)
    found = forecast(
        UNTESTED, config, Prompts(config), DEAR, programmer="programmer", critic="critic", tester="elsewhere"
    )
    assert (found.likely.cost, found.unpriced) == (None, ("elsewhere",))
    assert found.likely.completion_tokens == of(config).likely.completion_tokens + config.max_tokens // 3
    paid = forecast(UNTESTED, config, Prompts(config), DEAR, programmer="programmer", critic="critic", tester="critic")
    assert (paid.likely.cost or 0) < (own.likely.cost or 0)
