"""Test RRO: a branch grows where the reward rises."""

from tests.support.strategy_walks import ids, made, score, valued, walked


def test_a_node_gets_no_more_children_once_one_of_them_is_better_than_it() -> None:
    rro = made("rro", outcome_only=True, samples=3, rounds=3)
    state = rro.start()
    assert ids(rro.ask(state)) == ["0"]
    state = rro.tell(state, [valued("0", 0.0)])
    assert ids(rro.ask(state)) == ["1"], "0 is no rise over the root"
    before, state = state, rro.tell(state, [valued("1", 0.3)])
    assert ids(rro.ask(state)) == ["1.0"], "the first that rises ends it, a third child might have been better"
    assert rro.pruned(before, state) == ["0"]
    state = rro.tell(state, [valued("1.0", 0.3)])
    assert ids(rro.ask(state)) == ["1.1"], "as good is not better"
    before, state = state, rro.tell(state, [valued("1.1", 0.4)])
    assert ids(rro.ask(state)) == ["1.1.0"]
    assert rro.pruned(before, state) == ["1.0"]
    assert [each.round for each in rro.ask(state)] == [4]
    state = rro.tell(state, [valued("1.1.0", 0.5)])
    assert (state.ended, rro.ask(state)) == ("rounds", [])


def test_without_a_rise_it_goes_on_from_the_best_once_there_are_as_many_as_there_may_be() -> None:
    rro = made("rro", outcome_only=True, samples=3, rounds=2)
    state = rro.tell(rro.start(), [valued("0", 0.5)])
    for id_, value in (("0.0", 0.2), ("0.1", 0.4), ("0.2", 0.4)):
        assert ids(rro.ask(state)) == [id_]
        before, state = state, rro.tell(state, [valued(id_, value)])
    assert state.ended == "rounds"
    assert rro.pruned(before, state) == ["0.0", "0.2"]


def test_a_branch_that_the_critic_closes_ends_the_search() -> None:
    rro = made("rro", outcome_only=True, samples=2)
    assert rro.tell(rro.start(), [score("0", 5, 2.0, expandable=False)]).ended == "closed"
    state = rro.tell(rro.start(), [score("0", None, 0.0, expandable=False)])
    assert ids(rro.ask(state)) == ["1"], "one that failed is no rise"
    assert rro.tell(state, [score("1", None, 0.0, expandable=False)]).ended == "closed"


def test_below_a_forks_candidate_it_has_to_be_beaten() -> None:
    rro = made("rro", outcome_only=True, samples=2, rounds=3)
    (at, *_), _ = walked(rro, lambda each: valued(each.id, 0.0))
    state = rro.fork(at, valued("0", 0.6))
    state = rro.tell(state, [valued("0.0", 0.5)])
    assert ids(rro.ask(state)) == ["0.1"]


def test_at_worst_it_asks_for_as_many_as_the_others() -> None:
    asked, _ = walked(made("rro", outcome_only=True, samples=4, rounds=5), lambda each: valued(each.id, 0.0))
    assert len(asked) == 20
    asked, _ = walked(
        made("rro", outcome_only=True, samples=4, rounds=5), lambda each: valued(each.id, (1 + each.round) / 9)
    )
    assert ids(asked) == ["0", "0.0", "0.0.0", "0.0.0.0", "0.0.0.0.0"]
