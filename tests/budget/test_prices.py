"""Check that prices are found by pattern, and are unknown where the table has none."""

import tomllib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orps_agent.budget.prices import Price, PriceTable
from orps_agent.llm.weights import MODELS

BUILT_IN = PriceTable(
    {
        name: Price.model_validate(price)
        for name, price in tomllib.loads((resources.files("orps_agent.budget") / "prices.toml").read_text()).items()
    }
)
counts = st.integers(0, 10**7)


@pytest.mark.parametrize("model", ["embedded", "scripted:dry.yaml", "own.gguf", *(each.name for each in MODELS)])
def test_what_runs_here_costs_nothing(model: str) -> None:
    assert BUILT_IN.cost(model, 1000, 1000) == 0


@pytest.mark.parametrize("model", ["", "served", "gpt-4o-audio-preview", "my/gpt-4.1-mini", "GPT-4.1"])
def test_an_unknown_price_is_unknown(model: str) -> None:
    assert BUILT_IN.cost(model, 1000, 1000) is None


def test_an_unknown_count_makes_an_unknown_cost() -> None:
    assert BUILT_IN.cost("gpt-4.1-mini", None, 1000) is None
    assert BUILT_IN.cost("gpt-4.1-mini", 1000, None) is None


def test_a_known_price_is_for_a_million_tokens() -> None:
    assert BUILT_IN.cost("gpt-4.1-mini", 1_000_000, 500_000) == pytest.approx(0.40 + 0.80)
    assert BUILT_IN.cost("gpt-4.1-mini", 1_000_000, 0, cached_tokens=400_000) == pytest.approx(0.24 + 0.04)


def test_every_price_from_elsewhere_is_dated() -> None:
    names = tomllib.loads((resources.files("orps_agent.budget") / "prices.toml").read_text())
    for name in names:
        price = BUILT_IN.price(name)
        assert price is not None
        assert price.as_of or price.prompt == price.completion == 0


def test_the_first_pattern_that_fits_counts() -> None:
    table = PriceTable({"a-mini*": Price(prompt=1, completion=1), "a*": Price(prompt=9, completion=9)})
    assert table.cost("a-mini-2", 1_000_000, 0) == 1
    assert table.cost("a-large", 1_000_000, 0) == 9


@given(prompt=counts, completion=counts, more=counts, cached=counts)
def test_more_tokens_never_cost_less_and_cached_ones_never_cost_more(
    prompt: int, completion: int, more: int, cached: int
) -> None:
    def cost(prompt: int, completion: int, cached: int = 0) -> float:
        found = BUILT_IN.cost("gpt-4.1", prompt, completion, cached_tokens=min(cached, prompt))
        assert found is not None
        return found

    assert cost(prompt, completion) <= cost(prompt + more, completion + more)
    assert cost(prompt, completion, cached) <= cost(prompt, completion) + 1e-9
