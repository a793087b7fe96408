"""Check the laws of ask and tell for every strategy: built in, of the example, or installed; whatever the rewards."""

import random
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from examples.plugin.orps_greedy import Greedy
from orps_agent.domain.candidate import Candidate
from orps_agent.settings import SearchConfig
from orps_agent.settings.presets import PRESETS
from orps_agent.strategies import STRATEGIES, AnyStrategy, Expansion, Score, StrategyState
from tests.support.strategy_walks import HINTS, ids, score, walked

MAKERS = {name: STRATEGIES.find(name) for name in STRATEGIES.names()} | {"greedy": Greedy}
NAMES = sorted(MAKERS)
FIXED = {name: PRESETS.get(name) or getattr(make, "fixed", {}) for name, make in MAKERS.items()}
WITH_CHANCE = {"ab-mcts", "aide"}
"""Those of the built-in ones with random choices of their own."""

every_strategy = pytest.mark.parametrize("name", NAMES)
numbers = st.fixed_dictionaries(
    {
        "samples": st.integers(1, 3),
        "rounds": st.integers(1, 4),
        "beam": st.integers(1, 2),
        "seed": st.integers(0, 9),
        "stop_when_solved": st.booleans(),
    }
)
luck = st.integers(0, 10**6)


def of(name: str, numbers: dict[str, object]) -> AnyStrategy:
    return MAKERS[name](SearchConfig.model_validate({"strategy": name} | numbers | dict(FIXED[name])), HINTS)


def judge(luck: int) -> Callable[[Expansion], Score]:
    """Rewards that depend on nothing but the candidate's id: many ties, some closed and failed, few solved."""

    def judged(each: Expansion) -> Score:
        dice = random.Random(f"{luck}/{each.id}")
        failed = dice.random() < 0.1
        return score(
            each.id,
            None if failed or dice.random() < 0.1 else dice.randint(1, 5),
            0.0 if failed else dice.choice([0.0, 0.5, 1.0, dice.random() * 2]),
            expandable=not failed and dice.random() < 0.85,
            solved=not failed and dice.random() < 0.1,
        )

    return judged


def depth(id_: str) -> int:
    return id_.count(".")


@every_strategy
@given(numbers, luck, st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_telling_twice_in_portions_in_any_order_and_through_json_is_telling_once(
    name: str, numbers: dict[str, object], luck: int, order: random.Random
) -> None:
    strategy = of(name, numbers)
    at_once = in_pieces = strategy.start()
    while asked := strategy.ask(at_once):
        assert strategy.ask(at_once) == asked
        told = [judge(luck)(each) for each in asked]
        at_once = strategy.tell(at_once, told)
        order.shuffle(told)
        for position, one in enumerate(told):
            in_pieces = strategy.load(in_pieces.model_dump(mode="json"))
            in_pieces = strategy.tell(strategy.tell(in_pieces, [one]), [one])
            if position < len(told) - 1:
                assert len(strategy.ask(in_pieces)) == len(told) - position - 1
                assert set(ids(strategy.ask(in_pieces))) == {each.id for each in told[position + 1 :]}
        assert in_pieces == at_once
        assert strategy.tell(at_once, told) == at_once
        assert type(at_once).model_validate_json(at_once.model_dump_json()) == at_once
    assert at_once.ended


def check(strategy: AnyStrategy, state: StrategyState, luck: int, known: dict[str, Score]) -> list[Expansion]:
    """Walk a search and look at every step of it; `known` are the candidates that are there already."""
    everything: list[Expansion] = []
    gone: set[str] = set()
    most = strategy.at_most(state)
    while asked := strategy.ask(state):
        assert len(asked) <= strategy.at_most(state) <= most
        most = strategy.at_most(state)
        rounds = {each.round for each in asked}
        assert len(rounds) == 1
        assert not everything or rounds == {everything[-1].round + 1}
        for each in asked:
            assert not each.parent or known[each.parent].expandable
            assert each.parent not in gone
            assert set(each.shown) <= known.keys() - gone
            assert not any(each.id == other or each.id.startswith(f"{other}.") for other in each.shown)
            assert each.hint in HINTS
        told = {each.id: judge(luck)(each) for each in asked}
        assert len(told) == len(asked)
        assert not told.keys() & known.keys()
        known |= told
        before, state = state, strategy.tell(state, told.values())
        pruned = strategy.pruned(before, state)
        assert len(set(pruned)) == len(pruned)
        assert set(pruned) <= known.keys() - gone
        gone |= set(pruned)
        everything += asked
    assert state.ended
    assert strategy.at_most(state) == 0
    return everything


@every_strategy
@given(numbers, luck)
@settings(max_examples=30)
def test_every_search_ends_within_what_it_may_ask_for(name: str, numbers: dict[str, object], luck: int) -> None:
    strategy = of(name, numbers)
    asked = check(strategy, strategy.start(), luck, {})
    outlook = strategy.outlook()
    assert len(asked) <= strategy.at_most(strategy.start()) == sum(outlook.most)
    depths = Counter(depth(each.id) for each in asked)
    assert len(depths) <= len(outlook.most)
    for below in range(len(outlook.most)):
        assert sum(count for found, count in depths.items() if found >= below) <= sum(outlook.most[below:])
    for fewer, more in ((outlook.least, outlook.likely), (outlook.likely, outlook.most)):
        assert len(fewer) <= len(more)
        assert sum(fewer) <= sum(more)


@every_strategy
@given(numbers, luck, st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=30)
def test_a_search_can_be_forked_from_any_candidate(
    name: str, numbers: dict[str, object], luck: int, chance: random.Random, again: bool
) -> None:
    asked, _ = walked(of(name, numbers), judge(luck))
    at = chance.choice(asked)
    strategy = of(name, numbers | {"rounds": at.round + 2})
    state = strategy.fork(at, None if again else score(at.id, 3, 1.0))
    assert strategy.load(state.model_dump(mode="json")) == state
    if "rounds" in FIXED[name] and not again:
        assert state.ended == "rounds"
        return
    branch = Candidate(id=at.id, round=0, hint="").branch
    below = check(strategy, state, luck, {each: score(each) for each in branch if not again or each != at.id})
    assert all(each.id == at.id or each.id.startswith(f"{at.id}.") for each in below)
    assert below[0].round == at.round + (not again)
    assert (at.id in ids(below)) is again


@every_strategy
@given(numbers, luck)
@example({"samples": 3, "rounds": 4, "beam": 2, "seed": 0, "stop_when_solved": False}, 0)
@settings(max_examples=15)
def test_the_same_seed_gives_the_same_search_and_leaves_the_global_state_as_it_was(
    name: str, numbers: dict[str, object], luck: int
) -> None:
    random.seed(luck)
    before = random.getstate()
    first, _ = walked(of(name, numbers), judge(luck))
    assert random.getstate() == before
    random.seed(luck + 1)
    second, _ = walked(of(name, numbers), judge(luck))
    assert first == second


@pytest.mark.parametrize("name", sorted(STRATEGIES.built_in))
def test_another_seed_changes_the_search_where_there_is_chance_in_it(name: str) -> None:
    searches = set()
    for seed in range(8):
        asked, _ = walked(of(name, {"samples": 3, "rounds": 4, "seed": seed}), judge(1))
        searches.add(tuple(ids(asked)))
    assert (len(searches) > 1) is (name in WITH_CHANCE)


def test_every_name_is_a_strategy() -> None:
    assert STRATEGIES.built_in.keys() == PRESETS.keys()
