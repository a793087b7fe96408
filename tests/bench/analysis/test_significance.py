"""Compare the significance tests with counts worked out by hand, and with trying all signs."""

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orps_agent.bench.analysis.significance import holm, sign_flip

fractions = st.fractions(min_value=-1, max_value=1, max_denominator=6)


@pytest.mark.parametrize(
    ("only_first", "only_second", "chance"),
    [(9, 1, 22 / 1024), (5, 0, 2 / 32), (6, 0, 2 / 64), (3, 3, 1), (2, 1, 1), (1, 0, 1), (0, 0, 1), (8, 2, 112 / 1024)],
)
def test_pass_at_1_with_one_seed_is_mcnemars_exact_test(only_first: int, only_second: int, chance: float) -> None:
    same = [0] * 20
    assert sign_flip([1] * only_first + same + [-1] * only_second) == pytest.approx(chance)
    assert sign_flip([-1] * only_first + same + [1] * only_second) == pytest.approx(chance)


@given(st.integers(0, 40), st.integers(0, 40))
def test_it_is_mcnemars_test_whatever_the_counts(ours: int, theirs: int) -> None:
    tail = sum(math.comb(ours + theirs, count) for count in range(min(ours, theirs) + 1))
    assert sign_flip([1] * ours + [-1] * theirs) == pytest.approx(min(1, 2 * tail / 2 ** (ours + theirs)))


@given(st.lists(fractions, max_size=7))
def test_with_several_seeds_it_is_the_share_of_signs_that_come_as_far(differences: list[Fraction]) -> None:
    seen = abs(sum(differences))
    signs = list(itertools.product((1, -1), repeat=len(differences)))
    as_far = sum(abs(sum(map(lambda s, d: s * d, each, differences))) >= seen for each in signs)
    assert sign_flip(differences) == pytest.approx(as_far / len(signs))


def test_many_problems_are_no_trouble() -> None:
    assert sign_flip([1] * 450 + [-1] * 50) < 1e-70
    assert 0.5 < sign_flip([Fraction(1, 3)] * 250 + [Fraction(-1, 3)] * 245) < 1


def test_holm_corrects_as_on_paper() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.6]) == [1, 1]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_only_raises_keeps_the_order_and_never_exceeds_bonferroni(chances: list[float]) -> None:
    corrected = holm(chances)
    assert all(raw <= each <= min(1, len(chances) * raw) + 1e-12 for raw, each in zip(chances, corrected, strict=True))
    order = sorted(range(len(chances)), key=chances.__getitem__)
    assert [corrected[at] for at in order] == sorted(corrected)
